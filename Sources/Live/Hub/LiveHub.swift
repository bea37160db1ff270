public import LWS
import Limits
public import Logging
public import Rooms
public import Store

/// All live rooms of a server, on one loop or on several: what others may call from anywhere.
///
/// Each room is at home on one loop while it is awake (``RoomPlaces``), and so are all who are in it: a connection that
/// joins a room elsewhere moves to that loop, once (``WebSocket/move(to:)``). That is why a loop need know nothing of what
/// happens on another one: markers, frames, events, acknowledgements and back-pressure stay where they are, at the cost
/// that they have with one loop. The other way would have been to leave connections where they are and to send what
/// happens from loop to loop: a mirror of each room on each loop, a queue in both directions, and every promise kept
/// across it, with each marker and each frame paying for it. A connection is in one room at a time, and a join is rare.
///
/// What comes by REST is carried out on the room's loop, by value. What concerns all rooms is told to all loops, and has
/// been done on all of them when the call returns. Each loop stores what its rooms have to store by commits of its own.
public final class LiveHub: Sendable {
    let loops: [LiveRooms]
    private let places: RoomPlaces
    let store: AppDatabase
    private let leavings: RoomLeavings
    private let logger: Logger

    /// Makes rooms that do not live yet.
    ///
    /// - Parameters:
    ///   - loops: One at least.
    ///   - store: Where everything is kept.
    ///   - settings: Of all loops together.
    ///   - clock: The server's.
    ///   - services: What is needed of accounts.
    ///   - logger: Is told what goes wrong.
    public convenience init(
        loops: [EventLoop], store: AppDatabase, settings: LiveSettings = LiveSettings(),
        clock: ServerClock = ServerClock(), services: LiveServices, logger: Logger
    ) {
        self.init(
            loops: loops, places: RoomPlaces(loops: loops.count), store: store, settings: settings, clock: clock,
            services: services, logger: logger)
    }

    /// Rooms whose places a test knows.
    init(
        loops: [EventLoop], places: RoomPlaces, store: AppDatabase, settings: LiveSettings, clock: ServerClock,
        services: LiveServices, logger: Logger
    ) {
        self.store = store
        self.places = places
        self.logger = logger
        leavings = RoomLeavings(store, rows: settings.purgedRows, logger)
        var settings = settings
        settings.unjournaledLimit = max(1, settings.unjournaledLimit / loops.count)
        let neighbours = Neighbours()
        // One for all, so that one who is refused again and again gets one line.
        let incidents = IncidentReporter(logger: logger)
        let rooms = loops.enumerated().map { index, loop in
            LiveRooms(
                loop: loop, place: LoopPlace(index: index, places: places, neighbours: neighbours), store: store,
                settings: settings, clock: clock, services: services, incidents: incidents, logger: logger)
        }
        neighbours.introduce(rooms)
        self.loops = rooms
    }

    /// Starts the timers, and begins to bring back the rooms that were alive when the server stopped: whoever asks for one
    /// that is not up yet waits for it.
    ///
    /// - Throws: what the database throws when it cannot be read. A damaged row is reported and passed over, and so is a
    ///   room that cannot be read at all.
    public func start() async throws {
        let begun = ContinuousClock.now
        removeLeavings()
        let count = try await withThrowingTaskGroup(of: Int.self) { group in
            for rooms in loops { group.addTask { try await rooms.start() } }
            return try await group.reduce(0, +)
        }
        guard count > 0 else { return }
        Task {
            for rooms in loops { guard await rooms.roomsAreUp() else { return } }
            logger.notice(
                "all rooms are up",
                metadata: ["rooms": "\(count)", "seconds": "\(begun.duration(to: .now).inSeconds)"])
        }
    }

    /// Begins to remove what deleted rooms have left; to be called now and then, for what could not be removed at once.
    public func removeLeavings() { leavings.remove() }

    /// Stores what is left and ends the timers; returns when all is on disk, or cannot be.
    ///
    /// To be called when the server has stopped: connections are gone by then. Whoever still waits for an answer gets
    /// ``LiveError/stopping``.
    public func stop() async { await onAll { await $0.stop() } }

