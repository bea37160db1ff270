internal import CLibwebsockets
internal import Glibc
internal import HTTPTypes
public import Limits
public import Logging
internal import Synchronization

/// An HTTP and WebSocket server on one loop.
///
/// libwebsockets has the sockets, their TLS and the loop. HTTP/1.1 and WebSocket are spoken here, on its raw sockets (why:
/// ``RequestHeadParser``, ``FrameReader``): a connection is HTTP's until a handshake has been read and answered, and then
/// a WebSocket's.
///
/// `@unchecked`: what changes is only touched on the loop's thread.
public final class Server: @unchecked Sendable {
    let configuration: ServerConfiguration
    let loop: EventLoop
    let responder: any HTTPResponder
    private let endpoints: [WebSocketEndpoint]
    private let logger: Logger

    private var context: LWSContext?
    /// Of the first of those that listen together.
    private var acceptor: Acceptor?
    private var connections: [ObjectIdentifier: HTTPConnection] = [:]
    private var sockets: [ObjectIdentifier: WebSocket] = [:]
    /// What those that are WebSockets' now have of the shares of their addresses.
    private var socketShares: [ObjectIdentifier: AddressShares.Share] = [:]
    private var backlog: BacklogLedger<ObjectIdentifier>
    private var sweeper: LoopTimer?
    private var certificateWatch: Task<Void, Never>?
    private var stopWaiter: CheckedContinuation<Void, Never>?
    private var stopDeadline: LoopTimer?
    private(set) var isStopping = false
    var headWriter = ResponseHeadWriter()
    let disk: any Disk
    /// Those with whom it shares an acceptor and its limits; set before it starts, if ever.
    weak var group: ServerGroup?
    let resources: ServerResources
    /// Connections that are here, or on their way here.
    private let tally = Atomic(0)
    /// Those that the acceptor has handed over and the loop has not taken in; `tally` has them, so they are bounded.
    private let newcomers = Mutex<[Newcomer]>([])

    var incidents: IncidentReporter { resources.incidents }
    var inputMemory: Budget { resources.inputMemory }
    var bodyFiles: Budget { resources.bodyFiles }
    var strangersFiles: Budget { resources.strangersFiles }
    var handlers: Budget { resources.handlers }
    var outputMemory: Budget { resources.outputMemory }
    var spareHandlers: Budget { resources.spareHandlers }

    /// Makes a server that does not listen yet.
    ///
    /// - Parameters:
    ///   - configuration: Where it listens, and its limits.
    ///   - loop: Where its connections live; several servers may share one.
    ///   - responder: Answers what is no WebSocket handshake.
    ///   - endpoints: Their paths must differ.
    ///   - logger: Gets libwebsockets' errors and warnings too, of the whole process.
    public convenience init(
        configuration: ServerConfiguration, loop: EventLoop, responder: any HTTPResponder,
        endpoints: [WebSocketEndpoint], logger: Logger
    ) {
        self.init(
            configuration: configuration, loop: loop, disk: ThreadPoolDisk(loop: loop), responder: responder,
            endpoints: endpoints, logger: logger)
    }

    /// A server whose files are on a disk that a test may hold, or that shares its limits with others.
    init(
        configuration: ServerConfiguration, resources: ServerResources? = nil, loop: EventLoop, disk: any Disk,
        responder: any HTTPResponder, endpoints: [WebSocketEndpoint], logger: Logger
    ) {
        self.configuration = configuration
        let resources = resources ?? ServerResources(configuration, logger: logger)
        self.resources = resources
        self.loop = loop
        self.disk = disk
        self.responder = responder
        self.endpoints = endpoints
        self.logger = logger
        backlog = BacklogLedger(limit: configuration.backlogBytes / resources.servers)
    }

    // MARK: - Life

    /// Listens; once per server.
    ///
    /// - Returns: The port.
    /// - Throws: ``LWSError/badCertificate(_:)`` before it listens; ``LWSError/addressInUse(host:port:)``,
    ///   ``LWSError/cannotListen(host:port:reason:)``, ``LWSError/loopFailed(_:)``.
    public func start() async throws(LWSError) -> Int { try await Self.start([self]) }

