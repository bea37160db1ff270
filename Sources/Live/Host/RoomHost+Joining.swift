import Logging
import LWS
import Rooms
import Store

extension RoomHost {
    /// Takes a viewer in who is still joining.
    ///
    /// - Parameters:
    ///   - viewer: Who comes.
    ///   - person: Whose token was shown; nil for a spectator.
    ///   - join: What was asked for.
    ///   - arrival: When that was.
    /// - Throws: ``JoinRefusal``, and what the disk says.
    func admit(_ viewer: Viewer, as person: Person?, _ join: ClientMessage.Join, arrival: Int64) async throws {
        try checkAdmission(of: join, by: viewer)
        if let person {
            try await enter(viewer, as: person, join, arrival: arrival)
        } else {
            guard spectators < context.settings.spectators else {
                throw JoinRefusal(.full, "The room has no place for more spectators.")
            }
            guard let audience = audience(delayedBy: viewer.delay) else {
                throw JoinRefusal(.full, "The room has no place for spectators with another delay.")
            }
            spectators += 1
            welcome(viewer, as: nil, join, through: audience)
        }
    }

    /// Who is a runner of the room, or has it, or came by a link, needs no password.
    private func checkAdmission(of join: ClientMessage.Join, by viewer: Viewer) throws {
        if join.isInvited { return }
        if let account = viewer.account, isAtHome(account) { return }
        switch details.visibility {
        case .everybody: return
        case .link: throw JoinRefusal(.noSuchRoom, "There is no such room.")
        case .app, .password: break
        }
        switch join.password.map({ context.services.judge($0, secret, room.id, viewer.address) }) {
        case .right: break
        case .wrong, nil: throw JoinRefusal(.wrongPassword, "The room password is wrong.")
        case .throttled(let seconds):
            throw JoinRefusal(
                .tooManyMessages, code: "too_many_guesses",
                "Too many wrong passwords came from this address. Try again in \(seconds) s.")
        }
    }

    /// Whether somebody has the room, or is in it.
    func isAtHome(_ account: Int64) -> Bool {
        account == details.owner || room.number(of: account).map(room.isInRoom) ?? false
    }

    private func enter(
        _ viewer: Viewer, as person: Person, _ join: ClientMessage.Join, arrival: Int64
    ) async throws {
        let runner = try seat(viewer, as: person, at: context.clock.now())
        if let phone = join.clock { viewer.clock.sample(arrival - phone) }
        // The runner's number is told when it is theirs for good.
        do {
            if isUrgent || isBeingStored { try await stored() }
        } catch {
            if audience.viewer(of: runner) === viewer { absent(runner) }
            throw error
        }
        guard audience.viewer(of: runner) === viewer else { return }
        guard viewer.isJoining, !isDeleted, !isOver else {
            absent(runner)
            if isOver, !isDeleted { throw StoreError.termLost }
            if isDeleted { throw JoinRefusal(.noSuchRoom, "The room was deleted.") }
            return
        }
        welcome(viewer, as: runner, join, through: audience)
    }

    /// Makes somebody a runner of the room.
    ///
    /// What they hide by now may not have been heard of here before.
    func enter(
        _ person: Person, by link: Int64?, at now: Int64
    ) throws(RoomError) -> (number: Int, decisions: Decisions) {
        update(person)
        return try room.join(person, newRunKey: context.services.newID(), by: link, at: now)
    }

    /// Makes somebody a runner of the room, and a viewer the one of theirs.
    private func seat(_ viewer: Viewer, as person: Person, at now: Int64) throws -> Int {
        if let known = room.number(of: person.account), !room.isInRoom(known),
            !allowance(of: known).commands.take(at: .now)
        {
            throw JoinRefusal(
                .tooManyMessages, code: "too_many_commands", "This runner comes and goes too often. Try again later.")
        }
        do {
            let (runner, joined) = try enter(person, by: viewer.link, at: now)
            var decisions = joined
            decisions.merge(try room.connected(runner, at: now))
            if let old = audience.viewer(of: runner) {
                old.close(.replaced, "A newer connection of this person has taken over.")
                _ = try room.connected(runner, at: now)
            }
            audience.attach(viewer, as: runner)
            acks.connected(runner)
            apply(decisions)
            deadline = room.nextDeadline
            return runner
        } catch RoomError.roomFull {
            throw JoinRefusal(.full, "The room is full.")
        } catch RoomError.roomClosed {
            throw JoinRefusal(.noSuchRoom, "There is no such room.")
        }
    }

