internal import CLibwebsockets
internal import Glibc

/// A WebSocket on its way from one loop to another: nobody else has it.
///
/// `@unchecked`: made when the last has been done on the one loop, and opened on the other.
struct WebSocketArrival: @unchecked Sendable {
    let socket: WebSocket
    /// The connection's.
    let descriptor: CInt
    /// What it has taken of the connections of an address.
    let share: AddressShares.Share
}

/// A connection belongs to the context of libwebsockets that adopted it, and so to one loop. To move it, its descriptor
/// is duplicated, the context closes its own without a word, and then that of the other loop adopts the duplicate. TLS
/// goes with it (``TLSSession``), and so does all that the socket itself has: half of a message, what waits to be sent.
/// What the peer sends meanwhile waits in the kernel.
extension WebSocket {
    /// Goes on on another loop, where its server's group has a server too; its handler with it.
    ///
    /// That is done in a turn of its own, and everything goes on here until then. The handler hears of it twice,
    /// ``WebSocketHandler/willMove(_:)`` here and ``WebSocketHandler/didMove(_:)`` there; between them there is nothing to
    /// hear. If the connection ends first, neither comes. Where the system has no descriptor to spare, the connection is
    /// closed with 1013. Of several calls in a turn the last counts. What comes until then may change what the handler
    /// wants: it is asked at the last moment (``WebSocketHandler/mayMove(_:)``).
    ///
    /// - Returns: False, and nothing is done, when there is no server on that loop, or the socket is not open.
    public func move(to loop: EventLoop) -> Bool {
        self.loop.checkIsolated()
        guard state == .open, let destination = owner?.destination(on: loop) else { return false }
        let isUnderWay = self.destination != nil
        self.destination = destination
        if isUnderWay { return true }
        // Neither within a callback of the connection nor of its handler.
        let socket = LoopLocal(self, on: self.loop)
        self.loop.execute { socket.value.leave() }
        return true
    }

    private func leave() {
        guard let destination else { return }
        self.destination = nil
        guard destination.loop !== loop, state == .open, !hasFallenBehind, var writer, let owner, let context,
            handler?.mayMove(self) ?? true
        else { return }
        let descriptor = fcntl(lws_get_socket_fd(writer.wsi), F_DUPFD_CLOEXEC, 0)
        guard descriptor >= 0 else { return close(code: 1013, reason: "no descriptor is left") }
        handler?.willMove(self)
        owesMoved = true
        writer.keepTLS()
        (self.writer, transit) = (nil, writer)
        if notedBytes != 0 { owner.webSocket(self, holds: 0) }
        notedBytes = 0
        destination.expect(1)
        let arrival = WebSocketArrival(
            socket: self, descriptor: descriptor, share: owner.webSocketDidLeave(self))
        (loop, self.context, self.owner) = (destination.loop, nil, nil)
        context.letGo(of: writer.wsi) {
            destination.loop.execute { destination.take(arrival) }
        }
    }

    /// Goes on on the loop to which it has come.
    ///
    /// - Parameters:
    ///   - descriptor: The connection's.
    ///   - owner: Counts it from now on.
    ///   - context: Of libwebsockets; nil when there is none any more, which ends the connection.
    func arrive(over descriptor: CInt, owner: any WebSocketOwner, context: LWSContext?) {
        loop.checkIsolated()
        (self.owner, self.context) = (owner, context)
        guard let context, transit?.session?.resume(over: descriptor) ?? true else {
            Glibc.close(descriptor)
            return end()
        }
        // If that fails, it has ended.
        guard context.adoptRaw(descriptor, isTLS: false, connection: self) else { return }
        noteHeld()
        tellMoved()
        // What has been read of the socket, and not of the TLS.
        if let session = writer?.session { decrypt(UnsafeRawBufferPointer(start: nil, count: 0), session) }
        writeOwed()
    }

    /// Tells the handler, once.
    func tellMoved() {
        guard owesMoved else { return }
        owesMoved = false
        handler?.didMove(self)
    }
}
