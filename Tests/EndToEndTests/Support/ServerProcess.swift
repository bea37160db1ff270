import Foundation
import Synchronization

/// A real `runroom` process on a port that the system chose, with a database in a directory of its own.
final class ServerProcess: Sendable {
    struct DidNotStart: Error, CustomStringConvertible {
        var description: String
    }

    let port: Int
    let directory: String
    private let process: Process
    private let log: Log

    /// What the server wrote to standard error.
    private final class Log: Sendable {
        let text = Mutex("")
    }

    /// The program beside this test's own executable.
    static var executable: URL {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("runroom")
    }

    /// Starts a server, or starts it again on a directory that one has left.
    static func start(_ flags: [String] = [], in directory: String? = nil) async throws -> ServerProcess {
        let directory = directory ?? Self.makeDirectory()
        return try await ServerProcess(flags: flags, directory: directory)
    }

    static func makeDirectory() -> String {
        FileManager.default.temporaryDirectory.appendingPathComponent("runroom-\(UUID().uuidString)").path
    }

    private init(flags: [String], directory: String) async throws {
        self.directory = directory
        let process = Process()
        process.executableURL = Self.executable
        process.arguments =
            ["serve", "--port", "0", "--data", directory, "--rate-limits", "off", "--password-cost", "low"] + flags
        let output = Pipe()
        let errors = Pipe()
        process.standardOutput = output
        process.standardError = errors
        let log = Log()
        errors.fileHandleForReading.readabilityHandler = { handle in
            let text = String(decoding: handle.availableData, as: UTF8.self)
            if text.isEmpty { handle.readabilityHandler = nil }
            log.text.withLock { $0 += text }
        }
        self.process = process
        self.log = log
        try process.run()
        let line: String = await withCheckedContinuation { continuation in
            let said = Mutex((text: "", isDone: false))
            output.fileHandleForReading.readabilityHandler = { handle in
                let data = handle.availableData
                let line: String? = said.withLock { said in
                    guard !said.isDone else { return nil }
                    said.text += String(decoding: data, as: UTF8.self)
                    guard data.isEmpty || said.text.contains("\n") else { return nil }
                    said.isDone = true
                    return said.text
                }
                if data.isEmpty { handle.readabilityHandler = nil }
                if let line { continuation.resume(returning: line) }
            }
        }
        guard let port = line.split(separator: ":").last.flatMap({ Int($0.trimmingCharacters(in: .newlines)) }) else {
            process.waitUntilExit()
            throw DidNotStart(description: log.text.withLock { $0 })
        }
        self.port = port
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    var processIdentifier: Int32 { process.processIdentifier }
    var logText: String { log.text.withLock { $0 } }

    /// Pulls the plug.
    func killHard() {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Asks it to end, and waits for that.
    /// - Returns: The exit status.
    func terminate() async -> Int32 {
        kill(process.processIdentifier, SIGTERM)
        let process = process
        return await withCheckedContinuation { continuation in
            // Waiting blocks its thread, so it has one of its own.
            Thread.detachNewThread {
                process.waitUntilExit()
                continuation.resume(returning: process.terminationStatus)
            }
        }
    }

    func removeDirectory() { try? FileManager.default.removeItem(atPath: directory) }
}
