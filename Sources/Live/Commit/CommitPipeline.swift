import Logging
import LWS
import Rooms
import Store

/// Brings what the rooms of a loop have to store to the disk: one commit at a time, of all rooms each second, and in
/// between of those where events wait.
///
/// ```text
///  add ──▶ dirty ──begin──▶ (draft) ──commit──▶ on disk: told ──▶ acknowledgements, when it was of everything
///            ▲                  │ nothing can be stored: again each second
///            │                  └ one room cannot: held back, again by itself ──▶ stored, or set aside
///            └── requestCommit: of rooms with events, after 2 ms
/// ```
final class CommitPipeline {
    let context: LiveContext
    let table: RoomTable

    /// Rooms with something to store.
    var dirty: [RoomHost] = []
    private var hasUrgent = false
    private var isCommitting = false
    /// A commit of everything waits for the one under way.
    var isFullCommitDue = false
    /// Rooms where somebody's markers are on disk, and not acknowledged before all that had come is.
    var acknowledging: [RoomHost] = []
    /// Why the last commit failed, while it is being tried again.
    var failure: StoreError?
    /// Rooms that cannot be stored while others can.
    var heldBack: [RoomHost] = []
    /// Markers that wait for the disk: counted up as they come, and anew every second.
    var unjournaledMarkers = 0

    private var commitTimer: LoopTimer?
    private var urgentTimer: LoopTimer?
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
    }

    /// Whether no more markers may wait.
    var isFull: Bool { unjournaledMarkers >= context.settings.unjournaledLimit }

    /// From the loop's thread.
    func start() {
        commitTimer = context.makeTimer { [weak self] in self?.commitTick() }
        urgentTimer = context.makeTimer { [weak self] in self?.begin(everything: false) }
        retryTimer = context.makeTimer { [weak self] in self?.begin(everything: false) }
        commitTimer?.schedule(after: context.settings.commitInterval)
        if !dirty.isEmpty { requestCommit() }
    }

    /// Stores what is left; returns when all is on disk, or cannot be.
    func stop() async {
        isStopping = true
        // A database that cannot store gets a few more chances; what was not acknowledged may then be lost.
        lastTry = .now + .seconds(3)
        while !isStopped {
            if !isCommitting { begin(everything: true) }
            guard isCommitting else { break }
            await withCheckedContinuation { ends.append($0) }
        }
        isStopped = true
        if failure != nil || !heldBack.isEmpty {
            context.logger.error("stopped with changes that could not be stored")
        }
        for timer in [commitTimer, urgentTimer, retryTimer] { timer?.cancel() }
        dirty.removeAll()
        heldBack.removeAll()
        acknowledging.removeAll()
    }

    // MARK: - What is to be stored

    /// Has a room stored with the next commit of everything; to be called once, until it was taken.
    func add(_ host: RoomHost) { dirty.append(host) }

    /// Has a room tell what is on disk when all that had come is.
    func tellAfterAll(_ host: RoomHost) { acknowledging.append(host) }

    /// Lets go of a room that has no place any more.
    func dismiss(_ host: RoomHost) { table.remove(host) }

    /// Asks for a commit soon: events wait for it.
    ///
    /// A few milliseconds gather what happens at once.
    func requestCommit() {
        guard !hasUrgent else { return }
        hasUrgent = true
        guard !isCommitting else { return }
        urgentTimer?.schedule(after: .milliseconds(2))
    }

    /// Everything is to be committed: at once, or when the commit that is under way has ended.
    func commitTick() {
        isFullCommitDue = true
        if !isCommitting { begin(everything: true) }
    }

    // MARK: - A commit

    /// Hands what is to be stored to the database: of all rooms, or only of those where events wait.
    private func begin(everything: Bool) {
        guard !isCommitting else { return }
        if everything { isFullCommitDue = false }
        hasUrgent = false
        var draft = CommitDraft(time: context.clock.now())
        var afters: [AfterCommit] = []
        var rest: [RoomHost] = []
        for host in dirty {
            guard host.heldBack == nil, everything || host.isUrgent else {
                rest.append(host)
                continue
            }
            if let violation = host.room.violation {
                // What is on disk is right, as far as anybody knows; what is here is not.
                context.metrics.invariantViolations[violation.rawValue, default: 0] += 1
                setAside(host, because: "the invariant “\(violation.rawValue)” of the room does not hold")
                continue
            }
            afters.append(host.take(into: &draft))
        }
        dirty = rest
        let moment = ContinuousClock.now
        for host in heldBack {
            guard let held = host.heldBack, isStopping || held.due <= moment else { continue }
            draft.heldBack.append(held.changes)
            afters.append(held.after)
        }
        guard !afters.isEmpty else {
            if everything { endFullCommit() }
            // A timer may be early by a moment.
            scheduleRetry()
            return
        }
        isCommitting = true
        context.tasks.start((self, afters)) { [draft] _, work in
            await work.0.commit(draft, work.1, everything: everything)
        }
    }

    /// All that had come is on disk: tells runners so, and comes again.
    ///
    /// Only then are acknowledgements given. The interval is counted from here, so that the commits are a little rarer
    /// than acknowledgements may be: one that is late does not make all later ones late.
    private func endFullCommit() {
        for host in acknowledging {
            host.acks.allCommitted()
            host.markChanged()
        }
        acknowledging.removeAll(keepingCapacity: true)
        commitTimer?.schedule(after: context.settings.commitInterval)
    }

    private func commit(_ draft: CommitDraft, _ afters: [AfterCommit], everything: Bool) async {
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
            settle(afters, encoded, result)
        }
        if isStopping, !heldBack.isEmpty {
            if ContinuousClock.now >= lastTry {
                isStopped = true
            } else {
                try? await Task.sleep(for: .milliseconds(200))
            }
        }
        isCommitting = false
        if everything { endFullCommit() }
        let waiting = ends
        ends = []
        for continuation in waiting { continuation.resume() }
        // Whoever stops begins the next one.
        guard !isStopping else { return }
        scheduleRetry()
        if isFullCommitDue {
            begin(everything: true)
        } else if hasUrgent {
            hasUrgent = false
            requestCommit()
        }
    }

    private func attempt(_ batch: JournalBatch) async -> Result<CommitResult, StoreError> {
        do throws(StoreError) {
            return .success(try await context.store.rooms.commit(batch, purging: context.settings.purgedRows))
        } catch {
            return .failure(error)
        }
    }
}
