import Geo
import Rooms
import Store

/// Reads of runs' blocks, and of the journal that mends them, off the loop: their decoding takes time with each marker.
enum BlockReading {
    /// Reads back the blocks that checkpoints are to lean on.
    ///
    /// - Parameters:
    ///   - spans: Which.
    ///   - room: The room's row.
    ///   - store: Where they are.
    /// - Returns: Those of which all blocks are there and sound.
    /// - Throws: What the database says; not for blocks that are damaged.
    @concurrent static func readBack(
        _ spans: [BlockSpan], in room: Int64, from store: AppDatabase
    ) async throws(StoreError) -> [BlockSpan] {
        let first = spans.filter { !$0.blocks.isEmpty }.map { ($0.run.runner, $0.blocks.lowerBound) }
        let blocks = try await store.rooms.blocks(
            room: room, from: Dictionary(first, uniquingKeysWith: { first, _ in first }))
        return spans.filter { span in
            let sound = blocks.lazy.filter { block in
                block.runner == span.run.runner && block.runKey == span.run.runKey
                    && span.blocks.contains(block.number) && (try? TrackCodec.decode(block.bytes)) != nil
            }
            return sound.count == span.blocks.count
        }
    }

    /// All markers of a run's blocks.
    ///
    /// - Returns: The markers, without those of blocks that cannot be read.
    /// - Throws: `StoreError`, and `TrackCodecError` for a block that is damaged.
    @concurrent static func readBlocks(
        of run: RunReference, in room: Int64, from store: AppDatabase
    ) async throws -> [TrackPoint] {
        try await store.rooms.blocks(room: room, runner: run.runner).filter { $0.runKey == run.runKey }
            .flatMap { try TrackCodec.decode($0.bytes) }
    }

    /// What there is of a run's markers on disk: those of sound blocks, and those in the journal; with repeats.
    ///
    /// - Parameters:
    ///   - run: Whose.
    ///   - room: The room's row.
    ///   - store: Where they are.
    ///   - isLastTry: Whether what the disk does not give now is done without.
    /// - Returns: The markers.
    /// - Throws: What the database says; at the last try only that it is closed.
    @concurrent static func readRemains(
        of run: RunReference, in room: Int64, from store: AppDatabase, isLastTry: Bool
    ) async throws(StoreError) -> [TrackPoint] {
        func found<Element>(_ read: () async throws(StoreError) -> [Element]) async throws(StoreError) -> [Element] {
            do throws(StoreError) {
                return try await read()
            } catch {
                guard isLastTry, error != .closed else { throw error }
                return []
            }
        }
        let blocks = try await found { () throws(StoreError) in
            try await store.rooms.blocks(room: room, runner: run.runner, isLastTry: isLastTry)
        }
        let journal = try await found { () throws(StoreError) in
            try await store.rooms.journal(room: room, isLastTry: isLastTry)
        }
        return blocks.filter { $0.runKey == run.runKey }.flatMap { (try? TrackCodec.decode($0.bytes)) ?? [] }
            + markers(of: run.runKey, in: journal, of: room)
    }

    /// A run's markers as rows of the journal have them, without those in rows that are damaged.
    static func markers(of runKey: Int64, in journal: [JournalRow], of room: Int64) -> [TrackPoint] {
        journal.flatMap { row in
            let chunks = (try? JournalCodec.decode(row.bytes, room: room, sequence: row.sequence)) ?? []
            return chunks.filter { $0.runKey == runKey }.flatMap(\.markers)
        }
    }
}
