import CEpoll
import Foundation
import Glibc

/// A program that was started here, with its output in files.
final class ChildProcess {
    let pid: pid_t
    private let output: String
    private let errors: String
    private var hasEnded = false

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - executable: Its path.
    ///   - arguments: Without its name.
    ///   - folder: Where its output goes, to `out` and `err`, which are begun anew.
    ///   - core: The processor that it is bound to; nil leaves that to the system.
    /// - Throws: ``SimulatorError/noServer(_:)``.
    init(_ executable: String, _ arguments: [String], folder: String, core: Int? = nil) throws(SimulatorError) {
        output = folder + "/out"
        errors = folder + "/err"
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        // A Ctrl-C at the terminal is for the simulator, which ends its children itself.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        let words = ([executable] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var pid: pid_t = 0
        let own = Processor.binding
        if let core { Processor.bind(to: [core]) }
        let failure = posix_spawn(&pid, executable, &actions, &attributes, words, environ)
        if core != nil { Processor.bind(to: own) }
        guard failure == 0 else { throw .noServer("\(executable): \(String(cString: strerror(failure)))") }
        self.pid = pid
    }

    deinit { kill() }

    /// Ends it at once, as a power cut does, and waits until it is gone.
    func kill() {
        guard !hasEnded else { return }
        Glibc.kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
        hasEnded = true
    }

    var isRunning: Bool {
        if hasEnded { return false }
        hasEnded = waitpid(pid, nil, WNOHANG) == pid
        return !hasEnded
    }

    /// Waits for its first line of output.
    ///
    /// - Throws: ``SimulatorError/noServer(_:)`` with what it said, when it ends before or takes too long.
    func firstLine(within patience: Nanoseconds) throws(SimulatorError) -> String {
        let end = Nanoseconds.now + patience
        while Nanoseconds.now < end {
            let text = Self.text(output)
            if let newline = text.firstIndex(of: "\n") { return String(text[..<newline]) }
            guard isRunning else { break }
            usleep(5000)
        }
        throw .noServer(String(Self.text(errors).suffix(500)))
    }

    private static func text(_ path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }
}

/// The processors that the calling thread, and what it starts, may use.
enum Processor {
    /// Room for 1,024 processors, as glibc has it.
    private static let setBytes = 128

    static var binding: [Int] {
        var set = [UInt8](repeating: 0, count: Self.setBytes)
        guard CEpoll_get_affinity(&set, set.count) == 0 else { return [] }
        return (0..<set.count * 8).filter { set[$0 / 8] & (1 << ($0 % 8)) != 0 }
    }

    /// Does nothing for an empty list, or processors that there are not.
    static func bind(to processors: [Int]) {
        guard !processors.isEmpty else { return }
        var set = [UInt8](repeating: 0, count: Self.setBytes)
        for processor in processors where processor / 8 < set.count { set[processor / 8] |= 1 << (processor % 8) }
        _ = CEpoll_set_affinity(set, set.count)
    }
}
