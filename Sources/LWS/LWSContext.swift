internal import CLibuv
internal import CLibwebsockets
internal import DequeModule
internal import Glibc
internal import Limits
internal import Logging

/// What a descriptor of libwebsockets belongs to; everything on the loop's thread.
protocol LWSConnection: AnyObject {
    /// An event of this connection; the bytes die when the call returns.
    ///
    /// - Returns: What the callback returns to libwebsockets: 0 goes on, -1 closes.
    func handle(
        _ reason: lws_callback_reasons, of wsi: OpaquePointer, bytes: UnsafeMutableRawPointer?, count: Int
    ) -> CInt
    /// libwebsockets has freed the connection, or could not make it; the last call.
    func wasDestroyed()
}

/// One libwebsockets context as a guest on an event loop.
///
/// libwebsockets keeps a number for each connection, not a pointer: whatever it calls back about after we let go of
/// a connection finds nothing, instead of freed memory.
///
/// The loop is ours and given to libwebsockets as a foreign loop: with its own, the libuv plugin catches SIGTERM, and
/// the default `poll` loop looks at every descriptor at every wake.
///
/// `@unchecked`: only touched on the loop's thread.
final class LWSContext: @unchecked Sendable {
    struct Options {
        var tls: TLSFiles?
        var isClient = false
        /// Until a TLS handshake must be done.
        var handshakeSeconds = Limit.Connections.handshakeSeconds
        var logger: Logger
    }

    let loop: EventLoop
    private var context: OpaquePointer?
    /// Where plain sockets are at home.
    private(set) var plainHost: OpaquePointer?
    private(set) var tlsHost: OpaquePointer?
    private var connections = ConnectionTable<any LWSConnection>()
    /// WebSockets that were told to close, in order, and when they are cut off.
    private var closing: Deque<(deadline: ContinuousClock.Instant, socket: WebSocket)> = []
    private var closingTimer: LoopTimer?
    /// Handles of libuv within the context's memory; they must be closed before it goes.
    private var ownHandles: Set<UnsafeMutablePointer<uv_handle_t>> = []
    /// What polls the descriptor by which libwebsockets wakes itself.
    private var wakePoll: UnsafeMutablePointer<uv_handle_t>?
    /// Memory that libwebsockets reads while the context lives.
    private var strings: [UnsafeMutablePointer<CChar>] = []
    private let protocols: UnsafeMutableBufferPointer<lws_protocols>
    /// What TLS handshakes show in place of what the context was made with; OpenSSL reads it.
    private let shown = UnsafeMutablePointer<OpaquePointer?>.allocate(capacity: 1)
    private var identity: TLSIdentity?
    private let idlePolicy = UnsafeMutablePointer<lws_retry_bo_t>.allocate(capacity: 1)

    /// How long a peer may take to let a close frame out and answer it.
    static let closingTime = Limit.Connections.closing

    // MARK: - Life

    init(loop: EventLoop, options: Options) throws(LWSError) {
        precondition(loop.isCurrent)
        self.loop = loop
        LWSLog.install(options.logger, isClient: options.isClient)
        shown.initialize(to: nil)

        // One, and the end of the list, all zero.
        protocols = .allocate(capacity: 2)
        let name = strdup("plain")!
        strings.append(name)
        var entry = lws_protocols()
        entry.name = UnsafePointer(name)
        entry.callback = lwsCallback
        protocols.initializeElement(at: 0, to: entry)
        protocols.initializeElement(at: 1, to: lws_protocols())
        // All zero: no validity timer per connection.
        idlePolicy.initialize(to: lws_retry_bo_t())

        let before = handlesOnLoop()
        var info = creationInfo(withTLS: options.tls != nil, handshakeSeconds: options.handshakeSeconds)
        let created = withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer?.self, capacity: 1) { loops in
            loops.initialize(repeating: UnsafeMutableRawPointer(loop.uvLoop))
            info.foreign_loops = loops.baseAddress
            return lws_create_context(&info)
        }
        guard let created else {
            freeMemory()
            throw .loopFailed("libwebsockets: no context (is libwebsockets-evlib-uv installed?)")
        }
        context = created
        plainHost = lws_get_vhost_by_name(created, "default")
        let added = handlesOnLoop().subtracting(before)
        ownHandles = added.filter { $0.pointee.type == UV_IDLE || $0.pointee.type == UV_TIMER }
        wakePoll = added.first { $0.pointee.type == UV_POLL }

