import Rooms
import Logging
import LWS
import Store

/// Either nothing can be stored: then it is tried again, and all wait. Or a room cannot: then the others go on.
extension CommitPipeline {
    /// Tells what is on disk, and sees to what is not.
    func settle(_ afters: [AfterCommit], _ encoded: CommitDraft.Encoded, _ result: CommitResult) {
        if !result.failures.isEmpty { context.metrics.commitsFailed += 1 }
        for after in afters {
            let host = after.host
            host.putBack(encoded.withheld[host.key] ?? [])
            let unread = encoded.unread.union(after.unread)
            if let error = result.failures[host.key] {
                guard let changes = encoded.batch.rooms.first(where: { $0.room == host.key }) else { continue }
                var after = after
                after.unread = unread
                holdBack(after, changes, error)
                continue
            }
            if let held = host.heldBack {
                host.heldBack = nil
                heldBack.removeAll { $0 === host }
                context.logger.notice(
                    "a room is stored again", metadata: ["room": "\(host.room.id)", "tries": "\(held.tries)"])
                // What has come meanwhile has waited for long enough.
                rhythm.hurry(at: .now)
            }
            if after.isLogged {
                host.committed(after, result)
                continue
            }
            // In this order: while a run was unread nothing was removed, and what is to be is not forgotten by that.
            if after.records.allSatisfy({ !unread.contains($0.runKey) }) {
                host.notePurged(result.unpurged[host.key])
            }
            host.noteUnread(after.records, unread)
            host.noteCheckpoints(of: after)
            host.committed(after, result)
        }
    }

    /// Nothing was stored: nobody is told anything, whoever waits for an answer learns why, and it is tried again.
    func failed(_ error: StoreError, _ afters: inout [AfterCommit]) {
        for index in afters.indices {
            for answer in afters[index].waiters { answer(.store(error)) }
            afters[index].waiters = []
        }
        answerWaiters(error)
        if failure == nil {
            context.logger.error("nothing can be stored; trying again", metadata: ["error": "\(error)"])
            let message = ServerMessages.error(
                code: "not_stored",
                message: "The server cannot store at the moment. Keep your markers: they are taken later.")
            for host in table.hosts { host.audience.send(message) }
        }
        failure = error
    }

    func answerWaiters(_ error: StoreError) {
        for host in dirty { host.answerWaiters(.store(error)) }
    }

    /// Sees to it that what is held back is tried again when it is due.
    func scheduleRetry() {
        // No key path: Swift 6.3 copies memory onto itself for one that leads through an optional.
        guard let next = heldBack.compactMap({ $0.heldBack?.due }).min() else { return }
        retryTimer?.schedule(after: max(.milliseconds(1), ContinuousClock.now.duration(to: next)))
    }

    /// Tries a room's changes again later, while those of others go on; after some tries it is given up.
    private func holdBack(_ after: AfterCommit, _ changes: RoomChanges, _ error: StoreError) {
        let host = after.host
        let tries = (host.heldBack?.tries ?? 0) + 1
        isLogShared = true
        var after = after
        let waiters = after.waiters + host.takeWaiters()
        after.waiters = []
        guard error != .termLost, tries < context.settings.storeTries else {
            setAside(host, because: "\(error)")
            for answer in waiters { answer(.store(error)) }
            return
        }
        if host.heldBack == nil {
            heldBack.append(host)
            context.logger.error(
                "a room cannot be stored; trying again, and the others go on",
                metadata: ["room": "\(host.room.id)", "error": "\(error)"])
            host.audience.send(
                ServerMessages.error(
                    code: "not_stored",
                    message: "The server cannot store this room at the moment. Keep your markers: they are taken later."
                ))
        }
        host.heldBack = HeldBack(
            changes: changes, after: after, error: error, tries: tries,
            due: .now + context.settings.wait(after: tries))
        for answer in waiters { answer(.store(error)) }
    }

    /// Ends the host of a room: what was not stored of it is dropped, and whoever asks for the room again gets what is on
    /// the disk.
    ///
    /// Nothing of what is dropped was told or acknowledged.
    func setAside(_ host: RoomHost, because reason: String) {
        isLogShared = true
        for list in [\CommitPipeline.heldBack, \.dirty, \.fresh] {
            self[keyPath: list].removeAll { $0 === host }
        }
        table.remove(host)
        context.metrics.roomsSetAside += 1
        context.logger.critical(
            "a room is set aside; what was not acknowledged is sent again by its runners",
            metadata: ["room": "\(host.room.id)", "error": "\(reason)"])
        host.end()
    }
}
