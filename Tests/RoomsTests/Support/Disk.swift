import Geo

@testable import Rooms

/// What a driver keeps of a room on disk, done as simply as it can be.
struct Disk {
    private(set) var people: [(person: Person, snapshot: RunnerSnapshot)] = []
    private(set) var events: [RoomEvent] = []
    private(set) var lastEvent = 0
    private(set) var chunks: [JournalChunk] = []
    /// The newest record of each run, by its key.
    private(set) var records: [Int64: FinishedRun] = [:]

    /// Commits what a room has decided, before anybody is told.
    mutating func commit(_ decisions: Decisions, of room: Room) {
        events += decisions.events
        lastEvent = decisions.events.last?.number ?? lastEvent
        for number in decisions.changedRunners.sorted() { save(number, of: room) }
        for record in decisions.records { records[record.runKey] = record }
        chunks.removeAll { decisions.settledRuns.contains($0.runKey) }
    }

    private mutating func save(_ number: Int, of room: Room) {
        guard let person = room.person(number), let snapshot = room.snapshot(of: number) else { return }
        if number > people.count {
            people.append((person, snapshot))
        } else {
            people[number - 1] = (person, snapshot)
        }
    }

    /// Removes whose account a runner is, with the records; what is left of them in the room is nameless.
    mutating func deleteAccount(of number: Int) {
        guard people.indices.contains(number - 1) else { return }
        records = records.filter { $0.value.account != people[number - 1].person.account }
        people[number - 1].person = .nobody(number)
        people[number - 1].snapshot.latitudeE7 = nil
        people[number - 1].snapshot.longitudeE7 = nil
        for index in events.indices where events[index].kind.author == number {
            events[index].kind = events[index].kind.anonymous
        }
    }

    /// Commits the markers that came since the last time; then the room is told.
    mutating func commitJournal(of room: inout Room) -> [Acknowledgement] {
        let (new, acknowledgements) = room.takeJournal()
        chunks += new
        return acknowledgements.filter { room.stored($0) }
    }

    /// The room after a crash.
    func restoredRoom(like room: Room, at now: Int64) -> Room {
        var restored = Room(
            restoring: room.id, epoch: room.epoch, settings: room.settings, people: people,
            events: Array(events.suffix(room.settings.recoverableEvents)), lastEvent: lastEvent)
        for (runner, key) in restored.settledRunKeys {
            guard let record = records[key] else { continue }
            restored.restoreMarkers(JournalChunk(runner: runner, runKey: key, markers: record.markers))
        }
        for chunk in chunks { restored.restoreMarkers(chunk) }
        restored.restored(at: now)
        return restored
    }
}
