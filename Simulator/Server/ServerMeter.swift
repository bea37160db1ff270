import Foundation
import Glibc

/// What a server has used.
struct ServerUsage: Sendable {
    /// When.
    var at = Nanoseconds.now
    /// User and system time of all threads since it was started, in seconds.
    var cpuSeconds: Double
    var residentBytes: Int
    /// Seconds for which its busiest thread could have run but another program did; nil when it is not known.
    var waitedSeconds: Double?

    /// Cores that it took on the average since an earlier moment; nil if it is not the same process, or no time went by.
    func cores(since before: ServerUsage) -> Double? {
        guard at > before.at, cpuSeconds >= before.cpuSeconds else { return nil }
        return (cpuSeconds - before.cpuSeconds) / (at - before.at).inSeconds
    }
}

/// Somebody who can tell what a server has used.
protocol ServerMeter: AnyObject {
    /// How often it may be asked without disturbing what is measured.
    var interval: Nanoseconds { get }
    /// Whether an answer is still to come.
    var isWaiting: Bool { get }
    /// Why the last question had no answer; nil if it had one.
    var trouble: String? { get }
    /// Asks, and does not wait.
    ///
    /// - Parameter done: Called once, at once or from ``pump(milliseconds:)``, with what it has used; with nil when that
    ///   is not to be had.
    func ask(_ done: @escaping (ServerUsage?) -> Void)
    /// Takes answers that have come.
    ///
    /// - Parameter milliseconds: How long to wait for one.
    func pump(milliseconds: Int32)
}

/// A meter of a process of this machine, which answers at once.
protocol ProcessMeter: ServerMeter {
    /// Nil when there is no such process now.
    func usage() -> ServerUsage?
}

extension ProcessMeter {
    var interval: Nanoseconds { 0 }
    var isWaiting: Bool { false }
    var trouble: String? { usage() == nil ? "its process cannot be looked into" : nil }
    func ask(_ done: @escaping (ServerUsage?) -> Void) { done(usage()) }
    func pump(milliseconds: Int32) {}
}

/// Reads a process of this machine under `/proc`.
enum ProcessFiles {
    /// - Parameter pid: A process.
    /// - Returns: Nil if there is none, or its files cannot be read.
    static func usage(of pid: pid_t) -> ServerUsage? {
        guard let stat = text("/proc/\(pid)/stat"), let statm = text("/proc/\(pid)/statm") else { return nil }
        var usage = usage(stat: stat, statm: statm)
        if let seconds = cpuSeconds(of: pid) { usage?.cpuSeconds = seconds }
        usage?.waitedSeconds = waitedSeconds(of: pid)
        return usage
    }

    /// CPU seconds of a process to the nanosecond; `stat` knows them to the hundredth of a second only, which is more than
    /// a small room takes.
    private static func cpuSeconds(of pid: pid_t) -> Double? {
        var clock = clockid_t()
        var time = timespec()
        guard clock_getcpuclockid(pid, &clock) == 0, clock_gettime(clock, &time) == 0 else { return nil }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Seconds that the busiest thread of a process waited for a processor: the kernel's `schedstat`, fields 1 and 2.
    static func waitedSeconds(of pid: pid_t) -> Double? {
        guard let threads = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task") else {
            return nil
        }
        var busiest: (ran: Double, waited: Double)?
        for name in threads {
            guard let text = text("/proc/\(pid)/task/\(name)/schedstat") else { continue }
            let fields = text.split(separator: " ")
            guard fields.count >= 2, let ran = Double(fields[0]), let waited = Double(fields[1]) else { continue }
            if ran > busiest?.ran ?? -1 { busiest = (ran, waited) }
        }
        return busiest.map { $0.waited / 1e9 }
    }

    /// Reads what the two files say: proc(5), fields 14 and 15 of the one and 2 of the other.
    static func usage(stat: String, statm: String) -> ServerUsage? {
        // The name, in parentheses, may contain anything.
        guard let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        let pages = statm.split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]), pages.count > 1,
            let resident = Int(pages[1])
        else { return nil }
        return ServerUsage(
            cpuSeconds: (user + system) / Double(sysconf(Int32(_SC_CLK_TCK))),
            residentBytes: resident * sysconf(Int32(_SC_PAGESIZE)))
    }

    private static func text(_ path: String) -> String? {
        // Files under /proc have no size, which Foundation's readers want to know beforehand on some systems.
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 2048)
        let count = fread(&bytes, 1, bytes.count, file)
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }
}

/// Asks a server that is known by its address only, at its `/metrics`.
///
/// Whoever loads it must not stand still until it answers, so a question goes out when it is asked and its answer is
/// taken when it comes.
final class MetricsMeter: ServerMeter {
    private let lane: HTTPLane
    private(set) var trouble: String?

    /// - Parameters:
    ///   - address: Where the server is.
    ///   - timeout: How long an answer may take.
    /// - Throws: ``SimulatorError/noLoop(_:)``.
    init(address: SocketAddress, timeout: Nanoseconds = .seconds(2)) throws(SimulatorError) {
        // Enough patience for one more try when the server has closed a connection that was idle.
        lane = try HTTPLane(address: address, connections: 1, patience: timeout / 2, timeout: timeout)
    }

    var interval: Nanoseconds { .seconds(5) }
    var isWaiting: Bool { !lane.isIdle }

    func ask(_ done: @escaping (ServerUsage?) -> Void) {
        lane.enqueue(HTTPLane.Call(method: "GET", path: "/metrics")) { [weak self] answer in
            let usage =
                answer.status == 200 ? Self.usage(in: String(decoding: answer.body, as: UTF8.self)) : nil
            self?.note(answer, isUnderstood: usage != nil)
            done(usage)
        }
    }

    func pump(milliseconds: Int32) { lane.pump(milliseconds: milliseconds) }

    private func note(_ answer: HTTPLane.Answer, isUnderstood: Bool) {
        switch answer.status {
        case _ where isUnderstood: trouble = nil
        case 0: trouble = "/metrics: \(lane.trouble)"
        case 200: trouble = "/metrics does not tell it"
        default: trouble = "/metrics answers \(answer.status)"
        }
    }

    /// Reads a page in Prometheus's text format.
    static func usage(in page: String) -> ServerUsage? {
        var cpu: Double?
        var bytes: Double?
        for line in page.split(separator: "\n") {
            let parts = line.split(separator: " ")
            guard parts.count == 2 else { continue }
            if parts[0] == "process_cpu_seconds_total" { cpu = Double(parts[1]) }
            if parts[0] == "process_resident_memory_bytes" { bytes = Double(parts[1]) }
        }
        guard let cpu, let bytes else { return nil }
        return ServerUsage(cpuSeconds: cpu, residentBytes: Int(bytes))
    }
}

/// What this program itself uses.
enum OwnProcess {
    /// User and system time of all threads, in seconds.
    static var cpuSeconds: Double {
        var usage = rusage()
        getrusage(RUSAGE_SELF.rawValue, &usage)
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
}
