internal import CLibwebsockets
internal import Glibc
internal import HTTPTypes
public import Logging

/// An HTTP and WebSocket server on one loop.
///
/// HTTP/1.1 is spoken here, on raw sockets of libwebsockets (why: ``RequestHeadParser``); TLS and WebSocket are
/// libwebsockets'. A WebSocket handshake is read and judged here like any request and then handed over in a form that
/// libwebsockets answers: without extensions, and with the one subprotocol of the endpoint.
///
/// `@unchecked`: what changes is only touched on the loop's thread.
public final class Server: @unchecked Sendable {
    let configuration: ServerConfiguration
    let loop: EventLoop
    let responder: any HTTPResponder
    private let endpoints: [WebSocketEndpoint]
    private let logger: Logger

    private var context: LWSContext?
    private var listener: Listener?
    private var connections: [ObjectIdentifier: HTTPConnection] = [:]
    private var sockets: [ObjectIdentifier: WebSocket] = [:]
    private var sweeper: LoopTimer?
    private var stopWaiter: CheckedContinuation<Void, Never>?
    private var stopDeadline: LoopTimer?
    private(set) var isStopping = false
    var headWriter = ResponseHeadWriter()
    /// Request bodies beyond go to disk, heads beyond are refused with 503.
    let bodyMemory = MemoryBudget(limit: 256 << 20)
    let headMemory = MemoryBudget(limit: 64 << 20)

    /// Makes a server that does not listen yet.
    ///
    /// - Parameters:
    ///   - configuration: Where it listens, and its limits.
    ///   - loop: Where its connections live; several servers may share one.
    ///   - responder: Answers what is no WebSocket handshake.
    ///   - endpoints: Their paths must differ.
    ///   - logger: Gets libwebsockets' errors and warnings too, of the whole process.
    public init(
        configuration: ServerConfiguration, loop: EventLoop, responder: any HTTPResponder,
        endpoints: [WebSocketEndpoint], logger: Logger
    ) {
        self.configuration = configuration
        self.loop = loop
        self.responder = responder
        self.endpoints = endpoints
        self.logger = logger
    }

    // MARK: - Life

