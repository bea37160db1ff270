/// What happens on a WebSocket.
///
/// All calls come on the loop's thread; the last one is `didClose`. The socket keeps its handler alive until `didClose` has returned.
public protocol WebSocketHandler: AnyObject {
    /// The handshake is complete: messages may be sent from now on.
    func didOpen(_ socket: WebSocket)
    /// One whole text message, valid UTF-8; the bytes die when the call returns.
    func didReceive(text: UnsafeRawBufferPointer, from socket: WebSocket)
    /// The answer to one `requestWritable`.
    func didBecomeWritable(_ socket: WebSocket)
    /// The connection is gone, or a client's never came to be.
    ///
    /// - Parameters:
    ///   - socket: Takes nothing any more.
    ///   - code: What the peer's close frame said, 1005 for an empty one; what `close` said when this side began; nil
    ///     when the connection broke without a close frame. libwebsockets 4.1.6 knows no codes 1012 to 1014 and
    ///     reports 1002 in their place, with the peer's reason.
    ///   - reason: The text that came with the code; without a code, what went wrong, as far as it is known.
    func didClose(_ socket: WebSocket, code: UInt16?, reason: String)
}
