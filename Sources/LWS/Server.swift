internal import CLibwebsockets
internal import Glibc
internal import HTTPTypes
public import Limits
public import Logging

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
    /// Is told of those who are refused before anybody else sees their request.
    let incidents: IncidentReporter

    private var context: LWSContext?
    private var listener: Listener?
    private var connections: [ObjectIdentifier: HTTPConnection] = [:]
    private var sockets: [ObjectIdentifier: WebSocket] = [:]
    /// What those that are WebSockets' now have of ``shares``.
    private var socketShares: [ObjectIdentifier: AddressShares.Share] = [:]
    private var shares: AddressShares
    /// Connections, and requests behind proxies, that were refused because their address had as many as it may have.
    private var refusedByAddress = 0
    private var backlog: BacklogLedger<ObjectIdentifier>
    private var sweeper: LoopTimer?
    private var certificateWatch: Task<Void, Never>?
    private var stopWaiter: CheckedContinuation<Void, Never>?
    private var stopDeadline: LoopTimer?
    private(set) var isStopping = false
    var headWriter = ResponseHeadWriter()
    let disk: any Disk
    /// What clients have sent and nobody has done with.
    let inputMemory: Budget
    /// Bytes of bodies in files.
    let bodyFiles: Budget
    /// The same of those whose senders nobody knows yet.
    let strangersFiles: Budget
    /// Places of requests that are with their handlers.
    let handlers: Budget
    /// Those that are kept for what ``HTTPResponder/answersWhenFull(_:)`` names.
    let spareHandlers = Budget(limit: Limit.HTTP.spareHandlers)

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

    /// A server whose files are on a disk that a test may hold.
    init(
        configuration: ServerConfiguration, loop: EventLoop, disk: any Disk, responder: any HTTPResponder,
        endpoints: [WebSocketEndpoint], logger: Logger
    ) {
        self.configuration = configuration
        self.loop = loop
        self.disk = disk
        inputMemory = Budget(limit: configuration.maxInputBytes)
        bodyFiles = Budget(limit: configuration.maxFileBytes)
        strangersFiles = Budget(limit: configuration.maxStrangersFileBytes)
        handlers = Budget(limit: configuration.maxHandlers)
        self.responder = responder
        self.endpoints = endpoints
        self.logger = logger
        incidents = IncidentReporter(logger: logger)
        backlog = BacklogLedger(limit: configuration.backlogBytes)
        shares = AddressShares(
            limit: configuration.shares.perAddress
                ?? max(
                    Limit.Connections.leastOfAddress,
                    configuration.maxConnections / Limit.Connections.shareOfAddress))
    }

    // MARK: - Life

    /// Listens; once per server.
    ///
    /// - Returns: The port.
    /// - Throws: ``LWSError/badCertificate(_:)`` before it listens; ``LWSError/addressInUse(host:port:)``,
    ///   ``LWSError/cannotListen(host:port:reason:)``, ``LWSError/loopFailed(_:)``.
    public func start() async throws(LWSError) -> Int {
        // Of the files before they are read, so that no change is missed.
        let look = configuration.tls.map { CertificateChange.Look($0) }
        if let tls = configuration.tls {
            for file in [tls.certificate, tls.key] where access(file, R_OK) != 0 {
                throw .badCertificate("\(file): \(String(cString: strerror(errno)))")
            }
        }
        let (descriptor, port) = try Listener.open(host: configuration.host, port: configuration.port)
        let failure = await withCheckedContinuation { (continuation: CheckedContinuation<LWSError?, Never>) in
            loop.execute { [self] in
                do throws(LWSError) {
                    try listen(on: descriptor)
                    if let tls = configuration.tls, let look { certificateWatch = watch(tls, since: look) }
                    continuation.resume(returning: nil)
                } catch {
                    close(descriptor)
                    continuation.resume(returning: error)
                }
            }
        }
        if let failure { throw failure }
        return port
    }

    private func listen(on descriptor: CInt) throws(LWSError) {
        precondition(context == nil, "a server starts once")
        context = try LWSContext(
            loop: loop,
            options: .init(
                tls: configuration.tls, handshakeSeconds: configuration.handshakeSeconds, logger: logger))
        listener = Listener(loop: loop, descriptor: descriptor) { [unowned self] socket, address in
            accept(socket, from: address)
        }
        sweeper = loop.makeTimer { [weak self] in self?.sweep() }
        sweeper?.schedule(after: sweepInterval)
    }

    /// Reads the certificate again when its files have changed; off the loop.
    private func watch(_ files: TLSFiles, since look: CertificateChange.Look) -> Task<Void, Never> {
        Task { [weak self, loop, logger, interval = configuration.certificateInterval] in
            var change = CertificateChange(look)
            while (try? await Task.sleep(for: interval)) != nil {
                guard change.isDue(CertificateChange.Look(files)) else { continue }
                do throws(LWSError) {
                    let identity = try TLSIdentity(files)
                    guard let server = self else { return }
                    loop.execute {
                        server.context?.show(identity)
                        logger.notice("the certificate has changed; new connections get the new one")
                    }
                } catch {
                    logger.error(
                        "the changed certificate cannot be used; the one before stays", metadata: ["error": "\(error)"])
                }
            }
        }
    }

    /// Often enough to keep the timeouts to a quarter, and not more often than that needs.
    private var sweepInterval: Duration {
        min(.seconds(1), max(.milliseconds(20), min(configuration.requestTimeout, configuration.keepAliveTimeout) / 4))
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
        await withCheckedContinuation { continuation in
            loop.execute { [self] in
                guard context != nil, !isStopping else { return continuation.resume() }
                isStopping = true
                stopWaiter = continuation
                listener?.close()
                listener = nil
                certificateWatch?.cancel()
                certificateWatch = nil
                for connection in connections.values { connection.prepareToStop() }
                for socket in sockets.values {
                    // Spread, so that they do not all come back at once.
                    socket.close(code: 1001, reason: String(Int.random(in: 0..<10_000)))
                    // The end does not wait for what waits.
                    context?.limitClosing(of: socket)
                }
                stopDeadline = loop.makeTimer { [weak self] in self?.finishStopping() }
                stopDeadline?.schedule(after: deadline)
                finishStoppingIfIdle()
            }
        }
    }

    private func finishStoppingIfIdle() {
        guard isStopping, connections.isEmpty, sockets.isEmpty else { return }
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

    /// How much of what is bounded is taken.
    ///
    /// From the loop; traps elsewhere.
    public var load: ServerLoad {
        ServerLoad(
            connections: connectionCount, handlers: handlers.used + spareHandlers.used, inputBytes: inputMemory.used,
            fileBytes: bodyFiles.used + strangersFiles.used, backlogBytes: backlog.total,
            refusedByAddress: refusedByAddress)
    }

    private func accept(_ socket: CInt, from address: String) {
        let isSurplus = connectionCount >= configuration.maxConnections
        // Room to say 503 to some; the rest is turned away without a word.
        guard let context, connectionCount < configuration.maxConnections + Limit.Connections.surplus else {
            close(socket)
            return
        }
        // An answer would hold the connection for as long as the peer takes to read it.
        let isProxied = configuration.shares.isProxy(address)
        guard let share = isProxied ? .some(.none) : takeShare(of: address) else {
            close(socket)
            return
        }
        let connection = HTTPConnection(
            server: self, isTLS: configuration.tls != nil, isSurplus: isSurplus, remoteAddress: address,
            isProxied: isProxied, share: share)
        connections[ObjectIdentifier(connection)] = connection
        _ = context.adoptRaw(socket, isTLS: configuration.tls != nil, connection: connection)
    }

    func connectionDidEnd(_ connection: HTTPConnection) {
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        finishStoppingIfIdle()
    }

    /// Counts one more connection of an address.
    ///
    /// - Returns: Nil when it has as many as it may have.
    private func takeShare(of text: String) -> AddressShares.Share? {
        guard let address = IPAddress(text), !configuration.shares.isExempt(address) else {
            return AddressShares.Share.none
        }
        if let share = shares.take(address) { return share }
        refusedByAddress += 1
        if shares.isNews(address, at: .now) {
            logger.notice(
                "an address has as many connections as it may have; more are refused",
                metadata: ["address": "\(text)", "limit": "\(shares.limit)"])
        }
        return nil
    }

    /// Counts the request that a proxy has handed on, as one more connection of the client.
    func takeShare(of head: HTTPRequestHead) -> AddressShares.Share? {
        takeShare(of: configuration.shares.client(head))
    }

    func giveBack(_ share: AddressShares.Share) { shares.giveBack(share) }

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
    ///   - remoteAddress: The peer's.
    ///   - share: What it has taken, to be given back at its end.
    func open(
        _ writer: SocketWriter, answer: [UInt8], rest: [UInt8], endpoint: WebSocketEndpoint,
        handler: any WebSocketHandler, remoteAddress: String, share: AddressShares.Share
    ) {
        limitSendBuffer(of: lws_get_socket_fd(writer.wsi))
        let socket = WebSocket(
            loop: loop, context: context, owner: self, handler: handler, maxMessageBytes: endpoint.maxMessageBytes,
            takesBinary: endpoint.takesBinary, remoteAddress: remoteAddress, backlog: endpoint.backlog,
            inputMemory: inputMemory)
        sockets[ObjectIdentifier(socket)] = socket
        if share != .none { socketShares[ObjectIdentifier(socket)] = share }
        context?.hand(writer.wsi, to: socket)
        socket.begin(on: writer, answer: answer, rest: rest)
    }

    /// Keeps what the kernel holds for a slow peer small, so that it is not old when it gets there.
    private func limitSendBuffer(of descriptor: CInt) {
        guard configuration.webSocketSendBuffer > 0 else { return }
        var size = CInt(clamping: configuration.webSocketSendBuffer)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<CInt>.size))
    }
}

extension Server: WebSocketOwner {
    func webSocketDidEnd(_ socket: WebSocket) {
        sockets[ObjectIdentifier(socket)] = nil
        if let share = socketShares.removeValue(forKey: ObjectIdentifier(socket)) { shares.giveBack(share) }
        finishStoppingIfIdle()
    }

    func webSocket(_ socket: WebSocket, holds bytes: Int) {
        backlog.note(ObjectIdentifier(socket), holds: bytes)
        for holder in backlog.surplus { sockets[holder]?.discardBacklog() }
    }
}
