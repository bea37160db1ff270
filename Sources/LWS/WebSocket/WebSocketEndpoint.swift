/// Where a server speaks WebSocket.
public struct WebSocketEndpoint: Sendable {
    public var path: String
    /// A client that offers only others is refused with 400; one that offers none is taken.
    public var subprotocol: String
    /// A larger message is close 1009.
    ///
    /// Invalid UTF-8 is 1007.
    public var maxMessageBytes: Int
    /// Whether binary messages are taken; else one is close 1003.
    public var takesBinary: Bool
    /// What may wait for a peer that does not read.
    public var backlog: BacklogLimits
    /// Called on the loop before the upgrade is answered; nil accepts, a response (say 503 with Retry-After) refuses.
    public var refuse: @Sendable (HTTPRequestHead) -> HTTPResponse?
    /// Called on the loop when the upgrade is accepted: where the connection is to move at once, as far as that can be told
    /// from its handshake; nil leaves it where it is.
    public var loop: @Sendable (HTTPRequestHead) -> EventLoop?
    /// Called on the loop when the upgrade is accepted.
    ///
    /// The socket keeps the handler alive until `didClose`.
    public var makeHandler: @Sendable (HTTPRequestHead) -> any WebSocketHandler

    /// - Parameters:
    ///   - path: The decoded path; a query does not matter.
    ///   - subprotocol: A token, not empty.
    ///   - maxMessageBytes: Of one message, all its fragments together.
    ///   - takesBinary: Text alone if it is left out.
    ///   - backlog: Of each connection.
    ///   - refuse: Accepts all if it is left out.
    ///   - loop: Moves none if it is left out.
    ///   - makeHandler: Makes a handler for each connection.
    public init(
        path: String, subprotocol: String, maxMessageBytes: Int, takesBinary: Bool = false,
        backlog: BacklogLimits = BacklogLimits(),
        refuse: @escaping @Sendable (HTTPRequestHead) -> HTTPResponse? = { _ in nil },
        loop: @escaping @Sendable (HTTPRequestHead) -> EventLoop? = { _ in nil },
        makeHandler: @escaping @Sendable (HTTPRequestHead) -> any WebSocketHandler
    ) {
        self.path = path
        self.subprotocol = subprotocol
        self.maxMessageBytes = maxMessageBytes
        self.takesBinary = takesBinary
        self.backlog = backlog
        self.refuse = refuse
        self.loop = loop
        self.makeHandler = makeHandler
    }
}
