import HTTPTypes
public import LWS
public import Logging
import Rooms
public import Store

/// All rooms that live on one event loop: it carries out what ``Rooms/Room`` decides.
///
/// The loop is this actor's executor, so that a message from a socket reaches its room without a hop or a lock, and
/// nothing here ever waits for a disk: what must be stored is given to the database and comes back by `await`.
///
/// The way of every change is the same: the room changes in memory, what must survive goes into the next commit, and
/// only when that is on disk are events sent, acknowledgements given and requests answered. Frames alone do not wait:
/// they are only the newest state, and say nothing that is promised.
public actor LiveRooms {
    nonisolated let loop: EventLoop
    nonisolated let store: AppDatabase
    nonisolated let settings: LiveSettings
    nonisolated let clock: ServerClock
    nonisolated let services: LiveServices
    let logger: Logger
    /// Is told of those whose connections are ended for what they did.
    let incidents: IncidentReporter

    /// Rooms in memory, by `runID`.
    var homes: [String: Home] = [:]
    /// Rooms that are being read from disk.
    var waking: [String: Task<Void, any Error>] = [:]
    /// Rooms that could not be taken at the start, since nothing could be stored.
    private var waitingToWake: [String] = []
    var connections: [Connection] = []
    /// How often accounts or logins have come to an end or accounts got another name: whoever has looked at one meanwhile
    /// looks again.
    var accountChanges = 0
    public internal(set) var metrics = LiveMetrics()

    // Ticks.
    var phases: [[Home]]
    var tickTimer: LoopTimer?
    var isTickArmed = false
    /// Phases are numbered from this moment on.
    let epoch = ContinuousClock.now
    let phasing: TickPhasing
    var nextPhase: Int64 = 0

    // Commits.
    var dirty: [Home] = []
    var hasUrgent = false
    var isCommitting = false
    /// A commit of everything waits for the one under way.
    var isFullCommitDue = false
    /// Rooms where somebody's markers are on disk, and not acknowledged before all that had come is.
    var acknowledging: [Home] = []
    /// Why the last commit failed, while it is being tried again.
    var commitFailure: StoreError?
    var commitTimer: LoopTimer?
    var urgentTimer: LoopTimer?
    /// Rooms that cannot be stored while others can.
    var heldBack: [Home] = []
    var retryTimer: LoopTimer?
    /// Markers that wait for the disk: counted up as they come, and anew every second.
    var unjournaledMarkers = 0
    /// Microseconds that late markers of whomever may still take.
    var lateWork: MessageBudget

    var sweepTimer: LoopTimer?
    var lastDriftReport: Int64 = 0
    var isStopping = false
    /// Until when a database that cannot store is tried while stopping.
    var lastTry = ContinuousClock.now
    /// Nothing is taken and nothing stored any more.
    var isStopped = false

    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    public init(
        loop: EventLoop, store: AppDatabase, settings: LiveSettings = LiveSettings(),
        clock: ServerClock = ServerClock(),
        services: LiveServices, logger: Logger
    ) {
        self.loop = loop
        self.store = store
        self.settings = settings
        self.clock = clock
        self.services = services
        self.logger = logger
        incidents = IncidentReporter(logger: logger)
        let count = max(1, settings.phases)
        phases = Array(repeating: [], count: count)
        phasing = TickPhasing(tick: settings.tick, count: count)
        lateWork = MessageBudget(work: settings.allLateWorkPerSecond, burst: settings.allLateWorkBurst, at: .now)
    }

    /// Brings back the rooms that were alive when the server stopped, and starts the timers.
    ///
    /// - Throws: what the database throws when it cannot be read. A damaged row is reported and passed over, and so is a
    ///   room that cannot be read at all.
    public func start() async throws {
        var rooms = try await store.roomsWithJournal().makeIterator()
        await withTaskGroup(of: Void.self) { group in
            // Some at a time: they are read and measured off the loop, and each needs memory for that.
            for _ in 0..<4 {
                guard let next = rooms.next() else { break }
                group.addTask { await self.wakeAtStart(next.runID) }
            }
            while await group.next() != nil {
                guard let next = rooms.next() else { continue }
                group.addTask { await self.wakeAtStart(next.runID) }
            }
        }
        sweepTimer = loop.makeTimer { [weak self] in self?.assumeIsolated { $0.sweep() } }
        commitTimer = loop.makeTimer { [weak self] in self?.assumeIsolated { $0.commitTick() } }
        urgentTimer = loop.makeTimer { [weak self] in self?.assumeIsolated { $0.beginCommit(everything: false) } }
        retryTimer = loop.makeTimer { [weak self] in self?.assumeIsolated { $0.beginCommit(everything: false) } }
        tickTimer = loop.makeTimer { [weak self] in self?.assumeIsolated { $0.servePhases() } }
        sweepTimer?.schedule(after: .seconds(1))
        commitTimer?.schedule(after: settings.commitInterval)
        if !dirty.isEmpty { requestCommit() }
    }

    private func wakeAtStart(_ runID: String) async {
        do {
            _ = try await home(runID)
        } catch StoreError.diskFull, StoreError.busy {
            // Its runs go on as soon as it can be taken.
            if !waitingToWake.contains(runID) { waitingToWake.append(runID) }
        } catch {
            // It stays as it is on disk; the others must not stay down with it.
            metrics.roomsUnreadable += 1
            logger.error(
                "a room cannot be read; the others are up", metadata: ["room": "\(runID)", "error": "\(error)"])
        }
    }

    /// Stores what is left and ends the timers; returns when all is on disk, or cannot be.
    ///
    /// To be called when the server has stopped: connections are gone by then. Whoever still waits for an answer gets
    /// ``LiveError/stopping``.
    public func stop() async {
        guard !isStopping else { return }
        isStopping = true
        sweepTimer?.cancel()
        // A database that cannot store gets a few more chances; what was not acknowledged may then be lost.
        lastTry = .now + .seconds(3)
        while !isStopped {
            if !isCommitting { beginCommit(everything: true) }
            guard isCommitting else { break }
            await nextCommitEnd()
        }
        isStopped = true
        if commitFailure != nil || !heldBack.isEmpty { logger.error("stopped with changes that could not be stored") }
        for timer in [commitTimer, urgentTimer, retryTimer, tickTimer] { timer?.cancel() }
        for home in homes.values {
            let waiters = home.waiters
            home.waiters = []
            for waiter in waiters { waiter(.stopping) }
            home.waiters = []
        }
        homes.removeAll()
        dirty.removeAll()
        heldBack.removeAll()
        acknowledging.removeAll()
        for phase in phases.indices { phases[phase].removeAll() }
    }

    private var commitEnds: [CheckedContinuation<Void, Never>] = []

    private func nextCommitEnd() async {
        await withCheckedContinuation { commitEnds.append($0) }
    }

    func commitEnded() {
        let waiting = commitEnds
        commitEnds = []
        for continuation in waiting { continuation.resume() }
    }

    // MARK: - The endpoint

    /// Where phones connect.
    ///
    /// - Parameters:
    ///   - path: The path.
    ///   - address: Whose a connection is: what is limited for each address is limited by this.
    ///   - refuse: Answers handshakes that are not to be taken.
    /// - Returns: What a server serves connections by.
    public nonisolated func endpoint(
        path: String = "/live", address: @escaping @Sendable (HTTPRequestHead) -> String = { $0.remoteAddress },
        refuse: @escaping @Sendable (HTTPRequestHead) -> LWS.HTTPResponse? = { _ in nil }
    ) -> WebSocketEndpoint {
        WebSocketEndpoint(
            path: path, subprotocol: "runroom.v1", maxMessageBytes: settings.maxMessageBytes,
            backlog: BacklogLimits(bytes: settings.backlogBytes, age: settings.slowLimit), refuse: refuse
        ) { [self] head in
            Connection(
                live: self, address: address(head), authorization: head.headers[.authorization],
                budget: MessageBudget(
                    perSecond: settings.messagesPerSecond, burst: settings.messageBurst, at: .now))
        }
    }

    // MARK: - Rooms in memory

    nonisolated var loader: RoomLoader {
        RoomLoader(store: store, settings: settings.room, clock: clock, services: services)
    }

    /// The room of this name, read from disk if it sleeps there; nil when there is none.
    ///
    /// - Throws: ``LiveError/stopping``, and what the database throws.
    func home(_ runID: String) async throws -> Home? {
        guard !isStopped else { throw LiveError.stopping }
        if let home = homes[runID] {
            home.lastUsed = .now
            return home.isDeleted ? nil : home
        }
        let task: Task<Void, any Error>
        if let running = waking[runID] {
            task = running
        } else {
            task = Task { try await wake(runID) }
            waking[runID] = task
        }
        try await task.value
        guard let home = homes[runID], !home.isDeleted else { return nil }
        home.lastUsed = .now
        return home
    }

    private func wake(_ runID: String) async throws {
        defer { waking[runID] = nil }
        let restored = try await whileAccountsStay {
            try await loader.load(runID, taking: true)
        }
        guard let restored else { return }
        guard homes[runID] == nil, !isStopped else { return }
        adopt(restored)
    }

    /// Reads something of accounts, and again when accounts or logins came to an end or accounts got other names
    /// meanwhile: who is expelled in between is in no room that hears of it, and might come in with what was read before,
    /// under a name that may be another's by then.
    func whileAccountsStay<Found>(_ read: () async throws -> Found) async throws -> Found {
        while true {
            let seen = accountChanges
            let found = try await read()
            if seen == accountChanges { return found }
        }
    }

    /// Gives a room its place in memory.
    func adopt(_ restored: LoadedRoom) {
        let room = restored.room
        for damage in restored.damage {
            if case .journal(let sequence) = damage.row {
                metrics.journalRowsDamaged += 1
                logger.error(
                    "journal row is damaged; the rest of the room is intact",
                    metadata: ["room": "\(room.id)", "sequence": "\(sequence)", "reason": "\(damage.reason)"])
            } else {
                logger.error(
                    "row is damaged; the rest of the room is intact",
                    metadata: ["room": "\(room.id)", "row": "\(damage.row)", "reason": "\(damage.reason)"])
            }
        }
        let home = Home(
            key: restored.key, term: restored.term, room: room, secret: restored.secret,
            createdAt: restored.createdAt, updatedAt: restored.updatedAt,
            phase: Int(truncatingIfNeeded: restored.key % Int64(phases.count)),
            nextSequence: restored.nextSequence, firstSequence: restored.firstSequence)
        homes[room.id] = home
        metrics.roomsAwake = homes.count
        home.hasJournalToRemove = restored.hasJournalToRemove
        home.blocksToRemove = Set(restored.blocksToRemove)
        if home.hasJournalToRemove || !home.blocksToRemove.isEmpty { markDirty(home) }
        apply(restored.decisions, to: home)
        if !restored.unsavedWays.isEmpty {
            // The next time their records need not be read. Nothing has happened in the room by that.
            home.unstored.changedRunners.formUnion(restored.unsavedWays)
            markDirty(home)
        }
        if restored.holdsMarkersOfNobodies { Task { await clearJournal(of: home) } }
    }

    // MARK: - Decisions

    /// Takes what a room has decided into the next commit.
    ///
    /// Everything that a room changes and must keep is in its decisions, so this is where it is seen that there is
    /// something to store.
    func apply(_ decisions: Decisions, to home: Home) {
        if decisions.newMarkers > 0 {
            unjournaledMarkers += decisions.newMarkers
            markDirty(home)
            markChanged(home)
            // The most frequent case by far: no deadline comes sooner by it.
            if decisions.isOnlyMarkers { return }
        }
        home.deadline = home.room.nextDeadline
        guard !decisions.isEmpty else { return }
        home.updatedAt = clock.now()
        home.unstored.merge(decisions)
        markDirty(home)
        if !decisions.events.isEmpty || !decisions.recalls.isEmpty {
            home.isUrgent = true
            requestCommit()
        }
        markChanged(home)
    }

    func markDirty(_ home: Home) {
        guard !home.isDirty, !home.isOver else { return }
        home.isDirty = true
        dirty.append(home)
    }

    /// Has the room served at its phase of the tick.
    func markChanged(_ home: Home) {
        guard !home.isTicking, !home.viewers.isEmpty || home.acks.isDue else { return }
        home.isTicking = true
        phases[home.phase].append(home)
        armTick()
    }

    // MARK: - Heartbeat and deadlines

    /// Once a second: silent peers, what has become due in the rooms, rooms nobody needs.
    private func sweep() {
        guard !isStopping else { return }
        sweepTimer?.schedule(after: .seconds(1))
        let moment = ContinuousClock.now
        for connection in connections { examine(connection, at: moment) }
        let now = clock.now()
        var (markers, runners, spectators) = (0, 0, 0)
        for home in Array(homes.values) {
            if let deadline = home.deadline, now >= deadline {
                let decisions = home.room.advance(to: now)
                apply(decisions, to: home)
            }
            if home.unread.values.contains(where: { $0.due <= moment }) { markDirty(home) }
            home.room.forgetPastWays(at: now)
            home.forgetPictures(from: settings.tick)
            if home.mayDoze, home.lastUsed.duration(to: moment) > settings.sleepAfter {
                homes[home.room.id] = nil
            }
            markers += home.room.unjournaledCount
            runners += home.connections.count
            spectators += home.spectators
        }
        unjournaledMarkers = markers
        metrics.roomsAwake = homes.count
        metrics.connections = connections.count
        metrics.runners = runners
        metrics.spectators = spectators
        followClock()
        if let next = waitingToWake.popLast() { Task { await wakeAtStart(next) } }
    }

    private func examine(_ connection: Connection, at moment: ContinuousClock.Instant) {
        guard let socket = connection.socket else { return }
        switch connection.state {
        case .ending: return
        case .waiting:
            if connection.opened.duration(to: moment) >= settings.joinTimeout {
                close(connection, .silent, "No join came in time.")
            }
            return
        case .joining, .joined, .leaving: break
        }
        // To ask when a socket was heard may be a system call, and there are thousands of sockets.
        guard moment >= connection.quietUntil else { return }
        let heard = socket.lastHeard
        connection.quietUntil = heard + min(settings.pingInterval, settings.silenceLimit)
        let silence = heard.duration(to: moment)
        if silence >= settings.silenceLimit {
            close(connection, .silent, "Nothing was heard from this client for too long.")
        } else if silence >= settings.pingInterval, connection.lastPing.duration(to: moment) >= settings.pingInterval {
            connection.lastPing = moment
            socket.sendPing()
        }
    }

    /// Follows the machine's clock, slowly, and says so when somebody has set it.
    private func followClock() {
        clock.follow()
        let drift = clock.drift
        guard abs(drift - lastDriftReport) > 5_000 else { return }
        lastDriftReport = drift
        logger.warning(
            "the machine's clock was set; this one follows it slowly", metadata: ["milliseconds": "\(drift)"])
    }

    /// How many markers wait for the disk; as of the last second.
    public var unjournaledCount: Int { unjournaledMarkers }
}
