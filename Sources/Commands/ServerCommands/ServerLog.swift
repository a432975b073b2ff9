import ArgumentParser
import Glibc
import Logging
import ServerSettings
import ShopAPI

/// How a server logs and how it says why it cannot start.
enum ServerLog {
    /// A logger to standard error.
    static func logger(_ label: String, level: String) throws -> Logger {
        guard let level = Logger.Level(rawValue: level) else {
            let names = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--log-level must be one of \(names)")
        }
        var logger = Logger(label: label) { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = level
        return logger
    }

    /// Runs a server; what stops it is said in one line and becomes the exit code (78 for a setting and for a shop that runs elsewhere,
    /// 66 for a file that an argument names, else 1).
    static func reportingFailure(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as ValidationError {
            throw error
        } catch let error as SettingsError {
            complain("\(error)")
            throw ExitCode(EX_CONFIG)
        } catch let error as UnreadableFile {
            complain("\(error.path): there is no such file, or it is no text that may be read")
            throw ExitCode(EX_NOINPUT)
        } catch let error as ServiceError where error.code == .superseded {
            complain("\(error)")
            throw ExitCode(EX_CONFIG)
        } catch {
            complain("cannot run: \(error)")
            throw ExitCode(1)
        }
    }

    private static func complain(_ text: String) {
        let line = Array("error: \(text)\n".utf8)
        _ = write(STDERR_FILENO, line, line.count)
    }
}

/// A file that an argument names and that cannot be read.
struct UnreadableFile: Error {
    var path: String
}
