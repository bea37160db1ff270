import DequeModule
import Limits
import Text

/// A run room: who is in it, how far everybody has come, and what has happened.
///
/// A pure state machine. Commands go in with the time at which they came; what must be stored and told comes out as
/// ``Decisions``, and the new state is in the room. It keeps no clock, no connection and no file, so that the same
/// commands always give the same room. A driver carries the decisions out: first it stores them, then it tells them.
///
/// A runner's states, with the command behind each transition:
/// ```text
///            start            pause
///   ready ──────────► running ◄────► paused          every state but `left`:
///     ▲                  │   start      │              10 s without a connection ──► offline ──► (as before)
///     │ join             │ finish       │ finish       leave ──► left ──join──► ready or finished
///     │                  ▼              ▼
///   (nobody)          finished ◄────────┘
///                        │ start: a new run, whose markers count from 1 again
///                        ▼
///                     running
/// ```
/// Invariants, checked by the tests after every command:
/// 1. Runner numbers are 1...n, in order, and never change.
/// 2. Event numbers are consecutive; the log holds the newest ones.
/// 3. Places are 1...k without a gap, for exactly those who have come a metre.
/// 4. A run's durable marker never exceeds its contiguous one, and neither ever falls within a run.
/// 5. Reckoning a run anew from its markers gives the same distance, splits and position.
public struct Room: Sendable {
    public let id: String
    /// Changes only when the numbering of events starts anew.
    public let epoch: String
    public let settings: RoomSettings
    public private(set) var isClosed = false

    /// In the order of their numbers.
    var runners: [Runner] = []
    var numberByAccount: [Int64: Int] = [:]
    private var log: Deque<RoomEvent> = []
    /// Counts the changes of who is, or was, in the room and what they are called.
    public private(set) var peopleVersion = 0
    /// The number of the newest event, 0 before the first.
    public private(set) var lastEvent = 0
    /// Counts the changes that rows show.
    public internal(set) var version: UInt64 = 0
    /// Runner numbers in the order of the standings; kept between calls because it changes little.
    var standings: [Int] = []
    var standingsAreStale = false
    /// Where runners stand of whom new markers came since they were last taken; some more than once.
    var fresh: [Int] = []
    /// Whose checkpoint is looked for first.
    var nextCheckpoint = 0
    /// Before this moment nobody's way is let go of again, Unix milliseconds.
    var nextForgetting = Int64.min

    public init(id: String, epoch: String, settings: RoomSettings = RoomSettings()) {
        self.id = id
        self.epoch = epoch
        self.settings = settings
    }

    // MARK: - People

    public var runnerNumbers: [Int] { runners.map(\.number) }

    /// The runner number of somebody who is, or was, in the room.
    public func number(of account: Int64) -> Int? { numberByAccount[account] }

    /// The runner numbers of those of some people who are, or were, in the room, ascending.
    public func numbers(of accounts: Set<Int64>) -> [Int] {
        guard accounts.count > runners.count else { return accounts.compactMap(number).sorted() }
        return runners.lazy.filter { accounts.contains($0.person.account) }.map(\.number)
    }

    /// The runner numbers of those in the room who came in by a link, ascending.
    public func numbers(by link: Int64) -> [Int] {
        runners.lazy.filter { $0.isInRoom && $0.link == link }.map(\.number)
    }

    /// The runner numbers of those whom somebody who comes now has to know.
    ///
    /// Not those who left long ago, unless they are in the standings or a recoverable event names them.
    ///
    /// - Complexity: O(*n* + *e*) for *n* runners and *e* recoverable events.
    public func numbersToShow(at now: Int64) -> [Int] {
        guard runners.indices.contains(where: { isPast($0, at: now) }) else { return runnerNumbers }
        let named = Set(log.lazy.flatMap(\.runners))
        return runners.indices
            .filter { runners[$0].place != nil || !isPast($0, at: now) || named.contains($0 + 1) }
            .map { $0 + 1 }
    }

