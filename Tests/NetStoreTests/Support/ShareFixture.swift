import Glibc
import Testing

@testable import NetStore

/// Runs a body with a new share.
func withShare(_ body: (ScriptShare, String) async throws -> Void) async throws {
    try await withTemporaryFolder { folder in
        let share = try ScriptShare(directory: folder + "/share")
        try await share.create(ScriptShareTests.identity)
        try await body(share, folder + "/share")
    }
}

func makeJob(
    sequence: Int = 1,
    script: String = "true\n",
    environment: [String: String] = [:],
    nonce: String = "n-1"
) throws -> ScriptJob {
    try ScriptJob(
        name: JobName(sequence: sequence, action: "user"),
        script: Array(script.utf8),
        environment: environment,
        timeout: .milliseconds(2500),
        nonce: nonce
    )
}

/// What a guest does at the end of job 1.
func answer(_ path: String, status: String) async throws {
    try #require(mkdir(path + "/out/0001-user", 0o755) == 0)
    try write(path + "/out/0001-user/status", status)
}

func text(_ path: String) throws -> String {
    let file = try #require(fopen(path, "r"), "\(path)")
    defer { fclose(file) }
    var bytes: [UInt8] = []
    while case let byte = fgetc(file), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
    return String(decoding: bytes, as: UTF8.self)
}

func write(_ path: String, _ text: String) throws {
    let file = try #require(fopen(path, "w"), "\(path)")
    defer { fclose(file) }
    let bytes = Array(text.utf8)
    try #require(fwrite(bytes, 1, bytes.count, file) == bytes.count)
}
