import Foundation
import Glibc
import Synchronization
import TestKit

/// A real `runroom` process on a port that the system chose, with a database in a directory of its own.
final class ServerProcess: Sendable {
    struct DidNotStart: Error, CustomStringConvertible {
        var description: String
    }

    let port: Int
    let directory: String
    private let program: RunningProgram

    /// The program beside this test's own executable.
    static var executable: String {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("runroom").path
    }

    /// What every server of the tests is told.
    static func arguments(_ flags: [String], in directory: String) -> [String] {
        ["serve", "--port", "0", "--data", directory, "--rate-limits", "off", "--password-cost", "low"]
            + (TestLoops.count > 1 ? ["--loops", "\(TestLoops.count)"] : []) + flags
    }

    /// Starts a server, or starts it again on a directory that one has left.
    static func start(
        _ flags: [String] = [], in directory: String? = nil, environment: [String: String] = [:], errors: Int32? = nil
    ) async throws -> ServerProcess {
        let directory = directory ?? Self.makeDirectory()
        let program = try RunningProgram(
            executable, arguments(flags, in: directory), environment: environment, errors: errors)
        return try await ServerProcess(program: program, directory: directory)
    }

    /// Starts a server on a directory in which the command line has made a root.
    ///
    /// She is `rita`, with `rita@example.org` and `root secret`. The directory goes with the workshop.
    static func startWithRoot(in workshop: Workshop) async throws -> (server: ServerProcess, directory: String) {
        let data = workshop.file("data")
        let password = try workshop.file("password", holding: "root secret")
        let made = try await Workshop.runroom(
            "admin", "create", "--data", data, "--username", "rita", "--email", "rita@example.org", "--role", "root",
            input: password)
        guard made.ending == .exit(0) else { throw DidNotStart(description: made.errors) }
        let server = try await start(in: data)
        server.leaveDirectory()
        return (server, data)
    }

    /// A server that several tests share, each with rooms and people of its own.
    static func shared(_ flags: [String] = []) async throws -> ServerProcess {
        try await shared("with \(flags)") { try await start(flags) }
    }

    /// A server of a name, started by whoever asks first.
    static func shared(
        _ name: String, start: @escaping @Sendable () async throws -> ServerProcess
    ) async throws -> ServerProcess {
        let starting = everybodys.withLock { servers in
            if let known = servers[name] { return known }
            let task = Task { try await start() }
            servers[name] = task
            return task
        }
        return try await starting.value
    }

    private static let everybodys = Mutex<[String: Task<ServerProcess, any Error>]>([:])

    static func makeDirectory() -> String {
        FileManager.default.temporaryDirectory.appendingPathComponent("runroom-\(UUID().uuidString)").path
    }

    private init(program: RunningProgram, directory: String) async throws {
        self.directory = directory
        self.program = program
        RunningProgram.removeAtExit(directory)
        try await eventually("a server that is ready") { program.output.contains("\n") || program.hasEnded }
        let line = program.output.prefix { $0 != "\n" }
        guard line.hasPrefix("RunRoom is ready on "), let port = line.split(separator: ":").last.flatMap({ Int($0) })
        else { throw DidNotStart(description: program.errors) }
        self.port = port
    }

    deinit {
        program.kill(SIGKILL)
        removeDirectory()
    }

    /// The line it printed when it was ready.
    var greeting: String { program.output }
    var logText: String { program.errors }
    var hasEnded: Bool { program.hasEnded }

    /// Waits for a line in the log, which is written by a thread of its own.
    func logs(_ words: String) async throws {
        try await eventually("a line of the log with “\(words)”") { logText.contains(words) }
    }

    /// How many descriptors it has open, by the system's word.
    func descriptors() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(program.processIdentifier)/fd").count
    }

    /// How many bytes of memory it has, by the system's word.
    func residentBytes() throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(program.processIdentifier)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return (line?.split(separator: " ").compactMap { Int($0) }.first ?? 0) << 10
    }

    /// The address sanitizer is built in, here and in the server: what it notes of each allocation is memory as well.
    static let isSanitized = dlsym(nil, "__asan_init") != nil

    /// Pulls the plug.
    func killHard() async throws {
        program.kill(SIGKILL)
        _ = try await program.ended()
    }

    func signal(_ number: Int32) { program.kill(number) }

    /// How it ended; waits for that.
    func ended() async throws -> RunningProgram.Ending { try await program.ended() }

    /// Asks it to end, and waits for that.
    /// - Returns: The exit status.
    func terminate() async throws -> RunningProgram.Ending {
        program.kill(SIGTERM)
        return try await program.ended()
    }

    /// Whether the directory stays when this object goes; a test that starts the next server there says so.
    private let keepsDirectory = Atomic(false)

    /// Leaves the directory to the next server.
    func leaveDirectory() { keepsDirectory.store(true, ordering: .relaxed) }

    func removeDirectory() {
        guard !keepsDirectory.load(ordering: .relaxed) else { return }
        try? FileManager.default.removeItem(atPath: directory)
    }

    // MARK: - Metrics

    /// The samples of `/metrics`, by name with labels.
    func metrics() async throws -> [String: Double] {
        let answer = try await REST(port: port).get("/metrics")
        var samples: [String: Double] = [:]
        for line in answer.text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let space = line.lastIndex(of: " ") else { continue }
            samples[String(line[..<space])] = Double(line[line.index(after: space)...])
        }
        return samples
    }
}
