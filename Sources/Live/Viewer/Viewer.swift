import Geo
import LWS
import Rooms

/// One WebSocket of the live protocol: who it belongs to, where it sits, and what it has been shown.
///
/// ```text
///             join              welcome            leave, left by another way          stored
///  waiting ─────────▶ joining ───────────▶ seated ─────────────────────────▶ leaving ──────────▶ ending
///     │                  │ └─────── left by another way ──────────────────────▲ │                  ▲
///     └──────────────────┴──── refused, silent, too much, replaced, gone ───────┴──────────────────┘
/// ```
/// The state is changed in this file alone. While it is waiting or joining, it may move to another loop, where the room is
/// at home; its state goes with it.
///
/// Touched on its loop only.
final class Viewer: FrameTaker {
    enum State {
        /// Nothing has come yet.
        case waiting
        /// The join is being looked at; what came after it waits.
        case joining(backlog: [[UInt8]])
        case seated(Seat)
        /// Has left; told so when that is on disk.
        case leaving(Seat)
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
    private(set) var system = CoordinateSystem.wgs84
    /// How often it takes frames.
    var turn = FrameTurn()

    private(set) var state = State.waiting
    private(set) var edge: LiveEdge
    var budget: MessageBudget
    /// What is known of the clock of its phone.
    var clock = PhoneClock()
    /// Its place in its audience.
    var index: Int?

    /// Where it comes from.
    let address: String
    /// The token that came with the upgrade, in its `Authorization` header or as the pages' cookie.
    let authorization: String?
    /// Whose token it has shown; nil for a spectator who needs none, and before a join.
    var account: Int64?
    /// The login that gave this token.
    var login: LoginID?
    /// The link that it came by.
    var link: Int64?
    let opened = ContinuousClock.now
    var lastPing = ContinuousClock.now
    /// Its silence cannot have become long enough for anything before this moment.
    var quietUntil = ContinuousClock.now
    /// By how much later it is shown the room, in milliseconds; for a spectator who came by such a link.
    var delay: Int64 = 0
    /// When the link that it came by ends, by the server's clock.
    var linkExpiry: Int64?
    var lastCheer: ContinuousClock.Instant?
    /// Its place among all viewers of its loop.
    var edgeIndex: Int?
    /// The join that it takes along to another loop.
    private var journey: Journey?

    init(edge: LiveEdge, address: String, authorization: String?) {
        self.edge = edge
        self.address = address
        self.authorization = authorization
        let settings = edge.context.settings
        budget = MessageBudget(perSecond: settings.messagesPerSecond, burst: settings.messageBurst, at: .now)
    }

    // MARK: - States

    var isJoining: Bool { if case .joining = state { true } else { false } }

    /// Whose it is in its room; nil for a spectator, and before it sits there.
    var seatedRunner: Int? { if case .seated(let seat) = state { seat.runner } else { nil } }

    var isEnding: Bool { if case .ending = state { true } else { false } }

    /// The join has come.
    func beginJoining(_ join: ClientMessage.Join) {
        system = join.system
        state = .joining(backlog: [])
    }

    /// Keeps what has come before the join was answered.
    ///
    /// - Returns: How many bytes are kept.
    func keep(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard case .joining(var backlog) = state else { return 0 }
        backlog.append(Array(bytes))
        state = .joining(backlog: backlog)
        let count = backlog.reduce(0) { $0 + $1.count }
        socket?.keep(count)
        return count
    }

    /// The join was answered.
    ///
    /// - Returns: What was kept.
    func sit(in seat: Seat) -> [[UInt8]] {
        guard case .joining(let backlog) = state else { return [] }
        state = .seated(seat)
        socket?.keep(0)
        return backlog
    }

    /// Its runner has left the room, which is not on disk yet.
    ///
    /// - Parameter seat: Which it has, or was to get.
    /// - Returns: False when it is ending or leaving already.
    func beginLeaving(_ seat: Seat) -> Bool {
        switch state {
        case .joining, .seated:
            state = .leaving(seat)
            socket?.keep(0)
            return true
        case .waiting, .leaving, .ending: return false
        }
    }

    private func beginEnding() -> Bool {
        let last = state
        state = .ending
        socket?.keep(0)
        switch last {
        case .ending: return false
        case .waiting, .joining: return true
        case .leaving(let seat): seat.audience.remove(self)
        case .seated(let seat):
            seat.audience.remove(self)
            seat.room.gone(self, as: seat.runner)
        }
        return true
    }

    // MARK: - Moving

    /// A join on its way to another loop.
    final class Journey {
        let join: ClientMessage.Join
        let arrival: Int64
        /// How many moves this is.
        let hops: Int

        init(_ join: ClientMessage.Join, arrival: Int64, hops: Int) {
            self.join = join
            self.arrival = arrival
            self.hops = hops
        }
    }

    /// Goes to another loop, to join there.
    ///
    /// - Returns: False when that is not possible.
    func set(out journey: Journey, to loop: EventLoop) -> Bool {
        guard isJoining, socket?.move(to: loop) == true else { return false }
        self.journey = journey
        return true
    }

    /// Whether it may leave this loop: nothing has come of it yet, or it takes its join along.
    ///
    /// A join that came after a hint led elsewhere is being looked at here, and whoever sits belongs to a room here.
    var isOnTheMove: Bool {
        switch state {
        case .waiting: true
        case .joining: journey != nil
        case .seated, .leaving, .ending: false
        }
    }

    /// The socket has come to another loop.
    func settle() {
        if let edgeHere = edge.context.place.edgeHere { edge = edgeHere }
        edge.opened(self)
        guard let journey else { return }
        self.journey = nil
        edge.begin(journey.join, by: self, arrival: journey.arrival, hops: journey.hops)
    }

    // MARK: - Sending

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

    // MARK: - The end

    /// Tells why, and closes.
    ///
    /// What was to be sent before goes first.
    func close(_ reason: CloseReason, code: String? = nil, _ sentence: String) {
        edge.context.metrics.closes[reason.rawValue, default: 0] += 1
        if reason != .replaced { report(reason.rawValue) }
        guard beginEnding() else { return }
        send(ServerMessages.error(code: code ?? reason.code, message: sentence))
        socket?.close(code: reason.rawValue, reason: sentence)
    }

    /// The room was set aside.
    func closeUnavailable() {
        close(.full, code: "unavailable", "The room cannot be stored at the moment. Come back later.")
    }

    /// Takes leave of somebody who wanted to go.
    func closeLeft() { close(as: 1000, "left") }

    /// What must arrive waits for too long already, or is too much: closed without an `error`, which would wait too.
    func fellBehind() {
        guard !isEnding else { return }
        edge.context.metrics.closes[CloseReason.tooSlow.rawValue, default: 0] += 1
        report(CloseReason.tooSlow.rawValue)
        close(as: CloseReason.tooSlow.rawValue, "Events could not be delivered.")
    }

    private func close(as code: UInt16, _ reason: String) {
        guard beginEnding() else { return }
        socket?.close(code: code, reason: reason)
    }

    /// The socket is gone.
    ///
    /// - Parameter code: Of the close frame.
    func closed(code: UInt16?) {
        // What the standard has for a peer that does not keep to it, or to the limits; the others were reported before.
        if let code, [1002, 1003, 1007, 1009, 1013].contains(code) { report(code) }
        _ = beginEnding()
        edge.closed(self)
        socket = nil
    }

    private func report(_ code: UInt16) { edge.context.incidents.refused("live \(code)", from: address) }
}