    public func isInRoom(_ number: Int) -> Bool { runner(number)?.isInRoom ?? false }

    /// How many runners are in the room now.
    public var population: Int { runners.lazy.filter(\.isInRoom).count }

    public func person(_ number: Int) -> Person? { runner(number)?.person }

    /// Who some numbers are; numbers that nobody has are passed over.
    public func people(_ numbers: [Int]) -> [(runner: Int, person: Person)] {
        numbers.lazy.filter(isKnown).map { ($0, runners[$0 - 1].person) }
    }

    public func joinedAt(_ number: Int) -> Int64? { runner(number)?.joinedAt }

    /// Written without a subtraction, which a number from a client could make overflow.
    func isKnown(_ number: Int) -> Bool { number >= 1 && number <= runners.count }

    func runner(_ number: Int) -> Runner? {
        isKnown(number) ? runners[number - 1] : nil
    }

    func index(of number: Int) throws(RoomError) -> Int {
        guard isKnown(number) else { throw .noSuchRunner(number) }
        return number - 1
    }

    func presentIndex(of number: Int) throws(RoomError) -> Int {
        guard !isClosed else { throw .roomClosed }
        let index = try index(of: number)
        guard runners[index].isInRoom else { throw .hasLeft }
        return index
    }

    /// Takes somebody in, or back.
    ///
    /// - Parameters:
    ///   - person: what they are called now, as by ``update(_:)``.
    ///   - newRunKey: the identity of the run that begins here, if one does.
    ///   - link: by which they come; nil for who needs none. Whoever is in the room already stays as they came.
    ///   - now: when the command came, Unix milliseconds by the server's clock; so in every command.
    /// - Returns: Their number, which stays theirs while the room exists, and what to store and tell.
    /// - Throws: `roomFull`, `roomClosed`. Joining twice is not an error.
    public mutating func join(
        _ person: Person, newRunKey: @autoclosure () -> Int64, by link: Int64? = nil, at now: Int64
    ) throws(RoomError) -> (number: Int, decisions: Decisions) {
        guard !isClosed else { throw .roomClosed }
        var decisions = Decisions()
        if let number = numberByAccount[person.account] {
            let index = number - 1
            if !runners[index].isInRoom {
                guard population < settings.capacity else { throw .roomFull }
                runners[index].isInRoom = true
                runners[index].isOffline = false
                runners[index].link = link
                if runners[index].run.isSettled, !runners[index].run.isFinished {
                    runners[index].beginRun(key: newRunKey(), settings: settings)
                }
                update(person)
                emit(.joined(runner: number, person: person), at: now, into: &decisions)
                decisions.changedRunners.insert(number)
                touch(index)
            } else {
                update(person)
            }
            heard(from: index, at: now, into: &decisions)
            return (number, decisions)
        }
        guard population < settings.capacity else { throw .roomFull }
        let number = runners.count + 1
        runners.append(
            Runner(
                number: number, lastHeard: now, run: Run(key: newRunKey(), settings: settings), joinedAt: now,
                link: link, person: person))
        numberByAccount[person.account] = number
        peopleVersion += 1
        standings.append(number)
        touch(number - 1)
        emit(.joined(runner: number, person: person), at: now, into: &decisions)
        decisions.changedRunners.insert(number)
        return (number, decisions)
    }

    /// Notes what somebody is called now, here and in the events that can be recovered: nobody is to learn an old name,
    /// which may be another's by then; and what they hide, in their row and their way.
    ///
    /// Whoever has never been here is not an error. Nothing of it is to be stored: it is their accounts'.
    public mutating func update(_ person: Person) {
        guard let number = numberByAccount[person.account], runners[number - 1].person != person else { return }
        let zones = runners[number - 1].person.zones
        runners[number - 1].person = person
        if person.zones != zones { touch(number - 1) }
        peopleVersion += 1
        for index in log.indices {
            if case .joined(number, _) = log[index].kind { log[index].kind = .joined(runner: number, person: person) }
        }
    }

