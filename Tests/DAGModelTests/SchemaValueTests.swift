import DAGModel
import LibXML
import Testing

@Suite("Values that the schema checks")
struct SchemaValueTests {
    @Test(
        "a value out of form is refused where it is, and told what form it should have",
        arguments: [
            ("<client domain='Upper'/>", "", "/request/client/@domain", "lower case"),
            ("<client domain='-x'/>", "", "/request/client/@domain", "lower case"),
            ("<client domain='\(String(repeating: "a", count: 64))'/>", "", "/request/client/@domain", "62"),
            ("<client/>", "", "/request/client", "that attribute"),
            ("<client domain='d' age='3'/>", "", "/request/client/@age", "one of the attributes domain, user"),
            ("<client domain='d'>x</client>", "", "/request/client", "no text"),
            ("", "", "/request", "<client>"),
            ("<client domain='d'/>", "<start/>", "/request/start[2]", "one <start>"),
            ("<client domain='d'/><client domain='d'/>", "", "/request/client[2]", "one <client>"),
            ("<client domain='d'/>", "<lease duration='2'/>", "/request/lease/@duration", "'2h'"),
            ("<client domain='d'/>", "<lease duration='0s'/>", "/request/lease/@duration", "above 0"),
            ("<client domain='d'/>", "<lease duration='-1s'/>", "/request/lease/@duration", "'2h'"),
            ("<client domain='d'/>", "<action/>", "/request/action", "<"),
            (
                "<client domain='d'/>", "<actions><action id='1'><script>x</script></action></actions>",
                "/request/actions/action/@id", "letter"
            ),
            (
                "<client domain='d'/>", "<actions><action id='a\u{0131}'><script>x</script></action></actions>",
                "/request/actions/action/@id", "letter"
            ),
            (
                "<client domain='d'/>", "<actions><action><script>x</script></action></actions>",
                "/request/actions/action",
                "that attribute"
            ),
            (
                "<client domain='d'/>", "<actions><action id='a' run='moon'><script>x</script></action></actions>",
                "/request/actions/action/@run", "'guest' or 'host'"
            ),
            (
                "<client domain='d'/>", "<actions><action id='a' timeout='0s'><script>x</script></action></actions>",
                "/request/actions/action/@timeout", "above 0"
            ),
            (
                "<client domain='d'/>",
                "<actions><action id='a'><script>x</script><parameter name='A-B'/></action></actions>",
                "/request/actions/action/parameter/@name", "environment"
            ),
            (
                "<client domain='d'/>",
                "<actions><action id='a'><script>x</script><parameter name='A' from='x'/></action></actions>",
                "/request/actions/action/parameter/@from", "storage.path"
            ),
            (
                "<client domain='d'/>",
                "<actions><action id='a'><script>x</script><output name='o' type='text'/></action></actions>",
                "/request/actions/action/output/@type", "integer"
            ),
            (
                "<client domain='d'/>",
                "<actions><action id='a'><script>x</script><on-error><retry times='11'/></on-error></action></actions>",
                "/request/actions/action/on-error/retry/@times", "1 to 10"
            ),
            (
                "<client domain='d'/>",
                "<actions><action id='a'><script>x</script><on-error><retry times='0'/></on-error></action></actions>",
                "/request/actions/action/on-error/retry/@times", "1 to 10"
            ),
            (
                "<client domain='d'/>",
                "<actions><action id='a'><script>x</script>"
                    + "<on-error><retry times='2' backoff='0'/></on-error></action></actions>",
                "/request/actions/action/on-error/retry/@backoff", "from 1"
            ),
            (
                "<client domain='d'/>",
                "<actions><action id='a'><script>x</script><on-error><abort/><continue/></on-error></action></actions>",
                "/request/actions/action/on-error/continue", "<retry>"
            ),
        ]
    )
    func refused(client: String, content: String, path: String, expected: String) throws {
        let found = refusal(of: document(content, client: client))
        let first = try #require(found.first)
        #expect(first.code == "xml.schema")
        #expect(first.path == path)
        #expect(first.expected?.contains(expected) == true, "\(first)")
        #expect(!first.message.contains("urn:vmshop"))
    }

    @Test(
        "sizes need a unit and a whole number above 0",
        arguments: ["256", "0MiB", "1.5GiB", "-1GiB", "1 GiB", "1gib", "", "1PiB", "１GiB"]
    )
    func sizes(_ text: String) {
        let found = refusal(of: document("", start: "<hardware><memory>\(text)</memory></hardware>"))
        #expect(found.map(\.path) == ["/request/start/hardware/memory"])
        #expect(found.first?.expected?.contains("256MiB") == true)
    }

    @Test(
        "sizes are read exactly",
        arguments: [
            ("1B", 1), ("512KiB", 524_288), ("1kB", 1000), ("1KB", 1000), ("3MB", 3_000_000),
            ("2TiB", 2_199_023_255_552), ("007MiB", 7_340_032),
        ]
    )
    func amounts(text: String, bytes: Int) throws {
        #expect(ByteCount(text)?.bytes == bytes)
        #expect(
            try parse(document("", start: "<hardware><memory>\(text)</memory></hardware>")).start.hardware.memory?.bytes
                == bytes
        )
    }

    @Test(
        "a size is written in the unit that holds it exactly",
        arguments: [
            ("1024MiB", "1GiB"), ("1000MB", "1GB"), ("1500B", "1500B"), ("9000000TB", "9000000TB"), ("0B", "0B"),
            ("1536KiB", "1536KiB"), ("9223372036854775807B", "9223372036854775807B"),
        ]
    )
    func canonicalSize(text: String, canonical: String) throws {
        let size = try #require(ByteCount(text))
        #expect(size.description == canonical)
        #expect(ByteCount(canonical) == size)
    }

    @Test(
        "no size comes of nonsense",
        arguments: ["", "B", "1", "MiB", "9223372036854775808B", "9007199254740993TiB", "+1B", "1B ", "-1B", "٣B"]
    )
    func noSize(_ text: String) {
        #expect(ByteCount(text) == nil)
    }

    @Test(
        "durations are written in the largest unit that holds them",
        arguments: [
            ("60s", "1m"), ("90s", "90s"), ("24h", "1d"), ("1500ms", "1500ms"), ("0ms", "0s"),
            ("999999999d", "999999999d"),
        ]
    )
    func durations(text: String, canonical: String) throws {
        let duration = try #require(DurationText.duration(text))
        #expect(DurationText.text(duration) == canonical)
        #expect(DurationText.duration(canonical) == duration)
    }

    @Test("pauses grow by the back-off, up to a day")
    func pauses() {
        let retry = Retry(times: 5, delay: .seconds(1), backoff: 2)
        #expect((1...4).map { retry.pause(before: $0) } == [.seconds(1), .seconds(2), .seconds(4), .seconds(8)])
        let extreme = Retry(times: 10, delay: .seconds(86_400) * 999_999_999, backoff: 100)
        #expect(extreme.pause(before: 10) == Retry.longestPause)
        #expect(extreme.pause(before: 0) == Retry.longestPause)
    }
}