    /// Where phones connect, for the server on a loop.
    ///
    /// - Parameters:
    ///   - index: The loop's place.
    ///   - path: The path.
    ///   - address: Whose a connection is: what is limited for each address is limited by this.
    ///   - credential: What a handshake brings as a token, for who joins without one; its `Authorization` header if it
    ///     is left out.
    ///   - refuse: Answers handshakes that are not to be taken.
    /// - Returns: What a server serves connections by.
    public func endpoint(
        on index: Int, path: String = "/live",
        address: @escaping @Sendable (HTTPRequestHead) -> String = { $0.remoteAddress },
        credential: (@Sendable (HTTPRequestHead) -> String?)? = nil,
        refuse: @escaping @Sendable (HTTPRequestHead) -> HTTPResponse? = { _ in nil }
    ) -> WebSocketEndpoint {
        loops[index].endpoint(path: path, address: address, credential: credential, refuse: refuse)
    }

    /// What was done since the start, by each loop.
    public var metrics: [LiveMetrics] {
        get async {
            var metrics: [LiveMetrics] = []
            for rooms in loops { metrics.append(await rooms.metrics) }
            return metrics
        }
    }

    /// How many markers wait for the disk; as of the last second.
    public var unjournaledCount: Int {
        get async {
            var count = 0
            for rooms in loops { count += await rooms.unjournaledCount }
            return count
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
    public func expel(_ accounts: Set<Int64>, forgetting isForgetting: Bool) async {
        await onAll { await $0.expel(accounts, forgetting: isForgetting) }
    }

    /// Ends the connections that came by a token of an account, whose logins have all ended, with 4001.
    ///
    /// Their runners are offline then, and may come back with a new token.
    public func endLogins(of account: Int64) async { await onAll { await $0.endLogins(of: account) } }

    /// Ends the connections that came by a token of one of these logins, which have ended, with 4001.
    public func endLogins(_ logins: Set<LoginID>) async { await onAll { await $0.endLogins(logins) } }

    /// Ends what came of a link that is good no longer: connections, with 4001, and the places in its room of those who
    /// came in by it, whose unfinished runs are stored.
    ///
    /// - Parameters:
    ///   - link: Which; whoever is coming by it finds it gone.
    ///   - runID: Its room.
    public func endLink(_ link: Int64, of runID: String) async {
        await onAll { await $0.endLink(link) }
        do {
            try await atHome(of: runID) { try await $0.expel(by: link, from: runID) }
        } catch LiveError.noSuchRoom {
            // Deleted meanwhile, with all who were in it.
        } catch {
            logger.error(
                "who came in by a link that was revoked may still be in its room",
                metadata: ["room": "\(runID)", "error": "\(error)"])
        }
    }

    /// Has everybody who comes later learn what somebody is called now, and nobody any more where they now hide.
    ///
    /// Rooms that sleep ask the account when they wake. When this returns, no frame that is made shows more.
    public func update(_ person: Person) async { await onAll { await $0.update(person) } }

    /// Does something on all loops; returns when all have done it.
    private func onAll(_ work: @escaping @Sendable (LiveRooms) async -> Void) async {
        guard loops.count > 1 else { return await work(loops[0]) }
        await withTaskGroup(of: Void.self) { group in
            for rooms in loops { group.addTask { await work(rooms) } }
        }
    }

    // MARK: - Rooms

    /// Has a room's loop do something.
    ///
    /// A room that sleeps may wake on another loop than was thought when somebody else asks for it meanwhile.
    func atHome<Answer: Sendable>(
        of runID: String, _ work: (LiveRooms) async throws -> Answer
    ) async throws -> Answer {
        for _ in 0...Limit.Live.hops {
            do {
                return try await work(loops[places.place(of: runID)])
            } catch is RoomIsElsewhere {}
        }
        throw LiveError.store(.busy)
    }

    /// Rooms by their names, in this order, without those that there are not.
    func views(of names: [String]) async throws -> [RoomView] {
        guard loops.count > 1 else { return try await loops[0].rooms(names).compactMap { $0 } }
        // Those that sleep are looked at without being woken, on whichever loop.
        let homes = names.map { places.home(of: $0) ?? 0 }
        var views: [String: RoomView] = [:]
        for index in Set(homes).sorted() {
            let here = zip(names, homes).filter { $0.1 == index }.map(\.0)
            for case let view? in try await loops[index].rooms(here) { views[view.runID] = view }
        }
        return names.compactMap { views[$0] }
    }
}
