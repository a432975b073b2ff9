import ClassAds
import DAGModel
import MachineBook
import ShopAPI
import Testing
import VMShopTesting

@testable import VMPlantServer

@Suite("actions and guests that fail", .timeLimit(.minutes(2)))
struct FailureTests {
    @Test("a failed action undoes the machine; the error names it with its exit code and output")
    func failingAction() async throws {
        try await PlantFixture.with { plant in
            let id = MachineID.new()
            let actions = [
                RequestText.action("fine", ": fine"), RequestText.action("bad", "echo out; echo why >&2; exit 3"),
                RequestText.action("never", ": never"),
            ]
            _ = try await plant.client.create(id, RequestText.document(actions), options: .init())
            let failed = try await plant.client.settled(id)
            #expect(failed.state == .failed && failed.address == nil)
            let error = try #require(failed.error)
            #expect(error.code == .actionFailed && error.message.contains("`bad`") && error.message.contains("3"))
            #expect(error.action?.id == "bad" && error.action?.exitCode == 3 && error.action?.output == "out\nwhy\n")
            #expect(failed.actions.map(\.status) == [.done, .failed, .pending])
            try await plant.expectNothingLeft()
            // The id stays taken by the failure until it is collected.
            #expect(try await plant.client.create(id, RequestText.document(actions), options: .init()).state == .failed)
            #expect(try await plant.client.collect(id).state == .collected)
        }
    }

    @Test("an action that takes too long is ended and said to have timed out")
    func timeout() async throws {
        try await PlantFixture.with { plant in
            let id = MachineID.new()
            let slow = RequestText.action("slow", "echo begun; sleep 1000", timeout: "300ms")
            _ = try await plant.client.create(id, RequestText.document([slow]), options: .init())
            let error = try await plant.client.settled(id).error
            #expect(error?.code == .actionFailed && error?.action?.timedOut == true)
            #expect(error?.message.contains("timed out") == true)
        }
    }

    @Test("a guest that never reports is told as such after timeouts.boot, and undone")
    func silentGuest() async throws {
        try await PlantFixture.with(.init(["timeouts.boot=0.3"], guests: false)) { plant in
            let id = MachineID.new()
            _ = try await plant.client.create(id, RequestText.document(), options: .init())
            let failed = try await plant.client.settled(id)
            #expect(failed.state == .failed && failed.error?.code == .guestSilent)
            try await plant.expectNothingLeft()
        }
    }

