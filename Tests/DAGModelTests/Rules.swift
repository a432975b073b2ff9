import DAGModel
import Testing

/// A document that breaks one rule, and what must be said of it.
struct Rule: CustomTestStringConvertible, Sendable {
    var name: String
    var document: String
    var code: RequestCode
    var line: Int
    var path: String
    /// Words that message or expectation must contain.
    var words: String

    var testDescription: String { self.name }
}

private let firstAction = "/request/actions/action"

private func rule(_ name: String, _ action: String, _ code: RequestCode, _ words: String) -> Rule {
    rule(name, action, code, at: 5, firstAction, words)
}

private func rule(
    _ name: String,
    _ action: String,
    _ code: RequestCode,
    at line: Int,
    _ path: String,
    _ words: String
) -> Rule {
    Rule(name: name, document: document(actions: [action]), code: code, line: line, path: path, words: words)
}

private func named(_ operation: String, _ parameters: String, run: String = "guest") -> String {
    "<action id='a' operation='\(operation)' run='\(run)'>\n\(parameters)\n</action>"
}

/// Rules about single elements.
let actionRules: [Rule] = [
    Rule(
        name: "empty start",
        document: document("", start: ""),
        code: .emptyStart,
        line: 3,
        path: "/request/start",
        words: "hardware"
    ),
    Rule(
        name: "memory beyond counting",
        document: document("", start: "<hardware>\n<memory>99999999999TiB</memory></hardware>"),
        code: .outOfRange,
        line: 4,
        path: "/request/start/hardware/memory",
        words: "99999999999TiB"
    ),
    rule(
        "two scripts",
        "<action id='a'><script>1</script>\n<script>2</script></action>",
        .structure,
        at: 6,
        firstAction + "/script[2]",
        "one <script>"
    ),
    rule(
        "two policies",
        "<action id='a'><script/><on-error/>\n<on-error/></action>",
        .structure,
        at: 6,
        firstAction + "/on-error[2]",
        "one <on-error>"
    ),
    rule(
        "empty recovery",
        "<action id='a'><script/><on-error>\n<recover><actions/></recover></on-error></action>",
        .structure,
        at: 6,
        firstAction + "/on-error/recover",
        "at least one"
    ),
    rule("called start", script("start"), .reservedID, "'start'"),
    rule("called finish", script("finish"), .reservedID, "'finish'"),
    rule("nothing to do", "<action id='a'/>", .work, "either <script>"),
    rule(
        "script and operation",
        "<action id='a' operation='hostname'><script/><parameter name='NAME'>x</parameter></action>",
        .work,
        "either <script>"
    ),
    rule(
        "unknown operation",
        "<action id='a' operation='reboot'/>",
        .unknownOperation,
        "attach-disk, file, hostname, mount, package, service, user"
    ),
    rule("script on host", "<action id='a' run='host'><script/></action>", .wrongSite, "run=\"guest\""),
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
        named("mount", "<parameter name='TYPE'>nfs</parameter><parameter name='SOURCE'/>"),
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
    rule(
        "disk of unknown size",
        named("attach-disk", "<parameter name='SIZE'>big</parameter>", run: "host"),
        .badParameter,
        "1GiB"
    ),
    rule(
        "disk of no size",
        named("attach-disk", "<parameter name='SIZE'>0B</parameter>", run: "host"),
        .badParameter,
        "1GiB"
    ),
    rule(
        "disk of unknown format",
        named(
            "mount",
            "<parameter name='TYPE'>disk</parameter><parameter name='SOURCE'>x</parameter>"
                + "<parameter name='TARGET'>/x</parameter><parameter name='FORMAT'>fat</parameter>"
        ),
        .badParameter,
        "ext2, ext3, ext4"
    ),
    rule(
        "parameter twice",
        "<action id='a'><script/><parameter name='P'/>\n<parameter name='P'/></action>",
        .duplicateName,
        at: 6,
        firstAction + "/parameter[2]",
        "'P'"
    ),
    rule(
        "output twice",
        "<action id='a'><script/><output name='o'/>\n<output name='o'/></action>",
        .duplicateName,
        at: 6,
        firstAction + "/output[2]",
        "'o'"
    ),
    rule(
        "reserved parameter",
        "<action id='a'><script/>\n<parameter name='VMSHOP_X'/></action>",
        .badParameter,
        at: 6,
        firstAction + "/parameter",
        "VMSHOP_"
    ),
    rule(
        "value and reference",
        script("z", "<output name='o'/>")
            + "<action id='a'><script/>\n<parameter name='P' from='z.o'>v</parameter></action>",
        .badParameter,
        at: 6,
        firstAction + "[2]/parameter",
        "either"
    ),
    rule(
        "unknown reference",
        "<action id='a'><script/>\n<parameter name='P' from='z.o'/></action>",
        .unknownReference,
        at: 6,
        firstAction + "/parameter",
        "'z'"
    ),
    rule(
        "unknown output",
        script("z", "<output name='p'/>") + "<action id='a'><script/>\n<parameter name='P' from='z.o'/></action>",
        .unknownOutput,
        at: 6,
        firstAction + "[2]/parameter",
        "one of p"
    ),
    rule(
        "reference forward",
        "<action id='a'><script/>\n<parameter name='P' from='z.o'/></action>" + script("z", "<output name='o'/>"),
        .notAncestor,
        at: 6,
        firstAction + "[1]/parameter",
        "'z'"
    ),
    rule(
        "reference to itself",
        "<action id='a'><script/><output name='o'/>\n<parameter name='P' from='a.o'/></action>",
        .notAncestor,
        at: 6,
        firstAction + "/parameter",
        "'a'"
    ),
]

