import Logging
import LWS
import Rooms
import Store

extension RoomHost {
    /// Takes what the room has decided into the next commit.
    ///
    /// Everything that a room changes and must keep is in its decisions, so this is where it is seen that there is
    /// something to store.
    ///
    /// - Parameters:
    ///   - decisions: What was decided.
    ///   - isWaitedFor: Whether somebody waits for its markers to be stored.
    func apply(_ decisions: Decisions, isWaitedFor: Bool = true) {
        guard decisions.still.isEmpty else {
            var others = decisions
            others.still = []
            for still in decisions.still { callForHelp(still) }
            return apply(others, isWaitedFor: isWaitedFor)
        }
        if decisions.newMarkers > 0 {
            pipeline.unjournaledMarkers += decisions.newMarkers
            markFresh(isWaitedFor: isWaitedFor)
            markChanged()
            // The most frequent case by far: no deadline comes sooner by it.
            if decisions.isOnlyMarkers { return }
        }
        deadline = room.nextDeadline
        guard !decisions.isEmpty else { return }
        updatedAt = context.clock.now()
        unstored.merge(decisions)
        markDirty()
        if !decisions.events.isEmpty || !decisions.recalls.isEmpty {
            isUrgent = true
            pipeline.requestCommit()
        }
        markChanged()
    }

    /// Has new markers of the room brought into the journal with the next commit of everything, and stored before that if
    /// somebody waits for them.
    private func markFresh(isWaitedFor: Bool) {
        markDirty()
        guard !isOver else { return }
        isFresh = true
        if isWaitedFor { hurry() }
    }

    /// Has new markers of the room stored soon.
    private func hurry() {
        guard isFresh, !isHurried else { return }
        isHurried = true
        pipeline.addFresh(self)
    }

    /// Has the room stored with the next commit of everything.
    func markDirty() {
        guard !isDirty, !isOver else { return }
        isDirty = true
        pipeline.add(self)
    }

    /// Returns when all that the room has decided so far is on disk.
    func stored() async throws(LiveError) {
        if let heldBack { throw .store(heldBack.error) }
        if isOver { throw .store(.termLost) }
        guard isDirty || isBeingStored else { return }
        guard !pipeline.isStopped else { throw .stopping }
        markDirty()
        isUrgent = true
        pipeline.requestCommit()
        let error: LiveError? = await withCheckedContinuation { continuation in
            waiters.append { continuation.resume(returning: $0) }
        }
        if let error { throw error }
    }

    /// Returns when all that the room has decided so far is on disk: where that is markers alone, with the log of all rooms,
    /// which costs others less than a commit of this room.
    func markersStored() async throws(LiveError) {
        guard heldBack == nil, !isOver, !pipeline.isStopped, unstored.isEmptyBesideMarkers, isFresh || !isBeingStored
        else { return try await stored() }
        // What is not fresh is in the log.
        guard isFresh else { return }
        hurry()
        let error: LiveError? = await withCheckedContinuation { continuation in
            markerWaiters.append { continuation.resume(returning: $0) }
        }
        if let error { throw error }
    }

    /// All who wait for the room's markers, or for all of it.
    func takeWaiters() -> [(LiveError?) -> Void] {
        defer { (waiters, markerWaiters) = ([], []) }
        return waiters + markerWaiters
    }

    /// Answers whoever waits for the disk.
    func answerWaiters(_ error: LiveError) {
        let waiting = takeWaiters()
        for answer in waiting { answer(error) }
    }

    // MARK: - Limits

    /// Why the room takes no more events at the moment: those that cannot be stored wait in memory.
    var failureToStoreMore: StoreError? {
        unstored.events.count >= context.settings.unstoredEvents || pipeline.isFull
            ? pipeline.failure ?? heldBack?.error : nil
    }

    /// Whether so many markers more may wait for the disk; of a room that cannot be stored, a part of all.
    func mayWait(_ count: Int) -> Bool {
        let limit = context.settings.unjournaledLimit
        guard pipeline.unjournaledMarkers + count <= limit else { return false }
        return heldBack == nil || room.unjournaledCount + count <= limit / 20
    }

    // MARK: - A commit

