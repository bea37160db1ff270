import Foundation
import Glibc
import Limits
import Synchronization

/// Writes the lines of the log on a thread of its own: nobody who logs waits for a full pipe or a slow disk.
///
/// So many bytes wait. Lines beyond are dropped and counted, and as soon as there is room again another line says how
/// many they were. Lines come in the order in which they were written; from any thread.
final class LogWriter: TextOutputStream, Sendable {
    private let queue: LogQueue

    /// - Parameters:
    ///   - descriptor: Where the lines go; the caller's, and open for as long as lines may come.
    ///   - limit: The bytes that wait.
    init(to descriptor: CInt, holding limit: Int = Limit.Operations.logBytes) {
        let queue = LogQueue(limit: limit)
        self.queue = queue
        let thread = Thread { queue.run(writingTo: descriptor) }
        thread.name = "log"
        thread.start()
    }

    deinit { queue.end() }

    /// One line, with its end.
    func write(_ line: String) { queue.add(line) }

    /// Waits until all that was written so far is where it goes, for a moment at most.
    func flush(within patience: Duration = Limit.Operations.logFlush) { queue.flush(within: patience) }
}

/// The lines that wait, and who waits for them.
///
/// `@unchecked`: what changes is behind the condition.
private final class LogQueue: @unchecked Sendable {
    private let limit: Int
    private let condition = NSCondition()
    private var waiting: [UInt8] = []
    /// Lines that found no room since the last word about such lines.
    private var lost = 0
    /// Bytes that came, and those of them that have gone their way, or could not.
    private var added = 0, done = 0
    private var isOver = false

    init(limit: Int) { self.limit = limit }

    func add(_ line: String) {
        condition.withLock {
            let count = line.utf8.count
            guard waiting.count + count <= limit else {
                lost += 1
                return
            }
            waiting += line.utf8
            added += count
            LogWriter.unwrittenBytes.add(count, ordering: .relaxed)
            condition.broadcast()
        }
    }

    func end() {
        condition.withLock {
            isOver = true
            condition.broadcast()
        }
    }

    func flush(within patience: Duration) {
        let end = Date(timeIntervalSinceNow: patience / .seconds(1))
        condition.withLock {
            let wanted = added
            while done < wanted, condition.wait(until: end) {}
        }
    }

    /// Writes what comes until the end; the thread's work.
    func run(writingTo descriptor: CInt) {
        while let (lines, count) = next() {
            let missed = Self.write(lines, to: descriptor)
            condition.withLock {
                lost += missed
                done += count
                condition.broadcast()
            }
            LogWriter.unwrittenBytes.subtract(count, ordering: .relaxed)
        }
    }

    /// All that waits, and behind it how many lines found no room; nil at the end.
    private func next() -> (lines: [UInt8], count: Int)? {
        condition.withLock {
            while waiting.isEmpty {
                if isOver { return nil }
                condition.wait()
            }
            var lines = waiting
            let count = lines.count
            waiting = []
            // Those that are lost came when these filled all the room.
            if lost > 0 { lines += Self.word(about: lost).utf8 }
            lost = 0
            return (lines, count)
        }
    }

    /// As `StreamLogHandler` writes its lines.
    private static func word(about lost: Int) -> String {
        var now = time(nil), local = tm()
        localtime_r(&now, &local)
        let stamp = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
            strftime(buffer.baseAddress!, buffer.count, "%Y-%m-%dT%H:%M:%S%z", &local) > 0
                ? String(cString: buffer.baseAddress!) : ""
        }
        return "\(stamp) warning runroom: lines=\(lost) [RunRoom] lines of the log were lost, since nobody took them\n"
    }

    /// Blocks for as long as it takes.
    ///
    /// - Returns: The lines that could not be written.
    private static func write(_ bytes: [UInt8], to descriptor: CInt) -> Int {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                // Another program that shares the descriptor has it so that it does not wait.
                var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&entry, 1, -1)
            default: return rest.count { $0 == UInt8(ascii: "\n") }
            }
        }
        return 0
    }
}

extension LogWriter {
    /// Bytes that have come and not gone their way yet, of all writers.
    fileprivate static let unwrittenBytes = Atomic<Int>(0)

    /// What the signals did before, by their numbers.
    ///
    /// Written before the handler is there, and read by it alone.
    nonisolated(unsafe) private static let before = UnsafeMutablePointer<sigaction>.allocate(capacity: 32)

    /// Has a trap or a fault that ends the process wait until the lines before it are written, for a moment at most:
    /// they say what led to it.
    ///
    /// Once in a process.
    static func outliveFaults() {
        for number in [SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS, SIGFPE] {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { number in
                // Nothing here but what a handler of signals may do. The other threads go on meanwhile.
                var pause = timespec(tv_sec: 0, tv_nsec: 1_000_000)
                for _ in 0..<1000 where LogWriter.unwrittenBytes.load(ordering: .relaxed) > 0 { nanosleep(&pause, nil) }
                // What trapped traps again.
                sigaction(number, &LogWriter.before[Int(number)], nil)
            }
            sigaction(number, &action, &before[Int(number)])
        }
    }
}
