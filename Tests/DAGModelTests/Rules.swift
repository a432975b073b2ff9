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

let firstAction = "/request/actions/action"

func rule(_ name: String, _ action: String, _ code: RequestCode, _ words: String) -> Rule {
    rule(name, action, code, at: 5, firstAction, words)
}

func rule(
    _ name: String,
    _ action: String,
    _ code: RequestCode,
    at line: Int,
    _ path: String,
    _ words: String
) -> Rule {
    Rule(name: name, document: document(actions: [action]), code: code, line: line, path: path, words: words)
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
        name: "requirements that are no condition",
        document: document("<requirements>Rack ==</requirements>"),
        code: .badRequirements,
        line: 4,
        path: "/request/requirements",
        words: "column 8"
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
        "<action id='a'><script>x</script><on-error/>\n<on-error/></action>",
        .structure,
        at: 6,
        firstAction + "/on-error[2]",
        "one <on-error>"
    ),
    rule(
        "empty recovery",
        "<action id='a'><script>x</script><on-error>\n<recover><actions/></recover></on-error></action>",
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
        "<action id='a' operation='hostname'><script>x</script><parameter name='NAME'>x</parameter></action>",
        .work,
        "either <script>"
    ),
    rule(
        "checkpoint after an action on the host",
        "<action id='a' operation='attach-disk' run='host' checkpoint='yes'><parameter name='SIZE'>1GiB</parameter></action>",
        .work,
        "a guest action"
    ),
    rule(
        "checkpoint after a secret",
        "<action id='a' checkpoint='yes'><script>x</script><parameter name='P' secret='yes'>x</parameter></action>",
        .work,
        "no secret"
    ),
    rule(
        "output of a reserved name",
        "<action id='a'><script>x</script>\n<output name='memory'/></action>",
        .reservedOutput,
        at: 6,
        firstAction + "/output",
        "Memory"
    ),
    rule(
        "output that no query could name",
        "<action id='a'><script>x</script>\n<output name='True'/></action>",
        .reservedOutput,
        at: 6,
        firstAction + "/output",
        "query"
    ),
    rule(
        "empty script",
        "<action id='a'>\n<script> <![CDATA[ ]]> </script></action>",
        .work,
        at: 6,
        firstAction + "/script",
        "empty"
    ),
    Rule(
        name: "lease beyond dates",
        document: document("<lease duration='999999999d'/>"),
        code: .outOfRange,
        line: 4,
        path: "/request/lease",
        words: "36500d"
    ),
    rule(
        "parameter twice",
        "<action id='a'><script>x</script><parameter name='P'/>\n<parameter name='P'/></action>",
        .duplicateName,
        at: 6,
        firstAction + "/parameter[2]",
        "'P'"
    ),
    rule(
        "output twice",
        "<action id='a'><script>x</script><output name='o'/>\n<output name='O'/></action>",
        .duplicateName,
        at: 6,
        firstAction + "/output[2]",
        "'O'"
    ),
    rule(
        "reserved parameter",
        "<action id='a'><script>x</script>\n<parameter name='VMSHOP_X'/></action>",
        .badParameter,
        at: 6,
        firstAction + "/parameter",
        "VMSHOP_"
    ),
    rule(
        "value and reference",
        script("z", "<output name='o'/>")
            + "<action id='a'><script>x</script>\n<parameter name='P' from='z.o'>v</parameter></action>",
        .badParameter,
        at: 6,
        firstAction + "[2]/parameter",
        "either"
    ),
    rule(
        "unknown reference",
        "<action id='a'><script>x</script>\n<parameter name='P' from='z.o'/></action>",
        .unknownReference,
        at: 6,
        firstAction + "/parameter",
        "'z'"
    ),
    rule(
        "unknown output",
        script("z", "<output name='p'/>")
            + "<action id='a'><script>x</script>\n<parameter name='P' from='z.o'/></action>",
        .unknownOutput,
        at: 6,
        firstAction + "[2]/parameter",
        "one of p"
    ),
    rule(
        "reference forward",
        "<action id='a'><script>x</script>\n<parameter name='P' from='z.o'/></action>"
            + script("z", "<output name='o'/>"),
        .notAncestor,
        at: 6,
        firstAction + "[1]/parameter",
        "'z'"
    ),
    rule(
        "reference to itself",
        "<action id='a'><script>x</script><output name='o'/>\n<parameter name='P' from='a.o'/></action>",
        .notAncestor,
        at: 6,
        firstAction + "/parameter",
        "'a'"
    ),
]
