import Foundation
import Geo
import Limits
import Rooms
import Store

/// Reads rooms from the database's rows and makes them ready to go on, off the loop: it takes time with each of their
/// markers.
///
/// Runs that are over come from what is stored of their figures and ways. A row that is damaged costs what it held, and
/// nothing else.
struct RoomLoader: Sendable {
    let store: AppDatabase
    /// By which the rooms judge.
    let settings: RoomSettings
    let clock: ServerClock
    let services: LiveServices
    /// Whether runs go on from their marks; otherwise they are measured from their first marker.
    var usesMarks = true

    /// Neither events nor journal rows nor milliseconds are numbered beyond this; what is, nobody has written.
    private static let farthestNumber = Int(RoomRepository.farthestNumber)

    /// Reads a room.
    ///
    /// - Parameters:
    ///   - runID: Its name.
    ///   - isTaken: Whether it is to be at home here. Otherwise it is only to be looked at, without its events.
    /// - Returns: Nil when there is none of this name.
    /// - Throws: What the database says.
    @concurrent func load(_ runID: String, taking isTaken: Bool) async throws(StoreError) -> LoadedRoom? {
        let found =
            isTaken
            ? try await store.rooms.takeRoom(runID: runID) : try await store.rooms.room(runID: runID, events: false)
        guard let stored = found else { return nil }
        var damage: [LoadedRoom.Damage] = []
        let chunks = readJournal(of: stored, damage: &damage)
        let (people, unreadable) = try await readPeople(of: stored, chunks, damage: &damage)
        let persons = Dictionary(
            people.map { ($0.snapshot.number, $0.person) }, uniquingKeysWith: { first, _ in first })
        let (events, lastEvent) = readEvents(of: stored, persons, damage: &damage)
        var room = Room(
            restoring: stored.runID, epoch: stored.epoch, settings: settings, people: people, events: events,
            lastEvent: lastEvent)
        let settled = room.runnerNumbers.filter { room.isSettled($0) && !unreadable.contains($0) }
        // Blocks of runs that go on and are made anew take the place of what is there.
        let blocked = isTaken ? try await needlessBlocks(of: stored, among: settled) : []
        var ledger = RoomLedger(
            nextSequence: min(stored.journal.last?.sequence ?? 0, Int64(Self.farthestNumber)) + 1,
            blocksToRemove: Set(blocked))
        var older = OlderMarkers(room: stored.id, store: store)
        if usesMarks { older.restoreMarks(of: stored.people, to: &room, settings, damage: &damage) }
        try await older.restoreBlocks(to: &room, damage: &damage)
        restoreJournal(chunks, to: &room, &ledger)
        ledger.noteFirst(stored.journal.first?.sequence ?? ledger.nextSequence)
        restoreWays(of: stored, to: &room, damage: &damage)
        let recorded = try await restoreRecords(to: &room, damage: &damage)
        try await older.restoreBlocksBeforeUselessMarks(to: &room, damage: &damage)
        room.measure()
        older.dropKnownBlocks(of: &room)
        var loaded = LoadedRoom(
            key: stored.id, term: stored.term, room: room, details: stored.summary.details,
            secret: RoomSecret(salt: stored.passwordSalt, hash: stored.passwordHash),
            createdAt: stored.summary.createdAt, updatedAt: stored.summary.updatedAt,
            longestDelay: isTaken ? try await longestDelay(of: stored, damage: &damage) : 0,
            ledger: ledger, damage: damage,
            unsavedWays: recorded.filter { room.settledWay(of: $0) != nil }, unreadable: unreadable,
            disabled: stored.people.filter { $0.owner?.isDisabled ?? false }.map(\.runner),
            holdsMarkersOfNobodies: chunks.contains {
                persons[$0.chunk.runner]?.isNobody ?? false && !unreadable.contains($0.chunk.runner)
            })
        loaded.finish(newRunKey: services.newID, at: clock.now())
        return loaded
    }

