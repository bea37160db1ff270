import Limits
import Logging
import LWS
import Rooms
import Store

/// Knows where the rooms of a loop are at home: wakes them when somebody asks for them, and lets them sleep when nobody is
/// there any more.
final class RoomRegistry {
    private let context: LiveContext
    private let table: RoomTable
    private let pipeline: CommitPipeline
    private let wheel: TickWheel
    let loader: RoomLoader
    /// Rooms that are being read from disk.
    private var waking: [String: Task<Void, any Error>] = [:]
    /// So many are read at once.
    private let turns = ReadingTurns(Limit.Room.reading)
    /// Rooms that were alive when the server stopped, and are not read yet.
    private var sleepers: ArraySlice<String> = []
    /// How many tasks read them, and who waits for the last.
    private var readers = 0
    private var waitingForAll: [CheckedContinuation<Void, Never>] = []
    private var isStopping = false
    /// Rooms that could not be taken at the start, since nothing could be stored.
    private var waitingToWake: [String] = []
    /// Rooms that the disk did not give at the start.
    private var retries = Retries<String>()
    /// How often accounts have come to an end or got another name: whoever has looked at one meanwhile looks again.
    private var accountChanges = 0
    /// How often logins or links have come to an end.
    private var loginEnds = 0

    init(_ context: LiveContext, _ table: RoomTable, _ pipeline: CommitPipeline, _ wheel: TickWheel) {
        self.context = context
        self.table = table
        self.pipeline = pipeline
        self.wheel = wheel
        loader = RoomLoader(
            store: context.store, settings: context.settings.room, clock: context.clock, services: context.services,
            usesMarks: context.settings.usesMarks)
    }

    /// The room of this name, read from disk if it sleeps there; nil when there is none.
    ///
    /// - Throws: ``RoomIsElsewhere``, ``LiveError/stopping``, and what the database throws.
    func host(_ runID: String) async throws -> RoomHost? {
        guard !pipeline.isStopped else { throw LiveError.stopping }
        if let host = table[runID] {
            host.lastUsed = .now
            return host.isDeleted ? nil : host
        }
        guard !isStopping else { throw LiveError.stopping }
        let task: Task<Void, any Error>
        if let running = waking[runID] {
            task = running
        } else {
            try context.place.claim(runID)
            task = context.tasks.start(self) { _, registry in try await registry.wake(runID) }
            waking[runID] = task
        }
        try await task.value
        guard let host = table[runID], !host.isDeleted else { return nil }
        host.lastUsed = .now
        return host
    }

    /// The room of this name.
    ///
    /// - Throws: ``LiveError/noSuchRoom``, and what ``host(_:)`` throws.
    func existing(_ runID: String) async throws -> RoomHost {
        guard let host = try await host(runID) else { throw LiveError.noSuchRoom }
        return host
    }

    /// The room for somebody who may come back to it: not any more when the account has ended since the request came.
    func hostToReturn(to runID: String, account: Int64) async throws -> RoomHost {
        try await whileAccountsStay {
            let host = try await self.existing(runID)
            guard let number = host.room.number(of: account), !host.room.isInRoom(number) else { return host }
            guard let found = try await self.context.store.accounts.account(id: account), found.disabledAt == nil else {
                throw LiveError.notInRoom
            }
            return try await self.existing(runID)
        }
    }

    /// Reads something of accounts, and again when accounts or logins came to an end or accounts got other names
    /// meanwhile: who is expelled in between is in no room that hears of it, and might come in with what was read before,
    /// under a name that may be another's by then.
    ///
    /// - Parameters:
    ///   - areLoginsRead: Whether it is also a matter of logins and links.
    ///   - read: Reads it.
    /// - Returns: What was read last, and nothing has come in between.
    /// - Throws: `StoreError.busy` when something has come in between too often; what `read` throws.
    func whileAccountsStay<Found>(
        andLogins areLoginsRead: Bool = true, _ read: () async throws -> Found
    ) async throws -> Found {
        for _ in 0..<Limit.Live.accountReadings {
            let seen = (accountChanges, loginEnds)
            let found: Found
            do {
                found = try await read()
            } catch {
                // Whatever was asked may have failed elsewhere.
                await context.tasks.comeBack()
                throw error
            }
            if seen.0 == accountChanges, seen.1 == loginEnds || !areLoginsRead { return found }
        }
        throw StoreError.busy
    }

    /// Accounts came to an end, or got other names.
    func noteAccountChange() { accountChanges += 1 }

    /// Logins or links came to an end.
    func noteLoginEnd() { loginEnds += 1 }

    // MARK: - Waking

    private func wake(_ runID: String) async throws {
        defer {
            waking[runID] = nil
            if table[runID] == nil { context.place.release(runID) }
        }
        await turns.take()
        defer { turns.give() }
        guard !isStopping else { throw LiveError.stopping }
        let loaded = try await whileAccountsStay(andLogins: false) {
            try await self.loader.load(runID, taking: true)
        }
        guard let loaded, table[runID] == nil, !pipeline.isStopped else { return }
        takeIn(loaded)
    }

