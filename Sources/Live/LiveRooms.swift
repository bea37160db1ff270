import HTTPTypes
import LWS
import Limits
import Logging
import Rooms
import Store

/// All rooms that live on one event loop, and all viewers that are connected to it: what the hub calls from anywhere
/// (``LiveHub``).
///
/// The loop is this actor's executor, so that a message from a socket reaches its room without a hop or a lock, and
/// nothing here ever waits for a disk: what must be stored is given to the database and comes back by `await`. What
/// belongs to the loop is in plain objects behind it: ``RoomHost`` is a room with all that is done with it,
/// ``RoomRegistry`` knows which are awake, ``LiveEdge`` has the viewers, ``CommitPipeline`` brings what has changed to the
/// disk, and ``TickWheel`` has it shown.
actor LiveRooms {
    nonisolated let loop: EventLoop
    nonisolated let place: LoopPlace
    nonisolated let settings: LiveSettings
    nonisolated let clock: ServerClock
    nonisolated let services: LiveServices
    nonisolated let store: AppDatabase

    let context: LiveContext
    /// Rooms in memory.
    let table: RoomTable
    let registry: RoomRegistry
    let pipeline: CommitPipeline
    let edge: LiveEdge
    private let wheel: TickWheel
    private var clockWatch: ClockWatch
    private var sweepTimer: LoopTimer?
    /// So many parts of the viewers have been looked at in this second.
    private var sweptParts = 0

    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(
        loop: EventLoop, place: LoopPlace = .alone, store: AppDatabase, settings: LiveSettings = LiveSettings(),
        clock: ServerClock = ServerClock(), services: LiveServices, incidents: IncidentReporter? = nil, logger: Logger
    ) {
        self.loop = loop
        self.place = place
        self.store = store
        self.settings = settings
        self.clock = clock
        self.services = services
        let context = LiveContext(
            loop: loop, place: place, store: store, settings: settings, clock: clock, services: services,
            incidents: incidents ?? IncidentReporter(logger: logger), logger: logger)
        self.context = context
        let table = RoomTable(place)
        self.table = table
        wheel = TickWheel(context)
        pipeline = CommitPipeline(context, table)
        registry = RoomRegistry(context, table, pipeline, wheel)
        edge = LiveEdge(context, registry)
        clockWatch = ClockWatch(clock, logger)
    }

    /// Starts the timers, and begins to bring back the loop's part of the rooms that were alive when the server stopped:
    /// whoever asks for one that is not up yet waits for it.
    ///
    /// - Throws: what the database throws when it cannot be read. A damaged row is reported and passed over, and so is a
    ///   room that cannot be read at all.
    /// - Returns: How many there are.
    @discardableResult func start() async throws -> Int {
        let rooms = try await store.rooms.roomsWithJournal().enumerated()
            .filter { context.place.takes($0.offset) }.map(\.element)
        sweepTimer = loop.makeTimer { [weak self] in self?.assumeIsolated { $0.sweep() } }
        sweepTimer?.schedule(after: .seconds(1))
        wheel.start()
        pipeline.start()
        registry.wake(rooms.map(\.runID))
        return rooms.count
    }

    /// Returns when the rooms are up that were alive when the server stopped.
    ///
    /// - Returns: False when it stops before they are.
    @discardableResult func roomsAreUp() async -> Bool { await registry.roomsAreUp() }

    /// Stores what is left and ends the timers; returns when all is on disk, or cannot be.
    ///
    /// To be called when the server has stopped: connections are gone by then. Whoever still waits for an answer gets
    /// ``LiveError/stopping``.
    func stop() async {
        guard !pipeline.isStopping else { return }
        sweepTimer?.cancel()
        await registry.stop()
        wheel.end()
        await pipeline.stop()
        wheel.stop()
        for host in table.hosts {
            host.answerWaiters(.stopping)
            // Whoever would wait again waits for nothing.
            (host.waiters, host.markerWaiters) = ([], [])
        }
        table.removeAll()
    }

    /// Once a second: silent peers, a part of them at a time; what has become due in the rooms; rooms nobody needs.
    private func sweep() {
        guard !pipeline.isStopping else { return }
        sweepTimer?.schedule(after: .seconds(1) / Limit.Live.sweepParts)
        let moment = ContinuousClock.now
        edge.sweep(part: sweptParts, at: moment)
        sweptParts = (sweptParts + 1) % Limit.Live.sweepParts
        guard sweptParts == 0 else { return }
        registry.sweep(at: moment)
        clockWatch.follow()
    }

    /// What was done since the start.
    var metrics: LiveMetrics {
        var metrics = context.metrics
        metrics.busySeconds = loop.threadSeconds
        return metrics
    }

    /// How many markers wait for the disk; as of the last second.
    var unjournaledCount: Int { pipeline.unjournaledMarkers }

    // MARK: - The endpoint

    /// Where phones connect.
    ///
    /// - Parameters:
    ///   - path: The path.
    ///   - address: Whose a connection is: what is limited for each address is limited by this.
    ///   - credential: What a handshake brings as a token, for who joins without one; its `Authorization` header if it
    ///     is left out.
    ///   - refuse: Answers handshakes that are not to be taken.
    /// - Returns: What a server serves connections by.
    nonisolated func endpoint(
        path: String = "/live", address: @escaping @Sendable (HTTPRequestHead) -> String = { $0.remoteAddress },
        credential: (@Sendable (HTTPRequestHead) -> String?)? = nil,
        refuse: @escaping @Sendable (HTTPRequestHead) -> LWS.HTTPResponse? = { _ in nil }
    ) -> WebSocketEndpoint {
        WebSocketEndpoint(
            path: path, subprotocol: "runroom.v1", maxMessageBytes: settings.maxMessageBytes,
            backlog: BacklogLimits(bytes: settings.backlogBytes, age: settings.slowLimit), refuse: refuse,
            loop: { [place] in place.loop(hintedBy: $0) }
        ) { [self] head in
            assumeIsolated { live in
                LoopLocal(
                    Viewer(
                        edge: live.edge, address: address(head),
                        authorization: (credential ?? { $0.headers[.authorization] })(head)),
                    on: live.loop)
            }.value
        }
    }

    // MARK: - Accounts

    /// Takes people out of their rooms whose accounts were deleted or disabled, and ends their connections with 4001.
    ///
    /// The others are told that they left; an unfinished run is stored if there is still somebody whose it is. Rooms
    /// that sleep do the same when they wake.
    ///
    /// - Parameters:
    ///   - accounts: Theirs.
    ///   - isForgetting: Whether nothing is to be left of who and where they were, whichever room they ever ran in.
    func expel(_ accounts: Set<Int64>, forgetting isForgetting: Bool) async {
        registry.noteAccountChange()
        var concerned: [RoomHost] = []
        for host in table.hosts where !host.isDeleted {
            if host.expel(accounts, forgetting: isForgetting) { concerned.append(host) }
        }
        edge.end("The account is no longer in use.") { $0.account.map(accounts.contains) ?? false }
        guard isForgetting else { return }
        for host in concerned { await host.clearJournal() }
    }

    /// Ends the connections that came by a token of an account, whose logins have all ended, with 4001.
    ///
    /// Their runners are offline then, and may come back with a new token.
    func endLogins(of account: Int64) {
        registry.noteLoginEnd()
        edge.end("The password was changed.") { $0.account == account }
    }

    /// Ends the connections that came by a token of one of these logins, which have ended, with 4001.
    func endLogins(_ logins: Set<LoginID>) {
        registry.noteLoginEnd()
        edge.end("The login has ended.") { $0.login.map(logins.contains) ?? false }
    }

    /// Ends the connections that came by a link that is good no longer, with 4001.
    func endLink(_ link: Int64) {
        registry.noteLoginEnd()
        edge.end("The link was revoked.") { $0.link == link }
    }

    /// Takes people out of a room who came in by a link that is good no longer.
    ///
    /// - Throws: ``LiveError/noSuchRoom``, ``LiveError/store(_:)``.
    func expel(by link: Int64, from runID: String) async throws {
        try await registry.existing(runID).expel(by: link)
    }

    /// Has everybody who comes later learn what somebody is called now, and nobody any more where they now hide.
    ///
    /// Rooms that sleep ask the account when they wake.
    func update(_ person: Person) {
        registry.noteAccountChange()
        for host in table.hosts where host.room.number(of: person.account) != nil {
            host.update(person)
        }
    }
}
