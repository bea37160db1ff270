import Foundation
import Geo
import LWS
import Limits
import Rooms
import Store

/// Rooms from and to the database's rows.
enum Recovery {
    /// A room as it lay on disk.
    struct RestoredRoom: Sendable {
        var key: Int64
        var term: Int64
        var room: Room
        var secret: RoomSecret
        var createdAt: Int64
        var updatedAt: Int64
        var nextSequence: Int64
        var firstSequence: [Int64: Int64]
        /// Journal rows and runners' blocks that nothing needs any more: whoever purged did not come to them.
        var hasJournalToRemove: Bool
        var blocksToRemove: [Int]
        var damage: [Damage]
        /// Runners whose runs are over, and had to be measured from their records.
        var unsavedWays: [Int]
        /// Runners whose accounts may not be used.
        var disabled: [Int]
        /// Whether the journal has markers of somebody who has no account any more.
        var holdsMarkersOfNobodies: Bool

        /// Takes those out who may not be here, or are nobody any more: it came to that while the room was nowhere but
        /// on disk.
        mutating func seeOff(newRunKey: () -> Int64, at now: Int64) -> Decisions {
            var decisions = Decisions()
            for number in room.runnerNumbers {
                if room.person(number)?.isNobody ?? false {
                    decisions.merge(room.forget(number, newRunKey: newRunKey(), at: now))
                } else if disabled.contains(number), room.isInRoom(number), let left = try? room.leave(number, at: now)
                {
                    // What is in the room can leave it.
                    decisions.merge(left)
                }
            }
            return decisions
        }
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

    /// Reads a room, and measures its runs, off the loop: it takes time with each of their markers.
    ///
    /// Runs that are over come from what is stored of their figures and ways.
    ///
    /// - Parameters:
    ///   - runID: Its name.
    ///   - store: Where it lies.
    ///   - isTaken: Whether it is to have a home here. Otherwise it is only to be looked at, without its events.
    ///   - settings: By which it judges.
    ///   - credentials: Of people.
    /// - Returns: Nil when there is none of this name.
    /// - Throws: What the database says.
    @concurrent static func restore(
        _ runID: String, from store: AppDatabase, taking isTaken: Bool, settings: RoomSettings, credentials: Credentials
    ) async throws -> RestoredRoom? {
        let found =
            isTaken ? try await store.takeRoom(runID: runID) : try await store.room(runID: runID, events: false)
        guard let stored = found else { return nil }
        var damage: [Damage] = []
        let chunks = readJournal(of: stored, damage: &damage)
        var people = readPeople(
            of: stored, chunks, newKey: { store.ids.next() }, avatar: credentials.avatar, damage: &damage)
        if damage.contains(where: { if case .runner = $0.row { true } else { false } }) {
            // A run that is a record already is over, whatever else was lost of it.
            let recorded = try await store.liveTracks(runKeys: people.map(\.snapshot.runKey))
            for index in people.indices where !people[index].snapshot.isSettled {
                let snapshot = people[index].snapshot
                guard snapshot.clock.start == nil, recorded[snapshot.runKey] != nil else { continue }
                people[index].snapshot.runKey = store.ids.next()
            }
        }
        let persons = Dictionary(
            people.map { ($0.snapshot.number, $0.person) }, uniquingKeysWith: { first, _ in first })
        var events: [RoomEvent] = []
        for row in stored.events {
            if let event = EventCoding.decode(
                row.body, people: persons, recordKey: row.recordKey, recordID: row.recordRunID.map(Int.init)),
                event.number == row.number, (1...farthestNumber).contains(event.number),
                event.time.magnitude <= UInt64(farthestNumber)
            {
                events.append(event)
            } else {
                damage.append(Damage(row: .event(row.number), reason: "cannot be read"))
            }
        }
        var room = Room(
            restoring: stored.runID, epoch: stored.epoch, settings: settings, people: people, events: events,
            lastEvent: stored.events.last { (1...farthestNumber).contains($0.number) }?.number ?? 0)
        let unsettled = room.unsettledRunKeys
        var firstSequence: [Int64: Int64] = [:]
        for (sequence, chunk) in chunks where unsettled.contains(chunk.runKey) {
            if firstSequence[chunk.runKey] == nil { firstSequence[chunk.runKey] = sequence }
            room.restoreMarkers(chunk)
        }
        for row in stored.people {
            // Who has no number has no way; the room passes over numbers that are nobody's.
            guard let way = row.way else { continue }
            do {
                room.restoreWay(try SettledWay(way), of: row.runner)
            } catch {
                damage.append(Damage(row: .track(runner: row.runner), reason: "\(error); its record has it too"))
            }
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
        room.measure()
        let nextSequence = min(stored.journal.last?.sequence ?? 0, Int64(farthestNumber)) + 1
        let firstNeeded = firstSequence.values.min() ?? nextSequence
        let blocked = isTaken ? try await store.runnersWithBlocks(room: stored.id) : []
        return RestoredRoom(
            key: stored.id, term: stored.term, room: room,
            secret: RoomSecret(salt: stored.passwordSalt, hash: stored.passwordHash),
            createdAt: stored.summary.createdAt, updatedAt: stored.summary.updatedAt,
            nextSequence: nextSequence, firstSequence: firstSequence,
            hasJournalToRemove: stored.journal.first.map { $0.sequence < firstNeeded } ?? false,
            // Those of runs that go on are made anew, and take the place of what is there.
            blocksToRemove: blocked.filter(room.isSettled), damage: damage,
            unsavedWays: settled.map(\.runner).filter { room.settledWay(of: $0) != nil },
            disabled: stored.people.filter { $0.owner?.isDisabled ?? false }.map(\.runner),
            holdsMarkersOfNobodies: chunks.contains { persons[$0.chunk.runner]?.isNobody ?? false })
    }

    /// Neither events nor journal rows nor milliseconds are numbered beyond this; what is, nobody has written.
    private static let farthestNumber = 1 << 52
    /// The most runners whose rows may be missing.
    private static let mostMissing = Limit.Room.missingRunners

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
        avatar: (String) -> String, damage: inout [Damage]
    ) -> [(person: Person, snapshot: RunnerSnapshot)] {
        let decoder = JSONDecoder()
        let keys = Dictionary(
            chunks.map { ($0.chunk.runner, $0.chunk.runKey) }, uniquingKeysWith: { _, last in last })
        // More than these rows cannot have been lost without the others.
        let highest = stored.people.count + mostMissing
        var people: [(person: Person, snapshot: RunnerSnapshot)] = []
        /// What is left of somebody whose state is not: who it is, and the markers in the journal, which count again
        /// as soon as the run is started anew.
        func remains(of number: Int, joinedAt: Int64, isInRoom: Bool) -> RunnerSnapshot {
            let key = keys[number]
            return RunnerSnapshot(
                number: number, joinedAt: joinedAt, isInRoom: isInRoom, lastHeard: joinedAt, isOffline: true,
                runKey: key ?? newKey(), polledMarkers: key == nil ? -1 : 0, clock: RunClock(), announcedKilometers: 0,
                isSettled: false)
        }
        for row in stored.people {
            // The key of the table makes them ascend; what lies between was lost with its row.
            while row.runner > people.count + 1, row.runner <= highest {
                let number = people.count + 1
                damage.append(Damage(row: .runner(number), reason: "missing"))
                people.append(
                    (.nobody(number), remains(of: number, joinedAt: stored.summary.createdAt, isInRoom: false)))
            }
            guard row.runner == people.count + 1 else {
                damage.append(Damage(row: .runner(row.runner), reason: "its number is none"))
                continue
            }
            // The row of somebody whose account is gone stays, for the others.
            var person = Person.nobody(row.runner)
            if let account = row.account, let owner = row.owner {
                person = Person(
                    account: account, username: owner.username, nickname: owner.nickname,
                    avatar: avatar(owner.username))
            }
            do throws(JournalCodec.Damage) {
                var snapshot = try SnapshotCodec.decode(row.state, room: stored.id, runner: row.runner, decoder)
                (snapshot.latitudeE7, snapshot.longitudeE7) = (row.latitudeE7, row.longitudeE7)
                people.append((person, snapshot))
            } catch {
                damage.append(Damage(row: .runner(row.runner), reason: "its state: \(error.reason)"))
                people.append(
                    (person, remains(of: row.runner, joinedAt: row.joinedAt, isInRoom: true)))
            }
        }
        return people
    }

