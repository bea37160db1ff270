import Endpoints
import Foundation
import Glibc

/// What the system knows of this process.
struct ProcessStatistics: Sendable {
    var residentBytes: Int?
    /// User and system time of all threads.
    var cpuSeconds: Double?

    /// Asks the system now; what it does not say is nil.
    init() {
        // proc(5): the second field of statm is the resident set in pages.
        if let statm = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) {
            let fields = statm.split(separator: " ")
            if fields.count > 1, let pages = Int(fields[1]) { residentBytes = pages * sysconf(Int32(_SC_PAGESIZE)) }
        }
        var usage = rusage()
        if getrusage(RUSAGE_SELF.rawValue, &usage) == 0 {
            cpuSeconds = Self.seconds(usage.ru_utime) + Self.seconds(usage.ru_stime)
        }
    }

    /// How many descriptors are open.
    ///
    /// - Complexity: Linear in what it tells.
    static var openDescriptors: Int? { try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
}