/// Rules about actions and edges together.
let graphRules: [Rule] = [
    graphRule("id twice", ["a", "b", "a"], nil, .duplicateID, at: 7, firstAction + "[3]", "'a'", distinct: true),
    Rule(
        name: "same step twice",
        document: document(actions: [script("a"), script("b").replacing("echo b", with: "echo a")]),
        code: .duplicateKey,
        line: 6,
        path: firstAction + "[2]",
        words: "'a' and 'b'"
    ),
    Rule(
        name: "same step in recovery",
        document: document(actions: [
            script("a"),
            script(
                "b",
                "<on-error><recover><actions>\n"
                    + "<action id='c'><script>echo a</script></action></actions></recover></on-error>"
            ),
        ]),
        code: .duplicateKey,
        line: 7,
        path: firstAction + "[2]/on-error/recover/actions/action",
        words: "instance="
    ),
    Rule(
        name: "id again in recovery",
        document: document(actions: [
            script("a"),
            script(
                "b",
                "<on-error><recover><actions>\n"
                    + "<action id='a'><script>x</script></action></actions></recover></on-error>"
            ),
        ]),
        code: .duplicateID,
        line: 7,
        path: firstAction + "[2]/on-error/recover/actions/action",
        words: "'a'"
    ),
    graphRule("dangling target", ["a", "b"], "a-b b-x", .danglingEdge, at: 10, "/request/edges/edge[2]", "'x'"),
    graphRule("dangling source", ["a", "b"], "x-b", .danglingEdge, at: 9, "/request/edges/edge", "'x'"),
    graphRule("start leads nowhere", ["a"], "start-a start-x", .danglingEdge, at: 9, "/request/edges/edge[2]", "'x'"),
    graphRule("finish from nowhere", ["a"], "x-finish a-finish", .danglingEdge, at: 8, "/request/edges/edge[1]", "'x'"),
    graphRule("into start", ["a"], "a-start", .terminalEdge, at: 8, "/request/edges/edge", "before the start"),
    graphRule("out of finish", ["a"], "finish-a", .terminalEdge, at: 8, "/request/edges/edge", "follows the finish"),
    graphRule("self loop", ["a", "b"], "a-b b-b", .selfLoop, at: 10, "/request/edges/edge[2]", "'b'"),
    graphRule("cycle of two", ["a", "b"], "a-b b-a", .cycle, at: 10, "/request/edges/edge[2]", "a → b → a"),
    graphRule(
        "cycle behind a path",
        ["p", "a", "b", "c"],
        "p-a a-b b-c c-a",
        .cycle,
        at: 14,
        "/request/edges/edge[4]",
        "a → b → c → a"
    ),
    graphRule("not reached", ["a", "b", "c"], "start-a b-c", .unreachable, at: 6, firstAction + "[2]", "'b', 'c'"),
    graphRule("not left", ["a", "b", "c"], "a-b c-finish", .deadEnd, at: 5, firstAction + "[1]", "'a', 'b'"),
    graphRule(
        "bare start edge beside actions",
        ["a"],
        "start-finish a-finish",
        .unreachable,
        at: 5,
        firstAction,
        "'a'"
    ),
]

private func graphRule(
    _ name: String,
    _ ids: [String],
    _ edges: String?,
    _ code: RequestCode,
    at line: Int,
    _ path: String,
    _ words: String,
    distinct: Bool = false
) -> Rule {
    let actions = ids.enumerated().map { distinct ? script($1).replacing("echo", with: "echo \($0)") : script($1) }
    return Rule(
        name: name,
        document: document(actions: actions, edges: edges),
        code: code,
        line: line,
        path: path,
        words: words
    )
}
