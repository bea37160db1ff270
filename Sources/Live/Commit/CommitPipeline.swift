import Limits
import Logging
import LWS
import Rooms
import Store

/// Brings what the rooms of a loop have to store to the disk, one commit at a time.
///
/// Of markers as soon as the last one has ended, of rooms where events wait, and of all rooms each second: when is the
/// ``CommitRhythm``'s to say. Markers alone go into the log of all rooms, which costs little; with the next commit of
/// everything they get to the journals of their rooms.
///
/// ```text
///  addFresh ──▶ fresh ─┐
///  add ──────▶ dirty ──┴─begin──▶ (draft) ──commit──▶ on disk: told, and acknowledged with the next tick
///                                     │ nothing can be stored: again each second
///                                     └ one room cannot: held back, again by itself ──▶ stored, or set aside
/// ```
final class CommitPipeline {
    let context: LiveContext
    let table: RoomTable

    /// Rooms with something to store.
    var dirty: [RoomHost] = []
    /// Rooms with markers that are not on disk and that somebody waits for; some more than once.
    var fresh: [RoomHost] = []
    var rhythm: CommitRhythm
    /// Rows of the log that have markers which are not all in the journals.
    private var log: [Int64] = []
    /// How often some of them could not be brought into the journals, without a break.
    private var logTries = 0
    /// The log has markers of rooms that were not stored, or are here no more: what is in it must not be dropped.
    var isLogShared = false
    /// Why the last commit failed, while it is being tried again.
    var failure: StoreError?
    /// Rooms that cannot be stored while others can.
    var heldBack: [RoomHost] = []
    /// Markers that wait for the disk: counted up as they come, and anew every second.
    var unjournaledMarkers = 0

    private var timer: LoopTimer?
    /// When the timer goes off.
    private var armed: Moment?
    private(set) var retryTimer: LoopTimer?

    private(set) var isStopping = false
    /// Until when a database that cannot store is tried while stopping.
    private var lastTry = ContinuousClock.now
    /// Nothing is taken and nothing stored any more.
    private(set) var isStopped = false
    private var ends: [CheckedContinuation<Void, Never>] = []

    init(_ context: LiveContext, _ table: RoomTable) {
        self.context = context
        self.table = table
        let settings = context.settings
        rhythm = CommitRhythm(
            gathering: Limit.Store.gathering, markerInterval: settings.markerInterval,
            interval: settings.commitInterval)
    }

    /// Whether no more markers may wait.
    var isFull: Bool { unjournaledMarkers >= context.settings.unjournaledLimit }

    /// From the loop's thread.
    func start() {
        timer = context.makeTimer { [weak self] in
            self?.armed = nil
            self?.begin()
        }
        // What is held back is tried again.
        retryTimer = context.makeTimer { [weak self] in self?.requestCommit() }
        armed = nil
        arm()
    }

    /// Stores what is left; returns when all is on disk, or cannot be.
    func stop() async {
        isStopping = true
        // A database that cannot store gets a few more chances; what was not acknowledged may then be lost.
        lastTry = .now + .seconds(3)
        while !isStopped {
            if !rhythm.isUnderWay { commitTick() }
            guard rhythm.isUnderWay else { break }
            await withCheckedContinuation { ends.append($0) }
        }
        isStopped = true
        if failure != nil || !heldBack.isEmpty {
            context.logger.error("stopped with changes that could not be stored")
        }
        for timer in [timer, retryTimer] { timer?.cancel() }
        dirty.removeAll()
        fresh.removeAll()
        heldBack.removeAll()
    }

    // MARK: - What is to be stored

    /// Has a room stored with the next commit of everything; to be called once, until it was taken.
    func add(_ host: RoomHost) {
        dirty.append(host)
        rhythm.changesWait(at: .now)
        arm()
    }

    /// Has a room's new markers stored soon; to be called once, until they were taken.
    func addFresh(_ host: RoomHost) {
        fresh.append(host)
        rhythm.markersWait(at: .now)
        arm()
    }

    /// Lets go of a room that has no place any more.
    func dismiss(_ host: RoomHost) { table.remove(host) }

    /// Asks for a commit soon: events wait for it.
    func requestCommit() {
        rhythm.eventsWait(at: .now)
        arm()
    }

    /// Everything is to be committed: at once, or when the commit that is under way has ended.
    func commitTick() {
        rhythm.hurry(at: .now)
        begin()
    }

    /// Sees to it that the next commit begins when it is due.
    private func arm() {
        guard let next = rhythm.next, armed.map({ next < $0 }) ?? true else { return }
        armed = next
        timer?.schedule(after: .seconds(max(0, Moment.now.seconds(to: next))))
    }

    // MARK: - A commit

    /// Begins what is due.
    private func begin() {
        if let round = rhythm.begin(at: .now) { begin(round) } else { arm() }
    }