    private func readJournal(
        of stored: StoredRoom, damage: inout [LoadedRoom.Damage]
    ) -> [(sequence: Int64, chunk: JournalChunk)] {
        var chunks: [(sequence: Int64, chunk: JournalChunk)] = []
        for row in stored.journal {
            do {
                for chunk in try JournalCodec.decode(row.bytes, room: stored.id, sequence: row.sequence) {
                    chunks.append((row.sequence, chunk))
                }
            } catch {
                damage.append(LoadedRoom.Damage(row: .journal(sequence: row.sequence), reason: error.reason))
            }
        }
        return chunks
    }

    /// The events that can be read, and the highest number that was given: of two that a damaged row says both were.
    private func readEvents(
        of stored: StoredRoom, _ persons: [Int: Person], damage: inout [LoadedRoom.Damage]
    ) -> ([RoomEvent], last: Int) {
        var (events, last): ([RoomEvent], Int) = ([], 0)
        for row in stored.events {
            let event = EventCoding.decode(
                row.body, people: persons, recordKey: row.recordKey, recordID: row.recordRunID.map(Int.init))
            for number in [row.number, event?.number ?? 0] where (1...Self.farthestNumber).contains(number) {
                last = max(last, number)
            }
            if let event, event.number == row.number, (1...Self.farthestNumber).contains(event.number),
                event.time.magnitude <= UInt64(Self.farthestNumber)
            {
                events.append(event)
            } else {
                damage.append(LoadedRoom.Damage(row: .event(row.number), reason: "cannot be read"))
            }
        }
        return (events, last)
    }

    /// Those of some runners of whom there are blocks; where that cannot be read, they stay.
    private func needlessBlocks(of stored: StoredRoom, among settled: [Int]) async throws(StoreError) -> [Int] {
        do throws(StoreError) {
            return try await store.rooms.runnersWithBlocks(room: stored.id, among: settled)
        } catch {
            guard error.mayBeOfSomeRows else { throw error }
            return []
        }
    }

    /// In milliseconds; where the links cannot be read, nobody comes by them, and the room is recorded for nobody.
    private func longestDelay(
        of stored: StoredRoom, damage: inout [LoadedRoom.Damage]
    ) async throws(StoreError) -> Int64 {
        do throws(StoreError) {
            return try await store.links.longestDelay(of: stored.id, at: clock.now()) * 1000
        } catch {
            guard error.mayBeOfSomeRows else { throw error }
            damage.append(LoadedRoom.Damage(row: .links, reason: "\(error)"))
            return 0
        }
    }

    /// Puts the markers of runs that are not settled back.
    private func restoreJournal(
        _ chunks: [(sequence: Int64, chunk: JournalChunk)], to room: inout Room, _ ledger: inout RoomLedger
    ) {
        let unsettled = room.unsettledRunKeys
        for (sequence, chunk) in chunks where unsettled.contains(chunk.runKey) {
            ledger.note(chunk, at: sequence)
            room.restoreMarkers(chunk)
        }
    }

    private func restoreWays(of stored: StoredRoom, to room: inout Room, damage: inout [LoadedRoom.Damage]) {
        for row in stored.people {
            // Who has no number has no way; the room passes over numbers that are nobody's.
            guard let way = row.way else { continue }
            do {
                room.restoreWay(try SettledWay(way), of: row.runner)
            } catch {
                damage.append(
                    LoadedRoom.Damage(row: .track(runner: row.runner), reason: "\(error); its record has it too"))
            }
        }
    }

    /// Puts the markers of runs that are over back from their records.
    ///
    /// - Returns: The runners whose they are.
    private func restoreRecords(
        to room: inout Room, damage: inout [LoadedRoom.Damage]
    ) async throws(StoreError) -> [Int] {
        let finished = room.finishedRunKeys
        let tracks = try await store.records.liveTracks(runKeys: finished.map(\.runKey))
        for (runner, key) in finished {
            guard let track = tracks[key] else { continue }
            do {
                room.restoreMarkers(JournalChunk(runner: runner, runKey: key, markers: try TrackCodec.decode(track)))
            } catch {
                damage.append(LoadedRoom.Damage(row: .track(runner: runner), reason: "\(error)"))
            }
        }
        return finished.map(\.runner)
    }
}
