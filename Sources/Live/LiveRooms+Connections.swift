import Foundation
import Geo
import LWS
import Limits
import Logging
public import Rooms
import Store

extension LiveRooms {
    // MARK: - Opening and closing

    func opened(_ connection: Connection) {
        connection.connectionIndex = connections.count
        connections.append(connection)
        metrics.connections = connections.count
    }

    func closed(_ connection: Connection, code: UInt16?) {
        // What the standard has for a peer that does not keep to it, or to the limits; the others are reported by `close`.
        if let code, [1002, 1003, 1007, 1009].contains(code) { reportClose(code, of: connection) }
        detach(connection)
        connection.state = .ending
        guard let index = connection.connectionIndex else { return }
        connection.connectionIndex = nil
        let last = connections.removeLast()
        if index < connections.count {
            connections[index] = last
            last.connectionIndex = index
        }
        metrics.connections = connections.count
    }

    /// Takes a connection out of its room; its runner is not gone, only not there.
    func detach(_ connection: Connection) {
        if case .leaving(let home) = connection.state {
            home.remove(connection)
            return
        }
        guard case .joined(let home, let runner) = connection.state else { return }
        home.remove(connection)
        home.lastUsed = .now
        if let runner {
            guard home.connections[runner] === connection else { return }
            home.release(runner)
            home.room.disconnected(runner, at: clock.now())
            home.deadline = home.room.nextDeadline
        } else {
            home.spectators -= 1
        }
    }

    func close(_ connection: Connection, _ reason: CloseReason, code: String? = nil, _ sentence: String) {
        metrics.closes[reason.rawValue, default: 0] += 1
        if reason != .replaced { reportClose(reason.rawValue, of: connection) }
        connection.end(reason, code: code, sentence)
    }

    /// What must arrive waits for too long already, or is too much: closed without an `error`, which would wait too.
    func fellBehind(_ connection: Connection) {
        if case .ending = connection.state { return }
        metrics.closes[CloseReason.tooSlow.rawValue, default: 0] += 1
        reportClose(CloseReason.tooSlow.rawValue, of: connection)
        connection.end(code: CloseReason.tooSlow.rawValue, reason: "Events could not be delivered.")
    }

    private func reportClose(_ code: UInt16, of connection: Connection) {
        guard let address = connection.socket?.remoteAddress else { return }
        incidents.refused("live \(code)", from: address)
    }

    // MARK: - Messages

    /// One whole message, on the loop; its bytes die with the call.
    func received(_ bytes: UnsafeRawBufferPointer, from connection: Connection) {
        metrics.messagesIn += 1
        let moment = Moment.now
        guard mayReceive(from: connection, at: moment) else { return }
        switch connection.state {
        case .waiting: begin(bytes, on: connection)
        case .joining(var backlog):
            // What follows a join before its answer is kept, within the limits of the message budget.
            backlog.append(Array(bytes))
            connection.state = .joining(backlog: backlog)
            if backlog.reduce(0, { $0 + $1.count }) > Limit.Live.messagesBeforeJoined * settings.maxMessageBytes {
                close(connection, .tooManyMessages, "Too much came before the join was answered.")
            }
        case .joined(let home, let runner): handle(bytes, from: connection, in: home, as: runner, at: moment)
        case .leaving, .ending: break
        }
    }

    /// A ping, a pong, or a fragment of a message that goes on: as much work as a message, and within the same limit.
    func receivedControl(from connection: Connection) { _ = mayReceive(from: connection, at: .now) }

    /// Counts something that a client has sent; who sends too much is seen off.
    private func mayReceive(from connection: Connection, at moment: Moment) -> Bool {
        if case .ending = connection.state { return false }
        if connection.budget.take(at: moment) { return true }
        close(connection, .tooManyMessages, "More messages came than a client may send.")
        return false
    }

