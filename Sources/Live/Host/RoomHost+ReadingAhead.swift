import Rooms
import Store

/// What a room's records need of older markers is read before they are taken into a commit: the room waits for that,
/// and no other does.
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