    /// Hands what is to be stored to the database.
    private func begin(_ round: CommitRhythm.Round) {
        var draft = CommitDraft(time: context.clock.now())
        var afters: [AfterCommit] = []
        if round.hasEvents { takeDirty(all: round.isEverything, into: &draft, &afters) }
        if round.hasMarkers { takeFresh(into: &draft, &afters) }
        let moment = ContinuousClock.now
        for host in heldBack {
            guard let held = host.heldBack, isStopping || held.due <= moment else { continue }
            draft.heldBack.append(held.changes)
            afters.append(held.after)
        }
        // Whoever stops does not wait for what cannot be written: it is made up for when the database is opened.
        if round.isEverything, !log.isEmpty, !(isStopping && isLogShared && afters.isEmpty) {
            (draft.log, draft.replacesLog) = (log, !isLogShared)
            draft.isLastTryOfLog = logTries + 1 >= context.settings.storeTries
            log.removeAll(keepingCapacity: true)
            // Of who is still held back there may be more.
            isLogShared = !heldBack.isEmpty
        }
        guard !afters.isEmpty || !draft.log.isEmpty else {
            rhythm.ended()
            arm()
            // A timer may be early by a moment.
            scheduleRetry()
            return
        }
        context.tasks.start((self, afters)) { [draft] _, work in await work.0.commit(draft, work.1) }
    }

    /// Takes what rooms have to store: all of them, or those where events wait.
    private func takeDirty(all: Bool, into draft: inout CommitDraft, _ afters: inout [AfterCommit]) {
        var rest: [RoomHost] = []
        for host in dirty where host.isDirty {
            guard host.heldBack == nil, all || host.isUrgent, !mustWait(host) else {
                rest.append(host)
                // What is taken out of the log is in the journals by then.
                if all, host.heldBack == nil, let after = host.takeLogged(into: &draft) { afters.append(after) }
                continue
            }
            if isSound(host, host.room.violation) { afters.append(host.take(into: &draft)) }
        }
        dirty = rest
    }

    /// Takes the markers that have come; of a room that has decided more, all: what came with markers, such as that a
    /// phone streams now, gets to the disk with them, not after them.
    private func takeFresh(into draft: inout CommitDraft, _ afters: inout [AfterCommit]) {
        var rest: [RoomHost] = []
        for host in fresh where host.isHurried {
            let hasMore = !host.unstored.isEmptyBesideMarkers
            if host.heldBack != nil || mustWait(host, hasMore: hasMore) {
                rest.append(host)
            } else if isSound(host, hasMore ? host.room.violation : host.room.freshViolation) {
                afters.append(hasMore ? host.take(into: &draft) : host.takeMarkers(into: &draft))
            }
        }
        fresh = rest
    }

    /// Whether a room waits for what is read for its records; whoever stops has it read by the commit.
    private func mustWait(_ host: RoomHost, hasMore: Bool = true) -> Bool {
        !isStopping && (hasMore ? host.waitsForBlocks() : host.isReadingAhead)
    }

    /// What is on disk is right, as far as anybody knows; what is in memory may not be, and is dropped then.
    private func isSound(_ host: RoomHost, _ violation: RoomViolation?) -> Bool {
        guard let violation else { return true }
        context.metrics.invariantViolations[violation.rawValue, default: 0] += 1
        setAside(host, because: "the invariant “\(violation.rawValue)” of the room does not hold")
        return false
    }

    private func commit(_ draft: CommitDraft, _ afters: [AfterCommit]) async {
        let begun = ContinuousClock.now
        var afters = afters
        let encoded = await draft.encode(from: context.store, logger: context.logger)
        var outcome = await attempt(encoded.batch)
        while case .failure(let error) = outcome {
            context.metrics.commitsFailed += 1
            failed(error, &afters)
            if isStopping, ContinuousClock.now >= lastTry {
                isStopped = true
                break
            }
            try? await Task.sleep(for: isStopping ? .milliseconds(200) : .seconds(1))
            answerWaiters(error)
            outcome = await attempt(encoded.batch)
        }
        if case .success(let result) = outcome {
            context.metrics.commits += 1
            context.metrics.commitTime.record(begun.duration(to: .now).inSeconds)
            if failure != nil {
                failure = nil
                context.logger.notice("the database stores again")
            }
            log += result.unfolded + result.logged
            if !result.unfolded.isEmpty { isLogShared = true }
            if !encoded.batch.log.isEmpty { logTries = result.unfolded.isEmpty ? 0 : logTries + 1 }
            settle(afters, encoded, result)
        }
        if isStopping, !heldBack.isEmpty {
            if ContinuousClock.now >= lastTry {
                isStopped = true
            } else {
                try? await Task.sleep(for: .milliseconds(200))
            }
        }
        rhythm.ended()
        let waiting = ends
        ends = []
        for continuation in waiting { continuation.resume() }
        // Whoever stops begins the next one.
        guard !isStopping else { return }
        scheduleRetry()
        arm()
    }

    private func attempt(_ batch: JournalBatch) async -> Result<CommitResult, StoreError> {
        do throws(StoreError) {
            return .success(try await context.store.rooms.commit(batch, purging: context.settings.purgedRows))
        } catch {
            return .failure(error)
        }
    }
}
