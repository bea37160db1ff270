import Geo

@testable import Rooms

/// What a driver keeps of a room on disk, done as simply as it can be.
struct Disk {
    private(set) var people: [(person: Person, snapshot: RunnerSnapshot)] = []
    private(set) var events: [RoomEvent] = []
    private(set) var lastEvent = 0
    private(set) var chunks: [JournalChunk] = []
    /// What was purged of them, for restoring without marks.
    private var purged: [JournalChunk] = []
    /// The blocks of each runner's run that is not over.
    private(set) var blocks: [Int: [[UInt8]]] = [:]
    /// Whose they are.
    private var blockKeys: [Int: Int64] = [:]
    /// The mark of each runner's run that is not over.
    private(set) var marks: [Int: [UInt8]] = [:]
    /// The newest record of each run, by its key, with its markers.
    private(set) var records: [Int64: (run: FinishedRun, markers: [TrackPoint])] = [:]
    /// The ways of settled runs, by their keys: all that there is of one that became no record.
    private var ways: [Int64: SettledWay] = [:]
    /// The blocks that were read back for checkpoints after the last commit.
    private var sound: [BlockSpan] = []
    /// Runs whose blocks the room wants back.
    private(set) var recalls: Set<RunReference> = []

    /// Commits what a room has decided, before anybody is told.
    mutating func commit(_ decisions: Decisions, of room: Room) {
        events += decisions.events
        lastEvent = decisions.events.last?.number ?? lastEvent
        for number in decisions.changedRunners.sorted() { save(number, of: room) }
        for record in decisions.records { store(record) }
        for run in decisions.settledRuns {
            chunks.removeAll { $0.runKey == run.runKey }
            purged.removeAll { $0.runKey == run.runKey }
        }
        for runner in decisions.voidBlocks { (blocks[runner], marks[runner]) = (nil, nil) }
        recalls.formUnion(decisions.recalls)
    }

    private mutating func store(_ record: FinishedRun) {
        var record = record
        let stored = blocks[record.runner] ?? []
        precondition(stored.count >= record.storedBlocks.count, "blocks are missing")
        do {
            let track = try record.completeTrack(with: Array(stored.prefix(record.storedBlocks.count)))
            records[record.runKey] = (record, try TrackCodec.decode(track))
        } catch {
            preconditionFailure("the track cannot be read: \(error)")
        }
    }

    private mutating func save(_ number: Int, of room: Room) {
        guard let person = room.person(number), let snapshot = room.snapshot(of: number) else { return }
        ways[snapshot.runKey] = room.settledWay(of: number)
        if number > people.count {
            people.append((person, snapshot))
        } else {
            people[number - 1] = (person, snapshot)
        }
    }

    /// Removes whose account a runner is, with the records; what is left of them in the room is nameless.
    mutating func deleteAccount(of number: Int) {
        guard people.indices.contains(number - 1) else { return }
        (blocks[number], marks[number]) = (nil, nil)
        records = records.filter { $0.value.run.account != people[number - 1].person.account }
        people[number - 1].person = .nobody(number)
        people[number - 1].snapshot.latitudeE7 = nil
        people[number - 1].snapshot.longitudeE7 = nil
        for index in events.indices where events[index].kind.author == number {
            events[index].kind = events[index].kind.anonymous
        }
    }

    /// Commits the markers that came since the last time; then the room is told.
    mutating func commitJournal(of room: inout Room) -> [Acknowledgement] {
        let checkpoints = room.takeCheckpoints(after: sound)
        let journal = room.takeJournal()
        chunks += journal.chunks
        for block in journal.blocks {
            if block.number == 0 { (blocks[block.runner], marks[block.runner]) = ([], nil) }
            precondition(blocks[block.runner, default: []].count >= block.number, "a block is missing")
            blocks[block.runner, default: []].removeLast(blocks[block.runner, default: []].count - block.number)
            blocks[block.runner, default: []].append(block.bytes)
            blockKeys[block.runner] = block.runKey
        }
        for checkpoint in checkpoints { take(checkpoint) }
        sound = room.askForBlocks()
        for span in sound {
            precondition(blocks[span.run.runner, default: []].count >= span.blocks.upperBound, "not on disk")
            precondition(span.blocks.isEmpty || blockKeys[span.run.runner] == span.run.runKey, "another's")
        }
        return journal.acknowledgements.filter { room.stored($0) }
    }

