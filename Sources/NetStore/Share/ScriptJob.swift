/// A script for a guest, with all that the guest needs to run it.
public struct ScriptJob: Sendable, Hashable {
    /// Its directory.
    public let name: JobName
    /// The script: run by `/bin/sh`, or by what its first line says.
    public let script: [UInt8]
    /// Parameters, which reach the script as environment variables: never as text of it.
    public let environment: [String: String]
    /// How long the guest lets it run.
    public let timeout: Duration
    /// How many bytes the guest keeps of its output, and how many of its errors.
    public let outputLimit: Int
    /// A word that nobody can guess, repeated in the answer.
    public let nonce: String

    /// Makes a job.
    ///
    /// - Throws: ``NetStoreError`` `.invalid` for a variable that is not `[A-Za-z_][A-Za-z0-9_]{0,63}` or starts with
    ///   `VMSHOP_`, a value with NUL, more than 1 MiB of script or of parameters, or a nonce that is not a word.
    public init(
        name: JobName,
        script: [UInt8],
        environment: [String: String],
        timeout: Duration,
        outputLimit: Int = 64 << 10,
        nonce: String
    ) throws(NetStoreError) {
        for (name, value) in environment { try Self.check(name, value) }
        try NameRules.check(nonce, "nonce", limit: 128, first: NameRules.isAlphanumeric) {
            NameRules.isAlphanumeric($0) || $0 == NameRules.dash
        }
        guard script.count <= 1 << 20, environment.values.reduce(0, { $0 + $1.utf8.count }) <= 1 << 20 else {
            throw NetStoreError(.invalid, "job \(name): script or parameters are larger than 1 MiB")
        }
        guard timeout > .zero, (0...ScriptShare.readLimit).contains(outputLimit) else {
            throw NetStoreError(
                .invalid,
                "job \(name): timeout \(timeout) or output limit \(outputLimit) is out of range"
            )
        }
        self.name = name
        self.script = script
        self.environment = environment
        self.timeout = timeout
        self.outputLimit = outputLimit
        self.nonce = nonce
    }

    /// The file `limits`.
    var limits: String {
        let milliseconds = max(1, Int(min(timeout / .milliseconds(1), 1e12)))
        let fraction = String(milliseconds % 1000 + 1000).dropFirst()
        return "timeout=\(milliseconds / 1000).\(fraction)\noutput=\(outputLimit)\n"
    }

    /// Whether the kernel can start the script by its first line.
    var isExecutable: Bool { script.starts(with: "#!".utf8) }

    private static func check(_ name: String, _ value: String) throws(NetStoreError) {
        try NameRules.check(name, "parameter name", limit: 64) {
            NameRules.isLetter($0) || $0 == NameRules.underscore
        } rest: {
            NameRules.isAlphanumeric($0) || $0 == NameRules.underscore
        }
        guard !name.hasPrefix("VMSHOP_") else {
            throw NetStoreError(.invalid, "parameter \(name): names that start with VMSHOP_ are the runner's")
        }
        guard !value.utf8.contains(0) else {
            throw NetStoreError(.invalid, "parameter \(name): an environment variable cannot hold NUL")
        }
    }
}
