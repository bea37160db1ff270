import CEpoll
import Glibc

/// Where a server listens, resolved once, and whether it speaks TLS.
struct SocketAddress: Sendable {
    /// As it was given, for the `Host` header.
    let host: String
    let port: Int
    /// Nil where TLS is not spoken.
    let tls: TLSClient?
    /// A `sockaddr_in` or `sockaddr_in6`.
    fileprivate let bytes: [UInt8]
    fileprivate let family: Int32

    /// Looks a host up.
    ///
    /// - Parameters:
    ///   - host: A name or an address.
    ///   - port: Its port.
    ///   - trust: Whose certificate is believed; nil for no TLS.
    /// - Throws: ``SimulatorError/unreachable(url:reason:)`` when there is no such host, and what ``TLSClient`` throws.
    init(host: String, port: Int, tls trust: TLSTrust? = nil) throws(SimulatorError) {
        self.host = host
        self.port = port
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &list) == 0, let first = list else {
            throw .unreachable(url: "\(host):\(port)", reason: "there is no such host")
        }
        defer { freeaddrinfo(list) }
        family = first.pointee.ai_family
        bytes = Array(UnsafeRawBufferPointer(start: first.pointee.ai_addr, count: Int(first.pointee.ai_addrlen)))
        if let trust {
            tls = try TLSClient(host: host, isLoopback: Self.isLoopback(first.pointee.ai_addr), trust: trust)
        } else {
            tls = nil
        }
    }

    private static func isLoopback(_ address: UnsafePointer<sockaddr>) -> Bool {
        let raw = UnsafeRawPointer(address)
        switch Int32(address.pointee.sa_family) {
        case AF_INET: return UInt32(bigEndian: raw.load(as: sockaddr_in.self).sin_addr.s_addr) >> 24 == 127
        case AF_INET6:
            return withUnsafeBytes(of: raw.load(as: sockaddr_in6.self).sin6_addr) {
                $0.dropLast().allSatisfy { $0 == 0 } && $0.last == 1
            }
        default: return false
        }
    }

    /// What the `Host` header says.
    var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// System calls on sockets that never wait.
enum TCP {
    /// What one attempt to read or write came to.
    enum Transfer: Equatable {
        case bytes(Int)
        /// Nothing now: not ready, or nothing to read yet.
        case later
        /// Nothing can be written before something was read: a TLS handshake.
        case afterReading
        /// The peer has ended the stream.
        case end
        /// Broken; the reason by `errno`.
        case broken(Int32)
    }

    /// Begins to connect.
    ///
    /// - Returns: A descriptor that becomes writable when it is connected or has failed (``failure(of:)``); nil with
    ///   `errno` when that is known at once.
    static func connect(to address: SocketAddress) -> Int32? {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let socket = Glibc.socket(address.family, kind, 0)
        guard socket >= 0 else { return nil }
        // A marker must not wait for the acknowledgement of the one before.
        set(socket, IPPROTO_TCP.asInt32, TCP_NODELAY, 1)
        let result = address.bytes.withUnsafeBytes { bytes in
            Glibc.connect(
                socket, bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
        }
        if result == 0 || errno == EINPROGRESS { return socket }
        let reason = errno
        close(socket)
        errno = reason
        return nil
    }

    /// Listens on a port of 127.0.0.1 that the system chooses.
    static func listen() throws(SimulatorError) -> (socket: Int32, port: Int) {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let socket = Glibc.socket(AF_INET, kind, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutableBytes(of: &address) { bytes in
            let pointer = bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self)
            return bind(socket, pointer, length) == 0 && Glibc.listen(socket, 4096) == 0
                && getsockname(socket, pointer, &length) == 0
        }
        guard isListening else { throw .noLoop(String(cString: strerror(errno))) }
        return (socket, Int(UInt16(bigEndian: address.sin_port)))
    }

    /// A connection that waits at a listener, if there is one.
    static func accept(_ listener: Int32) -> Int32? {
        let socket = CEpoll_accept4(listener)
        guard socket >= 0 else { return nil }
        set(socket, IPPROTO_TCP.asInt32, TCP_NODELAY, 1)
        return socket
    }

    /// Why connecting failed; 0 if it did not.
    static func failure(of socket: Int32) -> Int32 {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(socket, SOL_SOCKET, SO_ERROR, &value, &length) == 0 ? value : errno
    }

    static func receive(_ socket: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        let count = recv(socket, buffer.baseAddress, buffer.count, 0)
        if count > 0 { return .bytes(count) }
        if count == 0 { return .end }
        return errno == EAGAIN || errno == EINTR ? .later : .broken(errno)
    }

    static func send(_ socket: Int32, _ bytes: UnsafeRawBufferPointer) -> Transfer {
        let count = Glibc.send(socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        if count >= 0 { return .bytes(count) }
        return errno == EAGAIN || errno == EINTR ? .later : .broken(errno)
    }

    /// As without TLS; through it where there is a channel.
    @inline(__always)
    static func receive(
        _ socket: Int32, through channel: TLSChannel?, into buffer: UnsafeMutableRawBufferPointer
    ) -> Transfer {
        if let channel { channel.receive(into: buffer) } else { receive(socket, into: buffer) }
    }

    @inline(__always)
    static func send(
        _ socket: Int32, through channel: TLSChannel?, _ bytes: UnsafeRawBufferPointer
    ) -> Transfer {
        if let channel { channel.send(bytes) } else { send(socket, bytes) }
    }

    /// Closes so that the peer sees a reset rather than an end, as when a phone's battery is empty.
    static func abort(_ socket: Int32) {
        var lingering = linger(l_onoff: 1, l_linger: 0)
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &lingering, socklen_t(MemoryLayout<linger>.size))
        close(socket)
    }

    private static func set(_ socket: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        setsockopt(socket, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Lets this process, and what it starts, open as many descriptors as the system allows.
    ///
    /// - Returns: How many that is.
    @discardableResult
    static func raiseDescriptorLimit() -> Int {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        getrlimit(resource, &limit)
        // A privileged process may go beyond the hard limit; others are refused and take the hard limit.
        var high = rlimit(rlim_cur: 1 << 17, rlim_max: max(1 << 17, limit.rlim_max))
        if limit.rlim_cur < high.rlim_cur, setrlimit(resource, &high) != 0 {
            limit.rlim_cur = limit.rlim_max
            setrlimit(resource, &limit)
        }
        getrlimit(resource, &limit)
        return Int(limit.rlim_cur)
    }
}

extension Int {
    fileprivate var asInt32: Int32 { Int32(self) }
}
