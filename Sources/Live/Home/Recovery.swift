import Foundation
import Geo
import Rooms
import Store

/// Rooms from and to the database's rows.
enum Recovery {
    /// A room as it lay on disk.
    struct RestoredRoom: Sendable {
        var key: Int64
        var room: Room
        var secret: RoomSecret
        var createdAt: Int64
        var updatedAt: Int64
        var nextSequence: Int64
        var firstSequence: [Int64: Int64]
        var damage: [Damage]
    }

    /// A row that cannot be used, or not as it is.
    struct Damage: Sendable {
        enum Row: Sendable, CustomStringConvertible {
            case journal(sequence: Int64)
            case runner(Int)
            case event(Int)
            case track(runner: Int)

            var description: String {
                switch self {
                case .journal(let sequence): "journal \(sequence)"
                case .runner(let number): "runner \(number)"
                case .event(let number): "event \(number)"
                case .track(let runner): "track of runner \(runner)"
                }
            }
        }

        var row: Row
        var reason: String
    }

    /// Reads a room, off the loop: measuring its runs anew takes time.
    ///
    /// - Returns: Nil when there is none of this name.
    @concurrent static func restore(
        _ runID: String, from store: AppDatabase, settings: RoomSettings
    ) async throws -> RestoredRoom? {
        guard let stored = try await store.room(runID: runID) else { return nil }
        var damage: [Damage] = []
        let chunks = readJournal(of: stored, damage: &damage)
        var people = readPeople(of: stored, chunks, newKey: { store.ids.next() }, damage: &damage)
        if damage.contains(where: { if case .runner = $0.row { true } else { false } }) {
            // A run that is a record already is over, whatever else was lost of it.
            let recorded = try await store.liveTracks(runKeys: people.map(\.snapshot.runKey))
            for index in people.indices where !people[index].snapshot.isSettled {
                let snapshot = people[index].snapshot
                guard snapshot.clock.start == nil, recorded[snapshot.runKey] != nil else { continue }
                people[index].snapshot.runKey = store.ids.next()
            }
        }
        let accounts = Dictionary(
            people.map { ($0.snapshot.number, $0.person.account) }, uniquingKeysWith: { first, _ in first })
        var events: [RoomEvent] = []
        for row in stored.events {
            if let event = EventCoding.decode(
                row.body, accounts: accounts, recordKey: row.recordKey, recordID: row.recordRunID.map(Int.init)),
                event.number == row.number
            {
                events.append(event)
            } else {
                damage.append(Damage(row: .event(row.number), reason: "cannot be read"))
            }
        }
        var room = Room(
            restoring: stored.runID, epoch: stored.epoch, settings: settings, people: people, events: events,
            lastEvent: stored.events.last?.number ?? 0)
        let unsettled = room.unsettledRunKeys
        var firstSequence: [Int64: Int64] = [:]
        for (sequence, chunk) in chunks where unsettled.contains(chunk.runKey) {
            if firstSequence[chunk.runKey] == nil { firstSequence[chunk.runKey] = sequence }
            room.restoreMarkers(chunk)
        }
        let settled = room.settledRunKeys
        let tracks = try await store.liveTracks(runKeys: settled.map(\.runKey))
        for (runner, key) in settled {
            guard let track = tracks[key] else { continue }
            do {
                room.restoreMarkers(JournalChunk(runner: runner, runKey: key, markers: try TrackCodec.decode(track)))
            } catch {
                damage.append(Damage(row: .track(runner: runner), reason: "\(error)"))
            }
        }
        return RestoredRoom(
            key: stored.id, room: room, secret: RoomSecret(salt: stored.passwordSalt, hash: stored.passwordHash),
            createdAt: stored.summary.createdAt, updatedAt: stored.summary.updatedAt,
            nextSequence: (stored.journal.last?.sequence ?? 0) + 1, firstSequence: firstSequence, damage: damage)
    }

