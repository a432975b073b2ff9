import DAGModel

private func named(_ operation: String, _ parameters: String, run: String = "guest") -> String {
    "<action id='a' operation='\(operation)' run='\(run)'>\n\(parameters)\n</action>"
}

private func disk(_ id: String, _ more: String) -> String {
    "<action id='\(id)' operation='attach-disk' run='host'><parameter name='SIZE'>1GiB</parameter>\(more)</action>"
}

/// A parameter, the first of several if there are more, that has no meaning.
private func wrongValue(_ name: String, _ operation: String, _ parameters: String, _ words: String) -> Rule {
    let isAlone = parameters.ranges(of: "<parameter").count == 1
    let action = named(operation, parameters, run: operation == "attach-disk" ? "host" : "guest")
    return rule(name, action, .badParameter, at: 6, firstAction + "/parameter" + (isAlone ? "" : "[1]"), words)
}

/// Rules about operations, what they are given and publish.
let operationRules: [Rule] = [
    rule(
        "unknown operation",
        "<action id='a' operation='reboot'/>",
        .unknownOperation,
        "attach-disk, file, hostname, mount, package, service, user"
    ),
    rule("script on host", "<action id='a' run='host'><script>x</script></action>", .wrongSite, "run=\"guest\""),
    rule(
        "guest operation on host",
        named("hostname", "<parameter name='NAME'>x</parameter>", run: "host"),
        .wrongSite,
        "run=\"guest\""
    ),
    rule(
        "host operation in guest",
        named("attach-disk", "<parameter name='SIZE'>1GiB</parameter>"),
        .wrongSite,
        "run=\"host\""
    ),
    rule("user without name", named("user", "<parameter name='PASSWORD'>x</parameter>"), .missingParameter, "'NAME'"),
    rule("file without content", named("file", "<parameter name='PATH'>x</parameter>"), .missingParameter, "'CONTENT'"),
    rule(
        "mount without target",
        named("mount", "<parameter name='TYPE'>nfs</parameter><parameter name='SOURCE'>s</parameter>"),
        .missingParameter,
        "'TARGET'"
    ),
    rule(
        "service without command",
        named("service", "<parameter name='NAME'>x</parameter>"),
        .missingParameter,
        "'COMMAND'"
    ),
    rule("package without name", named("package", ""), .missingParameter, "'NAME'"),
    rule("hostname without name", named("hostname", ""), .missingParameter, "'NAME'"),
    rule("disk without size", named("attach-disk", "", run: "host"), .missingParameter, "'SIZE'"),
    wrongValue("disk of unknown size", "attach-disk", "<parameter name='SIZE'>big</parameter>", "1GiB"),
    wrongValue("disk of no size", "attach-disk", "<parameter name='SIZE'>0B</parameter>", "1GiB"),
    wrongValue("disk with an empty size", "attach-disk", "<parameter name='SIZE'/>", "1GiB"),
    wrongValue("disk too large", "attach-disk", "<parameter name='SIZE'>65TiB</parameter>", "64TiB"),
    wrongValue(
        "disk beyond counting",
        "attach-disk",
        "<parameter name='SIZE'>9223372036854775807B</parameter>",
        "64TiB"
    ),
    wrongValue(
        "serial out of form",
        "attach-disk",
        "<parameter name='SERIAL'>_x</parameter><parameter name='SIZE'>1GiB</parameter>",
        "a letter or digit"
    ),
    wrongValue("empty name", "hostname", "<parameter name='NAME'/>", "a value"),
    wrongValue("blank name", "hostname", "<parameter name='NAME'> </parameter>", "a value"),
    wrongValue(
        "disk of unknown format",
        "mount",
        "<parameter name='FORMAT'>fat</parameter><parameter name='TYPE'>disk</parameter>"
            + "<parameter name='SOURCE'>x</parameter><parameter name='TARGET'>/x</parameter>",
        "ext2, ext3, ext4"
    ),
    rule(
        "id that is no serial",
        "<action id='a.disk' operation='attach-disk' run='host'><parameter name='SIZE'>1GiB</parameter></action>",
        .missingParameter,
        "SERIAL"
    ),
    rule(
        "serial twice",
        disk("a", "") + "\n" + disk("b", "<parameter name='SERIAL'>a</parameter>"),
        .duplicateSerial,
        at: 6,
        firstAction + "[2]",
        "'a' and 'b'"
    ),
    rule(
        "unknown parameter",
        named("user", "<parameter name='password'>x</parameter><parameter name='NAME'>x</parameter>"),
        .unknownParameter,
        at: 6,
        firstAction + "/parameter[1]",
        "NAME, UID, HOME, SHELL, PASSWORD"
    ),
    rule(
        "output that the operation lacks",
        named("user", "<output name='shell'/><parameter name='NAME'>x</parameter>"),
        .unknownOutput,
        at: 6,
        firstAction + "/output",
        "one of uid, home"
    ),
]
