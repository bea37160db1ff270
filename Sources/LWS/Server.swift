public import Logging

public struct TLSFiles: Sendable {
    public var certificate: String
    public var key: String
    public init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }
}

public struct ServerConfiguration: Sendable {
    public var host = "127.0.0.1"
    /// 0 lets the system choose.
    public var port = 0
    public var tls: TLSFiles?
    public var maxConnections = 20_000
    /// Longer is 414.
    public var maxTargetBytes = 64 << 10
    /// More, all header lines together, is 431.
    public var maxHeaderBytes = 16 << 10
    /// A request's head and body must arrive within this.
    public var requestTimeout = Duration.seconds(60)
    public var keepAliveTimeout = Duration.seconds(60)
    /// Where large bodies go while they arrive.
    public var temporaryDirectory = "/tmp"
    /// `SO_SNDBUF` of WebSockets, so that stale frames do not pile up in the kernel; 0 leaves the default.
    public var webSocketSendBuffer = 64 << 10
    public init() {}
}

/// An HTTP and WebSocket server on one loop.
public final class Server: @unchecked Sendable {
    public init(
        configuration: ServerConfiguration, loop: EventLoop, responder: any HTTPResponder,
        endpoints: [WebSocketEndpoint], logger: Logger
    ) { fatalError() }
    /// Listens; returns the port.
    public func start() async throws(LWSError) -> Int { fatalError() }
    /// Stops listening, closes each WebSocket with 1001 and a reason that is a wait in ms spread over 0-10 s,
    /// lets HTTP answers end, and returns within `deadline`.
    public func stop(deadline: Duration = .seconds(10)) async { fatalError() }
    /// From the loop.
    public var connectionCount: Int { fatalError() }
    public var webSocketCount: Int { fatalError() }
}
