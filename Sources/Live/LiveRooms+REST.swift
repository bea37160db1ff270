public import Geo
public import Rooms
import Store

/// A room as REST shows it.
public struct RoomView: Sendable {
    public struct RunnerView: Sendable {
        public var person: Person
        public var row: RunnerRow
        public var isInRoom: Bool
        public var isRunning: Bool
        /// Unix milliseconds.
        public var joinedAt: Int64
        /// When the present run began and ended, Unix milliseconds.
        public var start: Int64?
        public var end: Int64?
        public var outline: [Coordinate]
    }

    public var key: Int64
    public var runID: String
    /// Unix milliseconds.
    public var createdAt: Int64
    public var updatedAt: Int64
    /// In the order of joining, without those whose accounts were deleted.
    public var runners: [RunnerView]
}

extension LiveRooms {
    // MARK: - The rooms of REST

    // What is answered is on disk. What a request changes is on everybody's screen in the next frame.

    /// Makes a room without people.
    ///
    /// - Throws: ``LiveError/roomExists``.
    public func createRoom(_ runID: String, password: String) async throws -> RoomView {
        let secret = services.makeSecret(password)
        var generator = SystemRandomNumberGenerator()
        let epoch = String(UInt64.random(in: (1 << 63)...UInt64.max, using: &generator), radix: 16)
        do {
            let stored = try await store.createRoom(
                runID: runID, passwordSalt: secret.salt, passwordHash: secret.hash, epoch: epoch, at: clock.now())
            return RoomView(
                key: stored.id, runID: runID, createdAt: stored.summary.createdAt,
                updatedAt: stored.summary.updatedAt, runners: [])
        } catch StoreError.roomExists {
            throw LiveError.roomExists
        } catch {
            throw LiveError.store(error)
        }
    }

    /// One room; nil when there is none.
    public func room(_ runID: String) async throws -> RoomView? {
        do {
            guard let home = try await home(runID) else { return nil }
            return view(of: home)
        } catch StoreError.diskFull, StoreError.busy {
            // Nobody can take it now, and it can be looked at all the same.
            return try await sleepingView(runID)
        }
    }

    /// Some rooms, in the order of their making.
    ///
    /// Sleeping ones are looked at without being woken, away from the loop.
    ///
    /// - Parameters:
    ///   - key: Those that were made after the one with this key; 0 for all.
    ///   - offset: How many of them to skip.
    ///   - limit: At most as many.
    /// - Returns: None behind the last; without those that are deleted meanwhile.
    /// - Throws: ``LiveError/store(_:)``.
    public func rooms(after key: Int64 = 0, offset: Int = 0, limit: Int) async throws -> [RoomView] {
        var summaries = try await store.rooms(after: key, offset: offset, limit: limit)
        while let last = summaries.last {
            var views: [RoomView] = []
            for summary in summaries {
                if let home = homes[summary.runID] {
                    if !home.isDeleted { views.append(view(of: home)) }
                } else if let view = try await sleepingView(summary.runID) {
                    views.append(view)
                }
            }
            if !views.isEmpty { return views }
            summaries = try await store.rooms(after: last.id, limit: limit)
        }
        return []
    }

    /// How many rooms there are.
    public func roomCount() async throws -> Int { try await store.roomCount() }

    /// What a room will be when it wakes, off the loop.
    @concurrent private nonisolated func sleepingView(_ runID: String) async throws -> RoomView? {
        try await loader.load(runID, taking: false).map {
            view(of: $0.room, key: $0.key, createdAt: $0.createdAt, updatedAt: $0.updatedAt)
        }
    }

    /// Takes somebody in; the caller has checked the room's password.
    ///
    /// - Parameters:
    ///   - runID: The room's.
    ///   - coordinate: Where they are, if that is known.
    ///   - isAuthenticated: Whether they have shown to be who they are said to be: of their run there will be a record
    ///     then. So in all that runners do.
    ///   - find: Finds who it is. Asked again when accounts came to an end meanwhile, so that nobody comes in who is
    ///     no longer there.
    /// - Returns: The room with them in it.
    /// - Throws: ``LiveError/noSuchRoom``, ``LiveError/room(_:)``, and what `find` throws. Joining twice is not an
    ///   error.
    public func join(
        _ runID: String, at coordinate: Coordinate?, isAuthenticated: Bool = false,
        as find: @Sendable () async throws -> Person
    ) async throws -> RoomView {
        let (person, home) = try await whileAccountsStay { (try await find(), try await existing(runID)) }
        let now = clock.now()
        if let failure = failureToStore(more: home) { throw LiveError.store(failure) }
        if let known = home.room.number(of: person.account), !home.room.isInRoom(known) {
            try takeCommand(of: known, in: home)
        }
        do {
            let entered = try home.room.join(person, newRunKey: services.newID(), at: now)
            var decisions = entered.decisions
            if isAuthenticated { decisions.merge(home.room.authenticated(entered.number)) }
            if let coordinate {
                decisions.merge(
                    try home.room.report(
                        PollReport(coordinate: coordinate), from: entered.number, newRunKey: services.newID,
                        at: now))
            }
            apply(decisions, to: home)
        } catch {
            throw LiveError.room(error)
        }
        try await stored(home)
        return view(of: home)
    }

