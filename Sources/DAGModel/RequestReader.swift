import ClassAds
import LibXML

/// One reading of one document: from its tree to a request, collecting all that is wrong on the way.
///
/// The schema's violations are known already. What is read here is read leniently, so that one mistake does not hide
/// the next; a value that the schema has refused is not refused again.
struct RequestReader {
    /// A graph of the document: the main one, or that of a recovery.
    struct Scope {
        var check = GraphCheck(actions: [], edges: [])
        /// The graph around it, and the action there that recovers with it.
        var outer: (scope: Int, action: String)?
    }

    /// A parameter's `from`, checked when all graphs are known.
    struct Reference {
        var place: ElementCursor
        var scope: Int
        var action: String
        var target: String
        var output: String
    }

    /// An action that references name, as its place in a graph.
    struct Declarer: Hashable {
        var scope: Int
        var index: Int
    }

    private(set) var diagnostics: [RequestDiagnostic] = []
    private var dropped = 0
    private let maximumActions: Int
    private let limit: Int
    private var isSchemaViolated = false
    var scopes: [Scope] = []
    var references: [Reference] = []
    /// The names of the outputs of actions that references name.
    var declared: [Declarer: Set<String>] = [:]
    /// The disks that actions attach under a serial of their own choice.
    var disks: [AttachedDisk] = []
    /// All ids and keys of the document.
    var ids: Set<String> = []
    var keys: [ActionKey: String] = [:]

    init(maximumActions: Int, limit: Int) {
        self.maximumActions = maximumActions
        self.limit = limit
    }

    /// Reads the request; nil, or a request that must not be used, if there are diagnostics.
    mutating func read(_ root: XMLElement, violations: [XMLDiagnostic]) -> Request? {
        self.diagnostics = violations.map(RequestDiagnostic.init)
        self.isSchemaViolated = !violations.isEmpty
        let document = ElementCursor(root: root)
        guard self.acceptNumberOfActions(in: document) else { return nil }
        let client = self.client(document)
        let start = self.start(document)
        let lease = document.first("lease").flatMap { self.lease($0) }
        let requirements = document.first("requirements").flatMap { self.requirements($0) }
        let graph = self.graph(in: document, outer: nil)
        self.checkReferences()
        self.checkSerials()
        guard let client, let start, let graph, self.diagnostics.isEmpty else {
            // Whatever is missing, the schema or a check above has said so; if neither did, the two disagree.
            if self.diagnostics.isEmpty { self.report(.structure, "the document is incomplete", at: document) }
            return nil
        }
        return Request(
            name: root["name"],
            client: client,
            lease: lease,
            requirements: requirements,
            start: start,
            graph: graph
        )
    }

    /// What was found, by place, with a last line for what was left out.
    var diagnosticsInOrder: [RequestDiagnostic] {
        var all = self.diagnostics.enumerated()
            .sorted {
                ($0.element.line, $0.element.column, $0.offset) < ($1.element.line, $1.element.column, $1.offset)
            }
            .map(\.element)
        if self.dropped > 0, var last = all.last {
            last.message = "and \(self.dropped) more mistakes"
            last.expected = "correct the ones above first"
            all.append(last)
        }
        return all
    }

    private mutating func acceptNumberOfActions(in document: ElementCursor) -> Bool {
        var count = 0
        var pending = [document.element]
        while let element = pending.popLast() {
            for child in element.children where !child.children.isEmpty || child.name == "action" {
                if child.name == "action" { count += 1 }
                pending.append(child)
            }
        }
        guard count > self.maximumActions else { return true }
        self.report(
            .tooManyActions,
            "the request has \(count) actions",
            expected: "at most \(self.maximumActions)",
            at: document.first("actions") ?? document
        )
        return false
    }

    private func client(_ document: ElementCursor) -> Client? {
        guard let client = document.first("client")?.element, let domain = client["domain"] else { return nil }
        return Client(domain: domain, user: client["user"])
    }

    private mutating func start(_ document: ElementCursor) -> Start? {
        guard let start = document.first("start") else { return nil }
        let image = start.first("image")
        let hardware = start.first("hardware")
        if image == nil && hardware == nil {
            self.report(
                .emptyStart,
                "the start names neither an image nor hardware",
                expected: "<image name=\"…\"/> or <hardware>, or both",
                at: start
            )
        }
        return Start(image: image?.element["name"], hardware: hardware.map { self.hardware($0) } ?? Hardware())
    }

    private mutating func hardware(_ place: ElementCursor) -> Hardware {
        Hardware(
            memory: place.first("memory").flatMap { self.size($0) },
            cpus: place.first("cpus").flatMap { self.count($0) },
            disk: place.first("disk").flatMap { self.size($0) },
            architecture: place.element["architecture"],
            operatingSystem: place.element["os"]
        )
    }
}

// MARK: - Values

extension RequestReader {
    /// A hundred years: what is later has no date that programs agree on.
    private static let longestDuration = Duration.seconds(36_500 * 86_400)

    private mutating func size(_ place: ElementCursor) -> ByteCount? {
        self.checked(ByteCount(place.word), place.word, expected: "an amount below 8 EiB, as '256MiB'", at: place)
    }

    private mutating func count(_ place: ElementCursor) -> Int? {
        self.checked(Int(place.word), place.word, expected: "a whole number", at: place)
    }

    /// A duration in an attribute; nil if there is none, or it is not one.
    private mutating func lease(_ place: ElementCursor) -> Lease? {
        guard let duration = self.duration("duration", of: place) else { return nil }
        // Another word is a violation of the schema.
        let end = place.element["at-end"].flatMap(Lease.End.init) ?? .collect
        return Lease(duration: duration, idle: self.duration("idle", of: place), end: end)
    }

    /// What must be true of the plant; blanks around it say nothing.
    private mutating func requirements(_ place: ElementCursor) -> Query? {
        do throws(QueryError) {
            return try Query(parsing: place.word)
        } catch {
            let expected = "a condition on a plant's attributes, as 'Rack == \"b12\" && Memory >= 65536'"
            self.report(.badRequirements, "the requirements cannot be read, \(error)", expected: expected, at: place)
            return nil
        }
    }

    mutating func duration(_ attribute: String, of place: ElementCursor) -> Duration? {
        guard let text = place.element[attribute] else { return nil }
        let duration = DurationText.duration(text).flatMap { $0 <= Self.longestDuration ? $0 : nil }
        return self.checked(duration, text, expected: "a duration of at most 36500d, as '30s'", at: place)
    }

    /// Passes a value on, and complains of its absence unless the schema has, or may have, done so.
    private mutating func checked<Value>(
        _ value: Value?,
        _ text: String,
        expected: String,
        at place: ElementCursor
    ) -> Value? {
        if value == nil && !self.isSchemaViolated {
            self.report(.outOfRange, "'\(text.prefix(60))' is too large", expected: expected, at: place)
        }
        return value
    }

    mutating func report(
        _ code: RequestCode,
        _ message: String,
        expected: String? = nil,
        at place: ElementCursor
    ) {
        guard self.diagnostics.count < self.limit else {
            self.dropped += 1
            return
        }
        let position = place.element.position
        self.diagnostics.append(
            RequestDiagnostic(
                code: code.rawValue,
                message: message,
                expected: expected,
                line: position.line,
                column: position.column,
                path: place.path
            )
        )
    }
}