    /// A runner's row.
    static func person(
        _ person: Person, _ snapshot: RunnerSnapshot, way: SettledWay?, in room: Int64, _ encoder: JSONEncoder
    ) -> StoredPerson? {
        var snapshot = snapshot
        let place = (latitude: snapshot.latitudeE7, longitude: snapshot.longitudeE7)
        (snapshot.latitudeE7, snapshot.longitudeE7) = (nil, nil)
        guard let state = SnapshotCodec.encode(snapshot, room: room, encoder) else { return nil }
        return StoredPerson(
            runner: snapshot.number, account: person.isNobody ? nil : person.account, joinedAt: snapshot.joinedAt,
            latitudeE7: place.latitude, longitudeE7: place.longitude, way: way?.bytes, state: state)
    }

    /// An event as it is stored, with what is left of it when its author's account ends.
    ///
    /// - Parameters:
    ///   - event: as it is told.
    ///   - author: the account of its author, if there are both.
    /// - Returns: The row.
    static func event(_ event: RoomEvent, author: Int64?) -> StoredEvent {
        func body(_ event: RoomEvent) -> String {
            EventCoding.encode(event).withBytes { String(decoding: $0, as: UTF8.self) }
        }
        var stored = StoredEvent(number: event.number, time: event.time, body: body(event))
        if case .finished(let finish) = event.kind, finish.isRecorded { stored.recordKey = finish.runKey }
        if let author {
            var anonymous = event
            anonymous.kind = event.kind.anonymous
            stored.author = StoredEvent.Author(account: author, anonymousBody: body(anonymous))
        }
        return stored
    }

    /// A finished run's row.
    static func record(_ run: FinishedRun, track: [UInt8], at now: Int64, _ encoder: JSONEncoder) -> LiveRecord {
        let splits = (try? encoder.encode(run.splits)).map { String(decoding: $0, as: UTF8.self) }
        return LiveRecord(
            runKey: run.runKey, account: run.account, meters: run.meters, seconds: run.seconds, startAt: run.start,
            endAt: run.end, createdAt: now, splits: splits, track: track)
    }
}