    /// Begins to wake the rooms that were alive when the server stopped, some at a time; whoever asks for one of them waits
    /// for that one.
    func wake(_ rooms: [String]) {
        sleepers = rooms[...]
        readers = min(Limit.Room.reading, rooms.count)
        for _ in 0..<readers { context.tasks.start(self) { _, registry in await registry.wakeSleepers() } }
    }

    private func wakeSleepers() async {
        while !isStopping, let next = sleepers.popFirst() { await wakeAtStart(next) }
        readers -= 1
        guard readers == 0 else { return }
        let waiting = waitingForAll
        waitingForAll = []
        for continuation in waiting { continuation.resume() }
    }

    /// Returns when all rooms are up that were alive when the server stopped.
    ///
    /// - Returns: False when it stops before they are.
    @discardableResult func roomsAreUp() async -> Bool {
        if readers > 0 { await withCheckedContinuation { waitingForAll.append($0) } }
        return sleepers.isEmpty && !isStopping
    }

    /// Reads no room any more; returns when none is being read.
    func stop() async {
        isStopping = true
        for task in waking.values { _ = try? await task.value }
        await context.tasks.comeBack()
        await roomsAreUp()
    }

    /// Wakes a room that was alive when the server stopped.
    private func wakeAtStart(_ runID: String) async {
        do {
            _ = try await host(runID)
            retries.ended(runID)
        } catch {
            await context.tasks.comeBack()
            noteThatItSleepsOn(runID, error)
        }
    }

    private func noteThatItSleepsOn(_ runID: String, _ error: any Error) {
        switch error {
        case LiveError.stopping: return
        case StoreError.diskFull, StoreError.busy:
            // Its runs go on as soon as it can be taken.
            if !waitingToWake.contains(runID) { waitingToWake.append(runID) }
        case is RoomIsElsewhere: retries.ended(runID)  // Somebody has asked for it there.
        case let error as StoreError where error.mayPass && !retries.failed(runID, context.settings):
            context.logger.warning(
                "a room cannot be read at the moment; it is tried again, and the others are up",
                metadata: ["room": "\(runID)", "error": "\(error)"])
        default:
            // It stays as it is on disk; the others must not stay down with it.
            context.metrics.roomsUnreadable += 1
            context.logger.error(
                "a room cannot be read; the others are up", metadata: ["room": "\(runID)", "error": "\(error)"])
        }
    }

    /// Gives a room its place in memory.
    private func takeIn(_ loaded: LoadedRoom) {
        report(loaded.damage, of: loaded.room.id)
        let host = RoomHost(loaded, context, pipeline, wheel)
        table.insert(host)
        context.metrics.roomsAwake = table.count
        // Blocks that are replaced may leave markers to the journal.
        if host.ledger.hasSomethingToRemove || host.room.unjournaledCount > 0 { host.markDirty() }
        host.apply(loaded.decisions)
        if !loaded.unsavedWays.isEmpty {
            // The next time their records need not be read. Nothing has happened in the room by that.
            host.unstored.changedRunners.formUnion(loaded.unsavedWays)
            host.markDirty()
        }
        if loaded.holdsMarkersOfNobodies { context.tasks.start(host) { _, host in await host.clearJournal() } }
    }

    private func report(_ damage: [LoadedRoom.Damage], of runID: String) {
        for damage in damage {
            if case .journal(let sequence) = damage.row {
                context.metrics.journalRowsDamaged += 1
                context.logger.error(
                    "journal row is damaged; the rest of the room is intact",
                    metadata: ["room": "\(runID)", "sequence": "\(sequence)", "reason": "\(damage.reason)"])
            } else {
                context.logger.error(
                    "row is damaged; the rest of the room is intact",
                    metadata: ["room": "\(runID)", "row": "\(damage.row)", "reason": "\(damage.reason)"])
            }
        }
    }

    // MARK: - Each second

    /// Has rooms do what has become due, and lets those sleep whom nobody needs.
    func sweep(at moment: ContinuousClock.Instant) {
        let now = context.clock.now()
        var (markers, runners, spectators) = (0, 0, 0)
        for host in table.hosts {
            host.sweep(at: now, moment)
            if host.mayDoze, host.lastUsed.duration(to: moment) > context.settings.sleepAfter { table.remove(host) }
            markers += host.room.unjournaledCount
            runners += host.audience.runners
            spectators += host.spectators
        }
        pipeline.unjournaledMarkers = markers
        context.metrics.roomsAwake = table.count
        context.metrics.runners = runners
        context.metrics.spectators = spectators
        for runID in retries.takeDue(at: moment) {
            context.tasks.start(self) { _, registry in await registry.wakeAtStart(runID) }
        }
        if let next = waitingToWake.popLast() {
            context.tasks.start(self) { _, registry in await registry.wakeAtStart(next) }
        }
    }
}