    /// Listens; once per server.
    ///
    /// - Returns: The port.
    /// - Throws: ``LWSError/badCertificate(_:)`` before it listens; ``LWSError/addressInUse(host:port:)``,
    ///   ``LWSError/cannotListen(host:port:reason:)``, ``LWSError/loopFailed(_:)``.
    public func start() async throws(LWSError) -> Int {
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
                subprotocols: endpoints.map(\.subprotocol), tls: configuration.tls, logger: logger))
        listener = Listener(loop: loop, descriptor: descriptor) { [unowned self] socket, address in
            accept(socket, from: address)
        }
        sweeper = loop.makeTimer { [weak self] in self?.sweep() }
        sweeper?.schedule(after: sweepInterval)
    }

    /// Often enough to keep the timeouts to a quarter, and not more often than that needs.
    private var sweepInterval: Duration {
        min(.seconds(1), max(.milliseconds(20), min(configuration.requestTimeout, configuration.keepAliveTimeout) / 4))
    }

    /// One look at every HTTP connection instead of a timer for each.
    private func sweep() {
        let now = ContinuousClock.now
        for connection in connections.values where connection.deadline <= now { connection.expire() }
        sweeper?.schedule(after: sweepInterval)
    }

    /// Stops listening, closes each WebSocket with 1001 and a reason that is a wait in ms spread over 0-10 s,
    /// lets HTTP answers end, and returns within `deadline`.
    ///
    /// What is not done by then is cut off. Afterwards nothing of the server is left on the loop.
    public func stop(deadline: Duration = .seconds(10)) async {
        await withCheckedContinuation { continuation in
            loop.execute { [self] in
                guard context != nil, !isStopping else { return continuation.resume() }
                isStopping = true
                stopWaiter = continuation
                listener?.close()
                listener = nil
                for connection in connections.values { connection.prepareToStop() }
                for socket in sockets.values {
                    // Spread, so that they do not all come back at once.
                    socket.close(code: 1001, reason: String(Int.random(in: 0..<10_000)))
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
        let local = LoopLocal(context)
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
    /// From the loop.
    public var connectionCount: Int { connections.count + sockets.count }

    /// From the loop.
    public var webSocketCount: Int { sockets.count }

    private func accept(_ socket: CInt, from address: String) {
        let isSurplus = connectionCount >= configuration.maxConnections
        // Room to say 503 to some; the rest is turned away without a word.
        guard let context, connectionCount < configuration.maxConnections + 256 else {
            close(socket)
            return
        }
        let connection = HTTPConnection(
            server: self, isTLS: configuration.tls != nil, isSurplus: isSurplus, remoteAddress: address)
        connections[ObjectIdentifier(connection)] = connection
        _ = context.adoptRaw(socket, isTLS: configuration.tls != nil, connection: connection)
    }

    func connectionDidEnd(_ connection: HTTPConnection) {
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        finishStoppingIfIdle()
    }

    func makeParser() -> RequestHeadParser {
        RequestHeadParser(maxTargetBytes: configuration.maxTargetBytes, maxHeaderBytes: configuration.maxHeaderBytes)
    }

    // MARK: - WebSockets

    enum UpgradeAnswer {
        case accept(WebSocketEndpoint, handshake: [UInt8])
        case refuse(HTTPResponse)
    }

    /// Judges a WebSocket handshake; RFC 6455, section 4.2.
    func upgrade(_ parsed: ParsedHead, _ head: HTTPRequestHead) -> UpgradeAnswer {
        let path = "/" + head.path.joined(separator: "/")
        func refuse(_ status: HTTPTypes.HTTPResponse.Status) -> UpgradeAnswer {
            .refuse(responder.refusal(status, path: parsed.target.pathOnly))
        }
        guard let endpoint = endpoints.first(where: { $0.path == path }) else { return refuse(.notFound) }
        guard !isStopping else { return refuse(.serviceUnavailable) }
        let fields = parsed.fields
        guard fields[.secWebSocketVersion] == "13" else {
            var response = responder.refusal(.upgradeRequired, path: parsed.target.pathOnly)
            response.headers[.secWebSocketVersion] = "13"
            return .refuse(response)
        }
        // Sixteen bytes in base64.
        guard let key = fields[.secWebSocketKey], key.utf8.count == 24, key.hasSuffix("=="),
            key.dropLast(2).allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "+" || $0 == "/" })
        else { return refuse(.badRequest) }
        let offered = fields[values: .secWebSocketProtocol].flatMap { $0.split(separator: ",") }.map {
            String($0).trimmingBlanks
        }
        let isOffered = offered.contains(endpoint.subprotocol)
        guard offered.isEmpty || isOffered else { return refuse(.badRequest) }
        if let response = endpoint.refuse(head) { return .refuse(response) }
        // What libwebsockets needs, and nothing that it might misunderstand.
        var handshake = "GET /ws HTTP/1.1\r\nHost: local\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        handshake += "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \(key)\r\n"
        if isOffered { handshake += "Sec-WebSocket-Protocol: \(endpoint.subprotocol)\r\n" }
        return .accept(endpoint, handshake: Array((handshake + "\r\n").utf8))
    }

    /// Makes a WebSocket of a socket on which the handshake has been read.
    func open(
        _ descriptor: CInt, handshake: [UInt8], endpoint: WebSocketEndpoint, handler: any WebSocketHandler,
        remoteAddress: String
    ) {
        limitSendBuffer(of: descriptor)
        let socket = WebSocket(
            context: context, owner: self, handler: handler, isClient: false,
            maxMessageBytes: endpoint.maxMessageBytes, remoteAddress: remoteAddress)
        sockets[ObjectIdentifier(socket)] = socket
        guard let context else {
            close(descriptor)
            return socket.wasDestroyed()
        }
        _ = context.adoptWebSocket(descriptor, handshake: handshake, connection: socket)
    }

    /// Keeps what the kernel holds for a slow peer small, so that it is not old when it gets there.
    func limitSendBuffer(of descriptor: CInt) {
        guard configuration.webSocketSendBuffer > 0 else { return }
        var size = CInt(clamping: configuration.webSocketSendBuffer)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<CInt>.size))
    }

    func makeTunnel(_ descriptor: CInt, outer: HTTPConnection) -> Tunnel? {
        guard let context else {
            close(descriptor)
            return nil
        }
        let tunnel = Tunnel(outer: outer)
        return context.adoptRaw(descriptor, isTLS: false, connection: tunnel) ? tunnel : nil
    }
}

extension Server: WebSocketOwner {
    func webSocketDidEnd(_ socket: WebSocket) {
        sockets[ObjectIdentifier(socket)] = nil
        finishStoppingIfIdle()
    }
}
