import Foundation
import Glibc
import Synchronization
import TestKit

/// A child process whose output lands in files: nothing is lost when it is killed, and no thread waits for it.
final class RunningProgram: Sendable {
    enum Ending: Equatable, Sendable {
        case exit(Int32)
        case signal(Int32)
    }

    struct CannotRun: Error, CustomStringConvertible {
        var description: String
    }

    let processIdentifier: pid_t
    private let folder: String
    private let ending = Mutex<Ending?>(nil)

    /// Starts a program with what is added to the environment of the tests, whose own `RUNROOM_…` variables are left
    /// out.
    ///
    /// - Parameters:
    ///   - executable: its path.
    ///   - arguments: without the program's name.
    ///   - environment: what is added.
    ///   - input: a descriptor to read from; nil has nothing to say.
    ///   - output: a descriptor to write to; nil is a file.
    ///   - errors: the same of standard error.
    /// - Throws: ``CannotRun``.
    init(
        _ executable: String, _ arguments: [String], environment: [String: String] = [:], input: Int32? = nil,
        output: Int32? = nil, errors: Int32? = nil
    ) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("output-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("RUNROOM_") }
        // With the address sanitizer the child would keep what it frees for a while, and look as if it leaked.
        variables["ASAN_OPTIONS"] = "detect_leaks=0:quarantine_size_mb=1"
        variables.merge(environment) { $1 }

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        if let output {
            posix_spawn_file_actions_adddup2(&actions, output, 1)
        } else {
            posix_spawn_file_actions_addopen(&actions, 1, folder + "/out", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        }
        if let errors {
            posix_spawn_file_actions_adddup2(&actions, errors, 2)
        } else {
            posix_spawn_file_actions_addopen(&actions, 2, folder + "/err", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        }
        // Sockets of the tests must not live on in the child.
        for descriptor in 3..<Int32(1024) { posix_spawn_file_actions_addclose(&actions, descriptor) }
        // Signals that the test runner ignores or blocks are the child's to hear.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

        let words = ([executable] + arguments).map { strdup($0) } + [nil]
        let settings = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for word in words + settings { free(word) } }
        var pid: pid_t = 0
        let failure = posix_spawn(&pid, executable, &actions, &attributes, words, settings)
        guard failure == 0 else {
            throw CannotRun(description: "\(executable): \(String(cString: strerror(failure)))")
        }
        processIdentifier = pid
        Self.atExit
        Self.running.withLock { _ = $0.insert(pid) }
        Self.removeAtExit(folder)
    }

    deinit {
        kill(SIGKILL)
        reap(blocking: true)
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Runs a program to its end, which is to come within a limit.
    static func run(
        _ executable: String, _ arguments: [String], environment: [String: String] = [:],
        within limit: Duration = .seconds(20)
    ) async throws -> (ending: Ending, output: String, errors: String) {
        let program = try RunningProgram(executable, arguments, environment: environment)
        let ending = try await program.ended(within: limit)
        return (ending, program.output, program.errors)
    }

    var output: String { text("/out") }

    /// Where a server that has said so listens; what it says after that is for people.
    var port: Int? { output.split(separator: "\n").first?.split(separator: ":").last.flatMap { Int($0) } }
    var errors: String { text("/err") }

    private func text(_ name: String) -> String {
        String(decoding: FileManager.default.contents(atPath: folder + name) ?? Data(), as: UTF8.self)
    }

    var hasEnded: Bool {
        reap(blocking: false)
        return ending.withLock { $0 } != nil
    }

    func ended(within limit: Duration = .seconds(20)) async throws -> Ending {
        try await eventually("end of process \(processIdentifier)", within: limit) { hasEnded }
        return ending.withLock { $0 } ?? .exit(-1)
    }

    func kill(_ number: Int32) {
        // Under the lock, so that the identifier is still this child's.
        ending.withLock { if $0 == nil { _ = Glibc.kill(processIdentifier, number) } }
    }

    private func reap(blocking: Bool) {
        ending.withLock { ending in
            guard ending == nil else { return }
            var status: Int32 = 0
            guard waitpid(processIdentifier, &status, blocking ? 0 : WNOHANG) == processIdentifier else { return }
            // wait(2): the low seven bits are the signal, zero for an exit, whose status is the next byte.
            let signal = status & 0x7f
            ending = signal == 0 ? .exit((status >> 8) & 0xff) : .signal(signal)
            Self.running.withLock { _ = $0.remove(processIdentifier) }
        }
    }

    // MARK: - Nothing outlives the tests

    private static let running = Mutex<Set<pid_t>>([])
    private static let litter = Mutex<Set<String>>([])

    /// Has a folder removed when the tests end, if nobody has done it before.
    static func removeAtExit(_ folder: String) { litter.withLock { _ = $0.insert(folder) } }

    /// What shared servers leave, and those of tests that were cut off.
    private static let atExit: Void = {
        atexit {
            for pid in RunningProgram.running.withLock({ $0 }) {
                _ = Glibc.kill(pid, SIGKILL)
                waitpid(pid, nil, 0)
            }
            for folder in RunningProgram.litter.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: folder) }
        }
    }()
}