    /// The first message, which must be a join.
    private func begin(_ bytes: UnsafeRawBufferPointer, on connection: Connection) {
        let arrival = clock.now()
        do {
            let type = try JSONScanner.messageType(of: bytes)
            guard type == "join" else {
                close(connection, .badMessage, "The first message must be a join.")
                return
            }
            guard case .join(let join) = try ClientMessage(type: type, bytes: bytes) else { return }
            connection.state = .joining(backlog: [])
            connection.system = join.system
            Task { await self.join(join, on: connection, arrival: arrival) }
        } catch let error as WireError {
            close(connection, .badMessage, error.message)
        } catch ClientMessage.Problem.malformed(let sentence) {
            close(connection, .badMessage, sentence)
        } catch {
            close(connection, .badMessage, "The message cannot be read.")
        }
    }

    /// A message of somebody who is in a room.
    ///
    /// What is not understood is answered and changes nothing.
    private func handle(
        _ bytes: UnsafeRawBufferPointer, from connection: Connection, in home: Home, as runner: Int?,
        at moment: Moment
    ) {
        do {
            // The frequent message is told by its first bytes; its scanner judges the rest.
            if bytes.starts(with: Self.markersPrefix) {
                try takeMarkers(bytes, from: connection, in: home, as: runner, at: moment)
                return
            }
            let type = try JSONScanner.messageType(of: bytes)
            if type == "markers" {
                try takeMarkers(bytes, from: connection, in: home, as: runner, at: moment)
            } else {
                try carryOut(ClientMessage(type: type, bytes: bytes), from: connection, in: home, as: runner)
            }
        } catch let refusal as Refusal {
            connection.send(ServerMessages.error(code: refusal.code, message: refusal.sentence))
        } catch let error as WireError {
            connection.send(ServerMessages.error(code: error.code, message: error.message))
        } catch let error as RoomError {
            connection.send(ServerMessages.error(code: error.code, message: error.sentence))
        } catch ClientMessage.Problem.unknownType(let type) {
            connection.send(
                ServerMessages.error(code: "unknown_type", message: "There is no message of type “\(type.prefix(40))”.")
            )
        } catch ClientMessage.Problem.malformed(let sentence) {
            connection.send(ServerMessages.error(code: "bad_message", message: sentence))
        } catch {
            connection.send(ServerMessages.error(code: "bad_message", message: "The message cannot be read."))
        }
    }

    private static let markersPrefix = Array("{\"type\":\"markers\",".utf8)

    /// Why a message that was understood is not carried out.
    fileprivate struct Refusal: Error {
        var code: String
        var sentence: String
    }

    private func takeMarkers(
        _ bytes: UnsafeRawBufferPointer, from connection: Connection, in home: Home, as runner: Int?,
        at moment: Moment
    ) throws {
        guard let runner else { throw Refusal.runnersOnly }
        let (markers, run) = try MarkersScanner.scan(
            bytes, maxMarkers: settings.maxMarkersPerMessage, in: connection.system)
        guard mayWait(markers.count, in: home) else {
            throw Refusal(code: "not_stored", sentence: "The server cannot store more at the moment. Send these again.")
        }
        let allowance = connection.allowance ?? home.allowance(of: runner, settings)
        guard allowance.markers.take(Double(markers.count), at: moment) else {
            throw Refusal(
                code: "too_many_markers_at_once",
                sentence: "Markers come faster than they are taken. Send these again, more slowly.")
        }
        var isLate = false
        let decisions = try home.room.markers(
            markers, from: runner, run: run, offset: connection.clock.offset, at: clock.now()
        ) { _ in
            isLate = true
            return mayRemeasure(allowance, at: moment)
        }
        if run == nil || run == home.room.runNumber(of: runner) { authenticate(runner, in: home) }
        if isLate { spend(since: moment, allowance) }
        metrics.markersIn += markers.count
        if decisions.newMarkers > 0 { home.acks.came(from: runner, at: moment) }
        if !decisions.isEmpty { apply(decisions, to: home) }
    }

