internal import CLibuv
internal import Glibc
internal import Limits

/// A listening socket on an event loop.
///
/// Every method from the loop's thread, but for `open`. Ours, not libwebsockets': it tells why it cannot listen, ends at
/// once, and rests when the process has no more descriptors, where an `accept` that fails again and again would keep the
/// loop busy.
///
/// `@unchecked`: only touched on the loop's thread.
final class Listener: @unchecked Sendable {
    private let loop: EventLoop
    private let descriptor: CInt
    private let poll = UnsafeMutablePointer<uv_poll_t>.allocate(capacity: 1)
    private let accept: (CInt, String) -> Void
    private var rest: LoopTimer?
    private var isClosed = false

    /// - Parameters:
    ///   - loop: Where it listens.
    ///   - descriptor: From `open`; closed by `close`.
    ///   - accept: Gets each new socket, which it must close, and the peer's address.
    init(loop: EventLoop, descriptor: CInt, accept: @escaping (CInt, String) -> Void) {
        self.loop = loop
        self.descriptor = descriptor
        self.accept = accept
        uv_poll_init(loop.uvLoop, poll, descriptor)
        poll.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        rest = loop.makeTimer { [weak self] in self?.listen() }
        listen()
    }

    private func listen() {
        guard !isClosed else { return }
        uv_poll_start(poll, CInt(UV_READABLE.rawValue)) { poll, _, _ in
            Unmanaged<Listener>.fromOpaque(poll!.pointee.data).takeUnretainedValue().acceptAll()
        }
    }

    private func acceptAll() {
        // A bound, so that a storm of connections does not keep the others waiting.
        for _ in 0..<Limit.Connections.acceptedAtOnce where !isClosed {
            var address = sockaddr_storage()
            var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let socket = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    CLibuv_accept4(descriptor, $0, &size)
                }
            }
            guard socket >= 0 else {
                switch errno {
                case EINTR, ECONNABORTED: continue
                case EAGAIN: return
                default:
                    // No descriptors or no memory: they may come back.
                    uv_poll_stop(poll)
                    rest?.schedule(after: .milliseconds(100))
                    return
                }
            }
            var on: CInt = 1
            setsockopt(socket, CLibuv_TCP, CLibuv_NODELAY, &on, socklen_t(MemoryLayout<CInt>.size))
            accept(socket, Self.text(of: address, size: size))
        }
    }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        rest = nil
        uv_poll_stop(poll)
        Glibc.close(descriptor)
        uv_close(UnsafeMutableRawPointer(poll).assumingMemoryBound(to: uv_handle_t.self)) { handle in
            UnsafeMutableRawPointer(handle!).assumingMemoryBound(to: uv_poll_t.self).deallocate()
        }
    }

    // MARK: - Opening

    /// Opens a listening socket; waits for the name service when `host` is a name.
    ///
    /// - Returns: The socket and its port, which the system chose when `port` is 0.
    static func open(host: String, port: Int) throws(LWSError) -> (descriptor: CInt, port: Int) {
        guard (0...65535).contains(port) else { throw .cannotListen(host: host, port: port, reason: "no such port") }
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        hints.ai_socktype = CLibuv_STREAM
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host.isEmpty ? nil : host, String(port), &hints, &list)
        guard status == 0, let list else {
            throw .cannotListen(host: host, port: port, reason: String(cString: gai_strerror(status)))
        }
        defer { freeaddrinfo(list) }
        let entry = list.pointee
        func failure() -> LWSError {
            errno == EADDRINUSE
                ? .addressInUse(host: host, port: port)
                : .cannotListen(host: host, port: port, reason: String(cString: strerror(errno)))
        }
        let kind = entry.ai_socktype | CLibuv_NONBLOCK_CLOEXEC
        let descriptor = socket(entry.ai_family, kind, entry.ai_protocol)
        guard descriptor >= 0 else { throw failure() }
        var on: CInt = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<CInt>.size))
        var address = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        guard bind(descriptor, entry.ai_addr, entry.ai_addrlen) == 0,
            Glibc.listen(descriptor, Limit.Connections.queued) == 0,
            withUnsafeMutablePointer(
                to: &address,
                {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
                }) == 0
        else {
            let failure = failure()
            Glibc.close(descriptor)
            throw failure
        }
        return (descriptor, Self.port(of: address))
    }

    private static func port(of address: sockaddr_storage) -> Int {
        withUnsafeBytes(of: address) { bytes in
            // The same place in IPv4 and IPv6 addresses, in network order.
            Int(UInt16(bigEndian: bytes.load(fromByteOffset: 2, as: UInt16.self)))
        }
    }

    private static func text(of address: sockaddr_storage, size: socklen_t) -> String {
        withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(NI_MAXHOST)) { buffer in
                    guard
                        getnameinfo(
                            address, size, buffer.baseAddress, socklen_t(buffer.count), nil, 0, NI_NUMERICHOST) == 0
                    else { return "" }
                    let text = String(cString: buffer.baseAddress!)
                    // IPv4 through a dual-stack socket looks as it does everywhere else.
                    return text.hasPrefix("::ffff:") ? String(text.dropFirst(7)) : text
                }
            }
        }
    }
}
