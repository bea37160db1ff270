import Foundation
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
    var records: [FinishedRun] = []
    var deletedRooms: [Int64] = []

    /// Encodes the batch, off the caller's executor, and commits it.
    ///
    /// - Returns: What came of it, and the batch, which may be tried again.
    @concurrent func commit(
        to store: AppDatabase
    ) async -> (batch: JournalBatch, result: Result<CommitResult, StoreError>) {
        let encoder = JSONEncoder()
        let batch = JournalBatch(
            rooms: rooms.map { changes(of: $0, encoder) },
            records: records.map { Recovery.record($0, at: time, encoder) }, deletedRooms: deletedRooms)
        do throws(StoreError) {
            return (batch, .success(try await store.commit(batch)))
        } catch {
            return (batch, .failure(error))
        }
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
