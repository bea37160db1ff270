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

    /// Once a second everything is committed.
    func commitTick() {
        commitTimer?.schedule(after: settings.commitInterval)
        if !isCommitting { beginCommit(everything: true) }
    }

    /// Hands what is to be stored to the database: of all rooms, or only of those where events wait.
    func beginCommit(everything: Bool) {
        guard !isCommitting, !dirty.isEmpty else { return }
        hasUrgent = false
        var batch = JournalBatch()
        var promises: [Promise] = []
        var rest: [Home] = []
        for home in dirty {
            guard everything || home.isUrgent else {
                rest.append(home)
                continue
            }
            promises.append(take(home, into: &batch))
        }
        dirty = rest
        guard !promises.isEmpty else { return }
        isCommitting = true
        Task { await commit(batch, promises) }
    }

    /// Moves what a room has to store into a batch.
    private func take(_ home: Home, into batch: inout JournalBatch) -> Promise {
        home.isDirty = false
        home.isUrgent = false
        home.isBeingStored = true
        let now = clock.now()
        let decisions = home.unstored
        home.unstored = Decisions()
        let journal = home.room.takeJournal()
        var changes = RoomChanges(room: home.key, updatedAt: home.updatedAt)
        if !journal.chunks.isEmpty {
            let sequence = home.nextSequence
            home.nextSequence += 1
            changes.journal = [
                JournalRow(
                    sequence: sequence, time: now,
                    bytes: JournalCodec.encode(journal.chunks, room: home.key, sequence: sequence))
            ]
            for chunk in journal.chunks {
                if home.firstSequence[chunk.runKey] == nil { home.firstSequence[chunk.runKey] = sequence }
                home.connections[chunk.runner]?.waitingMarkers.committed()
            }
        }
        if !decisions.settledRuns.isEmpty {
            for run in decisions.settledRuns { home.firstSequence[run] = nil }
            changes.journalBelow = home.firstSequence.values.min() ?? home.nextSequence
        }
        changes.people = decisions.changedRunners.sorted().compactMap { Recovery.person($0, of: home.room) }
        let events = decisions.events.map(home.room.tellable)
        changes.events = events.map { Recovery.event($0, of: home.room) }
        if !decisions.events.isEmpty { changes.eventsBelow = home.room.firstRecoverableEvent }
        for record in decisions.records { batch.records.append(Recovery.record(record, at: now)) }
        batch.rooms.append(changes)
        if home.isDeleted { batch.deletedRooms.append(home.key) }
        let promise = Promise(
            home: home, events: events, acknowledgements: journal.acknowledgements, waiters: home.waiters,
            isDeletion: home.isDeleted)
        home.waiters = []
        return promise
    }

    private func commit(_ batch: JournalBatch, _ promises: [Promise]) async {
        let begun = ContinuousClock.now
        var promises = promises
        while true {
            do {
                let result = try await store.commit(batch)
                metrics.commits += 1
                metrics.commitTime.record(begun.duration(to: .now).inSeconds)
                if commitFailure != nil {
                    commitFailure = nil
                    logger.notice("the database stores again")
                }
                fulfil(promises, result)
                break
            } catch {
                metrics.commitsFailed += 1
                commitFailed(error, &promises)
                if isStopping, ContinuousClock.now >= lastTry {
                    isStopped = true
                    break
                }
                try? await Task.sleep(for: isStopping ? .milliseconds(200) : .seconds(1))
                failWaiters(error)
            }
        }
        isCommitting = false
        commitEnded()
        // Whoever stops begins the next one.
        guard !isStopping, hasUrgent else { return }
        hasUrgent = false
        requestCommit()
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
                if isAckDue { home.acksDue.insert(acknowledgement.runner) }
            }
            for waiter in promise.waiters { waiter(nil) }
            if promise.isDeletion { disband(home) } else { markChanged(home) }
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
        homes[home.room.id] = nil
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