    /// Whether late markers have not kept the loop busy for long enough yet: everybody waits for it.
    private func mayRemeasure(_ allowance: Allowance, at moment: Moment) -> Bool {
        allowance.lateWork.isLeft(at: moment) && lateWork.isLeft(at: moment)
    }

    /// Counts the time since a moment as spent for a runner's late markers.
    func spend(since moment: Moment, _ allowance: Allowance) {
        let microseconds = moment.seconds(to: .now) * 1e6
        allowance.lateWork.spend(microseconds)
        lateWork.spend(microseconds)
    }

    private func checkUnstored(of home: Home) throws(Refusal) {
        guard failureToStore(more: home) == nil else {
            throw Refusal(
                code: "not_stored", sentence: "The server cannot store more at the moment. Try again later.")
        }
    }

    private func checkCommand(of runner: Int, in home: Home) throws(Refusal) {
        try checkUnstored(of: home)
        guard home.allowance(of: runner, settings).commands.take(at: .now) else {
            throw Refusal(
                code: "too_many_commands", sentence: "More starts, pauses and finishes came than a runner may cause.")
        }
    }

    /// Notes that a runner's own connection has to do with their present run, whoever began it.
    private func authenticate(_ runner: Int, in home: Home) {
        if !home.room.isAuthenticated(runner) { apply(home.room.authenticated(runner), to: home) }
    }

    private func carryOut(
        _ message: ClientMessage, from connection: Connection, in home: Home, as runner: Int?
    ) throws {
        let now = clock.now()
        switch message {
        case .join:
            throw Refusal(code: "already_joined", sentence: "This connection is in a room already.")
        case .start(let time):
            guard let runner else { throw Refusal.runnersOnly }
            try checkCommand(of: runner, in: home)
            apply(
                try home.room.start(
                    runner, time: time, offset: connection.clock.offset, newRunKey: services.newID(), at: now),
                to: home)
            authenticate(runner, in: home)
        case .pause(let time, let run):
            guard let runner else { throw Refusal.runnersOnly }
            try checkCommand(of: runner, in: home)
            apply(
                try home.room.pause(runner, run: run, time: time, offset: connection.clock.offset, at: now), to: home)
        case .finish(let time, let run):
            guard let runner else { throw Refusal.runnersOnly }
            try checkCommand(of: runner, in: home)
            if run == nil || run == home.room.runNumber(of: runner) { authenticate(runner, in: home) }
            apply(
                try home.room.finish(runner, run: run, time: time, offset: connection.clock.offset, at: now), to: home)
        case .leave:
            leave(connection, home: home, runner: runner, at: now)
        case .cheer(let receiver, let text):
            let moment = ContinuousClock.now
            if let last = connection.lastCheer, last.duration(to: moment) < Limit.Live.cheerInterval {
                throw Refusal(code: "too_many_cheers", sentence: "One cheer a second is enough.")
            }
            try checkUnstored(of: home)
            apply(try home.room.cheer(from: runner, to: receiver, text: text, at: now), to: home)
            connection.lastCheer = moment
        case .ping(let echo, let phone):
            if let phone { connection.clock.sample(now - phone) }
            connection.send(ServerMessages.pong(echo: echo, time: now))
        }
    }

    /// The connection is closed when the leave is on disk and everybody, the leaver too, was told.
    private func leave(_ connection: Connection, home: Home, runner: Int?, at now: Int64) {
        if let runner { authenticate(runner, in: home) }
        guard let runner, let decisions = try? home.room.leave(runner, at: now) else {
            connection.end(code: 1000, reason: "left")
            return
        }
        connection.state = .leaving(home)
        home.release(runner)
        apply(decisions, to: home)
        endWhenStored(connection)
    }

    /// Takes leave of the connection of somebody who left the room by another way, when that is on disk.
    func dismiss(_ runner: Int, of home: Home) {
        guard let connection = home.release(runner) else { return }
        switch connection.state {
        case .joining, .joined:
            connection.state = .leaving(home)
            endWhenStored(connection)
        case .waiting, .leaving, .ending: break
        }
    }

