internal import CLibwebsockets
public import HTTPTypes
internal import Logging

/// Opens WebSockets to servers, without TLS; many share one loop and one context.
///
/// libwebsockets 4.1.6 does not bring a raw connection of a client through a TLS handshake that takes more than one turn
/// (`client-handshake.c`).
///
/// `@unchecked`: everything but `loop` is only touched on the loop's thread.
public final class WebSocketClient: @unchecked Sendable {
    private let loop: EventLoop
    private let logger = Logger(label: "lws.client")
    private var context: LWSContext?
    private var sockets: [ObjectIdentifier: WebSocket] = [:]
    private var idleWaiters: [CheckedContinuation<Void, Never>] = []
    private var isShutDown = false

    /// Makes a client; what it needs from libwebsockets is made with the first connection.
    ///
    /// - Parameter loop: Where the connections live.
    /// - Throws: Nothing as yet; a client that gets no memory closes its connections with a reason.
    public init(loop: EventLoop) throws(LWSError) { self.loop = loop }

    /// Opens a WebSocket.
    ///
    /// From the loop's thread. A connection that fails is `didClose` without a `didOpen` before it,
    /// possibly before this returns. A host that is not an address is looked up on the loop's thread, which waits for the answer.
    ///
    /// - Parameters:
    ///   - host: An address or a name.
    ///   - port: 1 to 65535.
    ///   - path: With the query, percent-encoded.
    ///   - subprotocol: The one that is offered; nil offers none.
    ///   - headers: Further header fields of the handshake, such as `Authorization`.
    ///   - maxMessageBytes: A larger message from the server is close 1009.
    ///   - handler: Kept alive until `didClose`.
    public func connect(
        host: String, port: Int, path: String, subprotocol: String?, headers: HTTPFields = [:],
        maxMessageBytes: Int = 1 << 24, handler: any WebSocketHandler
    ) {
        precondition(loop.isCurrent, "connections are opened on the loop's thread")
        let context = existingContext()
        let authority = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        let socket = WebSocket(
            loop: loop, context: context, owner: self, handler: handler, maxMessageBytes: maxMessageBytes,
            takesBinary: false,
            request: ClientHandshake(
                authority: authority, path: path, subprotocol: subprotocol,
                headers: headers.map { ($0.name.rawName, $0.value) }))
        sockets[ObjectIdentifier(socket)] = socket
        guard let context else {
            // The failure comes after this call, as every other.
            return loop.execute { socket.wasDestroyed() }
        }

        var info = lws_client_connect_info()
        info.port = CInt(port)
        host.withCString { host in
            // The handshake is ours: libwebsockets has the connection.
            "RAW".withCString { method in
                "plain".withCString { local in
                    info.address = host
                    info.host = host
                    info.method = method
                    info.local_protocol_name = local
                    _ = context.connect(&info, connection: socket)
                }
            }
        }
    }

    /// The context is made on the loop's thread, so on first use.
    private func existingContext() -> LWSContext? {
        if isShutDown { return nil }
        if context == nil {
            do throws(LWSError) {
                context = try LWSContext(loop: loop, options: .init(isClient: true, logger: logger))
            } catch {
                logger.error("no WebSocket client context: \(error)")
            }
        }
        return context
    }

    /// Closes all; returns when none is left.
    ///
    /// Not from the loop. A second call returns when the first does.
    public func shutDown() async {
        await withCheckedContinuation { waiter in
            loop.execute { [self] in
                isShutDown = true
                idleWaiters.append(waiter)
                for socket in sockets.values { socket.close(code: 1000) }
                finishIfIdle()
            }
        }
    }

    private func finishIfIdle() {
        guard isShutDown, sockets.isEmpty, !idleWaiters.isEmpty else { return }
        let waiters = idleWaiters
        idleWaiters = []
        let context = context
        self.context = nil
        guard let context else { return waiters.forEach { $0.resume() } }
        // Not from within a callback of the context.
        let local = LoopLocal((context, waiters), on: loop)
        loop.execute {
            let (context, waiters) = local.value
            context.destroy { waiters.forEach { $0.resume() } }
        }
    }
}

extension WebSocketClient: WebSocketOwner {
    func webSocket(_ socket: WebSocket, holds bytes: Int) {}

    func webSocketDidEnd(_ socket: WebSocket) {
        sockets[ObjectIdentifier(socket)] = nil
        finishIfIdle()
    }
}