    /// Has servers listen at one address; the first one hands out what comes.
    static func start(_ servers: [Server]) async throws(LWSError) -> Int {
        let first = servers[0]
        let configuration = first.configuration
        // Of the files before they are read, so that no change is missed.
        let look = configuration.tls.map { CertificateChange.Look($0) }
        if let tls = configuration.tls {
            for file in [tls.certificate, tls.key] where access(file, R_OK) != 0 {
                throw .badCertificate("\(file): \(String(cString: strerror(errno)))")
            }
        }
        let (descriptor, port) = try Listener.open(host: configuration.host, port: configuration.port)
        var opened: [Server] = []
        let acceptor: Acceptor
        do throws(LWSError) {
            // One after the other: OpenSSL's first use is not for several threads, and what libwebsockets says of its
            // failure is the process's.
            for server in servers {
                try await server.openContext()
                opened.append(server)
            }
            acceptor = try Acceptor()
        } catch {
            close(descriptor)
            for server in opened { await server.stop(deadline: .zero) }
            throw error
        }
        await withCheckedContinuation { continuation in
            first.loop.execute {
                first.acceptor = acceptor
                acceptor.listen(on: descriptor) { [weak first] socket, address in
                    guard let first else { return _ = close(socket) }
                    first.admit(socket, from: address)
                }
                if let tls = configuration.tls, let look {
                    first.certificateWatch = watch(tls, since: look, for: servers)
                }
                continuation.resume()
            }
        }
        return port
    }

    /// Makes what has the connections.
    private func openContext() async throws(LWSError) {
        let failure = await withCheckedContinuation { (continuation: CheckedContinuation<LWSError?, Never>) in
            loop.execute { [self] in
                precondition(context == nil, "a server starts once")
                do throws(LWSError) {
                    context = try LWSContext(
                        loop: loop,
                        options: .init(
                            tls: configuration.tls, handshakeSeconds: configuration.handshakeSeconds, logger: logger))
                    sweeper = loop.makeTimer { [weak self] in self?.sweep() }
                    sweeper?.schedule(after: sweepInterval)
                    continuation.resume(returning: nil)
                } catch {
                    continuation.resume(returning: error)
                }
            }
        }
        if let failure { throw failure }
    }

    /// Reads the certificate again when its files have changed; off the loops.
    private static func watch(
        _ files: TLSFiles, since look: CertificateChange.Look, for servers: [Server]
    ) -> Task<Void, Never> {
        let (logger, interval) = (servers[0].logger, servers[0].configuration.certificateInterval)
        let watched = servers.map(Watched.init)
        return Task {
            var change = CertificateChange(look)
            while (try? await Task.sleep(for: interval)) != nil {
                guard change.isDue(CertificateChange.Look(files)) else { continue }
                do throws(LWSError) {
                    let identity = try TLSIdentity(files)
                    for case let server? in watched.map(\.server) {
                        await server.show(identity)
                    }
                    logger.notice("the certificate has changed; new connections get the new one")
                } catch {
                    logger.error(
                        "the changed certificate cannot be used; the one before stays", metadata: ["error": "\(error)"])
                }
            }
        }
    }

    /// New connections get this identity from when this returns.
    private func show(_ identity: TLSIdentity) async {
        await withCheckedContinuation { continuation in
            loop.execute { [self] in
                context?.show(identity)
                continuation.resume()
            }
        }
    }

    private struct Watched: Sendable {
        weak let server: Server?
    }

    /// Often enough to keep the timeouts to a quarter, and not more often than that needs.
    private var sweepInterval: Duration {
        let timeouts = [configuration.requestTimeout, configuration.keepAliveTimeout] + endpoints.map(\.backlog.age)
        let shortest = timeouts.reduce(.seconds(4), min)
        return max(.milliseconds(20), shortest / 4)
    }

    /// One look at every HTTP connection, and at the WebSockets whose peers do not read, instead of a timer for each.
    private func sweep() {
        let now = ContinuousClock.now
        for holder in backlog.holders { sockets[holder]?.judgeBacklog(at: now) }
        for connection in connections.values where connection.deadline <= now { connection.expire() }
        sweeper?.schedule(after: sweepInterval)
    }

