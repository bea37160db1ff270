import Foundation
import Geo
import LWS
import Logging
import Rooms
import Store

extension LiveRooms {
    // MARK: - Commits

    /// What a commit will have done for a room, to be told when it is on disk.
    private struct Promise {
        var home: Home
        var events: [RoomEvent]
        var acknowledgements: [Acknowledgement]
        /// Runs whose blocks are to be read back then.
        var recalls: Set<RunReference>
        var waiters: [@Sendable (LiveError?) -> Void]
        var isDeletion: Bool
    }

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
        guard !dirty.isEmpty else {
            if everything { endFullCommit() }
            return
        }
        hasUrgent = false
        var draft = CommitDraft(time: clock.now())
        var promises: [Promise] = []
        var rest: [Home] = []
        for home in dirty {
            guard everything || home.isUrgent else {
                rest.append(home)
                continue
            }
            promises.append(take(home, into: &draft))
        }
        dirty = rest
        guard !promises.isEmpty else { return }
        isCommitting = true
        Task { await commit(draft, promises, everything: everything) }
    }

    /// All that had come is on disk: tells runners so, and comes again.
    ///
    /// Only then are acknowledgements given. One for what an urgent commit has stored would have to be followed by
    /// a second of silence, in which the next full commit ends. The interval is counted from here, so that the commits
    /// are a little rarer than acknowledgements may be: one that is late does not make all later ones late.
    private func endFullCommit() {
        for home in acknowledging {
            home.acksDue += home.acksStored
            home.acksStored = []
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
        var room = CommitDraft.RoomDraft(changes: RoomChanges(room: home.key, updatedAt: home.updatedAt))
        if !journal.chunks.isEmpty {
            let sequence = home.nextSequence
            home.nextSequence += 1
            room.chunks = journal.chunks
            room.sequence = sequence
            for chunk in journal.chunks {
                if home.firstSequence[chunk.runKey] == nil { home.firstSequence[chunk.runKey] = sequence }
                home.connections[chunk.runner]?.waitingMarkers.committed()
            }
        }
        room.changes.blocks = journal.blocks.map {
            StoredBlock(runner: $0.runner, number: $0.number, bytes: $0.bytes)
        }
        if !decisions.settledRuns.isEmpty {
            for run in decisions.settledRuns {
                home.firstSequence[run.runKey] = nil
                room.changes.blocksRemoved.append(run.runner)
            }
            room.changes.journalBelow = home.firstSequence.values.min() ?? home.nextSequence
        }
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
        draft.records += decisions.records.map { (home.key, $0) }
        draft.rooms.append(room)
        if home.isDeleted { draft.deletedRooms.append(home.key) }
        let promise = Promise(
            home: home, events: events, acknowledgements: journal.acknowledgements,
            recalls: decisions.recalls, waiters: home.waiters, isDeletion: home.isDeleted)
        home.waiters = []
        return promise
    }

    private func commit(_ draft: CommitDraft, _ promises: [Promise], everything: Bool) async {
        let begun = ContinuousClock.now
        var promises = promises
        var outcome = await draft.commit(to: store, logger: logger)
        while case .failure(let error) = outcome {
            metrics.commitsFailed += 1
            commitFailed(error, &promises)
            if isStopping, ContinuousClock.now >= lastTry {
                isStopped = true
                break
            }
            try? await Task.sleep(for: isStopping ? .milliseconds(200) : .seconds(1))
            failWaiters(error)
            outcome = await draft.commit(to: store, logger: logger)
        }
        if case .success(let result) = outcome {
            metrics.commits += 1
            metrics.commitTime.record(begun.duration(to: .now).inSeconds)
            if commitFailure != nil {
                commitFailure = nil
                logger.notice("the database stores again")
            }
            fulfil(promises, result)
        }
        isCommitting = false
        if everything { endFullCommit() }
        commitEnded()
        // Whoever stops begins the next one.
        guard !isStopping else { return }
        if isFullCommitDue {
            beginCommit(everything: true)
        } else if hasUrgent {
            hasUrgent = false
            requestCommit()
        }
    }

    /// All is on disk: now it may be told.
    private func fulfil(_ promises: [Promise], _ result: CommitResult) {
        for promise in promises {
            let home = promise.home
            home.isBeingStored = false
            release(promise.events, of: home, runIDs: result.runIDs)
            for acknowledgement in promise.acknowledgements {
                let isAckDue = home.room.stored(acknowledgement)
                guard let connection = home.connections[acknowledgement.runner] else { continue }
                connection.waitingMarkers.settled(isAckDue: isAckDue)
                guard isAckDue, !connection.isAckDue else { continue }
                connection.isAckDue = true
                if home.acksStored.isEmpty { acknowledging.append(home) }
                home.acksStored.append((acknowledgement.runner, connection))
            }
            for run in promise.recalls { Task { await recall(run, of: home) } }
            for waiter in promise.waiters { waiter(nil) }
            if promise.isDeletion { disband(home) } else { markChanged(home) }
        }
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
            // The blocks are made anew.
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
        return isFull ? commitFailure : nil
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