    /// Takes people out of their rooms whose accounts were deleted or disabled, and ends their connections with 4001.
    ///
    /// The others are told that they left; an unfinished run is stored if there is still somebody whose it is. Rooms
    /// that sleep do the same when they wake.
    ///
    /// - Parameters:
    ///   - accounts: Theirs.
    ///   - isForgetting: Whether nothing is to be left of who and where they were, whichever room they ever ran in.
    public func expel(_ accounts: Set<Int64>, forgetting isForgetting: Bool) async {
        accountChanges += 1
        let now = clock.now()
        var forgetful: [Home] = []
        for home in homes.values where !home.isDeleted {
            let numbers = home.room.numbers(of: accounts)
            for number in numbers {
                home.release(number)?.state = .leaving(home)
                if isForgetting {
                    apply(home.room.forget(number, newRunKey: services.newID(), at: now), to: home)
                } else if home.room.isInRoom(number), let decisions = try? home.room.leave(number, at: now) {
                    // What is in the room can leave it.
                    apply(decisions, to: home)
                }
            }
            if isForgetting, !numbers.isEmpty { forgetful.append(home) }
        }
        for connection in connections {
            guard let account = connection.account, accounts.contains(account) else { continue }
            close(connection, .unauthorized, "The account is no longer in use.")
        }
        for home in forgetful { await clearJournal(of: home) }
    }

    /// Ends the connections that came by a token of an account, whose logins have all ended, with 4001.
    ///
    /// Their runners are offline then, and may come back with a new token.
    public func endLogins(of account: Int64) {
        end("The password was changed.") { $0.account == account }
    }

    /// Ends the connections that came by a token of one of these logins, which have ended, with 4001.
    public func endLogins(_ logins: Set<LoginID>) {
        end("The login has ended.") { $0.login.map(logins.contains) ?? false }
    }

    private func end(_ sentence: String, where isOver: (Connection) -> Bool) {
        accountChanges += 1
        for connection in connections where isOver(connection) { close(connection, .unauthorized, sentence) }
    }

    /// Takes the markers of those who are nobody any more out of a room's journal, where others' stand beside them.
    ///
    /// If that cannot be done now, it is when the room is read from disk again.
    func clearJournal(of home: Home) async {
        do {
            // What is on its way to the disk may have some of them.
            try await stored(home)
            let nobodies = Set(home.room.runnerNumbers.filter { home.room.person($0)?.isNobody ?? false })
            try await store.rewriteJournal(of: home.key) { [key = home.key] row in
                JournalCodec.removing(nobodies, from: row.bytes, room: key, sequence: row.sequence)
            }
        } catch {
            logger.error(
                "the journal of a room keeps markers of a deleted account for now",
                metadata: ["room": "\(home.room.id)", "error": "\(error)"])
        }
    }

    /// Has everybody who comes later learn what somebody is called now.
    ///
    /// Rooms that sleep ask the account when they wake.
    public func rename(_ person: Person) {
        accountChanges += 1
        for home in homes.values { home.room.rename(person) }
    }

    private func endWhenStored(_ connection: Connection) {
        guard case .leaving(let home) = connection.state else { return }
        guard !home.isOver else { return closeUnavailable(connection) }
        // So that there is a commit to wait for, whatever became of the one before.
        markDirty(home)
        home.waiters.append { [weak self] error in
            self?.assumeIsolated { live in
                if error == nil {
                    connection.end(code: 1000, reason: "left")
                } else {
                    live.endWhenStored(connection)
                }
            }
        }
    }

    // MARK: - Join

