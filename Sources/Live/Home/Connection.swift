import Geo
import LWS
import Rooms

/// One WebSocket of the live protocol: who it belongs to, what it has seen, and what waits for it.
///
/// `@unchecked Sendable`: made, used and dropped on its loop's thread only. Its methods are called there by
/// libwebsockets, and its state is touched there by ``LiveRooms``, whose executor is that loop.
final class Connection: WebSocketHandler, @unchecked Sendable {
    enum State {
        /// Nothing has come yet.
        case waiting
        /// The join is being looked at; what came after it waits.
        case joining(backlog: [[UInt8]])
        case joined(Home, runner: Int?)
        /// Has left; told so when that is on disk.
        case leaving(Home)
        /// Nothing more is taken from it.
        case ending
    }

    // In this order because there are ten thousand of them, and each frame has to fetch its viewer from memory: what is
    // asked for a frame lies in one line of the cache, what is asked for a message in the next ones.

    var socket: WebSocket?
    /// Rows of the room up to this version have been sent.
    var version: UInt64 = 0
    /// Goes out with the frame of this tick, in one system call, or else behind it.
    var acknowledgement: OutgoingMessage?
    var system = CoordinateSystem.wgs84

    var state = State.waiting
    let live: LiveRooms
    var budget: MessageBudget
    /// What its runner may still cause; nil for a spectator, and before a join.
    var allowance: Allowance?
    /// What is known of the clock of its phone.
    var clock = PhoneClock()
    /// Its place among its home's viewers.
    var viewerIndex: Int?

    /// Where it comes from.
    let address: String
    /// What the upgrade's `Authorization` header said.
    let authorization: String?
    /// Whose token it has shown; nil for a spectator, and before a join.
    var account: Int64?
    /// The login that gave this token.
    var login: LoginID?
    let opened = ContinuousClock.now
    var lastPing = ContinuousClock.now
    /// Its silence cannot have become long enough for anything before this moment.
    var quietUntil = ContinuousClock.now
    var lastCheer: ContinuousClock.Instant?
    /// Its place among all connections.
    var connectionIndex: Int?

    init(live: LiveRooms, address: String, authorization: String?, budget: MessageBudget) {
        self.live = live
        self.address = address
        self.authorization = authorization
        self.budget = budget
    }

    /// A frame written now would have to wait.
    var isClogged: Bool { socket?.isBusy ?? true }

    /// Sends what must arrive, in order, at once or as soon as the socket takes it.
    func send(_ message: OutgoingMessage) { socket?.enqueue(message) }

    /// Sends a frame if the socket is free, and the acknowledgement that waits for one with it; a frame is never queued.
    func sendFrame(_ message: OutgoingMessage) -> Bool {
        guard let socket else { return false }
        guard let acknowledgement else { return socket.send(message) }
        guard socket.send(acknowledgement, message) else { return false }
        self.acknowledgement = nil
        return true
    }

    /// Sends the acknowledgement for which there was no frame to go with.
    func flushAcknowledgement() {
        guard let message = acknowledgement else { return }
        acknowledgement = nil
        send(message)
    }

    /// Tells why, and closes.
    ///
    /// What was to be sent before goes first.
    func end(_ reason: CloseReason, code: String? = nil, _ sentence: String) {
        guard beginEnding() else { return }
        send(ServerMessages.error(code: code ?? reason.code, message: sentence))
        socket?.close(code: reason.rawValue, reason: sentence)
    }

    /// Closes without an error: the client asked for it, or would not read it.
    func end(code: UInt16, reason: String) {
        guard beginEnding() else { return }
        socket?.close(code: code, reason: reason)
    }

    private func beginEnding() -> Bool {
        if case .ending = state { return false }
        live.assumeIsolated { $0.detach(self) }
        state = .ending
        return true
    }

    // MARK: - WebSocketHandler

    func didOpen(_ socket: WebSocket) {
        self.socket = socket
        live.assumeIsolated { $0.opened(self) }
    }

    func didReceive(text: UnsafeRawBufferPointer, from socket: WebSocket) {
        let message = Message(bytes: text)
        live.assumeIsolated { $0.received(message.bytes, from: self) }
    }

    func didReceiveControl(from socket: WebSocket) { live.assumeIsolated { $0.receivedControl(from: self) } }

    func didBecomeWritable(_ socket: WebSocket) {
        live.assumeIsolated { $0.becameWritable(self) }
    }

    func didFallBehind(_ socket: WebSocket) { live.assumeIsolated { $0.fellBehind(self) } }

    func didClose(_ socket: WebSocket, code: UInt16?, reason: String) {
        live.assumeIsolated { $0.closed(self, code: code) }
        self.socket = nil
    }

    /// A message's bytes on their way to the actor.
    ///
    /// `@unchecked`: they do not leave the call, which stays on the loop's thread.
    private struct Message: @unchecked Sendable {
        let bytes: UnsafeRawBufferPointer
    }
}