    /// Stops listening, closes each WebSocket with 1001 and a reason that is a wait in ms spread over 0-10 s,
    /// lets HTTP answers end, and returns within `deadline`.
    ///
    /// What is not done by then is cut off. Afterwards nothing of the server is left on the loop.
    public func stop(deadline: Duration = Limit.Connections.stop) async {
        await stopListening()
        await withCheckedContinuation { continuation in
            loop.execute { [self] in
                guard context != nil, !isStopping else { return continuation.resume() }
                isStopping = true
                stopWaiter = continuation
                certificateWatch?.cancel()
                certificateWatch = nil
                for connection in connections.values { connection.prepareToStop() }
                for socket in sockets.values { sendAway(socket) }
                stopDeadline = loop.makeTimer { [weak self] in self?.finishStopping() }
                stopDeadline?.schedule(after: deadline)
                finishStoppingIfIdle()
            }
        }
    }

    private func stopListening() async {
        let taken = await withCheckedContinuation { (continuation: CheckedContinuation<Acceptor?, Never>) in
            loop.execute { [self] in continuation.resume(returning: acceptor.take()) }
        }
        await taken?.stop()
    }

    /// Takes leave of a peer, since the server stops.
    private func sendAway(_ socket: WebSocket) {
        // Spread, so that they do not all come back at once.
        socket.close(code: 1001, reason: String(Int.random(in: 0..<10_000)))
        // The end does not wait for what waits.
        context?.limitClosing(of: socket)
    }

    private func finishStoppingIfIdle() {
        guard isStopping, tally.load(ordering: .relaxed) == 0 else { return }
        finishStopping()
    }

    private func finishStopping() {
        guard let waiter = stopWaiter, let context else { return }
        stopWaiter = nil
        stopDeadline?.cancel()
        sweeper?.cancel()
        (sweeper, stopDeadline) = (nil, nil)
        // In a turn of its own: this may be within a callback of the context.
        let local = LoopLocal(context, on: loop)
        loop.execute { [self] in
            local.value.destroy { [self] in
                self.context = nil
                waiter.resume()
            }
        }
    }

    // MARK: - Connections

    /// All connections, WebSockets among them.
    ///
    /// From the loop; traps elsewhere.
    public var connectionCount: Int {
        loop.checkIsolated()
        return connections.count + sockets.count
    }

    /// From the loop; traps elsewhere.
    public var webSocketCount: Int {
        loop.checkIsolated()
        return sockets.count
    }

    /// Those that have been accepted and have not ended, also while the loop has other work; from any thread.
    var acceptedCount: Int { tally.load(ordering: .relaxed) }

    /// How much of what is bounded is taken.
    ///
    /// From the loop; traps elsewhere.
    public var load: ServerLoad {
        ServerLoad(
            connections: connectionCount, handlers: handlers.used + spareHandlers.used, inputBytes: inputMemory.used,
            fileBytes: bodyFiles.used + strangersFiles.used, outputBytes: outputMemory.used,
            backlogBytes: backlog.total,
            refusedByAddress: resources.refusedByAddress)
    }

    /// A connection that has been accepted, on its way to its loop.
    private struct Newcomer: Sendable {
        let socket: CInt
        let peer: ClientAddress
        let isProxied: Bool
        let share: AddressShares.Share
        let isSurplus: Bool
    }

    /// Hands a new connection to the server of the group that has the fewest; on the acceptor's thread.
    private func admit(_ socket: CInt, from address: String) {
        let servers = group?.servers ?? [self]
        var (target, fewest, all) = (self, Int.max, 0)
        for server in servers {
            let count = server.tally.load(ordering: .relaxed)
            all += count
            if count < fewest { (target, fewest) = (server, count) }
        }
        // Room to say 503 to some; the rest is turned away without a word.
        guard all < configuration.maxConnections + Limit.Connections.surplus else { return _ = close(socket) }
        let isProxied = configuration.shares.isProxy(address)
        // What a proxy brings is somebody else's.
        let peer = isProxied ? ClientAddress(text: address, counted: nil) : client(at: address)
        // An answer would hold the connection for as long as the peer takes to read it.
        guard let share = takeShare(of: peer) else { return _ = close(socket) }
        target.expect(1)
        target.receive(
            Newcomer(
                socket: socket, peer: peer, isProxied: isProxied, share: share,
                isSurplus: all >= configuration.maxConnections))
    }

