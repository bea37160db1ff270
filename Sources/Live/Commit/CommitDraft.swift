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
        /// Whether the markers are for the log, and not for the journal.
        var isLogged = false
        var people: [(person: Person, snapshot: RunnerSnapshot, way: SettledWay?)] = []
        /// With the accounts of their authors.
        var events: [(event: RoomEvent, author: Int64?)] = []
        /// The markers of one journal row, of a run perhaps in several parts; none when there is to be no row.
        var chunks: [JournalChunk] = []
        /// Of the journal row.
        var sequence: Int64 = 0
        var records: [FinishedRun] = []
        /// The blocks of those of them for which they have been read already, by their keys.
        var blocks: [Int64: [StoredBlock]] = [:]
        /// Of checkpoints.
        var marks: [(runner: Int, mark: RunMark)] = []
    }

    /// When it was gathered, in Unix milliseconds.
    let time: Int64
    var rooms: [RoomDraft] = []
    /// What was encoded before and could not be stored; of other rooms than `rooms`.
    var heldBack: [RoomChanges] = []
    /// Rows of the log that are needed no more, or have markers besides that are to be brought into the journals.
    var log: [Int64] = []
    var replacesLog = false
    /// Whether what the disk does not give of the log now is done without.
    var isLastTryOfLog = false

    /// What a draft has become.
    struct Encoded: Sendable {
        var batch: JournalBatch
        /// The keys of runs whose records lack markers that could not be read at the moment.
        var unread: Set<Int64>
        /// Blocks that are for later, since they would have taken the place of an unread run's; by room.
        var withheld: [Int64: [StoredBlock]] = [:]
    }

    /// Encodes the batch, off the caller's executor, and reads what its records need.
    ///
    /// The drafts before it must have been committed: records are put together with what they stored. What cannot be read
    /// costs the record of that run some markers, and keeps nobody from storing.
    ///
    /// - Parameters:
    ///   - store: Where it will go.
    ///   - logger: Is told of a track that is damaged on disk.
    /// - Returns: What is to be committed.
    @concurrent func encode(from store: AppDatabase, logger: Logger) async -> Encoded {
        let encoder = JSONEncoder()
        var encoded = Encoded(
            batch: JournalBatch(rooms: heldBack, log: log, replacesLog: replacesLog), unread: [])
        encoded.batch.isLastTryOfLog = isLastTryOfLog
        for room in rooms {
            var changes = changes(of: room, encoder)
            for run in room.records {
                let (record, isWhole) = await record(
                    of: run, with: room.blocks[run.runKey], in: changes.room, encoder, from: store, logger: logger)
                changes.records.append(record)
                guard !isWhole else { continue }
                encoded.unread.insert(run.runKey)
                // What cannot be read now stays for when it can.
                (changes.journalBelow, changes.blocksRemoved) = (nil, [])
                let isAnothers = { (block: StoredBlock) in block.runner == run.runner && block.runKey != run.runKey }
                encoded.withheld[room.changes.room, default: []] += changes.blocks.filter(isAnothers)
                changes.blocks.removeAll(where: isAnothers)
            }
            encoded.batch.rooms.append(changes)
        }
        return encoded
    }

    /// A record with the whole track of its run, and whether all of it could be read.
    ///
    /// What is in blocks that are damaged on disk, or not there, is in the journal too. If it is not, that costs those
    /// markers and nothing else: the figures are known.
    ///
    /// - Parameters:
    ///   - run: Which.
    ///   - blocks: The runner's blocks, if they have been read already.
    ///   - room: The room's row.
    ///   - encoder: Writes the splits.
    ///   - store: Where the rest is.
    ///   - logger: Is told what is damaged.
    /// - Returns: The record, and whether there is nothing more to be had for it.
    private func record(
        of run: FinishedRun, with blocks: [StoredBlock]?, in room: Int64, _ encoder: JSONEncoder,
        from store: AppDatabase, logger: Logger
    ) async -> (LiveRecord, isWhole: Bool) {
        var run = run
        var isRead = true
        /// What a read that fails is worth: nothing now, perhaps more later.
        func found<Element>(_ read: () async throws(StoreError) -> [Element]) async -> [Element] {
            do {
                return try await read()
            } catch {
                isRead = false
                logger.error(
                    "a run's older markers cannot be read",
                    metadata: ["room": "\(room)", "runner": "\(run.runner)", "error": "\(error)"])
                return []
            }
        }
        var stored = blocks ?? []
        if blocks == nil, !run.storedBlocks.isEmpty {
            stored = await found { () throws(StoreError) in
                try await store.rooms.blocks(room: room, runner: run.runner)
            }
        }
        // The runner's next run may have some by now.
        stored = stored.filter { run.storedBlocks.contains($0.number) && $0.runKey == run.runKey }
        let sound = stored.filter { (try? TrackCodec.decode($0.bytes)) != nil }
        if sound.count == run.storedBlocks.count, let track = try? run.completeTrack(with: sound.map(\.bytes)) {
            return (RowCoding.record(run, track: track, at: time, encoder), true)
        }
        if isRead {
            logger.error(
                "blocks of a run's older markers are damaged; they are taken from the journal for its record",
                metadata: [
                    "room": "\(room)", "runner": "\(run.runner)",
                    "blocks": "\(run.storedBlocks.count)", "damaged": "\(run.storedBlocks.count - sound.count)",
                ])
        }
        let journal = await found { () throws(StoreError) in try await store.rooms.journal(room: room) }
        let rebuilt = run.rebuiltTrack(
            with: sound.map(\.bytes), journaled: BlockReading.markers(of: run.runKey, in: journal, of: room))
        let isWhole = rebuilt.count >= run.markerCount
        if !isWhole, journal.contains(where: \.bytes.isEmpty) {
            isRead = false
            logger.error(
                "a run's older markers cannot be read",
                metadata: ["room": "\(room)", "runner": "\(run.runner)", "error": "rows of the journal are damaged"])
        }
        if !isWhole, isRead {
            logger.critical(
                "older markers of a run are lost; its record has the others",
                metadata: [
                    "room": "\(room)", "runner": "\(run.runner)", "lost": "\(run.markerCount - rebuilt.count)",
                ])
        }
        return (RowCoding.record(run, track: TrackCodec.encode(rebuilt), at: time, encoder), isWhole || isRead)
    }

    private func changes(of draft: RoomDraft, _ encoder: JSONEncoder) -> RoomChanges {
        var changes = draft.changes
        changes.people = draft.people.compactMap {
            RowCoding.person($0.person, $0.snapshot, way: $0.way, in: changes.room, encoder)
        }
        changes.marks = draft.marks.compactMap { runner, mark in
            mark.bytes.map { StoredMark(runner: runner, bytes: $0) }
        }
        changes.events = draft.events.map { RowCoding.event($0.event, author: $0.author) }
        if !draft.chunks.isEmpty {
            let chunks = draft.isLogged ? draft.chunks : Self.joined(draft.chunks)
            let bytes = JournalCodec.encode(chunks, room: changes.room, sequence: draft.sequence)
            let row = JournalRow(sequence: draft.sequence, time: time, bytes: bytes)
            if draft.isLogged { changes.logged = row } else { changes.journal = [row] }
        }
        return changes
    }

    /// The parts of each run in one.
    private static func joined(_ parts: [JournalChunk]) -> [JournalChunk] {
        var chunks: [JournalChunk] = []
        var places: [Int64: Int] = [:]
        for part in parts {
            if let place = places[part.runKey] {
                chunks[place].markers += part.markers
            } else {
                places[part.runKey] = chunks.count
                chunks.append(part)
            }
        }
        return chunks
    }
}