    private func join(_ join: ClientMessage.Join, on connection: Connection, arrival: Int64) async {
        do {
            let (person, home) = try await whileAccountsStay {
                (try await self.personJoining(by: join, on: connection), try await self.homeJoined(by: join))
            }
            guard case .joining = connection.state else { return }
            let isKnown = person.flatMap { home.room.number(of: $0.account) }.map(home.room.isInRoom) ?? false
            if !isKnown {
                switch join.password.map({ services.judge($0, home.secret, home.room.id, connection.address) }) {
                case .right: break
                case .wrong, nil: throw Ending(.wrongPassword, "The room password is wrong.")
                case .throttled(let seconds):
                    throw Ending(
                        .tooManyMessages, code: "too_many_guesses",
                        "Too many wrong passwords came from this address. Try again in \(seconds) s.")
                }
            }
            if let person {
                try await enter(home, as: person, join, on: connection, arrival: arrival)
            } else {
                guard home.spectators < settings.spectators else {
                    throw Ending(.full, "The room has no place for more spectators.")
                }
                home.spectators += 1
                welcome(connection, to: home, runner: nil, join)
            }
        } catch let ending as Ending {
            close(connection, ending.reason, code: ending.code, ending.sentence)
        } catch {
            incidents.failed("a join failed", metadata: ["error": "\(error)"])
            close(
                connection, .full, code: "unavailable", "The server cannot take anybody in at the moment. Try again.")
        }
    }

    /// Who joins; nil for a spectator.
    private func personJoining(by join: ClientMessage.Join, on connection: Connection) async throws -> Person? {
        guard !join.isSpectator else { return nil }
        guard let token = join.token ?? connection.authorization, !token.isEmpty else {
            throw Ending(.unauthorized, "A runner needs a token.")
        }
        let owner = try await services.owner(token)
        connection.account = owner?.person.account
        connection.login = owner?.login
        guard let owner else { throw Ending(.unauthorized, "The token is not valid.") }
        return owner.person
    }

    private func homeJoined(by join: ClientMessage.Join) async throws -> Home {
        // What no room can be called need not be looked for.
        guard join.runID.utf8.count <= Limit.Live.runID, !join.runID.utf8.contains(0),
            let home = try await home(join.runID)
        else {
            throw Ending(.noSuchRoom, "There is no such room.")
        }
        return home
    }

    /// A join that ends the connection.
    private struct Ending: Error {
        var reason: CloseReason
        var code: String?
        var sentence: String

        init(_ reason: CloseReason, code: String? = nil, _ sentence: String) {
            self.reason = reason
            self.code = code
            self.sentence = sentence
        }
    }

    private func enter(
        _ home: Home, as person: Person, _ join: ClientMessage.Join, on connection: Connection, arrival: Int64
    ) async throws {
        let now = clock.now()
        let runner: Int
        if let known = home.room.number(of: person.account), !home.room.isInRoom(known),
            !home.allowance(of: known, settings).commands.take(at: .now)
        {
            throw Ending(
                .tooManyMessages, code: "too_many_commands", "This runner comes and goes too often. Try again later.")
        }
        do {
            let entered = try home.room.join(person, newRunKey: services.newID(), at: now)
            runner = entered.number
            var decisions = entered.decisions
            decisions.merge(try home.room.connected(runner, at: now))
            if let old = home.connections[runner] {
                close(old, .replaced, "A newer connection of this person has taken over.")
                _ = try home.room.connected(runner, at: now)
            }
            home.attach(connection, as: runner)
            connection.allowance = home.allowance(of: runner, settings)
            if let phone = join.clock { connection.clock.sample(arrival - phone) }
            apply(decisions, to: home)
            home.deadline = home.room.nextDeadline
        } catch RoomError.roomFull {
            throw Ending(.full, "The room is full.")
        } catch RoomError.roomClosed {
            throw Ending(.noSuchRoom, "There is no such room.")
        }
        // The runner's number is told when it is theirs for good.
        do {
            if home.isUrgent || home.isBeingStored { try await stored(home) }
        } catch {
            if home.connections[runner] === connection { absent(runner, of: home) }
            throw error
        }
        guard home.connections[runner] === connection else { return }
        guard case .joining = connection.state, !home.isDeleted, !home.isOver else {
            absent(runner, of: home)
            if home.isOver, !home.isDeleted { throw StoreError.termLost }
            if home.isDeleted { throw Ending(.noSuchRoom, "The room was deleted.") }
            return
        }
        welcome(connection, to: home, runner: runner, join)
    }

