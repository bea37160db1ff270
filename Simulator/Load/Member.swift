import Geo

/// Somebody in a room: a runner, a spectator, or one who only sits there.
///
/// Lives on the engine's thread.
final class Member {
    enum Role {
        /// The position among the room's runners.
        case runner(lane: Int)
        case spectator
        /// In a room where nothing happens.
        case idle
    }

    /// How far the connection has come.
    ///
    /// ```text
    /// away ──► connecting ──► handshaking ──► joining ──► present
    ///   ▲           └──────────────┴─────────────┴───────────┤
    ///   └───────────────── lost, closed, dropped ────────────┴──► gone
    /// ```
    enum Phase: Equatable {
        /// Not connected; tries at that time.
        case away(until: Nanoseconds)
        case connecting
        case handshaking
        /// Connected, and `join` is on its way.
        case joining
        /// In the room.
        case present
        /// Will not come back.
        case gone
    }

    let id: Int
    let room: LoadRoom
    let role: Role
    var account: Account?
    /// Milliseconds by which the phone's clock is ahead of this machine's.
    let clockError: Int64
    /// Masks what this member sends.
    let maskKey: UInt32
    /// Whether this is a runner who comes while the others run.
    let isLatecomer: Bool
    /// Whether its screen is awake, where not all are.
    let isLit: Bool

    // MARK: - Connection

    var phase: Phase
    var socket: Int32 = -1
    /// Around the socket, once that is connected; nil without TLS.
    var channel: TLSChannel?
    /// Counts connections, so that what is still to be told of an old one is not taken for news of the present one.
    var generation: UInt32 = 0
    /// The beginning of a frame, or of the handshake's answer.
    var input: [UInt8] = []
    /// The earlier fragments of a message.
    var fragments: [UInt8] = []
    /// What the socket has not taken yet.
    var output: [UInt8] = []
    var backOff = BackOff()
    /// Since when this connection is wanted, for the time that a join takes.
    var wantedSince: Nanoseconds = 0
    /// When this member drops the connection, and for how long it then stays away.
    var dropsAt = Nanoseconds.max
    /// The last times this member was away by its own will, each from the first marker on that was not known to have
    /// arrived: what was due in it could not be sent, or was lost with the connection, before its end.
    private var absences: [Range<Nanoseconds>] = []
    private static let rememberedAbsences = 8
    /// Whether the present absence is by its own will.
    var isAwayByChoice = false

    // MARK: - What it sees

    var ledger = EventLedger()
    var screen = Screen()
    /// The runner's number in the room; 0 for a spectator.
    var number: Int32 = 0

    // MARK: - What it runs

    var run: PlannedRun?
    var performance: Performance?
    /// When the present run began.
    var begun: Nanoseconds = 0
    /// When the next run may begin.
    var restsUntil: Nanoseconds = 0
    var runs = 0
    var lastMessage: Nanoseconds = 0
    /// How often the room asks for its markers; 0 for each as it is taken.
    var cadence: Nanoseconds = 0
    /// When the last of them went out.
    var lastMarkers = Nanoseconds.min / 2
    var lastCheer = Nanoseconds.min / 2
    /// Whether the record of the only run was fetched, or never will be.
    var isDone: Bool
    /// What the room said at the end of the last run, and the last marker that may be shown then.
    var finish: (event: RoomEvent, lastShown: Int32)?

    init(
        id: Int, room: LoadRoom, role: Role, account: Account?, clockError: Int64, maskKey: UInt32,
        isLatecomer: Bool = false, isLit: Bool = true, arrival: Nanoseconds
    ) {
        self.id = id
        self.room = room
        self.role = role
        self.account = account
        self.clockError = clockError
        self.maskKey = maskKey
        self.isLatecomer = isLatecomer
        self.isLit = isLit
        phase = .away(until: arrival)
        wantedSince = arrival
        if case .runner = role { isDone = false } else { isDone = true }
    }

    var isRunner: Bool { if case .runner = role { true } else { false } }
    var isPresent: Bool { phase == .present }
    var isGone: Bool { phase == .gone }
    var name: String { account?.username ?? "spectator \(id)" }

    /// When a marker of the present run should have gone out: what latencies are counted from.
    ///
    /// That is when it was taken, however late this program or a broken connection let it out; only what the phone could
    /// not send, or lost, because it was away by its own will is due at its return.
    ///
    /// - Parameters:
    ///   - marker: Its id.
    ///   - speed: How much faster than life.
    ///   - now: When it is known to have arrived: what arrived while the phone was away was sent before.
    /// - Returns: 0 if there is no such marker.
    func intended(_ marker: Int32, speed: Double, seenAt now: Nanoseconds) -> Nanoseconds {
        guard let run, marker > 0, Int(marker) <= run.plan.points.count else { return 0 }
        let due = due(Int(marker), of: run, speed: speed)
        let absence = absences.last { $0.upperBound <= now && $0.contains(due) }
        return absence?.upperBound ?? due
    }

    private func due(_ marker: Int, of run: PlannedRun, speed: Double) -> Nanoseconds {
        let offset = run.plan.points[marker - 1].offset
        return begun + (speed == 1 ? offset * 1_000_000 : Int64(Double(offset) * 1e6 / speed))
    }

    /// Goes away by its own will.
    func goAway(from now: Nanoseconds, until end: Nanoseconds, speed: Double) {
        var start = now
        if let run, let arrived = performance?.outbox.acknowledged, arrived < run.plan.points.count {
            start = min(now, due(arrived + 1, of: run, speed: speed))
        }
        absences.append(start..<max(start, end))
        if absences.count > Self.rememberedAbsences { absences.removeFirst() }
        isAwayByChoice = true
        wantedSince = end
        phase = .away(until: end)
    }
}
