/// One run of one runner while it goes on: the plan, what of it went out, and what of that arrived.
///
/// Markers are acknowledged by `ack`; `start`, `pause` and `finish` by the room's event about them. What is not yet
/// acknowledged is sent again on the next connection.
struct Performance: Sendable {
    let plan: RunPlan
    /// Unix milliseconds of the start, by this machine's clock.
    let start: Int64
    private(set) var outbox: Outbox

    private let controls: [(control: ClientMessage.Control, offset: Int64)]
    private var sentControls = 0
    private var confirmedControls = 0

    /// What goes out next.
    enum Step: Equatable {
        case markers(ClosedRange<Int>)
        case control(ClientMessage.Control, time: Int64)
    }

    /// - Parameters:
    ///   - plan: With at least one point.
    ///   - start: Unix milliseconds. So early that no marker that is due lies ahead of now: see ``start(now:length:speed:)``.
    init(plan: RunPlan, start: Int64) {
        self.plan = plan
        self.start = start
        outbox = Outbox(offsets: plan.points.map(\.offset))
        controls =
            [(.start, 0)] + plan.pauses.flatMap { [(.pause, $0.lowerBound), (.start, $0.upperBound)] }
            + [(.finish, plan.length)]
    }

    /// When a run that is replayed from now on must have started, so that its last marker is taken when it is sent.
    ///
    /// The server never counts a marker ahead of its clock. At twice the speed the run is over in half its length, so it
    /// must have begun the other half ago.
    static func start(now: Int64, length: Int64, speed: Double) -> Int64 {
        now - Int64((Double(length) * (1 - 1 / speed)).rounded(.up))
    }

    /// What to send at an offset, in milliseconds since the start; nil if nothing is due.
    ///
    /// Markers before a pause go out before it, since a pause is never earlier than what happened before.
    mutating func next(at offset: Int64, limit: Int = ClientMessage.maximumMarkers) -> Step? {
        let control = sentControls < controls.count ? controls[sentControls] : nil
        if let ids = outbox.take(at: min(offset, control?.offset ?? .max), limit: limit) {
            return .markers(ids.lowerBound...ids.upperBound - 1)
        }
        guard let (control, due) = control, due <= offset, outbox.isSent(through: due) else { return nil }
        if control == .finish, !outbox.isAllAcknowledged { return nil }
        sentControls += 1
        return .control(control, time: start + due)
    }

    /// When there may be something to send next, in milliseconds since the start; nil while only an answer is awaited.
    var nextDue: Int64? {
        let control = sentControls < controls.count ? controls[sentControls] : nil
        let marker = outbox.nextDue
        guard let control else { return marker }
        if control.control == .finish, marker == nil, !outbox.isAllAcknowledged { return nil }
        return min(marker ?? control.offset, control.offset)
    }

    /// Whether something is due at an offset that goes out however seldom markers are asked for.
    func isUrgent(at offset: Int64) -> Bool { nextUrgent.map { $0 <= offset } ?? false }

    /// When that is: the next start, pause or finish, and with it the markers before; nil while only an answer is awaited.
    var nextUrgent: Int64? {
        guard sentControls < controls.count else { return nil }
        let (control, offset) = controls[sentControls]
        if control == .finish, outbox.nextDue == nil, !outbox.isAllAcknowledged { return nil }
        return offset
    }

    /// Holds back the markers that are due, as a tunnel does.
    mutating func loseSignal(at offset: Int64, until release: Int64) {
        guard sentControls > 0 else { return }
        let bound = sentControls < controls.count ? controls[sentControls].offset : .max
        outbox.hold(at: min(offset, bound), until: release, limit: ClientMessage.maximumMarkers)
    }

    /// Takes the room's word that this runner started, paused or finished.
    mutating func confirm(_ kind: RoomEvent.Kind) {
        guard confirmedControls < sentControls else { return }
        let control = controls[confirmedControls].control
        if (kind == .started && control == .start) || (kind == .paused && control == .pause)
            || (kind == .finished && control == .finish)
        {
            confirmedControls += 1
        }
    }

    /// Takes an `ack`; what is wrong with it, if anything.
    mutating func acknowledge(_ id: Int) -> String? { outbox.acknowledge(id) }

    /// Begins anew on another connection, once recovered events were confirmed.
    ///
    /// - Parameters:
    ///   - state: This runner's, as the room has it.
    ///   - stored: The highest marker that the room has.
    ///   - recovered: Whether every event since the last connection is known.
    /// - Returns: What is wrong with `stored`, if anything.
    mutating func rejoin(state: RunnerRow.State?, stored: Int, recovered: Bool) -> String? {
        if !recovered, confirmedControls < sentControls, let state {
            let last = controls[sentControls - 1].control
            if (last == .start && (state == .running || state == .offline)) || (last == .pause && state == .paused)
                || (last == .finish && state == .finished)
            {
                confirmedControls = sentControls
            }
        }
        sentControls = confirmedControls
        return outbox.rejoin(stored: stored)
    }

    /// Whether the room has confirmed everything up to the finish.
    var isConfirmed: Bool { confirmedControls == controls.count }
    /// Whether the run's end is on its way or arrived.
    var isFinishing: Bool { sentControls == controls.count }
    /// Whether the room knows that it began, and the end is still to be told.
    var isUnderWay: Bool { confirmedControls > 0 && !isFinishing }
    /// Whether the start was sent on this connection or is known to have arrived.
    var hasBegun: Bool { sentControls > 0 }
}