    /// Moves the room's new markers into a draft, for the log.
    func takeMarkers(into draft: inout CommitDraft) -> AfterCommit {
        (isFresh, isHurried) = (false, false)
        isBeingStored = true
        let batch = room.takeFreshJournal(keepingBlocksOf: ledger.unreadRunners)
        var room = CommitDraft.RoomDraft(changes: RoomChanges(room: key, term: term), isLogged: true)
        for chunk in batch.chunks { acks.committing(chunk.runner) }
        if !batch.chunks.isEmpty { (room.chunks, room.sequence) = (batch.chunks, ledger.numberOfLog()) }
        logged += batch.chunks
        room.changes.blocks = batch.blocks.map(StoredBlock.init)
        ledger.note(Decisions(), batch.blocks)
        draft.rooms.append(room)
        defer { markerWaiters = [] }
        return AfterCommit(
            host: self, acknowledgements: batch.acknowledgements, waiters: markerWaiters, isLogged: true)
    }

    /// The records of the next commit.
    var recordsToStore: [FinishedRun] {
        let isAnew = Set(unstored.records.map(\.runKey))
        return unstored.records + ledger.toReadAgain(at: .now).filter { !isAnew.contains($0.runKey) }
    }

    /// Moves what the room has to store into a draft.
    func take(into draft: inout CommitDraft) -> AfterCommit {
        isDirty = false
        isUrgent = false
        (isFresh, isHurried) = (false, false)
        isBeingStored = true
        let (decisions, records) = (unstored, recordsToStore)
        unstored = Decisions()
        let checkpoints = room.takeCheckpoints(after: soundSpans)
        soundSpans = []
        let batch = room.takeJournal(keepingBlocksOf: ledger.unreadRunners)
        var room = CommitDraft.RoomDraft(changes: RoomChanges(room: key, term: term, updatedAt: updatedAt))
        room.marks = checkpoints.compactMap { checkpoint in checkpoint.mark.map { (checkpoint.run.runner, $0) } }
        for chunk in batch.chunks { acks.committing(chunk.runner) }
        // Those in the log are written once more, and taken out there by the next commit of everything.
        var chunks = logged + batch.chunks
        logged = []
        for checkpoint in checkpoints {
            guard let loose = checkpoint.loose, !loose.isEmpty else { continue }
            let run = checkpoint.run
            ledger.carry(run.runKey)
            chunks.append(JournalChunk(runner: run.runner, runKey: run.runKey, markers: loose))
        }
        if !chunks.isEmpty { (room.chunks, room.sequence) = (chunks, ledger.number(chunks)) }
        room.changes.blocks = batch.blocks.map(StoredBlock.init)
        (room.records, room.blocks) = (records, readingAhead.blocks)
        readingAhead = .notBegun
        ledger.note(decisions, batch.blocks)
        ledger.removeNeedless(by: &room.changes)
        room.people = decisions.changedRunners.sorted().compactMap { number in
            guard let person = self.room.person(number), let snapshot = self.room.snapshot(of: number) else {
                return nil
            }
            return (person, snapshot, self.room.settledWay(of: number))
        }
        let events = decisions.events.map(self.room.tellable)
        room.events = events.map { event in
            let author = event.kind.author.flatMap(self.room.person)
            return (event, author.flatMap { $0.isNobody ? nil : $0.account })
        }
        if !decisions.events.isEmpty { room.changes.eventsBelow = self.room.firstRecoverableEvent }
        room.changes.isDeleted = isDeleted
        draft.rooms.append(room)
        let after = AfterCommit(
            host: self, events: events, acknowledgements: batch.acknowledgements, recalls: decisions.recalls,
            checkpoints: checkpoints, sequence: ledger.lastSequence, records: room.records, waiters: takeWaiters(),
            isDeletion: isDeleted)
        return after
    }

    /// All is on disk: now it may be told.
    func committed(_ after: AfterCommit, _ result: CommitResult) {
        isBeingStored = false
        release(after.events, runIDs: result.runIDs)
        let moment = Moment.now
        for acknowledgement in after.acknowledgements {
            let hasGrown = room.stored(acknowledgement)
            let marker = hasGrown ? room.durableMarker(of: acknowledgement.runner) : nil
            let delay = acks.committed(acknowledgement.runner, upTo: marker, at: moment)
            if let delay { context.metrics.storeDelay.record(delay) }
        }
        for run in after.recalls { beginRecall(of: run) }
        for answer in after.waiters { answer(nil) }
        if after.isDeletion { return disband() }
        if !after.isLogged { beginReadingBack() }
        markChanged()
    }