        if let tls = options.tls {
            let problems = LWSLog.collecting {
                tls.certificate.withCString { certificate in
                    tls.key.withCString { key in
                        "tls".withCString { name in
                            "http/1.1".withCString { alpn in
                                var info = creationInfo(
                                    withTLS: true, handshakeSeconds: options.handshakeSeconds)
                                info.vhost_name = name
                                info.ssl_cert_filepath = certificate
                                info.ssl_private_key_filepath = key
                                // HTTP/2 is not spoken here.
                                info.alpn = alpn
                                tlsHost = lws_create_vhost(created, &info)
                            }
                        }
                    }
                }
            }
            if tlsHost == nil {
                destroy {}
                throw .badCertificate(problems.isEmpty ? tls.certificate : problems.joined(separator: "; "))
            }
        }
    }

    private func creationInfo(withTLS: Bool, handshakeSeconds: UInt32) -> lws_context_creation_info {
        var info = lws_context_creation_info()
        info.port = CInt(CLibwebsockets_NO_LISTEN_SERVER)
        info.gid = -1
        info.uid = -1
        info.protocols = UnsafePointer(protocols.baseAddress)
        info.options = CLibwebsockets_OPTION_LIBUV | (withTLS ? CLibwebsockets_OPTION_TLS : 0)
        info.user = Unmanaged.passUnretained(self).toOpaque()
        info.retry_and_idle_policy = UnsafePointer(idlePolicy)
        // As many descriptors as the process may open.
        info.fd_limit_per_thread = 0
        // One for the context: what one read takes from a socket.
        info.pt_serv_buf_size = 32 << 10
        info.timeout_secs = handshakeSeconds
        info.connect_timeout_secs = handshakeSeconds
        return info
    }

    /// Closes every connection and frees the context; calls `done` when nothing of it is left on the loop.
    func destroy(_ done: @escaping () -> Void) {
        guard let context else { return done() }
        self.context = nil
        let isSound = startDestroying(context)
        // In the turn after the one in which libuv has let go of all sockets.
        let box = LoopLocal((context, done), on: loop)
        loop.execute { [self] in
            let (context, done) = box.value
            if !isSound { for handle in ownHandles where uv_is_closing(handle) == 0 { uv_close(handle, nil) } }
            awaitHandles { [self] in
                // The second call frees what had to wait for the handles.
                if isSound { lws_context_destroy(context) }
                for connection in connections.connections { connection.wasDestroyed() }
                connections = ConnectionTable<any LWSConnection>()
                freeMemory()
                done()
            }
        }
    }

    /// The first half of the end: closes everything, and keeps a flaw of libwebsockets from hurting others.
    ///
    /// 4.1.6 on libuv closes the descriptor by which it wakes itself twice: at once, and again when libuv has let go
    /// of it, a turn of the loop later. In between another thread may be given the number for a socket or a file of
    /// its own, which would then be closed under it. So the number is taken again at once: the second closing is of
    /// ours.
    ///
    /// - Returns: False when another thread was quicker. The second closing is called off then, libwebsockets does not
    ///   come to its end, and the context's memory has to be given up.
    private func startDestroying(_ context: OpaquePointer) -> Bool {
        var wakeDescriptor: CInt = -1
        guard let wakePoll, uv_fileno(wakePoll, &wakeDescriptor) == 0 else {
            preconditionFailure("libwebsockets on libuv polls a descriptor by which it wakes itself")
        }
        let holder = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { if holder >= 0 { close(holder) } }
        lws_context_destroy(context)
        let taken = holder >= 0 ? fcntl(holder, F_DUPFD_CLOEXEC, wakeDescriptor) : -1
        if taken == wakeDescriptor { return true }
        if taken >= 0 { close(taken) }
        // What libuv calls when the handle is closed, which is to come: the function that closes the descriptor.
        wakePoll.pointee.close_cb = { _ in }
        return false
    }

    /// Looks once a turn whether libuv has closed the context's own handles, which it does after all sockets.
    private func awaitHandles(_ done: @escaping () -> Void) {
        if handlesOnLoop().isDisjoint(with: ownHandles) { return done() }
        let box = LoopLocal(done, on: loop)
        loop.execute { [self] in awaitHandles(box.value) }
    }

    private func handlesOnLoop() -> Set<UnsafeMutablePointer<uv_handle_t>> {
        var handles: Set<UnsafeMutablePointer<uv_handle_t>> = []
        withUnsafeMutablePointer(to: &handles) { pointer in
            uv_walk(
                loop.uvLoop,
                { handle, set in
                    set!.assumingMemoryBound(to: Set<UnsafeMutablePointer<uv_handle_t>>.self).pointee.insert(handle!)
                }, pointer)
        }
        return handles
    }

    private func freeMemory() {
        for string in strings { free(string) }
        strings = []
        protocols.deallocate()
        shown.deallocate()
        identity = nil
        idlePolicy.deallocate()
    }

    // MARK: - Certificates

    /// Has handshakes from now on show another certificate; connections that are there go on with theirs.
    func show(_ identity: TLSIdentity) {
        guard context != nil else { return }
        shown.pointee = identity.pointer
        self.identity = identity
    }

    /// Called when libwebsockets has made OpenSSL's context for the vhost with TLS.
    fileprivate func configure(_ sslContext: OpaquePointer) { CLibwebsockets_configure_tls(sslContext, shown) }

    // MARK: - Connections

    private func forget(_ number: UInt) {
        connections.remove(number)?.wasDestroyed()
    }

    /// Hands a connected socket to libwebsockets, which closes it in the end, also when this fails.
    ///
    /// - Returns: False when there is no room; `wasDestroyed` has been called then.
    func adoptRaw(_ descriptor: CInt, isTLS: Bool, connection: any LWSConnection) -> Bool {
        guard context != nil else {
            close(descriptor)
            connection.wasDestroyed()
            return false
        }
        let number = connections.insert(connection)
        var description = lws_adopt_desc_t()
        description.vh = isTLS ? tlsHost : plainHost
        description.type = lws_adoption_type(
            LWS_ADOPT_SOCKET.rawValue | (isTLS ? LWS_ADOPT_ALLOW_SSL.rawValue : 0))
        description.fd.sockfd = descriptor
        description.opaque = UnsafeMutableRawPointer(bitPattern: number)
        guard lws_adopt_descriptor_vhost_via_info(&description) != nil else {
            forget(number)
            return false
        }
        return true
    }

    /// Has the events of a connection go to another object from now on: what was HTTP is a WebSocket.
    func hand(_ wsi: OpaquePointer, to connection: any LWSConnection) {
        guard let opaque = lws_get_opaque_user_data(wsi) else { return }
        connections[UInt(bitPattern: opaque)] = connection
    }

    /// Closes a connection without a word to its peer, who has a duplicate of the descriptor; not within an event of it.
    ///
    /// - Parameters:
    ///   - wsi: Nothing is told of it any more.
    ///   - done: Called when libwebsockets has let go of it.
    func letGo(of wsi: OpaquePointer, _ done: @escaping () -> Void) {
        hand(wsi, to: Departure(done))
        lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, CInt(LWS_TO_KILL_SYNC))
    }

    /// Starts a client connection; what becomes of it comes as events.
    func connect(_ info: inout lws_client_connect_info, connection: any LWSConnection) -> Bool {
        guard let context else {
            connection.wasDestroyed()
            return false
        }
        let number = connections.insert(connection)
        info.context = context
        info.vhost = plainHost
        info.opaque_user_data = UnsafeMutableRawPointer(bitPattern: number)
        guard lws_client_connect_via_info(&info) != nil else {
            forget(number)
            return false
        }
        // libwebsockets looks at its timers only after an event of its own; this is one, so that the time limit of
        // the connection counts on a loop where nothing else happens.
        lws_cancel_service(context)
        return true
    }

    func handle(
        _ reason: lws_callback_reasons, of wsi: OpaquePointer, bytes: UnsafeMutableRawPointer?, count: Int
    ) -> CInt {
        guard let opaque = lws_get_opaque_user_data(wsi) else { return 0 }
        let number = UInt(bitPattern: opaque)
        guard let connection = connections[number] else { return 0 }
        if reason == LWS_CALLBACK_WSI_DESTROY {
            lws_set_opaque_user_data(wsi, nil)
            forget(number)
            return 0
        }
        return connection.handle(reason, of: wsi, bytes: bytes, count: count)
    }

    // MARK: - Closing

    /// Cuts the socket off if it is still there when the closing time is over.
    func limitClosing(of socket: WebSocket) {
        closing.append((.now + Self.closingTime, socket))
        guard closing.count == 1 else { return }
        if closingTimer == nil {
            closingTimer = loop.makeTimer { [weak self] in self?.cutOff() }
        }
        closingTimer?.schedule(after: Self.closingTime)
    }

    private func cutOff() {
        let now = ContinuousClock.now
        while let first = closing.first {
            if !first.socket.isGone, first.deadline > now {
                closingTimer?.schedule(after: first.deadline - now)
                return
            }
            closing.removeFirst()
            first.socket.cutOff()
        }
    }
}