    /// Says whether a password is the room's.
    ///
    /// - Throws: ``LiveError/noSuchRoom``, ``LiveError/tooManyGuesses(retryAfter:)``.
    public func opens(_ runID: String, password: String, from address: String) async throws -> Bool {
        switch services.judge(password, try await existing(runID).secret, runID, address) {
        case .right: true
        case .wrong: false
        case .throttled(let retryAfter): throw LiveError.tooManyGuesses(retryAfter: retryAfter)
        }
    }

    /// Takes what a poller reports of its runner.
    ///
    /// - Throws: ``LiveError/noSuchRoom``, ``LiveError/notInRoom``, ``LiveError/room(_:)``.
    public func update(
        _ runID: String, account: Int64, isAuthenticated: Bool = false, _ report: PollReport
    ) async throws -> RoomView {
        let isCommand = { (room: Room, number: Int) in
            report.isRunning.map { $0 != room.isRunning(number) && !room.isMeasuredHere(number) } ?? false
                || report.isInRoom == true && !room.isInRoom(number)
        }
        let isReturn = report.isInRoom == true
        return try await change(
            runID, account: account, isAuthenticated: isAuthenticated, isReturn: isReturn, isCommand
        ) {
            room, number, newID, now throws(RoomError) in
            try room.report(report, from: number, newRunKey: newID, at: now)
        }
    }

    /// Begins or resumes a runner's run; one that is under way goes on.
    public func start(_ runID: String, account: Int64, isAuthenticated: Bool = false) async throws -> RoomView {
        let isCommand = { (room: Room, number: Int) in !room.isRunning(number) }
        return try await change(runID, account: account, isAuthenticated: isAuthenticated, isCommand) {
            room, number, newID, now throws(RoomError) in
            if room.isRunning(number) { return Decisions() }
            return try room.start(number, newRunKey: newID(), at: now)
        }
    }

    /// Takes a runner out of the room, and ends their live connection; leaving twice is not an error.
    public func leave(_ runID: String, account: Int64, isAuthenticated: Bool = false) async throws -> RoomView {
        try await change(runID, account: account, isAuthenticated: isAuthenticated) {
            room, number, _, now throws(RoomError) in
            room.isInRoom(number) ? try room.leave(number, at: now) : Decisions()
        }
    }

    /// Deletes the room: everybody is told, and their connections end.
    ///
    /// - Throws: ``LiveError/noSuchRoom``.
    public func deleteRoom(_ runID: String) async throws {
        let home = try await existing(runID)
        do {
            let decisions = try home.room.close(at: clock.now())
            home.isDeleted = true
            apply(decisions, to: home)
        } catch {
            throw LiveError.noSuchRoom
        }
        try await stored(home)
    }

    private func existing(_ runID: String) async throws -> Home {
        guard let home = try await home(runID) else { throw LiveError.noSuchRoom }
        return home
    }

    /// Counts what is an event for everybody against the runner, as for a socket's commands.
    private func takeCommand(of number: Int, in home: Home) throws {
        guard home.allowance(of: number, settings).commands.take(at: .now) else { throw LiveError.tooManyCommands }
    }

    private func change(
        _ runID: String, account: Int64, isAuthenticated: Bool, isReturn: Bool = false,
        _ isCommand: (Room, Int) -> Bool = { _, _ in false },
        _ command: (inout Room, Int, () -> Int64, Int64) throws(RoomError) -> Decisions
    ) async throws -> RoomView {
        let home = isReturn ? try await homeToReturn(to: runID, account: account) : try await existing(runID)
        guard let number = home.room.number(of: account) else { throw LiveError.notInRoom }
        if let failure = failureToStore(more: home) { throw LiveError.store(failure) }
        if isCommand(home.room, number) { try takeCommand(of: number, in: home) }
        do {
            if isAuthenticated { apply(home.room.authenticated(number), to: home) }
            apply(try command(&home.room, number, services.newID, clock.now()), to: home)
            // It may have begun another run.
            if isAuthenticated { apply(home.room.authenticated(number), to: home) }
            if !home.room.isInRoom(number) { dismiss(number, of: home) }
            markChanged(home)
        } catch {
            throw LiveError.room(error)
        }
        try await stored(home)
        return view(of: home)
    }

    /// The room for somebody who may come back to it: not any more when the account has ended since the request came.
    private func homeToReturn(to runID: String, account: Int64) async throws -> Home {
        try await whileAccountsStay {
            let home = try await existing(runID)
            guard let number = home.room.number(of: account), !home.room.isInRoom(number) else { return home }
            guard let found = try await store.account(id: account), found.disabledAt == nil else {
                throw LiveError.notInRoom
            }
            return try await existing(runID)
        }
    }

    private func view(of home: Home) -> RoomView {
        home.room.refreshStandings()
        return view(of: home.room, key: home.key, createdAt: home.createdAt, updatedAt: home.updatedAt)
    }

    private nonisolated func view(of room: Room, key: Int64, createdAt: Int64, updatedAt: Int64) -> RoomView {
        let now = clock.now()
        let runners = room.runnerNumbers.compactMap { number -> RoomView.RunnerView? in
            guard let person = room.person(number), !person.isNobody, let row = room.row(of: number, at: now) else {
                return nil
            }
            let times = room.times(of: number)
            return RoomView.RunnerView(
                person: person, row: row, isInRoom: room.isInRoom(number), isRunning: room.isRunning(number),
                joinedAt: room.joinedAt(number) ?? createdAt, start: times.start, end: times.end,
                outline: room.outline(of: number))
        }
        return RoomView(key: key, runID: room.id, createdAt: createdAt, updatedAt: updatedAt, runners: runners)
    }
}