    /// Sends stored events to everybody who watches: those of a commit in one piece.
    private func release(_ events: [RoomEvent], runIDs: [Int64: Int64]) {
        var told: [RoomEvent] = []
        for event in events {
            // Its author may have been forgotten while it was stored.
            var event = room.tellable(event)
            if case .finished(var finish) = event.kind, finish.isRecorded, let runID = runIDs[finish.runKey] {
                finish.runID = Int(runID)
                event.kind = .finished(finish)
                room.recordStored(runKey: finish.runKey, as: Int(runID))
            }
            if case .joined(let runner, _) = event.kind { room.introduce(runner) }
            told.append(event)
            releasedEvent = event.number
        }
        let messages = told.map(EventCoding.encode)
        guard let first = messages.first else { return }
        let message = messages.count == 1 ? first : OutgoingMessage(joining: messages)
        audience.send(message)
        delayed?.take(told: told, of: room, event: releasedEvent, at: context.clock.now())
        context.metrics.eventsOut += audience.viewers.count * messages.count
    }

    /// What a commit was not allowed to remove is for the next one.
    func notePurged(_ unpurged: CommitResult.Unpurged?) {
        guard ledger.unread.isEmpty else { return }
        ledger.purged(unpurged)
        // Whoever stops does not wait for that: it is made up for when the room wakes.
        if unpurged != nil, !pipeline.isStopping { markDirty() }
    }

    /// Takes blocks back into the room that were not stored, since those of an unread run are in their place.
    func putBack(_ blocks: [StoredBlock]) {
        let runs = Dictionary(grouping: blocks) { RunReference(runner: $0.runner, runKey: $0.runKey) }
        for (run, blocks) in runs {
            room.putBack(
                blocks.map {
                    TrackBlock(runner: run.runner, runKey: run.runKey, number: $0.number, bytes: $0.bytes)
                })
        }
    }

    /// Runs whose markers could not be read are stored again later.
    ///
    /// - Parameters:
    ///   - records: The runs that were stored.
    ///   - unread: The keys of those of them.
    func noteUnread(_ records: [FinishedRun], _ unread: Set<Int64>) {
        let hadUnread = !ledger.unread.isEmpty
        for run in records {
            if !unread.contains(run.runKey) {
                ledger.hasRead(run)
            } else if ledger.failedToRead(run, context.settings) {
                context.logger.critical(
                    "older markers of a run cannot be read; its record has the others",
                    metadata: ["room": "\(room.id)", "runner": "\(run.runner)"])
            }
        }
        guard !records.isEmpty, ledger.unread.isEmpty, !pipeline.isStopping else { return }
        // Others' blocks may have waited for that.
        if hadUnread || ledger.hasSomethingToRemove { markDirty() }
    }

    /// What lies before a checkpoint is needed from the journal no longer.
    func noteCheckpoints(of after: AfterCommit) {
        for checkpoint in after.checkpoints { ledger.passed(checkpoint, at: after.sequence) }
    }

    /// Has others called for somebody who does not move.
    private func callForHelp(_ still: Stillness) {
        context.tasks.start(self) { _, host in await host.context.services.callForHelp(still, host.key) }
    }

    // MARK: - The end

    /// Ends the connections of a deleted room.
    private func disband() {
        pipeline.dismiss(self)
        isOver = true
        for audience in audiences { audience.close(.noSuchRoom, code: "room_deleted", "The room was deleted.") }
    }

    /// What was not stored is dropped, and whoever asks for the room again gets what is on the disk.
    func end() {
        isOver = true
        heldBack = nil
        isDirty = false
        (isFresh, isHurried) = (false, false)
        isBeingStored = false
        answerWaiters(.stopping)
        for viewer in audiences.flatMap(\.viewers) { viewer.closeUnavailable() }
    }
}

extension StoredBlock {
    fileprivate init(_ block: TrackBlock) {
        self.init(runner: block.runner, runKey: block.runKey, number: block.number, bytes: block.bytes)
    }
}
