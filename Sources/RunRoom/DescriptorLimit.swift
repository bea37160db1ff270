import Glibc
import Limits

/// How many files and sockets this process may have open.
enum DescriptorLimit {
    /// Descriptors beside the connections: the database's files, uploads and downloads, libraries.
    static let reserve = Limit.Connections.otherDescriptors

    /// Allows as many descriptors as some connections need, and no more.
    ///
    /// What a shell or systemd gives to begin with, often 1,024, is too few for a race. Far too many cost as well:
    /// libwebsockets 4.1 looks through a table of all that may be whenever a connection comes or goes, which takes
    /// 20 µs with 131,072. The system's hard limit is nobody's to raise here.
    ///
    /// To be called once, before there is an event loop.
    ///
    /// - Parameter connections: How many are to be served.
    /// - Returns: Nil, or how many were wanted and how many the system allows.
    static func allow(connections: Int) -> (wanted: UInt64, allowed: UInt64)? {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &limit) == 0 else { return nil }
        let wanted = rlim_t(connections + reserve)
        limit.rlim_cur = min(wanted, limit.rlim_max)
        guard setrlimit(resource, &limit) == 0, limit.rlim_cur < wanted else { return nil }
        return (UInt64(wanted), UInt64(limit.rlim_cur))
    }
}
