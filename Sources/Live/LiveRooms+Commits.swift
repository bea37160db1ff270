import Foundation
import Geo
import LWS
import Logging
import Rooms
import Store

extension LiveRooms {
    // MARK: - Commits

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
        if !isCommitting { beginCommit(everything: true) }
    }

    /// Hands what is to be stored to the database: of all rooms, or only of those where events wait.
    func beginCommit(everything: Bool) {
        guard !isCommitting else { return }
        if everything { isFullCommitDue = false }
        hasUrgent = false
        var draft = CommitDraft(time: clock.now())
        var promises: [Promise] = []
        var rest: [Home] = []
        for home in dirty {
            guard home.heldBack == nil, everything || home.isUrgent else {
                rest.append(home)
                continue
            }
            if let violation = home.room.violation {
                // What is on disk is right, as far as anybody knows; what is here is not.
                metrics.invariantViolations[violation.rawValue, default: 0] += 1
                setAside(home, because: "the invariant “\(violation.rawValue)” of the room does not hold")
                continue
            }
            promises.append(take(home, into: &draft))
        }
        dirty = rest
        let moment = ContinuousClock.now
        for home in heldBack {
            guard let held = home.heldBack, isStopping || held.due <= moment else { continue }
            draft.heldBack.append(held.changes)
            promises.append(held.promise)
        }
        guard !promises.isEmpty else {
            if everything { endFullCommit() }
            // A timer may be early by a moment.
            scheduleRetry()
            return
        }
        isCommitting = true
        Task { await commit(draft, promises, everything: everything) }
    }

    /// All that had come is on disk: tells runners so, and comes again.
    ///
    /// Only then are acknowledgements given. The interval is counted from here, so that the commits
    /// are a little rarer than acknowledgements may be: one that is late does not make all later ones late.
    private func endFullCommit() {
        for home in acknowledging {
            home.acks.allCommitted()
            markChanged(home)
        }
        acknowledging.removeAll(keepingCapacity: true)
        commitTimer?.schedule(after: settings.commitInterval)
    }

    /// Moves what a room has to store into a draft.
    private func take(_ home: Home, into draft: inout CommitDraft) -> Promise {
        home.isDirty = false
        home.isUrgent = false
        home.isBeingStored = true
        let decisions = home.unstored
        home.unstored = Decisions()
        let journal = home.room.takeJournal()
        var room = CommitDraft.RoomDraft(
            changes: RoomChanges(room: home.key, term: home.term, updatedAt: home.updatedAt))
        if !journal.chunks.isEmpty {
            let sequence = home.nextSequence
            home.nextSequence += 1
            room.chunks = journal.chunks
            room.sequence = sequence
            for chunk in journal.chunks {
                if home.firstSequence[chunk.runKey] == nil { home.firstSequence[chunk.runKey] = sequence }
                home.acks.committing(chunk.runner)
            }
        }
        room.changes.blocks = journal.blocks.map {
            StoredBlock(runner: $0.runner, number: $0.number, bytes: $0.bytes)
        }
        for run in decisions.settledRuns {
            home.firstSequence[run.runKey] = nil
            home.hasJournalToRemove = true
        }
        home.blocksToRemove.formUnion(decisions.voidBlocks)
        room.records = decisions.records
        let isAnew = Set(decisions.records.map(\.runKey))
        room.records += home.unread.values.filter { !isAnew.contains($0.run.runKey) && $0.due <= .now }.map(\.run)
        // The first block takes the place of all that there were.
        home.blocksToRemove.subtract(journal.blocks.filter { $0.number == 0 }.map(\.runner))
        let unread = Set(home.unread.values.map(\.run.runner))
        room.changes.blocksRemoved = home.blocksToRemove.subtracting(unread).sorted()
        if home.hasJournalToRemove, unread.isEmpty { room.changes.journalBelow = home.firstNeeded }
        room.people = decisions.changedRunners.sorted().compactMap { number in
            guard let person = home.room.person(number), let snapshot = home.room.snapshot(of: number) else {
                return nil
            }
            return (person, snapshot, home.room.settledWay(of: number))
        }
        let events = decisions.events.map(home.room.tellable)
        room.events = events.map { event in
            let author = event.kind.author.flatMap(home.room.person)
            return (event, author.flatMap { $0.isNobody ? nil : $0.account })
        }
        if !decisions.events.isEmpty { room.changes.eventsBelow = home.room.firstRecoverableEvent }
        room.changes.isDeleted = home.isDeleted
        draft.rooms.append(room)
        let promise = Promise(
            home: home, events: events, acknowledgements: journal.acknowledgements, recalls: decisions.recalls,
            records: room.records, waiters: home.waiters, isDeletion: home.isDeleted)
        home.waiters = []
        return promise
    }

    private func commit(_ draft: CommitDraft, _ promises: [Promise], everything: Bool) async {
        let begun = ContinuousClock.now
        var promises = promises
        let encoded = await draft.encode(from: store, logger: logger)
        var outcome = await attempt(encoded.batch)
        while case .failure(let error) = outcome {
            metrics.commitsFailed += 1
            commitFailed(error, &promises)
            if isStopping, ContinuousClock.now >= lastTry {
                isStopped = true
                break
            }
            try? await Task.sleep(for: isStopping ? .milliseconds(200) : .seconds(1))
            failWaiters(error)
            outcome = await attempt(encoded.batch)
        }
        if case .success(let result) = outcome {
            metrics.commits += 1
            metrics.commitTime.record(begun.duration(to: .now).inSeconds)
            if commitFailure != nil {
                commitFailure = nil
                logger.notice("the database stores again")
            }
            settle(promises, encoded, result)
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
        commitEnded()
        // Whoever stops begins the next one.
        guard !isStopping else { return }
        scheduleRetry()
        if isFullCommitDue {
            beginCommit(everything: true)
        } else if hasUrgent {
            hasUrgent = false
            requestCommit()
        }
    }

    /// Sees to it that what is held back is tried again when it is due.
    private func scheduleRetry() {
        guard let next = heldBack.compactMap(\.heldBack?.due).min() else { return }
        retryTimer?.schedule(after: max(.milliseconds(1), ContinuousClock.now.duration(to: next)))
    }

    private func attempt(_ batch: JournalBatch) async -> Result<CommitResult, StoreError> {
        do throws(StoreError) {
            return .success(try await store.commit(batch, purging: settings.purgedRows))
        } catch {
            return .failure(error)
        }
    }

    /// Tells what is on disk, and sees to what is not.
    private func settle(_ promises: [Promise], _ encoded: CommitDraft.Encoded, _ result: CommitResult) {
        if !result.failures.isEmpty { metrics.commitsFailed += 1 }
        for promise in promises {
            let home = promise.home
            if let error = result.failures[home.key] {
                guard let changes = encoded.batch.rooms.first(where: { $0.room == home.key }) else { continue }
                holdBack(promise, changes, error)
                continue
            }
            if let held = home.heldBack {
                home.heldBack = nil
                heldBack.removeAll { $0 === home }
                logger.notice(
                    "a room is stored again", metadata: ["room": "\(home.room.id)", "tries": "\(held.tries)"])
                // What has come meanwhile has waited for long enough.
                isFullCommitDue = true
            }
            // In this order: while a run was unread nothing was removed, and what is to be is not forgotten by that.
            if promise.records.allSatisfy({ !encoded.unread.contains($0.runKey) }) {
                notePurged(home, result.unpurged[home.key])
            }
            noteUnread(promise, encoded.unread)
            fulfil(promise, result)
        }
    }

    // MARK: - Rooms that cannot be stored

    /// Tries a room's changes again later, while those of others go on; after some tries it is given up.
    private func holdBack(_ promise: Promise, _ changes: RoomChanges, _ error: StoreError) {
        let home = promise.home
        let tries = (home.heldBack?.tries ?? 0) + 1
        var promise = promise
        let waiters = promise.waiters + home.waiters
        (promise.waiters, home.waiters) = ([], [])
        guard error != .termLost, tries < settings.storeTries else {
            setAside(home, because: "\(error)")
            for waiter in waiters { waiter(.store(error)) }
            return
        }
        if home.heldBack == nil {
            heldBack.append(home)
            logger.error(
                "a room cannot be stored; trying again, and the others go on",
                metadata: ["room": "\(home.room.id)", "error": "\(error)"])
            let message = ServerMessages.error(
                code: "not_stored",
                message: "The server cannot store this room at the moment. Keep your markers: they are taken later.")
            for viewer in home.viewers { viewer.send(message) }
        }
        home.heldBack = HeldBack(
            changes: changes, promise: promise, error: error, tries: tries,
            due: .now + settings.wait(after: tries))
        for waiter in waiters { waiter(.store(error)) }
    }

    /// Ends a home: what was not stored of it is dropped, and whoever asks for the room again gets what is on the disk.
    ///
    /// Nothing of what is dropped was told or acknowledged.
    private func setAside(_ home: Home, because reason: String) {
        home.isOver = true
        home.heldBack = nil
        home.isDirty = false
        home.isBeingStored = false
        heldBack.removeAll { $0 === home }
        dirty.removeAll { $0 === home }
        acknowledging.removeAll { $0 === home }
        if homes[home.room.id] === home { homes[home.room.id] = nil }
        metrics.roomsSetAside += 1
        logger.critical(
            "a room is set aside; what was not acknowledged is sent again by its runners",
            metadata: ["room": "\(home.room.id)", "error": "\(reason)"])
        let waiters = home.waiters
        home.waiters = []
        for waiter in waiters { waiter(.stopping) }
        for viewer in home.viewers { closeUnavailable(viewer) }
    }

    /// Ends the connection of somebody in a room that was set aside.
    func closeUnavailable(_ connection: Connection) {
        close(connection, .full, code: "unavailable", "The room cannot be stored at the moment. Come back later.")
    }

    /// Runs whose markers could not be read are stored again later; until they are whole, or it is given up, what there
    /// is of them stays on the disk.
    private func noteUnread(_ promise: Promise, _ unread: Set<Int64>) {
        let home = promise.home
        for run in promise.records {
            let key = run.runKey
            let tries = (home.unread[key]?.tries ?? 0) + 1
            guard unread.contains(key) else {
                home.unread[key] = nil
                continue
            }
            if tries < settings.storeTries {
                home.unread[key] = UnreadRun(run: run, tries: tries, due: .now + settings.wait(after: tries))
            } else {
                home.unread[key] = nil
                logger.critical(
                    "older markers of a run cannot be read; its record has the others",
                    metadata: ["room": "\(home.room.id)", "runner": "\(run.runner)"])
            }
        }
        if !promise.records.isEmpty, home.unread.isEmpty, !isStopping,
            home.hasJournalToRemove || !home.blocksToRemove.isEmpty
        {
            markDirty(home)
        }
    }

    /// What a commit was not allowed to remove is for the next one.
    private func notePurged(_ home: Home, _ unpurged: CommitResult.Unpurged?) {
        guard home.unread.isEmpty else { return }
        home.hasJournalToRemove = unpurged?.hasJournal ?? false
        home.blocksToRemove = Set(unpurged?.blocks ?? [])
        // Whoever stops does not wait for that: it is made up for when the room wakes.
        if unpurged != nil, !isStopping { markDirty(home) }
    }

    /// All is on disk: now it may be told.
    private func fulfil(_ promise: Promise, _ result: CommitResult) {
        let home = promise.home
        home.isBeingStored = false
        release(promise.events, of: home, runIDs: result.runIDs)
        let wasOwed = home.acks.waitsForAll
        for acknowledgement in promise.acknowledgements {
            home.acks.committed(acknowledgement.runner, hasGrown: home.room.stored(acknowledgement))
        }
        if !wasOwed, home.acks.waitsForAll { acknowledging.append(home) }
        for run in promise.recalls { Task { await recall(run, of: home) } }
        for waiter in promise.waiters { waiter(nil) }
        if promise.isDeletion { disband(home) } else { markChanged(home) }
    }

    /// Reads back the older markers of a run, all of which are on disk now, for those that came late.
    private func recall(_ run: RunReference, of home: Home) async {
        do {
            let points = try await CommitDraft.readBlocks(of: run.runner, in: home.key, from: store)
            let moment = Moment.now
            guard let decisions = home.room.recall(points, of: run.runner, runKey: run.runKey, at: clock.now()) else {
                throw StoreError.corrupt("some are missing")
            }
            spend(since: moment, home.allowance(of: run.runner, settings))
            metrics.recalls += 1
            apply(decisions, to: home)
            // The blocks are made anew, if it was still of use.
            guard !decisions.isEmpty else { return }
            markDirty(home)
            markChanged(home)
        } catch {
            metrics.recallsFailed += 1
            logger.error(
                "older markers of a run cannot be read back",
                metadata: ["room": "\(home.room.id)", "runner": "\(run.runner)", "error": "\(error)"])
            switch error {
            case StoreError.closed: break
            case StoreError.corrupt, is TrackCodecError: await recallFromJournal(run, of: home)
            default: tryRecallAgain(run, of: home)
            }
        }
    }

    /// With the next commit it may go better.
    private func tryRecallAgain(_ run: RunReference, of home: Home) {
        home.unstored.recalls.insert(run)
        markDirty(home)
    }

    /// Takes the older markers of a run from where they are too, since its blocks are damaged: so the run goes on, and
    /// its blocks are made anew.
    private func recallFromJournal(_ run: RunReference, of home: Home) async {
        do {
            let found = try await CommitDraft.readRemains(of: run, in: home.key, from: store)
            let moment = Moment.now
            let outcome = home.room.recallWhatIsLeft(found, of: run.runner, runKey: run.runKey, at: clock.now())
            spend(since: moment, home.allowance(of: run.runner, settings))
            if !outcome.isComplete {
                logger.critical(
                    "older markers of a run are lost; it goes on with the others",
                    metadata: ["room": "\(home.room.id)", "runner": "\(run.runner)"])
            }
            apply(outcome.decisions, to: home)
            markDirty(home)
            markChanged(home)
        } catch StoreError.closed {
            return
        } catch {
            tryRecallAgain(run, of: home)
        }
    }

    /// Sends stored events to everybody who watches: those of a commit in one piece.
    private func release(_ events: [RoomEvent], of home: Home, runIDs: [Int64: Int64]) {
        var messages: [OutgoingMessage] = []
        for event in events {
            // Its author may have been forgotten while it was stored.
            var event = home.room.tellable(event)
            if case .finished(var finish) = event.kind, finish.isRecorded, let runID = runIDs[finish.runKey] {
                finish.runID = Int(runID)
                event.kind = .finished(finish)
                home.room.recordStored(runKey: finish.runKey, as: Int(runID))
            }
            if case .joined(let runner, _) = event.kind { home.room.introduce(runner) }
            messages.append(EventCoding.encode(event))
            home.releasedEvent = event.number
        }
        guard let first = messages.first else { return }
        let message = messages.count == 1 ? first : OutgoingMessage(joining: messages)
        for viewer in home.viewers { viewer.send(message) }
        metrics.eventsOut += home.viewers.count * messages.count
    }

    /// Ends the connections of a deleted room.
    private func disband(_ home: Home) {
        // A room of the same name may have been made since.
        if homes[home.room.id] === home { homes[home.room.id] = nil }
        home.isOver = true
        for viewer in home.viewers {
            close(viewer, .noSuchRoom, code: "room_deleted", "The room was deleted.")
        }
    }

    /// Nothing was stored: nobody is told anything, whoever waits for an answer learns why, and it is tried again.
    private func commitFailed(_ error: StoreError, _ promises: inout [Promise]) {
        for index in promises.indices {
            for waiter in promises[index].waiters { waiter(.store(error)) }
            promises[index].waiters = []
        }
        failWaiters(error)
        if commitFailure == nil {
            logger.error("nothing can be stored; trying again", metadata: ["error": "\(error)"])
            let message = ServerMessages.error(
                code: "not_stored",
                message: "The server cannot store at the moment. Keep your markers: they are taken later.")
            for home in homes.values {
                for viewer in home.viewers { viewer.send(message) }
            }
        }
        commitFailure = error
    }

    /// Why a room takes no more events at the moment: those that cannot be stored wait in memory.
    func failureToStore(more home: Home) -> StoreError? {
        let isFull =
            home.unstored.events.count >= settings.unstoredEvents || unjournaledMarkers >= settings.unjournaledLimit
        return isFull ? commitFailure ?? home.heldBack?.error : nil
    }

    /// Whether so many markers more may wait for the disk; of a room that cannot be stored, a part of all.
    func mayWait(_ count: Int, in home: Home) -> Bool {
        guard unjournaledMarkers + count <= settings.unjournaledLimit else { return false }
        return home.heldBack == nil || home.room.unjournaledCount + count <= settings.unjournaledLimit / 20
    }

    private func failWaiters(_ error: StoreError) {
        for home in dirty {
            let waiters = home.waiters
            home.waiters = []
            for waiter in waiters { waiter(.store(error)) }
        }
    }

    /// Returns when all that a room has decided so far is on disk.
    func stored(_ home: Home) async throws(LiveError) {
        if let held = home.heldBack { throw .store(held.error) }
        if home.isOver { throw .store(.termLost) }
        guard home.isDirty || home.isBeingStored else { return }
        guard !isStopped else { throw .stopping }
        markDirty(home)
        home.isUrgent = true
        requestCommit()
        let error: LiveError? = await withCheckedContinuation { continuation in
            home.waiters.append { continuation.resume(returning: $0) }
        }
        if let error { throw error }
    }
}
