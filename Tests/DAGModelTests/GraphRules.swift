import DAGModel

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