    /// Keeps a mark, and purges the markers before it one by one: a driver purges no more than that.
    private mutating func take(_ checkpoint: Checkpoint) {
        if let bytes = checkpoint.mark?.bytes { marks[checkpoint.run.runner] = bytes }
        for index in chunks.indices where chunks[index].runKey == checkpoint.run.runKey {
            var gone = chunks[index]
            gone.markers.removeAll { $0.id > checkpoint.marker }
            if !gone.markers.isEmpty { purged.append(gone) }
            chunks[index].markers.removeAll { $0.id <= checkpoint.marker }
        }
    }

    /// Reads back the blocks that the room wanted, after a commit of its journal.
    mutating func answerRecalls(of room: inout Room, at now: Int64) {
        let wanted = recalls
        recalls = []
        for wanted in wanted.sorted(by: { ($0.runner, $0.runKey) < ($1.runner, $1.runKey) }) {
            guard let runner = room.runner(wanted.runner),
                let run = ([runner.run] + runner.earlier).first(where: { $0.key == wanted.runKey })
            else { continue }
            guard run.isRecalling else { continue }
            let sealed = run.isSettled ? [] : run.sealedPoints(stored: blocks[wanted.runner] ?? [])
            guard let decisions = room.recall(sealed, of: wanted.runner, runKey: run.key, at: now) else {
                preconditionFailure("these are all markers of all blocks")
            }
            commit(decisions, of: room)
        }
    }

    /// Who wanted something back is no more.
    mutating func forgetRecalls() { recalls = [] }

    /// The room after a crash; with other people than were stored, if that is said.
    ///
    /// Not using marks, it is measured from the first marker that ever came, and by nothing that was made of it.
    func restoredRoom(
        like room: Room, people others: [(person: Person, snapshot: RunnerSnapshot)]? = nil,
        usingMarks usesMarks: Bool = true, at now: Int64
    ) -> Room {
        var restored = Room(
            restoring: room.id, epoch: room.epoch, settings: room.settings, people: others ?? people,
            events: Array(events.suffix(room.settings.recoverableEvents)), lastEvent: lastEvent)
        var first: [Int: Int] = [:]
        for number in restored.runnerNumbers where usesMarks {
            if let bytes = marks[number], let mark = try? RunMark(bytes, settings: room.settings),
                restored.restoreMark(mark, of: number)
            {
                first[number] = mark.blockCount
            }
            restoreBlocks(of: number, from: first[number] ?? 0, to: &restored)
        }
        for (runner, key) in restored.finishedRunKeys {
            guard let record = records[key] else {
                if let way = ways[key] { restored.restoreWay(way, of: runner) }
                continue
            }
            restored.restoreMarkers(JournalChunk(runner: runner, runKey: key, markers: record.markers))
        }
        for chunk in usesMarks ? chunks : purged + chunks { restored.restoreMarkers(chunk) }
        for number in restored.runnerNumbers where restored.needsAllMarkers(of: number) {
            first[number] = 0
            restored.forgetMark(of: number)
            restoreBlocks(of: number, from: 0, to: &restored)
        }
        restored.measure()
        for number in restored.runnerNumbers where usesMarks {
            let stored = storedBlocks(of: number, from: first[number] ?? 0, in: restored)
            restored.dropBlocks(of: number, stored: Dictionary(uniqueKeysWithValues: stored))
        }
        restored.restored(at: now)
        return restored
    }

    private func storedBlocks(of number: Int, from first: Int, in room: Room) -> [(Int, [UInt8])] {
        guard blockKeys[number] == room.runKey(of: number) else { return [] }
        return Array(blocks[number, default: []].enumerated().dropFirst(first).map { ($0.offset, $0.element) })
    }

    private func restoreBlocks(of number: Int, from first: Int, to room: inout Room) {
        guard let key = room.runKey(of: number), !room.isSettled(number) else { return }
        for (_, bytes) in storedBlocks(of: number, from: first, in: room) {
            guard let points = try? TrackCodec.decode(bytes) else { preconditionFailure("a block cannot be read") }
            room.restoreMarkers(JournalChunk(runner: number, runKey: key, markers: points))
        }
    }
}