/// What is left of a connection in a context that lets go of it.
private final class Departure: LWSConnection {
    private let done: () -> Void

    init(_ done: @escaping () -> Void) { self.done = done }

    func handle(
        _ reason: lws_callback_reasons, of wsi: OpaquePointer, bytes: UnsafeMutableRawPointer?, count: Int
    ) -> CInt { 0 }

    func wasDestroyed() { done() }
}

/// What libwebsockets calls for every event of a context, on the loop's thread.
func lwsCallback(
    wsi: OpaquePointer?, reason: lws_callback_reasons, session: UnsafeMutableRawPointer?,
    bytes: UnsafeMutableRawPointer?, count: Int
) -> CInt {
    switch reason {
    case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS:
        // The session is OpenSSL's context then.
        guard let wsi, let session, let context = lws_get_context(wsi), let user = lws_context_user(context) else {
            return 0
        }
        Unmanaged<LWSContext>.fromOpaque(user).takeUnretainedValue().configure(OpaquePointer(session))
        return 0
    case LWS_CALLBACK_PROTOCOL_INIT, LWS_CALLBACK_PROTOCOL_DESTROY, LWS_CALLBACK_GET_THREAD_ID,
        LWS_CALLBACK_OPENSSL_LOAD_EXTRA_CLIENT_VERIFY_CERTS,
        LWS_CALLBACK_EVENT_WAIT_CANCELLED, LWS_CALLBACK_WSI_CREATE:
        // About the context, or about a connection that has no number yet.
        return 0
    default:
        guard let wsi, let context = lws_get_context(wsi), let user = lws_context_user(context) else { return 0 }
        return Unmanaged<LWSContext>.fromOpaque(user).takeUnretainedValue()
            .handle(reason, of: wsi, bytes: bytes, count: count)
    }
}