    /// Notes that somebody has shown to be the runner: of their present run there will be a record.
    ///
    /// A run that nobody has vouched for in this way is the room's alone, and so is one that was over before.
    ///
    /// - Parameters:
    ///   - number: Whose run it is.
    ///   - run: The number of the run that they have to do with; nothing is noted of another than the present one, which
    ///     nil means.
    /// - Returns: What to store; nothing if it was known, or comes too late.
    public mutating func authenticated(_ number: Int, run: Int? = nil) -> Decisions {
        var decisions = Decisions()
        guard isKnown(number), run == nil || run == runners[number - 1].runNumber,
            !runners[number - 1].run.isAuthenticated, !runners[number - 1].run.isFinished,
            !runners[number - 1].run.isSettled
        else { return decisions }
        runners[number - 1].run.isAuthenticated = true
        decisions.changedRunners.insert(number)
        return decisions
    }

    /// Whether of somebody's present run there will be a record.
    func isAuthenticated(_ number: Int) -> Bool {
        isKnown(number) && runners[number - 1].run.isAuthenticated
    }

    /// Notes that a runner's connection is there, which takes a token of theirs; somebody who was shown offline is online
    /// again.
    public mutating func connected(_ number: Int, at now: Int64) throws(RoomError) -> Decisions {
        let index = try presentIndex(of: number)
        var decisions = authenticated(number)
        runners[index].isConnected = true
        heard(from: index, at: now, into: &decisions)
        return decisions
    }

    /// Notes that a runner's connection dropped.
    ///
    /// That is not a leave: after the grace they show as offline.
    public mutating func disconnected(_ number: Int, at now: Int64) {
        guard isKnown(number) else { return }
        runners[number - 1].isConnected = false
        runners[number - 1].lastHeard = max(now, runners[number - 1].lastHeard)
    }

    public func isConnected(_ number: Int) -> Bool { runner(number)?.isConnected ?? false }

    /// Takes somebody out of the room.
    ///
    /// An unfinished run of at least two markers ends as by `finish`.
    ///
    /// - Throws: `noSuchRunner`, `roomClosed`, `hasLeft`.
    public mutating func leave(_ number: Int, at now: Int64) throws(RoomError) -> Decisions {
        let index = try presentIndex(of: number)
        var decisions = Decisions()
        depart(index, at: now, into: &decisions)
        return decisions
    }

    mutating func depart(_ index: Int, at now: Int64, into decisions: inout Decisions) {
        wrapUp(index, at: now, into: &decisions)
        runners[index].isInRoom = false
        runners[index].isConnected = false
        runners[index].lastHeard = max(now, runners[index].lastHeard)
        runners[index].isOffline = false
        touch(index)
        emit(.left(runner: runners[index].number), at: now, into: &decisions)
        decisions.changedRunners.insert(runners[index].number)
    }

    /// Deletes the room: unfinished runs end as by `leave`, and `closed` is the last event there is.
    ///
    /// - Throws: `roomClosed`.
    public mutating func close(at now: Int64) throws(RoomError) -> Decisions {
        guard !isClosed else { throw .roomClosed }
        var decisions = Decisions()
        for index in runners.indices where runners[index].isInRoom {
            wrapUp(index, at: now, into: &decisions)
        }
        for index in runners.indices { tellUntoldFinish(of: index, at: now, into: &decisions) }
        emit(.closed, at: now, into: &decisions)
        isClosed = true
        return decisions
    }