    /// The connection went away before it was welcome.
    private func absent(_ runner: Int, of home: Home) {
        home.release(runner)
        home.room.disconnected(runner, at: clock.now())
        home.deadline = home.room.nextDeadline
    }

    /// Sends `joined`, makes the connection a viewer, and takes up what came meanwhile.
    private func welcome(_ connection: Connection, to home: Home, runner: Int?, _ join: ClientMessage.Join) {
        guard case .joining(let backlog) = connection.state else { return }
        let now = clock.now()
        var missed: [RoomEvent]?
        if let since = join.since, since.epoch == home.room.epoch {
            missed = home.room.events(after: since.event, through: home.releasedEvent)
        }
        let picture = home.picture(
            in: connection.system, tracks: join.wantsTracks, for: runner, at: now, within: settings.tick)
        connection.send(
            ServerMessages.joined(
                ServerMessages.Joined(
                    runID: home.room.id, epoch: home.room.epoch, event: home.releasedEvent,
                    isRecovered: missed != nil, runner: runner, run: runner.flatMap(home.room.runNumber),
                    marker: runner.map(home.room.durableMarker) ?? 0, time: picture.time, picture: picture.bytes,
                    events: (missed ?? []).map(EventCoding.encode))))
        connection.state = .joined(home, runner: runner)
        connection.version = picture.version
        if home.viewers.isEmpty { home.frameVersion = picture.version }
        home.add(connection)
        // What has changed since the picture may have been nobody's to see until now.
        if home.room.version != picture.version { markChanged(home) }
        home.lastUsed = .now
        for message in backlog {
            guard case .joined(let home, let runner) = connection.state else { return }
            message.withUnsafeBytes { handle($0, from: connection, in: home, as: runner, at: .now) }
        }
    }
}

extension LiveRooms.Refusal {
    fileprivate static let runnersOnly = Self(code: "runners_only", sentence: "Only runners may send this.")
}

extension RoomError {
    /// For a program.
    public var code: String {
        switch self {
        case .roomFull: "room_full"
        case .roomClosed: "room_deleted"
        case .noSuchRunner: "no_such_runner"
        case .hasLeft: "has_left"
        case .alreadyRunning: "already_running"
        case .notRunning: "not_running"
        case .tooManyPauses: "too_many_pauses"
        case .notStarted: "not_started"
        case .alreadyFinished: "already_finished"
        case .runSettled: "run_settled"
        case .noSuchRun: "no_such_run"
        case .badCheer: "bad_cheer"
        case .tooManyMarkers: "too_many_markers"
        case .tooManyLateMarkers: "too_many_late_markers"
        }
    }

    /// For a person.
    public var sentence: String {
        switch self {
        case .roomFull: "The room is full."
        case .roomClosed: "The room was deleted."
        case .noSuchRunner(let number): "Nobody in this room has the number \(number)."
        case .hasLeft: "This runner has left the room."
        case .alreadyRunning: "The run is under way already."
        case .notRunning: "Nothing is running that could be paused."
        case .tooManyPauses: "The run has as many pauses as a run may: it goes on until its finish."
        case .notStarted: "The run has not been started."
        case .alreadyFinished: "The run is finished."
        case .runSettled: "That run is over, and its late markers are in."
        case .noSuchRun: "This runner has not begun so many runs."
        case .badCheer: "A cheer has 1 to 200 characters."
        case .tooManyMarkers: "The run holds as many markers as a run may."
        case .tooManyLateMarkers: "Too many markers came late into a long run. Send these again, more slowly."
        }
    }
}
