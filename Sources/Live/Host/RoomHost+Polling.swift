import Geo
import Rooms

/// What REST does in the room: as ``LiveRooms`` says of its methods. What is answered is on disk; what a request changes is
/// on everybody's screen in the next frame.
extension RoomHost {
    /// The room as it is shown to everybody, or to a runner of it.
    func view(for runner: Int? = nil) -> RoomView {
        room.refreshStandings()
        return RoomView(
            of: room, key: key, createdAt: createdAt, updatedAt: updatedAt, details: details, at: context.clock.now(),
            for: runner)
    }

    func join(
        _ person: Person, at coordinate: Coordinate?, by link: Int64?, isAuthenticated: Bool
    ) async throws -> RoomView {
        let now = context.clock.now()
        if let failureToStoreMore { throw LiveError.store(failureToStoreMore) }
        if let known = room.number(of: person.account) {
            if !room.isInRoom(known) { try takeCommand(of: known, isAuthenticated: isAuthenticated) }
            if coordinate != nil { try takeMarker(of: known) }
        } else if !isAuthenticated {
            try takeStrangersCommand()
        }
        let number: Int
        do {
            let entered = try enter(person, by: link, at: now)
            number = entered.number
            var decisions = entered.decisions
            if isAuthenticated { decisions.merge(room.authenticated(entered.number)) }
            if let coordinate {
                decisions.merge(
                    try room.report(
                        PollReport(coordinate: coordinate), from: entered.number,
                        isAuthenticated: isAuthenticated, newRunKey: context.services.newID, at: now))
            }
            apply(decisions)
        } catch {
            throw LiveError.room(error)
        }
        try await stored()
        return view(for: isAuthenticated ? number : nil)
    }

    func update(account: Int64, isAuthenticated: Bool, _ report: PollReport) async throws -> RoomView {
        let isCommand = { (room: Room, number: Int) in
            report.isRunning.map {
                $0 != room.isRunning(number) && room.hearsReports(of: number, isAuthenticated: isAuthenticated)
            } ?? false || report.isInRoom == true && !room.isInRoom(number)
        }
        if report.isInRoom == false { return try await leave(account: account, isAuthenticated: isAuthenticated) }
        if report.coordinate != nil, let number = room.number(of: account) { try takeMarker(of: number) }
        return try await change(account: account, isAuthenticated: isAuthenticated, isCommand) {
            room, number, newID, now throws(RoomError) in
            try room.report(report, from: number, isAuthenticated: isAuthenticated, newRunKey: newID, at: now)
        }
    }

    func start(account: Int64, isAuthenticated: Bool) async throws -> RoomView {
        let isCommand = { (room: Room, number: Int) in !room.isRunning(number) }
        return try await change(account: account, isAuthenticated: isAuthenticated, isCommand) {
            room, number, newID, now throws(RoomError) in
            if room.isRunning(number) { return Decisions() }
            return try room.start(number, newRunKey: newID(), at: now)
        }
    }

    func leave(account: Int64, isAuthenticated: Bool) async throws -> RoomView {
        if !isAuthenticated, let number = room.number(of: account), room.isInRoom(number) { try takeStrangersCommand() }
        return try await change(account: account, isAuthenticated: isAuthenticated) {
            room, number, _, now throws(RoomError) in
            room.isInRoom(number) ? try room.leave(number, at: now) : Decisions()
        }
    }

    /// Deletes the room: everybody is told, and their connections end.
    func delete() async throws {
        do {
            let decisions = try room.close(at: context.clock.now())
            isDeleted = true
            apply(decisions)
        } catch {
            throw LiveError.noSuchRoom
        }
        try await stored()
    }

    /// Counts what is an event for everybody, as a socket's commands: against the runner, or else against whoever does
    /// not show who they are.
    private func takeCommand(of number: Int, isAuthenticated: Bool) throws {
        let allowance = allowance(of: number)
        guard !isAuthenticated else {
            guard allowance.commands.take(at: .now) else { throw LiveError.tooManyCommands }
            return
        }
        guard allowance.strangersCommands.take(at: .now) else { throw LiveError.tooManyCommands }
        try takeStrangersCommand()
    }

    private func takeStrangersCommand() throws {
        guard strangers.commands.take(at: .now) else { throw LiveError.tooManyCommands }
    }

    /// Counts a place as a marker of a socket.
    private func takeMarker(of number: Int) throws {
        guard mayWait(1), allowance(of: number).markers.take(at: .now) else { throw LiveError.tooManyMarkers }
    }

    private func change(
        account: Int64, isAuthenticated: Bool, _ isCommand: (Room, Int) -> Bool = { _, _ in false },
        _ command: (inout Room, Int, () -> Int64, Int64) throws(RoomError) -> Decisions
    ) async throws -> RoomView {
        guard let number = room.number(of: account) else { throw LiveError.notInRoom }
        if let failureToStoreMore { throw LiveError.store(failureToStoreMore) }
        if isCommand(room, number) { try takeCommand(of: number, isAuthenticated: isAuthenticated) }
        do {
            if isAuthenticated { apply(room.authenticated(number)) }
            apply(try command(&room, number, context.services.newID, context.clock.now()))
            // It may have begun another run.
            if isAuthenticated { apply(room.authenticated(number)) }
            if !room.isInRoom(number) { dismiss(number) }
            markChanged()
        } catch {
            throw LiveError.room(error)
        }
        try await stored()
        followAudience(hasLooked: true)
        // Who has not shown who they are may be anybody.
        return view(for: isAuthenticated ? number : nil)
    }
}