    /// From the acceptor's thread.
    private func receive(_ newcomer: Newcomer) {
        let isFirst = newcomers.withLock { newcomers in
            newcomers.append(newcomer)
            return newcomers.count == 1
        }
        if isFirst { loop.execute { [self] in takeNewcomers() } }
    }

    private func takeNewcomers() {
        let (some, isRest) = newcomers.withLock { newcomers in
            let some = Array(newcomers.prefix(Limit.Connections.acceptedAtOnce))
            newcomers.removeFirst(some.count)
            return (some, !newcomers.isEmpty)
        }
        if isRest { loop.execute { [self] in takeNewcomers() } }
        for newcomer in some { take(newcomer) }
    }

    /// Makes a connection of one that is expected.
    private func take(_ newcomer: Newcomer) {
        guard let context, !isStopping else {
            close(newcomer.socket)
            giveBack(newcomer.share)
            return oneLess()
        }
        let isTLS = configuration.tls != nil
        let connection = HTTPConnection(
            server: self, isTLS: isTLS, isSurplus: newcomer.isSurplus, peer: newcomer.peer,
            isProxied: newcomer.isProxied, share: newcomer.share)
        connections[ObjectIdentifier(connection)] = connection
        _ = context.adoptRaw(newcomer.socket, isTLS: isTLS, connection: connection)
    }

    func connectionDidEnd(_ connection: HTTPConnection) {
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        oneLess()
    }

    func expect(_ count: Int) { tally.add(count, ordering: .relaxed) }

    private func oneLess() {
        tally.subtract(1, ordering: .relaxed)
        finishStoppingIfIdle()
    }

    /// Counts one more connection of an address.
    ///
    /// - Returns: Nil when it has as many as it may have.
    func takeShare(of client: ClientAddress) -> AddressShares.Share? {
        guard let address = client.counted else { return AddressShares.Share.none }
        return resources.takeShare(of: address) { limit in
            logger.notice(
                "an address has as many connections as it may have; more are refused",
                metadata: ["address": "\(client.text)", "limit": "\(limit)"])
        }
    }

    /// Whose request it is that a proxy has handed on.
    func client(of head: HTTPRequestHead) -> ClientAddress { client(at: configuration.shares.client(head)) }

    private func client(at text: String) -> ClientAddress {
        let shares = configuration.shares
        let isCounted = shares.perAddress != 0
        return ClientAddress(
            text: text, counted: isCounted ? IPAddress(text).flatMap { shares.isExempt($0) ? nil : $0 } : nil)
    }

    func giveBack(_ share: AddressShares.Share) { resources.giveBack(share) }

    func makeParser() -> RequestHeadParser {
        RequestHeadParser(maxTargetBytes: configuration.maxTargetBytes, maxHeaderBytes: configuration.maxHeaderBytes)
    }

    // MARK: - WebSockets

    enum UpgradeAnswer {
        case accept(WebSocketEndpoint, answer: [UInt8])
        case refuse(HTTPResponse)
    }

    /// Where WebSocket is spoken at a path; nil where it is not.
    func endpoint(at head: HTTPRequestHead) -> WebSocketEndpoint? {
        let path = "/" + head.path.joined(separator: "/")
        return endpoints.first { $0.path == path }
    }

    /// Judges a WebSocket handshake; RFC 6455, section 4.2.
    func upgrade(_ parsed: ParsedHead, _ head: HTTPRequestHead, to endpoint: WebSocketEndpoint) -> UpgradeAnswer {
        func refuse(_ status: HTTPTypes.HTTPResponse.Status, _ sentence: String? = nil) -> UpgradeAnswer {
            .refuse(responder.refusal(status, path: parsed.target.pathOnly, sentence: sentence))
        }
        guard !isStopping else { return refuse(.serviceUnavailable) }
        // What follows the head would be read as frames: a handshake has no body, and HTTP/1.0 no upgrade.
        guard parsed.minorVersion == 1, parsed.framing == .none else {
            return refuse(.badRequest, "A WebSocket handshake is a request of HTTP/1.1 without a body")
        }
        let fields = parsed.fields
        guard fields[.secWebSocketVersion] == "13" else { return .refuse(upgradeRequired(parsed)) }
        guard let key = fields[.secWebSocketKey], WebSocketHandshake.isKey(key) else {
            return refuse(.badRequest, "The key of the WebSocket handshake is none")
        }
        let offered = fields[fields: .secWebSocketProtocol].flatMap {
            $0.withUnsafeBytesOfValue { WebSocketHandshake.subprotocols($0) }
        }
        let isOffered = offered.contains(Array(endpoint.subprotocol.utf8))
        guard offered.isEmpty || isOffered else {
            return refuse(.badRequest, "No WebSocket subprotocol but \(endpoint.subprotocol) is spoken here")
        }
        if let response = endpoint.refuse(head) { return .refuse(response) }
        return .accept(
            endpoint,
            answer: WebSocketHandshake.answer(key: key, subprotocol: isOffered ? endpoint.subprotocol : nil))
    }

