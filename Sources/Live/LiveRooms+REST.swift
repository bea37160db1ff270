import Geo
import Limits
import Rooms
import Store

extension LiveRooms {
    // What is answered is on disk. What a request changes is on everybody's screen in the next frame.

    /// Makes a room without people.
    ///
    /// - Parameters:
    ///   - runID: Its name.
    ///   - password: What lets people in, where a password does.
    ///   - details: Whose it is, and who may come.
    /// - Returns: The room.
    /// - Throws: ``LiveError/roomExists``; ``LiveError/store(_:)``, with `quotaExceeded` when its owner has too many.
    func createRoom(
        _ runID: String, password: String, details: RoomDetails = RoomDetails()
    ) async throws -> RoomView {
        let secret = services.makeSecret(password)
        var generator = SystemRandomNumberGenerator()
        let epoch = String(UInt64.random(in: (1 << 63)...UInt64.max, using: &generator), radix: 16)
        do {
            let stored = try await store.rooms.createRoom(
                runID: runID, passwordSalt: secret.salt, passwordHash: secret.hash, epoch: epoch, details: details,
                ownedLimit: Limit.Room.owned, at: clock.now())
            return RoomView(
                key: stored.id, runID: runID, createdAt: stored.summary.createdAt,
                updatedAt: stored.summary.updatedAt, details: details, runners: [])
        } catch StoreError.roomExists {
            throw LiveError.roomExists
        } catch {
            throw LiveError.store(error)
        }
    }

    /// One room; nil when there is none.
    func room(_ runID: String) async throws -> RoomView? {
        do {
            let host = try await registry.host(runID)
            host?.followAudience(hasLooked: true)
            return host?.view()
        } catch StoreError.diskFull, StoreError.busy {
            // Nobody can take it now, and it can be looked at all the same.
            return try await sleepingView(runID)
        }
    }

    /// Rooms as they are here, or as they would be if they woke; nil for those that are deleted.
    func rooms(_ names: [String]) async throws -> [RoomView?] {
        var views: [RoomView?] = []
        for name in names {
            if let host = table[name] {
                views.append(host.isDeleted ? nil : host.view())
            } else {
                views.append(try await sleepingView(name))
            }
        }
        return views
    }

    /// What a room will be when it wakes.
    private func sleepingView(_ runID: String) async throws -> RoomView? {
        let clock = clock
        return try await registry.loader.load(runID, taking: false).map { RoomView(of: $0, at: clock.now()) }
    }

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
    func join(
        _ runID: String, at coordinate: Coordinate?, by link: Int64? = nil, isAuthenticated: Bool = false,
        as find: @Sendable () async throws -> Person
    ) async throws -> RoomView {
        let (person, host) = try await registry.whileAccountsStay {
            (try await find(), try await self.registry.existing(runID))
        }
        return try await host.join(person, at: coordinate, by: link, isAuthenticated: isAuthenticated)
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
    func opens(
        _ runID: String, password: String, from address: String, by account: Int64? = nil
    ) async throws -> Bool {
        let host = try await registry.existing(runID)
        switch host.details.visibility {
        case .everybody: return account != nil
        case .link: return account.flatMap(host.room.number).map(host.room.isInRoom) ?? false
        case .password: if account == nil { return false }
        case .app: break
        }
        return try await takes(password, of: runID, from: address)
    }

    /// Says whether a password is the room's.
    ///
    /// - Throws: ``LiveError/noSuchRoom``, ``LiveError/tooManyGuesses(retryAfter:)``.
    func takes(_ password: String, of runID: String, from address: String) async throws -> Bool {
        switch services.judge(password, try await registry.existing(runID).secret, runID, address) {
        case .right: return true
        case .wrong: return false
        case .throttled(let retryAfter): throw LiveError.tooManyGuesses(retryAfter: retryAfter)
        }
    }

    /// Takes what a poller reports of its runner.
    ///
    /// - Throws: ``LiveError/noSuchRoom``, ``LiveError/notInRoom``, ``LiveError/room(_:)``.
    func update(
        _ runID: String, account: Int64, isAuthenticated: Bool = false, _ report: PollReport
    ) async throws -> RoomView {
        let isReturn = report.isInRoom == true
        let host =
            isReturn
            ? try await registry.hostToReturn(to: runID, account: account) : try await registry.existing(runID)
        return try await host.update(account: account, isAuthenticated: isAuthenticated, report)
    }

    /// Begins or resumes a runner's run; one that is under way goes on.
    func start(_ runID: String, account: Int64, isAuthenticated: Bool = false) async throws -> RoomView {
        try await registry.existing(runID).start(account: account, isAuthenticated: isAuthenticated)
    }

    /// Takes a runner out of the room, and ends their live connection; leaving twice is not an error.
    func leave(_ runID: String, account: Int64, isAuthenticated: Bool = false) async throws -> RoomView {
        try await registry.existing(runID).leave(account: account, isAuthenticated: isAuthenticated)
    }

    /// Deletes the room: everybody is told, and their connections end.
    ///
    /// - Throws: ``LiveError/noSuchRoom``.
    func deleteRoom(_ runID: String) async throws { try await registry.existing(runID).delete() }
}
