public import Geo
public import Rooms
public import Store

extension LiveHub {
    // What is answered is on disk. What a request changes is on everybody's screen in the next frame.

    /// Makes a room without people.
    ///
    /// - Parameters:
    ///   - runID: Its name.
    ///   - password: What lets people in, where a password does.
    ///   - details: Whose it is, and who may come.
    /// - Returns: The room.
    /// - Throws: ``LiveError/roomExists``; ``LiveError/store(_:)``, with `quotaExceeded` when its owner has too many.
    public func createRoom(
        _ runID: String, password: String, details: RoomDetails = RoomDetails()
    ) async throws -> RoomView {
        try await atHome(of: runID) { try await $0.createRoom(runID, password: password, details: details) }
    }

    /// One room; nil when there is none.
    public func room(_ runID: String) async throws -> RoomView? {
        try await atHome(of: runID) { try await $0.room(runID) }
    }

    /// Some rooms that the lists of the running app have, in the order of their making.
    ///
    /// Sleeping ones are looked at without being woken, away from the loops.
    ///
    /// - Parameters:
    ///   - key: Those that were made after the one with this key; 0 for all.
    ///   - offset: How many of them to skip.
    ///   - limit: At most as many.
    /// - Returns: None behind the last; without those that are deleted meanwhile.
    /// - Throws: ``LiveError/store(_:)``.
    public func rooms(after key: Int64 = 0, offset: Int = 0, limit: Int) async throws -> [RoomView] {
        var summaries = try await store.rooms.listedRooms(after: key, offset: offset, limit: limit)
        while let last = summaries.last {
            let views = try await views(of: summaries.map(\.runID))
            if !views.isEmpty { return views }
            summaries = try await store.rooms.listedRooms(after: last.id, limit: limit)
        }
        return []
    }

    /// How many rooms there are in that list.
    public func roomCount() async throws -> Int { try await store.rooms.listedRoomCount() }

    /// Takes somebody in; the caller has checked the room's password.
    ///
    /// - Parameters:
    ///   - runID: The room's.
    ///   - coordinate: Where they are, if that is known.
    ///   - link: By which they come; nil for who needs none.
    ///   - isAuthenticated: Whether they have shown to be who they are said to be: of their run there will be a record
    ///     then. So in all that runners do.
    ///   - find: Finds who it is. Asked again when accounts came to an end meanwhile, so that nobody comes in who is
    ///     no longer there.
    /// - Returns: The room with them in it.
    /// - Throws: ``LiveError/noSuchRoom``, ``LiveError/room(_:)``, and what `find` throws. Joining twice is not an
    ///   error.
    public func join(
        _ runID: String, at coordinate: Coordinate?, by link: Int64? = nil, isAuthenticated: Bool = false,
        as find: @Sendable () async throws -> Person
    ) async throws -> RoomView {
        try await atHome(of: runID) {
            try await $0.join(runID, at: coordinate, by: link, isAuthenticated: isAuthenticated, as: find)
        }
    }

    /// Says whether somebody of the running app's API may act in a room.
    ///
    /// In that app's own rooms the password is all that it takes. In others one has to have shown who one is as well.
    ///
    /// - Parameters:
    ///   - runID: The room's.
    ///   - password: What was shown as the room's password.
    ///   - address: Where it comes from.
    ///   - account: Who has shown to be whom they are said to be; nil for nobody.
    /// - Returns: Whether they may.
    /// - Throws: ``LiveError/noSuchRoom``, ``LiveError/tooManyGuesses(retryAfter:)``.
    public func opens(
        _ runID: String, password: String, from address: String, by account: Int64? = nil
    ) async throws -> Bool {
        try await atHome(of: runID) {
            try await $0.opens(runID, password: password, from: address, by: account)
        }
    }

    /// Says whether a password is the room's.
    ///
    /// - Throws: ``LiveError/noSuchRoom``, ``LiveError/tooManyGuesses(retryAfter:)``.
    public func takes(_ password: String, of runID: String, from address: String) async throws -> Bool {
        try await atHome(of: runID) { try await $0.takes(password, of: runID, from: address) }
    }

    /// Takes what a poller reports of its runner.
    ///
    /// - Throws: ``LiveError/noSuchRoom``, ``LiveError/notInRoom``, ``LiveError/room(_:)``.
    public func update(
        _ runID: String, account: Int64, isAuthenticated: Bool = false, _ report: PollReport
    ) async throws -> RoomView {
        try await atHome(of: runID) {
            try await $0.update(runID, account: account, isAuthenticated: isAuthenticated, report)
        }
    }

    /// Begins or resumes a runner's run; one that is under way goes on.
    public func start(_ runID: String, account: Int64, isAuthenticated: Bool = false) async throws -> RoomView {
        try await atHome(of: runID) { try await $0.start(runID, account: account, isAuthenticated: isAuthenticated) }
    }

    /// Takes a runner out of the room, and ends their live connection; leaving twice is not an error.
    public func leave(_ runID: String, account: Int64, isAuthenticated: Bool = false) async throws -> RoomView {
        try await atHome(of: runID) { try await $0.leave(runID, account: account, isAuthenticated: isAuthenticated) }
    }

    /// Deletes the room: everybody is told, and their connections end.
    ///
    /// It is gone when this returns, and another may have its name; what it had on the disk is removed afterwards.
    ///
    /// - Throws: ``LiveError/noSuchRoom``.
    public func deleteRoom(_ runID: String) async throws {
        try await atHome(of: runID) { try await $0.deleteRoom(runID) }
        removeLeavings()
    }

    /// Deletes all rooms, one after the other, so that everybody in them is told.
    ///
    /// - Returns: How many there were.
    /// - Throws: What the database says; the rooms before are gone then.
    public func deleteAllRooms() async throws -> Int {
        var count = 0
        for room in try await store.rooms.rooms() {
            do {
                try await deleteRoom(room.runID)
                count += 1
            } catch LiveError.noSuchRoom {
                // Somebody else has just deleted it.
                continue
            }
        }
        return count
    }
}
