import Logging
import Rooms
import Store

/// What a room's commits need of older markers is read before they are taken: for its records the room waits, and no other
/// does, and for checkpoints nobody.
extension RoomHost {
    /// How far what the records of the next commit need has been read.
    enum ReadingAhead {
        case notBegun
        case underWay
        /// By the runs' keys. What is not here is read by the commit.
        case done([Int64: [StoredBlock]])

        var blocks: [Int64: [StoredBlock]] {
            if case .done(let blocks) = self { blocks } else { [:] }
        }
    }

    var isReadingAhead: Bool {
        if case .underWay = readingAhead { true } else { false }
    }

    /// Whether the room is to be left out of a commit, since older markers are being read for its records; that begins
    /// here.
    ///
    /// To be called when all that was taken of the room before is on disk.
    func waitsForBlocks() -> Bool {
        switch readingAhead {
        case .underWay: return true
        // Once for a commit: who finishes meanwhile keeps nobody waiting any longer.
        case .done: return false
        case .notBegun: break
        }
        let runs = recordsToStore.filter { !$0.storedBlocks.isEmpty }
        guard !runs.isEmpty else { return false }
        readingAhead = .underWay
        context.tasks.start(self) { _, host in await host.readAhead(runs) }
        return true
    }

    private func readAhead(_ runs: [FinishedRun]) async {
        var blocks: [Int64: [StoredBlock]] = [:]
        for run in runs {
            // The commit tries again, and says what is wrong.
            guard let found = try? await context.store.rooms.blocks(room: key, runner: run.runner) else { continue }
            blocks[run.runKey] = found
        }
        await context.tasks.comeBack()
        // Perhaps it has been taken without, by who stops.
        guard case .underWay = readingAhead, !isOver else { return }
        readingAhead = .done(blocks)
        isUrgent = true
        pipeline.requestCommit()
    }

    // MARK: - Checkpoints

    /// Has the blocks read back that checkpoints of the next commit are to lean on; nobody waits for that.
    ///
    /// To be called when all that was taken of the room is on disk.
    func beginReadingBack() {
        guard !isReadingBack, !isOver, !pipeline.isStopping else { return }
        let spans = room.askForBlocks(of: ledger.takeLaggards())
        guard !spans.isEmpty else { return }
        isReadingBack = true
        context.tasks.start(self) { _, host in await host.readBack(spans) }
    }

    private func readBack(_ spans: [BlockSpan]) async {
        // What cannot be read at the moment is asked for again after the next commit.
        let sound = try? await BlockReading.readBack(spans, in: key, from: context.store)
        await context.tasks.comeBack()
        isReadingBack = false
        guard let sound, !isOver else { return }
        soundSpans = sound
        if !sound.isEmpty { markDirty() }
        for damaged in spans where !sound.contains(damaged) {
            let decisions = room.mendBlocks(of: damaged)
            guard !decisions.isEmpty else { continue }
            context.logger.error(
                "blocks of a run's older markers are damaged; they are made anew from the journal",
                metadata: ["room": "\(room.id)", "runner": "\(damaged.run.runner)"])
            apply(decisions)
        }
    }

    // MARK: - The log

    /// Moves what is in the log alone into a draft, for the journal: it is on disk already, whatever else of the room
    /// waits.
    ///
    /// - Returns: Nil when there is nothing.
    func takeLogged(into draft: inout CommitDraft) -> AfterCommit? {
        guard !logged.isEmpty else { return nil }
        isBeingStored = true
        var room = CommitDraft.RoomDraft(changes: RoomChanges(room: key, term: term))
        (room.chunks, room.sequence) = (logged, ledger.number(logged))
        logged = []
        draft.rooms.append(room)
        return AfterCommit(host: self, acknowledgements: [], isLogged: true)
    }
}
