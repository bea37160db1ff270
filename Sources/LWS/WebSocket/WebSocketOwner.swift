/// Who counts WebSockets: a server or a client.
protocol WebSocketOwner: AnyObject {
    func webSocketDidEnd(_ socket: WebSocket)
    /// So many bytes wait for the peer from now on.
    func webSocket(_ socket: WebSocket, holds bytes: Int)
    /// Who takes it on another loop; nil where there is nobody.
    func destination(on loop: EventLoop) -> (any WebSocketDestination)?
    /// It is on its way to another loop.
    ///
    /// - Returns: What it has to take with it.
    func webSocketDidLeave(_ socket: WebSocket) -> AddressShares.Share
}

extension WebSocketOwner {
    // A client's stays where it is.
    func destination(on loop: EventLoop) -> (any WebSocketDestination)? { nil }
    func webSocketDidLeave(_ socket: WebSocket) -> AddressShares.Share { .none }
}

/// Who takes a WebSocket that comes from another loop.
protocol WebSocketDestination: AnyObject, Sendable {
    var loop: EventLoop { get }
    /// So many connections will come; from any thread.
    func expect(_ count: Int)
    /// It is there; on the loop.
    func take(_ arrival: WebSocketArrival)
}
