import Foundation
import Geo
import Logging
import Rooms
import Store

/// What a commit is to store, as the rooms gave it: the loop gathers, and what takes longer, the encoding, is done by
/// others.
struct CommitDraft: Sendable {
    /// What is to be stored of a room.
    struct RoomDraft: Sendable {
        /// All that is in its final form already.
        var changes: RoomChanges
        var people: [(person: Person, snapshot: RunnerSnapshot)] = []
        /// With the accounts of their authors.
        var events: [(event: RoomEvent, author: Int64?)] = []
        /// The markers of one journal row; none when there is to be no row.
        var chunks: [JournalChunk] = []
        /// Of the journal row.
        var sequence: Int64 = 0
    }

    /// When it was gathered, in Unix milliseconds.
    let time: Int64
    var rooms: [RoomDraft] = []
    /// With the rooms where they were run.
    var records: [(room: Int64, run: FinishedRun)] = []
    var deletedRooms: [Int64] = []

    /// Encodes the batch, off the caller's executor, and commits it.
    ///
    /// The drafts before it must have been committed: records are put together with what they stored.
    ///
    /// - Parameters:
    ///   - store: Where it goes.
    ///   - logger: Is told of a track that is damaged on disk.
    /// - Returns: What came of it; after a failure it may be tried again.
    @concurrent func commit(to store: AppDatabase, logger: Logger) async -> Result<CommitResult, StoreError> {
        let encoder = JSONEncoder()
        var batch = JournalBatch(rooms: rooms.map { changes(of: $0, encoder) }, deletedRooms: deletedRooms)
        do throws(StoreError) {
            for (room, run) in records {
                let record = try await record(of: run, in: room, encoder, from: store, logger: logger)
                batch.records.append(record)
            }
            return .success(try await store.commit(batch))
        } catch {
            return .failure(error)
        }
    }

    /// A record with the whole track of its run.
    ///
    /// Blocks that are damaged on disk, or not there, cost those markers and nothing else: the figures are known, and
    /// one run must not keep all rooms from storing.
    private func record(
        of run: FinishedRun, in room: Int64, _ encoder: JSONEncoder, from store: AppDatabase, logger: Logger
    ) async throws(StoreError) -> LiveRecord {
        var run = run
        var stored: [StoredBlock] = []
        if !run.storedBlocks.isEmpty {
            stored = try await store.blocks(room: room, runner: run.runner)
                .filter { run.storedBlocks.contains($0.number) }
        }
        let sound = stored.filter { (try? TrackCodec.decode($0.bytes)) != nil }
        if sound.count < run.storedBlocks.count {
            logger.critical(
                "older markers of a run are lost; its record has the others",
                metadata: [
                    "room": "\(room)", "runner": "\(run.runner)",
                    "blocks": "\(run.storedBlocks.count)", "lost": "\(run.storedBlocks.count - sound.count)",
                ])
        }
        let track: [UInt8]
        do throws(TrackCodecError) {
            track = try run.completeTrack(with: sound.map(\.bytes))
        } catch {
            throw .corrupt("\(error)")
        }
        return Recovery.record(run, track: track, at: time, encoder)
    }

    /// All markers of a runner's blocks.
    ///
    /// - Throws: `StoreError`, and `TrackCodecError` for a block that is damaged.
    @concurrent static func readBlocks(
        of runner: Int, in room: Int64, from store: AppDatabase
    ) async throws -> [TrackPoint] {
        try await store.blocks(room: room, runner: runner).flatMap { try TrackCodec.decode($0.bytes) }
    }

    private func changes(of draft: RoomDraft, _ encoder: JSONEncoder) -> RoomChanges {
        var changes = draft.changes
        changes.people = draft.people.compactMap { Recovery.person($0.person, $0.snapshot, encoder) }
        changes.events = draft.events.map { Recovery.event($0.event, author: $0.author) }
        if !draft.chunks.isEmpty {
            let bytes = JournalCodec.encode(draft.chunks, room: changes.room, sequence: draft.sequence)
            changes.journal = [JournalRow(sequence: draft.sequence, time: time, bytes: bytes)]
        }
        return changes
    }
}
