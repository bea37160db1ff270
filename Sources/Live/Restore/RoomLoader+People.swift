import Foundation
import Limits
import Rooms
import Store

extension RoomLoader {
    /// The most runners whose rows may be missing.
    private static let mostMissing = Limit.Room.missingRunners

    /// The room's runners, whose numbers are 1...n whatever is damaged: everybody else's row and event means a number.
    func readPeople(
        of stored: StoredRoom, _ chunks: [(sequence: Int64, chunk: JournalChunk)], damage: inout [LoadedRoom.Damage]
    ) async throws(StoreError) -> [(person: Person, snapshot: RunnerSnapshot)] {
        var people = decodePeople(of: stored, chunks, damage: &damage)
        guard damage.contains(where: { if case .runner = $0.row { true } else { false } }) else { return people }
        // A run that is a record already is over, whatever else was lost of it.
        let recorded = try await store.records.liveTracks(runKeys: people.map(\.snapshot.runKey))
        for index in people.indices where !people[index].snapshot.isSettled {
            let snapshot = people[index].snapshot
            guard snapshot.clock.start == nil, recorded[snapshot.runKey] != nil else { continue }
            people[index].snapshot.runKey = store.ids.next()
        }
        return people
    }

    private func decodePeople(
        of stored: StoredRoom, _ chunks: [(sequence: Int64, chunk: JournalChunk)], damage: inout [LoadedRoom.Damage]
    ) -> [(person: Person, snapshot: RunnerSnapshot)] {
        let decoder = JSONDecoder()
        let keys = Dictionary(
            chunks.map { ($0.chunk.runner, $0.chunk.runKey) }, uniquingKeysWith: { _, last in last })
        // More than these rows cannot have been lost without the others.
        let highest = stored.people.count + Self.mostMissing
        var people: [(person: Person, snapshot: RunnerSnapshot)] = []
        for row in stored.people {
            // The key of the table makes them ascend; what lies between was lost with its row.
            while row.runner > people.count + 1, row.runner <= highest {
                let number = people.count + 1
                damage.append(LoadedRoom.Damage(row: .runner(number), reason: "missing"))
                people.append(
                    (
                        .nobody(number),
                        remains(of: number, keys[number], joinedAt: stored.summary.createdAt, isInRoom: false)
                    ))
            }
            guard row.runner == people.count + 1 else {
                damage.append(LoadedRoom.Damage(row: .runner(row.runner), reason: "its number is none"))
                continue
            }
            // The row of somebody whose account is gone stays, for the others.
            var person = Person.nobody(row.runner)
            if let account = row.account, let owner = row.owner {
                let shown = ShownName(username: owner.username, nickname: owner.nickname, alias: owner.alias)
                person = Person(
                    account: account, username: shown.username, nickname: shown.nickname,
                    avatar: services.avatar(shown.username), zones: owner.zones,
                    callsWhenStill: owner.callsWhenStill)
            }
            do throws(JournalCodec.Damage) {
                var snapshot = try SnapshotCodec.decode(row.state, room: stored.id, runner: row.runner, decoder)
                (snapshot.latitudeE7, snapshot.longitudeE7) = (row.latitudeE7, row.longitudeE7)
                people.append((person, snapshot))
            } catch {
                damage.append(LoadedRoom.Damage(row: .runner(row.runner), reason: "its state: \(error.reason)"))
                people.append(
                    (person, remains(of: row.runner, keys[row.runner], joinedAt: row.joinedAt, isInRoom: true)))
            }
        }
        return people
    }

    /// What is left of somebody whose state is not: who it is, and the markers in the journal, which count again as soon
    /// as the run is started anew.
    private func remains(of number: Int, _ key: Int64?, joinedAt: Int64, isInRoom: Bool) -> RunnerSnapshot {
        RunnerSnapshot(
            number: number, joinedAt: joinedAt, isInRoom: isInRoom, lastHeard: joinedAt, isOffline: true,
            runKey: key ?? store.ids.next(), polledMarkers: key == nil ? -1 : 0, clock: RunClock(),
            announcedKilometers: 0, isSettled: false)
    }
}
