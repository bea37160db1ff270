import Geo
import Rooms
import Store

/// Brings back what the runs under way in a room had come to before their newest markers: by their marks, or by all of
/// their blocks.
///
/// ```text
///   block 0 │ block 1 │ … │ block n-1 ▲ block n │ block n+1 │ window
///   └─ in the mark, not read ─────────┘ └─ read ────────────┘
///                          └─ the journal, read ────────────────────┘
/// ```
/// Where there is no mark, or none that is of use, all blocks are read and measured.
struct OlderMarkers {
    let room: Int64
    let store: AppDatabase
    /// The first block that is not in the mark, by runner; of those whose runs are not settled.
    private var first: [Int: Int] = [:]
    /// The blocks from there on that are sound, by runner and number.
    private var found: [Int: [Int: [UInt8]]] = [:]

    init(room: Int64, store: AppDatabase) {
        self.room = room
        self.store = store
    }

    /// Puts runs back as they were at their marks; a damaged mark costs the time to measure its run.
    mutating func restoreMarks(
        of people: [StoredPerson], to room: inout Room, _ settings: RoomSettings, damage: inout [LoadedRoom.Damage]
    ) {
        for person in people {
            guard let bytes = person.mark, !room.isSettled(person.runner) else { continue }
            do throws(RunMark.Damage) {
                let mark = try RunMark(bytes, settings: settings)
                if room.restoreMark(mark, of: person.runner) { first[person.runner] = mark.blockCount }
            } catch .unknownVersion {
                continue
            } catch {
                damage.append(LoadedRoom.Damage(row: .mark(runner: person.runner), reason: "\(error)"))
            }
        }
    }

    /// Puts the markers of blocks back that are in no mark.
    mutating func restoreBlocks(
        to room: inout Room, damage: inout [LoadedRoom.Damage]
    ) async throws(StoreError) {
        for number in room.runnerNumbers where !room.isSettled(number) { first[number, default: 0] += 0 }
        try await read(from: first, to: &room, damage: &damage)
    }

    /// Has those runs measured from their first marker of which markers came late, that lie before their marks.
    mutating func restoreBlocksBeforeUselessMarks(
        to room: inout Room, damage: inout [LoadedRoom.Damage]
    ) async throws(StoreError) {
        let useless = first.keys.filter(room.needsAllMarkers)
        for number in useless {
            first[number] = 0
            room.forgetMark(of: number)
        }
        try await read(
            from: Dictionary(uniqueKeysWithValues: useless.map { ($0, 0) }), to: &room, damage: &damage)
    }

    /// Keeps blocks from being written that are on disk as they are.
    func dropKnownBlocks(of room: inout Room) {
        for number in first.keys { room.dropBlocks(of: number, stored: found[number] ?? [:]) }
    }

    private mutating func read(
        from first: [Int: Int], to room: inout Room, damage: inout [LoadedRoom.Damage]
    ) async throws(StoreError) {
        for block in try await store.rooms.blocks(room: self.room, from: first) {
            // Whose one is that cannot be read is not known.
            guard let key = room.runKey(of: block.runner), block.runKey == key || block.bytes.isEmpty else { continue }
            do throws(TrackCodecError) {
                let markers = try TrackCodec.decode(block.bytes)
                room.restoreMarkers(JournalChunk(runner: block.runner, runKey: key, markers: markers))
                found[block.runner, default: [:]][block.number] = block.bytes
            } catch {
                damage.append(
                    LoadedRoom.Damage(
                        row: .block(runner: block.runner, number: block.number),
                        reason: "\(error); its markers may be in the journal"))
            }
        }
    }
}
