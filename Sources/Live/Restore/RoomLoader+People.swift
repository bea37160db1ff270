import Foundation
import Limits
import Rooms
import Store

extension RoomLoader {
    /// The most runners whose rows may be missing.
    private static let mostMissing = Limit.Room.missingRunners

    /// The room's runners, whose numbers are 1...n whatever is damaged: everybody else's row and event means a number.
    ///
    /// - Parameters:
    ///   - stored: The room.
    ///   - chunks: What its journal has.
    ///   - damage: Gets what cannot be read.
    /// - Returns: The runners; and the numbers of those who are nobody since it cannot be read who they are.
    /// - Throws: What the database says.
    func readPeople(
        of stored: StoredRoom, _ chunks: [(sequence: Int64, chunk: JournalChunk)], damage: inout [LoadedRoom.Damage]
    ) async throws(StoreError) -> (people: [(person: Person, snapshot: RunnerSnapshot)], unreadable: Set<Int>) {
        var (people, unreadable) = decodePeople(of: stored, chunks, damage: &damage)
        guard damage.contains(where: { if case .runner = $0.row { true } else { false } }) else { return (people, []) }
        // A run that is a record already is over, whatever else was lost of it.
        let recorded = try await store.records.liveTracks(runKeys: people.map(\.snapshot.runKey))
        for index in people.indices where !people[index].snapshot.isSettled {
            let snapshot = people[index].snapshot
            guard snapshot.clock.start == nil, recorded[snapshot.runKey] != nil else { continue }
            people[index].snapshot.runKey = store.ids.next()
        }
        return (people, unreadable)
    }

    private func decodePeople(
        of stored: StoredRoom, _ chunks: [(sequence: Int64, chunk: JournalChunk)], damage: inout [LoadedRoom.Damage]
    ) -> (people: [(person: Person, snapshot: RunnerSnapshot)], unreadable: Set<Int>) {
        let decoder = JSONDecoder()
        // One account has one number. Where it has two, nobody knows whose the other one is: neither is believed.
        let shared = Dictionary(grouping: stored.people.compactMap(\.account)) { $0 }.filter { $1.count > 1 }
        let keys = Dictionary(
            chunks.map { ($0.chunk.runner, $0.chunk.runKey) }, uniquingKeysWith: { _, last in last })
        // More than these rows cannot have been lost without the others.
        let highest = stored.people.count + Self.mostMissing
        var people: [(person: Person, snapshot: RunnerSnapshot)] = []
        var unreadable: Set<Int> = []
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
            let isShared = row.account.map { shared[$0] != nil } ?? false
            guard row.damage != .row, !isShared else {
                damage.append(
                    LoadedRoom.Damage(
                        row: .runner(row.runner), reason: isShared ? "another has its account" : "cannot be read"))
                unreadable.insert(row.runner)
                people.append((.nobody(row.runner), stranger(row.runner, since: stored.summary.createdAt)))
                continue
            }
            if row.damage != nil {
                damage.append(LoadedRoom.Damage(row: .runner(row.runner), reason: "some columns cannot be read"))
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
        return (people, unreadable)
    }

    /// Somebody who once was in the room, of whom nothing more is known: they come as somebody new if they come back.
    ///
    /// Nothing of this is to be stored, so it has nothing left to be done: what is on the disk may be read another time.
    private func stranger(_ number: Int, since time: Int64) -> RunnerSnapshot {
        RunnerSnapshot(
            number: number, joinedAt: time, isInRoom: false, lastHeard: time, isOffline: false,
            runKey: store.ids.next(), polledMarkers: -1, clock: RunClock(), announcedKilometers: 0, isSettled: true)
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
