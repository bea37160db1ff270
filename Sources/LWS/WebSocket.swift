public import HTTPTypes

/// One WebSocket connection, of a server or of a client. Every method from the loop's thread only.
public final class WebSocket: @unchecked Sendable {
    /// The peer's address without its port.
    public var remoteAddress: String { fatalError() }
    /// An earlier message is still on its way into the socket: `send` would refuse.
    public var isBusy: Bool { fatalError() }
    /// `ContinuousClock` time of the last byte of any kind that the peer sent (messages, pings, pongs).
    public var lastHeard: ContinuousClock.Instant { fatalError() }
    /// Writes the message now, straight to the socket. False, and nothing is written, while `isBusy` or closing.
    @discardableResult public func send(_ message: OutgoingMessage) -> Bool { fatalError() }
    /// Asks for one `didBecomeWritable` when the socket takes bytes again.
    public func requestWritable() { fatalError() }
    public func sendPing() { fatalError() }
    /// Starts the closing handshake: what is on its way goes out first, then the close frame. Repeats are ignored.
    public func close(code: UInt16, reason: String = "") { fatalError() }
}

/// What happens on a WebSocket. All calls come on the loop's thread; the last one is `didClose`.
public protocol WebSocketHandler: AnyObject {
    func didOpen(_ socket: WebSocket)
    /// One whole text message, valid UTF-8; the bytes die when the call returns.
    func didReceive(text: UnsafeRawBufferPointer, from socket: WebSocket)
    func didBecomeWritable(_ socket: WebSocket)
    /// - Parameter code: what the peer's close frame said; nil when the connection broke without one.
    func didClose(_ socket: WebSocket, code: UInt16?, reason: String)
}

/// A text message with the room in front that libwebsockets needs, so that the same bytes go to any number of sockets.
public final class OutgoingMessage: @unchecked Sendable {
    public let count: Int
    public init(_ text: String) { fatalError() }
    /// - Parameter fill: writes into the buffer of `capacity` bytes and returns how many it wrote.
    public init(capacity: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Int) { fatalError() }
    public func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R { fatalError() }
}

/// Where a server speaks WebSocket.
public struct WebSocketEndpoint: Sendable {
    public var path: String
    /// A client that offers only others is refused with 400; one that offers none is taken.
    public var subprotocol: String
    /// A larger message is close 1009. Binary is 1003, invalid UTF-8 1007.
    public var maxMessageBytes: Int
    /// Called on the loop before the upgrade is answered; nil accepts, a response (say 503 with Retry-After) refuses.
    public var refuse: @Sendable (HTTPRequestHead) -> HTTPResponse?
    /// Called on the loop when the upgrade is accepted. The socket keeps the handler alive until `didClose`.
    public var makeHandler: @Sendable (HTTPRequestHead) -> any WebSocketHandler

    public init(
        path: String, subprotocol: String, maxMessageBytes: Int,
        refuse: @escaping @Sendable (HTTPRequestHead) -> HTTPResponse? = { _ in nil },
        makeHandler: @escaping @Sendable (HTTPRequestHead) -> any WebSocketHandler
    ) {
        self.path = path
        self.subprotocol = subprotocol
        self.maxMessageBytes = maxMessageBytes
        self.refuse = refuse
        self.makeHandler = makeHandler
    }
}

/// Opens WebSockets to servers; many share one loop and one context.
public final class WebSocketClient: @unchecked Sendable {
    public init(loop: EventLoop) throws(LWSError) { fatalError() }
    /// From the loop's thread. A connection that fails is `didClose` without a `didOpen` before it.
    public func connect(
        host: String, port: Int, path: String, subprotocol: String?, headers: HTTPFields = [:], tls: Bool = false,
        maxMessageBytes: Int = 1 << 24, handler: any WebSocketHandler
    ) { fatalError() }
    /// Closes all; returns when none is left. Not from the loop.
    public func shutDown() async { fatalError() }
}