    @Test("the policies: retry, continue, recover")
    func policies() async throws {
        try await PlantFixture.with { plant in
            let id = MachineID.new()
            let tries = plant.directory("tries")
            let flaky = """
                echo try >> "$TRIES"; [ "$(wc -l < "$TRIES")" -ge 3 ] || exit 7
                """
            let actions = [
                RequestText.action(
                    "flaky",
                    flaky,
                    RequestText.parameter("TRIES", tries)
                        + #"<on-error><retry times="5" delay="10ms" backoff="2"/></on-error>"#
                ),
                RequestText.action("optional", "exit 1", "<on-error><continue/></on-error>"),
                RequestText.action(
                    "fetch",
                    "exit 2",
                    "<on-error><recover><actions>" + RequestText.action("substitute", ": substitute")
                        + "</actions></recover></on-error>"
                ),
                RequestText.action("last", ": last"),
            ]
            _ = try await plant.client.create(id, RequestText.document(actions), options: .init())
            let ready = try await plant.client.settled(id)
            #expect(ready.state == .ready, "\(String(describing: ready.error))")
            let status = Dictionary(uniqueKeysWithValues: ready.actions.map { ($0.id, $0.status) })
            #expect(
                status == [
                    "flaky": .done, "optional": .continued, "fetch": .recovered, "substitute": .done, "last": .done,
                ]
            )
            #expect(ready.actions.first { $0.id == "flaky" }?.attempts == 3)
        }
    }

    @Test("a further graph that fails leaves the machine ready, with the reason; what was done stays done")
    func failingConfiguration() async throws {
        try await PlantFixture.with { plant in
            let id = MachineID.new()
            let runs = RequestText.parameter("RUNS", plant.directory("runs"))
            let one = RequestText.action("one", "echo one >> \"$RUNS\"", runs)
            _ = try await plant.client.create(id, RequestText.document([one]), options: .init())
            _ = try await plant.client.settled(id)
            let two = RequestText.action("two", "echo two >> \"$RUNS\"", runs)
            let bad = RequestText.action("bad", "[ -e \"$RUNS.fixed\" ]", runs)
            let document = RequestText.document([one, two, bad])
            _ = try await plant.client.configure(id, document)
            let failed = try await plant.client.settled(id)
            #expect(failed.state == .ready && failed.error?.action?.id == "bad")
            try plant.directory.write("", to: "runs.fixed")
            _ = try await plant.client.configure(id, document)
            let ready = try await plant.client.settled(id)
            #expect(
                ready.state == .ready && ready.error == nil && ready.actions.map(\.status) == [.done, .done, .done]
            )
            #expect(plant.directory.read("runs") == "one\ntwo\n")
        }
    }

    @Test("a further graph that comes while the work before it is about to end begins after it, not with a later pass")
    func configurationAtOnce() async throws {
        try await PlantFixture.with { plant in
            let id = MachineID.new()
            _ = try await plant.client.create(id, RequestText.document(), options: .init())
            _ = try await plant.client.settled(id)
            let (gate, opener) = AsyncStream.makeStream(of: Void.self)
            await plant.plant.tasks.join(id)
            #expect(await plant.plant.tasks.begin(.creating, on: id) { for await _ in gate {} })
            async let begun = plant.client.configure(id, RequestText.document([RequestText.action("one", ":")]))
            try await Eventually.holds("it is recorded") {
                try await plant.client.machine(id).state == .configuring
            }
            opener.finish()
            #expect(try await begun.state == .configuring)
            #expect(try await plant.client.settled(id).actions.map(\.status) == [.done])
            _ = try await plant.client.collect(id)
        }
    }

    @Test(
        "a further graph for another domain, with a changed action or a reserved output, or for a busy machine is refused"
    )
    func refusedConfiguration() async throws {
        try await PlantFixture.with { plant in
            let id = MachineID.new()
            let one = RequestText.action("one", ":")
            await expect(code: .machineUnknown) { try await plant.client.configure(id, RequestText.document([one])) }
            _ = try await plant.client.create(id, RequestText.document([one]), options: .init())
            _ = try await plant.client.settled(id)
            await expect(code: .callInvalid) {
                try await plant.client.configure(id, RequestText.document([one], domain: "other.example.org"))
            }
            await expect(code: .callInvalid) {
                try await plant.client.configure(id, RequestText.document([RequestText.action("one", "echo other")]))
            }
            await expect(code: .requestInvalid) {
                let action = RequestText.action("two", ": two", #"<output name="state"/>"#)
                return try await plant.client.configure(id, RequestText.document([one, action]))
            }
            let slow = RequestText.action("slow", "sleep 1000", timeout: "1000s")
            _ = try await plant.client.configure(id, RequestText.document([one, slow]))
            await expect(code: .machineBusy) { try await plant.client.configure(id, RequestText.document([one])) }
            _ = try await plant.client.collect(id)
            try await plant.expectNothingLeft()
        }
    }

    @Test("what is secret appears in no answer, event or log line, also when a script prints it")
    func secrets() async throws {
        try await PlantFixture.with { plant in
            let (id, secret) = (MachineID.new(), "hush-4711-hush")
            let parameters =
                RequestText.parameter("PASSWORD", secret, secret: true) + RequestText.parameter("PLAIN", "visible")
            let actions = [
                RequestText.action(
                    "good",
                    #"[ "$PASSWORD" = "\#("hush")-4711-hush" ]; echo "$PASSWORD $PLAIN""#,
                    parameters
                ),
                RequestText.action("bad", #"echo "it is $PASSWORD" >&2; exit 1"#, parameters),
            ]
            let client = plant.client
            _ = try await client.create(id, RequestText.document(actions), options: .init())
            let failed = try await client.settled(id)
            #expect(failed.actions.first?.output == "<redacted> visible\n")
            let events = try await client.events(of: id, after: 0, wait: .zero)
            _ = try await client.collect(id)
            let told = try [
                WireCoding.text(failed), WireCoding.text(events), WireCoding.text(await client.machine(id)),
                WireCoding.text(await client.status()), plant.log.lines.joined(separator: "\n"),
            ]
            for text in told { #expect(!text.contains(secret)) }
            // Nor does the tombstone keep the document.
            #expect(try await plant.plant.parts.machines.record(id)?.document.isEmpty == true)
        }
    }
}