    /// The answer to who comes without a handshake, or with one of another version.
    func upgradeRequired(_ parsed: ParsedHead) -> HTTPResponse {
        var response = responder.refusal(.upgradeRequired, path: parsed.target.pathOnly)
        response.headers[.upgrade] = "websocket"
        response.headers[.secWebSocketVersion] = "13"
        return response
    }

    /// Makes a WebSocket of a connection on which the handshake has been read.
    ///
    /// - Parameters:
    ///   - writer: Of the connection.
    ///   - answer: The answer to the handshake.
    ///   - rest: What came behind the handshake.
    ///   - endpoint: Where it came to.
    ///   - handler: Gets what happens.
    ///   - client: Whose it is.
    ///   - share: What it has taken, to be given back at its end.
    /// - Returns: The WebSocket, which may have ended.
    func open(
        _ writer: SocketWriter, answer: [UInt8], rest: [UInt8], endpoint: WebSocketEndpoint,
        handler: any WebSocketHandler, client: ClientAddress, share: AddressShares.Share
    ) -> WebSocket {
        limitSendBuffer(of: lws_get_socket_fd(writer.wsi))
        let socket = WebSocket(
            loop: loop, context: context, owner: self, handler: handler, maxMessageBytes: endpoint.maxMessageBytes,
            takesBinary: endpoint.takesBinary, backlog: endpoint.backlog,
            inputMemory: Lease(inputMemory, of: client.counted, free: Lease.freeBytes))
        add(socket, share)
        expect(1)
        context?.hand(writer.wsi, to: socket)
        socket.begin(on: writer, answer: answer, rest: rest)
        return socket
    }

    private func add(_ socket: WebSocket, _ share: AddressShares.Share) {
        sockets[ObjectIdentifier(socket)] = socket
        if share != .none { socketShares[ObjectIdentifier(socket)] = share }
    }

    /// Keeps what the kernel holds for a slow peer small, so that it is not old when it gets there.
    private func limitSendBuffer(of descriptor: CInt) {
        guard configuration.webSocketSendBuffer > 0 else { return }
        var size = CInt(clamping: configuration.webSocketSendBuffer)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<CInt>.size))
    }
}

extension Server: WebSocketOwner {
    func webSocketDidEnd(_ socket: WebSocket) { giveBack(webSocketDidLeave(socket)) }

    func webSocket(_ socket: WebSocket, holds bytes: Int) {
        backlog.note(ObjectIdentifier(socket), holds: bytes)
        for holder in backlog.surplus { sockets[holder]?.discardBacklog() }
    }

    func destination(on loop: EventLoop) -> (any WebSocketDestination)? {
        group?.servers.first { $0.loop === loop }
    }

    func webSocketDidLeave(_ socket: WebSocket) -> AddressShares.Share {
        guard sockets.removeValue(forKey: ObjectIdentifier(socket)) != nil else { return .none }
        oneLess()
        return socketShares.removeValue(forKey: ObjectIdentifier(socket)) ?? .none
    }
}

extension Server: WebSocketDestination {
    func take(_ arrival: WebSocketArrival) {
        add(arrival.socket, arrival.share)
        arrival.socket.arrive(over: arrival.descriptor, owner: self, context: context)
        if isStopping, sockets[ObjectIdentifier(arrival.socket)] != nil { sendAway(arrival.socket) }
    }
}