    /// A line to one runner or to the room.
    ///
    /// - Throws: `badCheer`, `noSuchRunner`, `hasLeft` for a sender, `roomClosed`. How often somebody may cheer is the
    ///   connection's affair.
    public mutating func cheer(
        from sender: Int?, to receiver: Int?, text: String, at now: Int64
    ) throws(RoomError) -> Decisions {
        guard !isClosed else { throw .roomClosed }
        // A character may be made of any number of scalars: bytes are bounded too.
        guard text.utf8.count <= Limit.Room.cheerBytes, (1...Limit.Room.cheer).contains(text.count), !text.isInvisible,
            !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else { throw .badCheer }
        if let sender { _ = try presentIndex(of: sender) }
        if let receiver { _ = try index(of: receiver) }
        var decisions = Decisions()
        emit(.cheer(from: sender, to: receiver, text: text.withDirectionsClosed), at: now, into: &decisions)
        return decisions
    }

    /// Notes a sign of life; whoever was shown offline is back.
    mutating func heard(from index: Int, at now: Int64, into decisions: inout Decisions) {
        runners[index].lastHeard = max(now, runners[index].lastHeard)
        guard runners[index].isOffline else { return }
        runners[index].isOffline = false
        touch(index)
        emit(.online(runner: runners[index].number), at: now, into: &decisions)
        decisions.changedRunners.insert(runners[index].number)
    }

    // MARK: - Events

    mutating func emit(_ kind: RoomEvent.Kind, at now: Int64, into decisions: inout Decisions) {
        lastEvent += 1
        let event = RoomEvent(number: lastEvent, time: now, kind: kind)
        log.append(event)
        if log.count > settings.recoverableEvents { log.removeFirst() }
        decisions.events.append(event)
    }

    /// Every event after a number, up to another.
    ///
    /// - Returns: Nil when there would be a gap: it was too long ago, or the number was never given.
    public func events(after number: Int, through last: Int) -> [RoomEvent]? {
        guard number >= 0, number <= last, last <= lastEvent else { return nil }
        if number == last { return [] }
        guard let first = log.first?.number, number + 1 >= first else { return nil }
        return Array(log[(number + 1 - first)...(last - first)])
    }

    /// The number of the oldest event that can still be recovered.
    public var firstRecoverableEvent: Int { log.first?.number ?? lastEvent + 1 }

    /// Whether the log ends with the newest event, and is no longer than it may be.
    var isLogSound: Bool { log.count <= settings.recoverableEvents && log.last?.number ?? lastEvent == lastEvent }

    /// Notes the number that a run's record was given, so that a recovered `finished` event carries it too.
    public mutating func recordStored(runKey: Int64, as runID: Int) {
        for index in log.indices {
            guard case .finished(var finish) = log[index].kind, finish.runKey == runKey else { continue }
            finish.runID = runID
            log[index].kind = .finished(finish)
        }
    }

    /// Whether the log still tells a name or words of a runner.
    func namesAuthor(_ number: Int) -> Bool {
        log.contains { $0.kind.author == number && $0.kind != $0.kind.anonymous }
    }

    /// Leaves nothing personal of a runner in the log.
    mutating func anonymizeLog(of number: Int) {
        peopleVersion += 1
        for index in log.indices where log[index].kind.author == number { log[index].kind = log[index].kind.anonymous }
    }

    // MARK: - Changes

    /// Marks a runner's row as changed.
    mutating func touch(_ index: Int) {
        version += 1
        runners[index].version = version
        standingsAreStale = true
    }

    /// Puts the log of a stored room back.
    mutating func restoreLog(_ events: [RoomEvent], lastEvent: Int) {
        self.lastEvent = max(lastEvent, events.last?.number ?? 0)
        // A log with a gap could not be told apart from one without: only the consecutive tail is kept.
        var tail: [RoomEvent] = []
        for event in events.reversed() where tail.last.map({ $0.number == event.number + 1 }) ?? true {
            tail.append(event)
        }
        log = Deque(tail.reversed().suffix(settings.recoverableEvents))
        if log.last?.number != self.lastEvent { log.removeAll() }
    }
}
