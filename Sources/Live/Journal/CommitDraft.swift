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
        var people: [(person: Person, snapshot: RunnerSnapshot, way: SettledWay?)] = []
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
    /// What is in blocks that are damaged on disk, or not there, is in the journal too. If it is not, that costs those
    /// markers and nothing else: the figures are known, and one run must not keep all rooms from storing.
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
            logger.error(
                "blocks of a run's older markers are damaged; they are taken from the journal for its record",
                metadata: [
                    "room": "\(room)", "runner": "\(run.runner)",
                    "blocks": "\(run.storedBlocks.count)", "damaged": "\(run.storedBlocks.count - sound.count)",
                ])
            let journaled = try await Self.journaled(run.runKey, in: room, from: store)
            let rebuilt = run.rebuiltTrack(with: sound.map(\.bytes), journaled: journaled)
            if rebuilt.count < run.markerCount {
                logger.critical(
                    "older markers of a run are lost; its record has the others",
                    metadata: [
                        "room": "\(room)", "runner": "\(run.runner)", "lost": "\(run.markerCount - rebuilt.count)",
                    ])
            }
            return Recovery.record(run, track: TrackCodec.encode(rebuilt), at: time, encoder)
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

    /// What there is of a run's markers on disk: those of sound blocks, and those in the journal; with repeats.
    @concurrent static func readRemains(
        of run: RunReference, in room: Int64, from store: AppDatabase
    ) async throws(StoreError) -> [TrackPoint] {
        let blocks = try await store.blocks(room: room, runner: run.runner)
        return blocks.flatMap { (try? TrackCodec.decode($0.bytes)) ?? [] }
            + (try await journaled(run.runKey, in: room, from: store))
    }

    /// A run's markers as the journal has them, without those in rows that are damaged.
    @concurrent private static func journaled(
        _ runKey: Int64, in room: Int64, from store: AppDatabase
    ) async throws(StoreError) -> [TrackPoint] {
        try await store.journal(room: room).flatMap { row in
            let chunks = (try? JournalCodec.decode(row.bytes, room: room, sequence: row.sequence)) ?? []
            return chunks.filter { $0.runKey == runKey }.flatMap(\.markers)
        }
    }

    private func changes(of draft: RoomDraft, _ encoder: JSONEncoder) -> RoomChanges {
        var changes = draft.changes
        changes.people = draft.people.compactMap { Recovery.person($0.person, $0.snapshot, way: $0.way, encoder) }
        changes.events = draft.events.map { Recovery.event($0.event, author: $0.author) }
        if !draft.chunks.isEmpty {
            let bytes = JournalCodec.encode(draft.chunks, room: changes.room, sequence: draft.sequence)
            changes.journal = [JournalRow(sequence: draft.sequence, time: time, bytes: bytes)]
        }
        return changes
    }
}
