import LWS
import Rooms
import Store

/// A room where it is at home, and all that is done with it: it owns the room and its audience, and knows what of the
/// room is still to be stored and told.
///
/// The way of every change is the same: the room changes in memory, what must survive goes into the next commit, and
/// only when that is on disk are events sent, acknowledgements given and requests answered. Frames alone do not wait:
/// they are only the newest state, and say nothing that is promised.
///
/// Touched on its loop only.
final class RoomHost {
    let context: LiveContext
    let pipeline: CommitPipeline
    private let wheel: TickWheel

    /// The row's id in the database.
    let key: Int64
    /// The one in which this host has the room: of another, nothing that it writes is taken.
    let term: Int64
    var room: Room
    var details: RoomDetails
    var secret: RoomSecret
    let createdAt: Int64
    var updatedAt: Int64

    private(set) var cadence: CadenceRule
    private(set) lazy var audience = Audience(of: self, context)
    /// Runners of whom it is not known who they are, since their rows cannot be read.
    let unreadable: Set<Int>
    /// What those are shown who see the room later; nil while there is no link that shows it so.
    var delayed: DelayedViews?
    var spectators = 0
    var acks: AckSchedule
    var strangers: StrangersAllowance
    /// Waits for its phase of the tick.
    private var isTicking = false
    /// When in the tick this room is served.
    private let phase: Int
    var pictures = RoomPictures()
    /// What each runner may still cause, by their numbers; of those who have caused something since the room woke.
    private var allowances: [Allowance?] = []

    // What is to be stored.
    var unstored = Decisions()
    var isDirty = false
    var isUrgent = false
    /// Has markers that are not on disk.
    var isFresh = false
    /// Somebody waits for them: they are stored soon.
    var isHurried = false
    /// What is in the log of markers, and not in the journal yet.
    var logged: [JournalChunk] = []
    /// A commit with changes of this room is under way.
    var isBeingStored = false
    var isDeleted = false
    /// Nothing of it is stored any more: the room has another host, or will have when somebody asks for it.
    var isOver = false
    /// What could not be stored while the changes of others could.
    var heldBack: HeldBack?
    var ledger: RoomLedger
    /// Runs whose older markers could not be read back.
    var recallRetries = Retries<RunReference>()
    var readingAhead = ReadingAhead.notBegun
    /// Blocks are being read back for checkpoints.
    var isReadingBack = false
    /// Those that are as they should be: the next commit has the checkpoints.
    var soundSpans: [BlockSpan] = []
    /// Answers that wait until all this is stored.
    var waiters: [(LiveError?) -> Void] = []
    /// Answers that wait until its markers are stored.
    var markerWaiters: [(LiveError?) -> Void] = []
    /// Events up to this number are stored and told.
    var releasedEvent: Int

    /// When `Room.advance` is due, by the server's clock.
    var deadline: Int64?
    var lastUsed = ContinuousClock.now

    init(_ loaded: LoadedRoom, _ context: LiveContext, _ pipeline: CommitPipeline, _ wheel: TickWheel) {
        self.context = context
        self.pipeline = pipeline
        self.wheel = wheel
        key = loaded.key
        term = loaded.term
        room = loaded.room
        details = loaded.details
        secret = loaded.secret
        createdAt = loaded.createdAt
        updatedAt = loaded.updatedAt
        phase = wheel.phase(of: loaded.key)
        acks = AckSchedule(
            quiet: AckSchedule.Quiet(
                interval: context.settings.quietAckInterval,
                markers: Int32(clamping: context.settings.quietAckMarkers)))
        strangers = StrangersAllowance(context.settings, at: .now)
        cadence = CadenceRule(patience: context.settings.cadencePatience, at: .now)
        unreadable = loaded.unreadable
        ledger = loaded.ledger
        releasedEvent = loaded.room.lastEvent
        deadline = loaded.room.nextDeadline
        if loaded.longestDelay > 0 { record(for: loaded.longestDelay) }
    }

    /// Nobody is here and nothing is left to do.
    var mayDoze: Bool {
        audience.isEmpty && delayed?.isEmpty ?? true && audience.runners == 0 && !isDirty && !isBeingStored
            && !isReadingBack && waiters.isEmpty && markerWaiters.isEmpty && ledger.unread.isEmpty
            && room.isQuiescent
    }

    /// What a runner may still cause; all that there may be, the first time.
    func allowance(of runner: Int, at moment: Moment = .now) -> Allowance {
        if runner <= allowances.count, let known = allowances[runner - 1] { return known }
        while allowances.count < runner { allowances.append(nil) }
        let new = Allowance(context.settings, at: moment)
        allowances[runner - 1] = new
        return new
    }

    /// Notes that a runner's own connection or request has to do with their present run, whoever began it; with an older
    /// one's number, nothing.
    func authenticate(_ runner: Int, run: Int? = nil) {
        let decisions = room.authenticated(runner, run: run)
        if !decisions.isEmpty { apply(decisions) }
    }

    // MARK: - Ticks

    /// Has the room served at its phase of the tick.
    func markChanged() {
        guard !isTicking, !audience.isEmpty || acks.isDue else { return }
        isTicking = true
        wheel.add(self, at: phase)
    }

    /// Its phase of the tick has come.
    func serve() {
        isTicking = false
        guard !isDeleted else { return }
        let told = takeAcks()
        room.refreshStandings()
        audience.serve(told)
        if audience.isAnyoneWaiting { markChanged() }
    }

    // MARK: - Who looks

    /// Has the runners asked for their markers as often as somebody looks.
    ///
    /// - Parameters:
    ///   - hasLooked: Whether somebody has looked just now, who is not in the audience.
    ///   - moment: Now.
    func followAudience(hasLooked: Bool = false, at moment: ContinuousClock.Instant = .now) {
        guard cadence.follow(isWatched: hasLooked || audience.takers > 0 || delayed?.isWatched ?? false, at: moment)
        else { return }
        audience.sendRunners(askedCadence)
    }

    /// What runners are asked for now.
    var askedCadence: OutgoingMessage { ServerMessages.cadence(cadence.isCalm ? context.settings.cadence : nil) }

    /// Once a second: what has become due.
    func sweep(at now: Int64, _ moment: ContinuousClock.Instant) {
        if let deadline, now >= deadline { apply(room.advance(to: now)) }
        // Of those who were made to wait.
        if acks.isDue { markChanged() }
        advanceDelayed(at: now)
        followAudience(at: moment)
        if ledger.isReadingDue(at: moment) { markDirty() }
        for run in recallRetries.takeDue(at: moment) { beginRecall(of: run) }
        room.forgetPastWays(at: now)
        pictures.forget(from: context.settings.tick)
    }
}