    private static func readJournal(
        of stored: StoredRoom, damage: inout [Damage]
    ) -> [(sequence: Int64, chunk: JournalChunk)] {
        var chunks: [(sequence: Int64, chunk: JournalChunk)] = []
        for row in stored.journal {
            do {
                for chunk in try JournalCodec.decode(row.bytes, room: stored.id, sequence: row.sequence) {
                    chunks.append((row.sequence, chunk))
                }
            } catch {
                damage.append(Damage(row: .journal(sequence: row.sequence), reason: error.reason))
            }
        }
        return chunks
    }

    /// The room's runners, whose numbers are 1...n whatever is damaged: everybody else's row and event means a number.
    private static func readPeople(
        of stored: StoredRoom, _ chunks: [(sequence: Int64, chunk: JournalChunk)], newKey: () -> Int64,
        damage: inout [Damage]
    ) -> [(person: Person, snapshot: RunnerSnapshot)] {
        let decoder = JSONDecoder()
        var people: [(person: Person, snapshot: RunnerSnapshot)] = []
        /// What is left of somebody whose state is not: who it is, and the markers in the journal, which count again
        /// as soon as the run is started anew.
        func remains(of number: Int, joinedAt: Int64, isInRoom: Bool) -> RunnerSnapshot {
            let key = chunks.last { $0.chunk.runner == number }?.chunk.runKey
            return RunnerSnapshot(
                number: number, joinedAt: joinedAt, isInRoom: isInRoom, lastHeard: joinedAt, isOffline: true,
                runKey: key ?? newKey(), clock: RunClock(), announcedKilometers: 0, isSettled: false)
        }
        for row in stored.people {
            // The key of the table makes them ascend; what lies between was lost with its row.
            while row.runner > people.count + 1, people.count < 1_000_000 {
                let number = people.count + 1
                damage.append(Damage(row: .runner(number), reason: "missing"))
                let nobody = Person(account: -Int64(number), username: "", nickname: "", avatar: "")
                people.append(
                    (nobody, remains(of: number, joinedAt: stored.summary.createdAt, isInRoom: false)))
            }
            guard row.runner == people.count + 1 else {
                damage.append(Damage(row: .runner(row.runner), reason: "its number is none"))
                continue
            }
            // Nobody has a negative account: the row of somebody whose account is gone stays, for the others.
            let person = Person(
                account: row.account ?? -Int64(row.runner), username: row.username, nickname: row.nickname,
                avatar: row.avatar ?? "")
            if let snapshot = try? decoder.decode(RunnerSnapshot.self, from: Data(row.state)),
                snapshot.number == row.runner
            {
                people.append((person, snapshot))
            } else {
                damage.append(Damage(row: .runner(row.runner), reason: "its state cannot be read"))
                people.append((person, remains(of: row.runner, joinedAt: row.joinedAt, isInRoom: true)))
            }
        }
        return people
    }

    /// A runner's row.
    static func person(_ person: Person, _ snapshot: RunnerSnapshot, _ encoder: JSONEncoder) -> StoredPerson? {
        guard let state = try? encoder.encode(snapshot) else { return nil }
        return StoredPerson(
            runner: snapshot.number, account: person.account < 0 ? nil : person.account, username: person.username,
            nickname: person.nickname, avatar: person.avatar, joinedAt: snapshot.joinedAt, state: Array(state))
    }

    /// A finished run's row.
    static func record(_ run: FinishedRun, at now: Int64, _ encoder: JSONEncoder) -> LiveRecord {
        let splits = (try? encoder.encode(run.splits)).map { String(decoding: $0, as: UTF8.self) }
        return LiveRecord(
            runKey: run.runKey, account: run.account, meters: run.meters, seconds: run.seconds, startAt: run.start,
            endAt: run.end, createdAt: now, splits: splits, track: TrackCodec.encode(run.markers))
    }
}

extension Room {
    /// Takes those out who have no account any more, as ``Recovery`` has brought them back: it was deleted while the room
    /// was nowhere but on disk.
    mutating func seeOffNobodies(at now: Int64) -> Decisions {
        var decisions = Decisions()
        for number in runnerNumbers where isInRoom(number) {
            // What is in the room can leave it.
            guard let account = person(number)?.account, account < 0, let left = try? leave(number, at: now) else {
                continue
            }
            decisions.merge(left)
        }
        return decisions
    }
}
