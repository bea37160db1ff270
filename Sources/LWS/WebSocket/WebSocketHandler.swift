/// What happens on a WebSocket.
///
/// All calls come on the thread of the socket's loop; the last one is `didClose`. The socket keeps its handler alive until `didClose` has returned.
public protocol WebSocketHandler: AnyObject {
    /// The handshake is complete: messages may be sent from now on.
    func didOpen(_ socket: WebSocket)
    /// One whole text message, valid UTF-8; the bytes die when the call returns.
    func didReceive(text: UnsafeRawBufferPointer, from socket: WebSocket)
    /// One whole binary message; the bytes die when the call returns.
    ///
    /// Comes only where the endpoint takes binary messages.
    func didReceive(binary: UnsafeRawBufferPointer, from socket: WebSocket)
    /// Something that is no message, but work all the same: a ping, a pong, or a fragment of a message that goes on.
    func didReceiveControl(from socket: WebSocket)
    /// The answer to one `requestWritable`.
    func didBecomeWritable(_ socket: WebSocket)
    /// The peer is too slow for what must arrive: what waited for it is dropped, and nothing more can be sent.
    ///
    /// The handler closes the socket, and says with which code; without an implementation that is 1008.
    func didFallBehind(_ socket: WebSocket)
    /// The connection could leave this loop now, as it was asked to; with false it stays, and is asked to move in vain.
    func mayMove(_ socket: WebSocket) -> Bool
    /// The connection leaves this loop: the last call on it.
    func willMove(_ socket: WebSocket)
    /// The connection is on the loop to which it was to move; from now on all calls come there.
    func didMove(_ socket: WebSocket)
    /// The connection is gone, or a client's never came to be.
    ///
    /// - Parameters:
    ///   - socket: Takes nothing any more.
    ///   - code: What the peer's close frame said, 1005 for an empty one; what `close` said when this side began, or
    ///     what was wrong with what the peer sent; nil when the connection broke without a close frame.
    ///   - reason: The text that came with the code; without a code, what went wrong, as far as it is known.
    func didClose(_ socket: WebSocket, code: UInt16?, reason: String)
}

extension WebSocketHandler {
    public func didReceive(binary: UnsafeRawBufferPointer, from socket: WebSocket) {}
    public func didReceiveControl(from socket: WebSocket) {}
    public func mayMove(_ socket: WebSocket) -> Bool { true }
    public func willMove(_ socket: WebSocket) {}
    public func didMove(_ socket: WebSocket) {}
    public func didFallBehind(_ socket: WebSocket) { socket.close(code: 1008, reason: "too slow") }
}