    /// Sends `joined`, makes the connection a viewer, and takes up what came meanwhile.
    private func welcome(
        _ viewer: Viewer, as runner: Int?, _ join: ClientMessage.Join, through audience: Audience
    ) {
        guard viewer.isJoining else { return }
        let isBehind = audience.welcome(viewer, as: runner, join)
        if let runner { acks.takesFrames(runner, viewer.turn.interval > 0) }
        let backlog = viewer.sit(in: Seat(audience: audience, room: self, runner: runner))
        followAudience()
        if cadence.isCalm, runner != nil { viewer.send(askedCadence) }
        // What has changed since the picture may have been nobody's to see until now.
        if isBehind { markChanged() }
        lastUsed = .now
        viewer.takeUp(backlog)
    }

    // MARK: - Going

    /// Takes the viewer of a runner away.
    ///
    /// - Returns: It, if there is one.
    @discardableResult func release(_ runner: Int) -> Viewer? {
        acks.disconnected(runner)
        return audience.detach(runner)
    }

    /// The viewer is gone before it was welcome, or afterwards.
    private func absent(_ runner: Int) {
        release(runner)
        room.disconnected(runner, at: context.clock.now())
        deadline = room.nextDeadline
    }

    func gone(_ viewer: Viewer, as runner: Int?) {
        lastUsed = .now
        guard let runner else {
            spectators -= 1
            return
        }
        if audience.viewer(of: runner) === viewer { absent(runner) }
    }

    func leave(_ runner: Int) {
        authenticate(runner)
        guard let decisions = try? room.leave(runner, at: context.clock.now()) else {
            audience.viewer(of: runner)?.closeLeft()
            return
        }
        let viewer = beginLeaving(runner)
        apply(decisions)
        if let viewer { endWhenStored(viewer) }
    }

    /// Takes leave of the viewer of somebody who left the room by another way, when that is on disk.
    func dismiss(_ runner: Int) {
        if let viewer = beginLeaving(runner) { endWhenStored(viewer) }
    }

    private func beginLeaving(_ runner: Int) -> Viewer? {
        guard let viewer = release(runner),
            viewer.beginLeaving(Seat(audience: audience, room: self, runner: runner))
        else { return nil }
        return viewer
    }

    private func endWhenStored(_ viewer: Viewer) {
        guard case .leaving = viewer.state else { return }
        guard !isOver else { return viewer.closeUnavailable() }
        // So that there is a commit to wait for, whatever became of the one before.
        markDirty()
        waiters.append { [weak self] error in
            if error == nil { viewer.closeLeft() } else { self?.endWhenStored(viewer) }
        }
    }

    // MARK: - Accounts that end

    /// Takes people out whose accounts were deleted or disabled.
    ///
    /// - Returns: Whether any of them is, or was, in the room.
    func expel(_ accounts: Set<Int64>, forgetting isForgetting: Bool) -> Bool {
        let now = context.clock.now()
        let numbers = room.numbers(of: accounts)
        for number in numbers {
            release(number)
            if isForgetting {
                apply(room.forget(number, newRunKey: context.services.newID(), at: now))
                withdraw(number)
            } else if room.isInRoom(number), let decisions = try? room.leave(number, at: now) {
                // What is in the room can leave it.
                apply(decisions)
            }
        }
        return !numbers.isEmpty
    }

    /// Takes people out who came in by a link that is good no longer, but for who has the room; an unfinished run is stored.
    ///
    /// Their connections have been closed before.
    func expel(by link: Int64) async throws {
        let now = context.clock.now()
        for number in room.numbers(by: link) where room.person(number)?.account != details.owner {
            release(number)
            if let decisions = try? room.leave(number, at: now) { apply(decisions) }
        }
        try await stored()
    }

    /// Takes the markers of those who are nobody any more out of the room's journal, where others' stand beside them.
    ///
    /// If that cannot be done now, it is when the room is read from disk again.
    func clearJournal() async {
        do {
            // What is on its way to the disk may have some of them.
            try await stored()
            let nobodies = Set(room.runnerNumbers.filter { room.person($0)?.isNobody ?? false })
                .subtracting(unreadable)
            try await context.store.rooms.rewriteJournal(of: key) { [key] row in
                JournalCodec.removing(nobodies, from: row.bytes, room: key, sequence: row.sequence)
            }
        } catch {
            context.logger.error(
                "the journal of a room keeps markers of a deleted account for now",
                metadata: ["room": "\(room.id)", "error": "\(error)"])
        }
    }
}
