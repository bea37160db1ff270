import Glibc

/// Unix sockets that carry lines, one each way; everything here blocks, and ends at a deadline.
enum UnixSocket {
    /// The name of a server's socket in its data directory.
    static let name = "admin.sock"

    /// Where a socket is, or is to be.
    struct Path: Sendable {
        let directory: String
        let name: String

        var text: String { directory + "/" + name }
    }

    /// What a peer has sent.
    enum Reading: Equatable {
        /// Without its end.
        case line([UInt8])
        case tooLong
        /// The peer has gone, or the socket is being closed.
        case ended
        case late
    }

    // MARK: - Opening

    /// Listens, in place of whoever has listened there and is gone.
    static func listen(at path: Path) throws(Terminal.Complaint) -> CInt {
        remove(path)
        let socket = try make()
        // The mode is given by the umask; what it does not say is said here, before anybody can come.
        guard at(path, { bind(socket, $0, $1) }) == 0, chmod(path.text, 0o600) == 0,
            Glibc.listen(socket, backlog) == 0
        else {
            let complaint = complaint("Cannot take commands at", path)
            Glibc.close(socket)
            throw complaint
        }
        return socket
    }

    /// Connects; nil when nobody listens there.
    static func connect(to path: Path) throws(Terminal.Complaint) -> CInt? {
        let socket = try make()
        guard at(path, { Glibc.connect(socket, $0, $1) }) == 0 else {
            let isNobody = errno == ENOENT || errno == ECONNREFUSED
            let complaint = complaint("Cannot give the command at", path)
            Glibc.close(socket)
            if isNobody { return nil }
            throw complaint
        }
        return socket
    }

    /// The next who connects; nil when the listener is being closed.
    static func accept(_ listener: CInt) -> CInt? {
        while true {
            let socket = Glibc.accept(listener, nil, nil)
            if socket >= 0 {
                _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
                return socket
            }
            switch errno {
            case EINTR, ECONNABORTED: continue
            case EMFILE, ENFILE, ENOBUFS, ENOMEM: usleep(100_000)
            default: return nil
            }
        }
    }

    static func remove(_ path: Path) { unlink(path.text) }

    /// Wakes who accepts or reads, and has nothing more come; writing goes on.
    static func endReading(_ socket: CInt) { shutdown(socket, CInt(SHUT_RD)) }

    static func close(_ socket: CInt) { _ = Glibc.close(socket) }

    /// Those that wait to be accepted.
    private static let backlog: CInt = 8

    private static func make() throws(Terminal.Complaint) -> CInt {
        let socket = Glibc.socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else {
            throw Terminal.Complaint(description: "Cannot make a socket: \(String(cString: strerror(errno))).")
        }
        return socket
    }

    /// Calls with the address of a path.
    ///
    /// An address has 107 bytes; a longer path is reached through the descriptor of its directory.
    private static func at(_ path: Path, _ call: (UnsafePointer<sockaddr>, socklen_t) -> CInt) -> CInt {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let capacity = MemoryLayout.size(ofValue: address.sun_path) - 1
        var text = path.text, directory: CInt = -1
        if text.utf8.count > capacity {
            directory = open(path.directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard directory >= 0 else { return -1 }
            text = "/proc/self/fd/\(directory)/\(path.name)"
        }
        defer { if directory >= 0 { Glibc.close(directory) } }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: text.utf8.prefix(capacity)) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                call($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    private static func complaint(_ what: String, _ path: Path) -> Terminal.Complaint {
        Terminal.Complaint(description: "\(what) \(path.text): \(String(cString: strerror(errno))).")
    }

    // MARK: - Lines

    /// Reads up to the end of a line.
    ///
    /// - Parameters:
    ///   - socket: Where from.
    ///   - limit: Bytes of the line.
    ///   - deadline: Until when.
    /// - Returns: What came; bytes behind the line are lost.
    static func readLine(from socket: CInt, limit: Int, until deadline: ContinuousClock.Instant) -> Reading {
        var line: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while true {
            guard wait(for: POLLIN, on: socket, until: deadline) else { return .late }
            let count = recv(socket, &piece, piece.count, CInt(MSG_DONTWAIT))
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count > 0 else { return .ended }
            if let end = piece[..<count].firstIndex(of: UInt8(ascii: "\n")) {
                line += piece[..<end]
                return line.count > limit ? .tooLong : .line(line)
            }
            line += piece[..<count]
            if line.count > limit { return .tooLong }
        }
    }

    /// Writes all of some bytes.
    ///
    /// - Returns: Whether the kernel has taken them by the deadline; what it takes at once it is given also after it.
    static func write(_ bytes: [UInt8], to socket: CInt, until deadline: ContinuousClock.Instant) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                send(socket, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT))
            }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                guard wait(for: POLLOUT, on: socket, until: deadline) else { return false }
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }

    /// Waits until there is something to do on a socket; false when there is not by the deadline.
    private static func wait(for events: CInt, on socket: CInt, until deadline: ContinuousClock.Instant) -> Bool {
        while true {
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else { return false }
            var entry = pollfd(fd: socket, events: Int16(events), revents: 0)
            let count = poll(&entry, 1, CInt(clamping: Int((left / .milliseconds(1)).rounded(.up))))
            if count > 0 { return true }
            if count < 0, errno != EINTR { return true }
        }
    }
}
