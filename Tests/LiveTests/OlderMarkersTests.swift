import Dispatch
import Foundation
import Geo
import Logging
import Synchronization
import TestKit
import Testing

@testable import Live
@testable import Rooms
@testable import Store

/// Older markers are on the disk alone: whatever is wrong there, a run takes no other's, is not stuck, and loses no
/// more than what cannot be read.
@Suite("Older markers that cannot be read", .timeLimit(.minutes(5))) struct OlderMarkersTests {
    private let directory = TemporaryDirectory()

    private func count(_ stage: Stage, _ query: String) throws -> Int {
        Int(try stage.administered(query).first ?? "") ?? -1
    }

    private func recorded(_ stage: Stage, _ runKey: Int64) async throws -> [Int32] {
        guard let track = try await stage.store.records.liveTracks(runKeys: [runKey])[runKey] else { return [] }
        return try TrackCodec.decode(track).map(\.id)
    }

    /// Ana runs, all but one marker, with the older ones in blocks.
    private func runWithGap(_ stage: Stage) async throws -> Phone {
        try await stage.room(with: "ana")
        let (phone, _) = try await stage.join("159", as: "ana")
        phone.send(#"{"type":"start"}"#)
        phone.send(markers((1...400).filter { $0 != 5 }))
        try await waitsFor { try count(stage, "SELECT COUNT(*) FROM track_blocks") >= 4 }
        return phone
    }

    // MARK: - One run and the next

    @Test("the blocks of a run that could not be read stay until they are, though its runner's next run has some too")
    func nextRun() async throws {
        var settings = LiveSettings.quick
        settings.room.lateMarkerWindow = 1
        settings.storeTries = 30
        try await Stage.run(in: directory, settings: settings) { stage in
            let (phone, last) = try await stage.runIntoBlocks()
            let first = await stage.live.runKey(in: "159")
            let tables = [("track_blocks", "number"), ("journal", "time")]
            for (table, column) in tables { try stage.spoil(table, column) }
            phone.send(#"{"type":"finish"}"#)
            _ = try await phone.event("finished")
            #expect(try await recorded(stage, first).count < last)

            phone.send(#"{"type":"start"}"#)
            _ = try await phone.event("started")
            phone.send(markers(1...400))
            _ = try await phone.next("ack") { $0.number("marker") == 400 }
            let second = await stage.live.runKey(in: "159")
            // With each commit of everything its blocks would come.
            for _ in 0..<3 {
                await stage.live.commitAll()
                phone.send(#"{"type":"pause"}"#)
                _ = try await phone.event("paused")
                phone.send(#"{"type":"start"}"#)
                _ = try await phone.event("started")
            }
            #expect(try stage.administered("SELECT DISTINCT run_key FROM track_blocks") == ["\(first)"])

            for (table, column) in tables { try stage.repair(table, column) }
            try await waitsFor { try await recorded(stage, first) == Array(1...Int32(last)) }
            try await waitsFor { try stage.administered("SELECT DISTINCT run_key FROM track_blocks") == ["\(second)"] }
            phone.send(#"{"type":"finish"}"#)
            _ = try await phone.event("finished")
            #expect(try await recorded(stage, second) == Array(1...400))
        }
    }

    private func points(_ ids: ClosedRange<Int32>, atLatitudeE7 latitude: Int32) throws -> [TrackPoint] {
        let place = try Coordinate(latitudeE7: latitude, longitudeE7: 1)
        return ids.map { TrackPoint(id: $0, time: Int64($0) * 1_000, coordinate: place) }
    }

    /// A finished run of an account, all of whose markers are in one block.
    private func finished(_ key: Int64, of account: Int64) -> FinishedRun {
        FinishedRun(
            runKey: key, account: account, runner: 1, meters: 1, seconds: 1, start: 0, end: 1, splits: [],
            markerCount: 60, blockCount: 1, unstoredBlocks: [], looseMarkers: [])
    }

    private func encoded(_ stage: Stage, _ room: CommitDraft.RoomDraft) async -> CommitDraft.Encoded {
        var draft = CommitDraft(time: 1)
        draft.rooms = [room]
        return await draft.encode(from: stage.store, logger: .quiet)
    }

    @Test("a record takes no block of its runner's next run, which stands where its own was")
    func foreignBlock() async throws {
        try await Stage.run(in: directory) { stage in
            let ana = try await stage.account("ana").account
            _ = try await stage.live.createRoom("159", password: "pw")
            let key = try #require(try await stage.store.rooms.room(runID: "159")).id
            let (own, others) = (try points(1...60, atLatitudeE7: 1), try points(1...60, atLatitudeE7: 2))
            let chunk = JournalChunk(runner: 1, runKey: 7, markers: own)
            let stored = RoomChanges(
                room: key, term: 0,
                journal: [
                    JournalRow(sequence: 1, time: 1, bytes: JournalCodec.encode([chunk], room: key, sequence: 1))
                ],
                blocks: [StoredBlock(runner: 1, runKey: 8, number: 0, bytes: TrackCodec.encode(others))])
            _ = try await stage.store.rooms.commit(JournalBatch(rooms: [stored]))
            var room = CommitDraft.RoomDraft(changes: RoomChanges(room: key, term: 0))
            room.records = [finished(7, of: ana)]
            for isReadAhead in [false, true] {
                if isReadAhead { room.blocks[7] = stored.blocks }
                let batch = await encoded(stage, room).batch
                let track = try #require(batch.rooms.first?.records.first?.track)
                #expect(try TrackCodec.decode(track) == own)
            }
        }
    }

    @Test("blocks of the next run that come with a record which lacks its own wait, and nothing is removed")
    func sameCommit() async throws {
        try await Stage.run(in: directory) { stage in
            let ana = try await stage.account("ana").account
            _ = try await stage.live.createRoom("159", password: "pw")
            let key = try #require(try await stage.store.rooms.room(runID: "159")).id
            let row = JournalRow(sequence: 1, time: 1, bytes: [1])
            _ = try await stage.store.rooms.commit(
                JournalBatch(rooms: [RoomChanges(room: key, term: 0, journal: [row])]))
            try stage.spoil("journal", "time")
            let (newest, next) = (
                StoredBlock(runner: 1, runKey: 7, number: 1, bytes: [1]),
                StoredBlock(runner: 1, runKey: 8, number: 0, bytes: [2])
            )
            var room = CommitDraft.RoomDraft(
                changes: RoomChanges(
                    room: key, term: 0, journalBelow: 9, blocksRemoved: [1], blocks: [newest, next]))
            room.records = [finished(7, of: ana)]
            let encoded = await encoded(stage, room)
            #expect(encoded.unread == [7])
            #expect(encoded.withheld == [key: [next]])
            let changes = try #require(encoded.batch.rooms.first)
            #expect(changes.blocks == [newest] && changes.blocksRemoved == [] && changes.journalBelow == nil)
        }
    }

    // MARK: - What is damaged for good

    @Test("a late marker among blocks of which one cannot be read finds the others and the journal, and is in the run")
    func lateMarker() async throws {
        let log = RecordingLog()
        var settings = LiveSettings.quick
        settings.room.lateMarkerWindow = 1
        try await Stage.run(in: directory, settings: settings, log: log) { stage in
            let phone = try await runWithGap(stage)
            try stage.spoil("track_blocks", "run_key")
            phone.send(markers(5...5))
            _ = try await phone.next("ack") { $0.number("marker") == 400 }
            // The blocks are made anew.
            try await waitsFor { try count(stage, "SELECT COUNT(*) FROM track_blocks WHERE run_key IS NULL") == 0 }
            #expect(await stage.live.metrics.recallsFailed == 1, "it is not tried again and again")
            phone.send(#"{"type":"finish"}"#)
            _ = try await phone.event("finished")
            #expect(try await recorded(stage, stage.live.runKey(in: "159")) == Array(1...400))
            #expect(!log.lines.contains { $0.hasPrefix("critical") })
        }
    }

    @Test("a finish that waits for blocks of which one cannot be read is told, with what is left if all lack it")
    func finish() async throws {
        let log = RecordingLog()
        try await Stage.run(in: directory, log: log) { stage in
            let phone = try await runWithGap(stage)
            for (table, column) in [("track_blocks", "run_key"), ("journal", "time")] {
                try stage.spoil(table, column)
            }
            phone.send(markers(5...5))
            phone.send(#"{"type":"finish"}"#)
            let finish = try await phone.event("finished")
            #expect(finish.number("meters").map { $0 > 900 } ?? false)
            let ids = try await recorded(stage, stage.live.runKey(in: "159"))
            #expect(ids.contains(5) && ids.contains(400) && ids.count > 300 && ids.count < 400)
            #expect(log.lines.contains { $0.hasPrefix("critical older markers of a run are lost; it goes on") })
        }
    }

    @Test(
        "a room of which a row cannot be read is up after a restart, and says which",
        arguments: [("track_blocks", "run_key", "block 0 of runner 1"), ("journal", "time", "journal row is damaged")])
    func restart(table: String, column: String, says sentence: String) async throws {
        var meters: Double?
        try await Stage.run(in: directory) { stage in
            try await stage.room(with: "ana")
            let (phone, _) = try await stage.join("159", as: "ana")
            phone.send(#"{"type":"start"}"#)
            phone.send(markers(1...400))
            _ = try await phone.next("ack") { $0.number("marker") == 400 }
            try await waitsFor { try count(stage, "SELECT COUNT(*) FROM journal") > 0 }
            try await waitsFor { try count(stage, "SELECT COUNT(*) FROM marker_log") == 0 }
            meters = try await stage.live.room("159")?.runners.first?.row.meters
        }
        var settings = LiveSettings.quick
        settings.usesMarks = false
        try await Stage.run(in: directory) { try $0.spoil(table, column) }
        let log = RecordingLog()
        try await Stage.run(in: directory, settings: settings, log: log) { stage in
            let shown = try #require(try await stage.live.room("159")?.runners.first)
            #expect(shown.row.state == .offline || shown.row.state == .running)
            if table == "track_blocks" { #expect(shown.row.meters == meters, "the journal has it") }
            #expect(log.lines.contains { $0.hasPrefix("error") && $0.contains(sentence) })
            let (phone, joined) = try await stage.join("159", as: "ana")
            let stored = try #require(joined.number("marker").map { Int($0) })
            #expect(stored > 200)
            phone.send(markers((stored + 1)...410))
            _ = try await phone.next("ack") { $0.number("marker") == 410 }
        }
    }

    // MARK: - What passes

    @Test("blocks that the disk does not give are asked for again, and then it is as if it had given them")
    func passing() async throws {
        let log = RecordingLog()
        var settings = LiveSettings.quick
        settings.storeTries = 30
        try await Stage.run(in: directory, settings: settings, log: log) { stage in
            let phone = try await runWithGap(stage)
            try stage.administer("ALTER TABLE track_blocks RENAME TO hidden")
            phone.send(markers(5...5))
            try await waitsFor { await stage.live.metrics.recallsFailed >= 2 }
            try stage.administer("ALTER TABLE hidden RENAME TO track_blocks")
            try await waitsFor { await stage.live.metrics.recalls == 1 }
            phone.send(#"{"type":"finish"}"#)
            _ = try await phone.event("finished")
            #expect(try await recorded(stage, stage.live.runKey(in: "159")) == Array(1...400))
            #expect(!log.lines.contains { $0.hasPrefix("critical") })
        }
    }

    @Test("a run is tried again so many times, after pauses that grow")
    func retries() {
        var settings = LiveSettings()
        settings.storeTries = 4
        settings.storeRetry = .seconds(1)
        var retries = Retries<RunReference>()
        let run = RunReference(runner: 1, runKey: 7)
        let begun = ContinuousClock.now
        var seen: [Bool] = []
        for (failure, due) in [(0, 1), (1, 3), (3, 7)] {
            seen.append(!retries.failed(run, settings, at: begun + .seconds(failure)))
            seen.append(retries.takeDue(at: begun + .seconds(due) - .milliseconds(1)) == [])
            seen.append(retries.takeDue(at: begun + .seconds(due)) == [run])
            // It is being tried.
            seen.append(retries.takeDue(at: begun + .seconds(99)) == [])
        }
        let isGivenUp = retries.failed(run, settings, at: begun)
        seen.append(isGivenUp && retries.takeDue(at: begun + .seconds(99)) == [])
        // From the beginning, and it has ended before it was tried.
        seen.append(!retries.failed(run, settings, at: begun))
        retries.ended(run)
        seen.append(retries.takeDue(at: begun + .seconds(99)) == [])
        #expect(seen == Array(repeating: true, count: 15))
    }

    // MARK: - While they are read

    @Test("while blocks are read back for a checkpoint nobody waits for that, and then it is stored")
    func slowCheckpoint() async throws {
        var settings = LiveSettings.quick
        settings.commitInterval = .milliseconds(50)
        try await Stage.run(in: directory, settings: settings) { stage in
            try await stage.room(with: "ana")
            let (ana, _) = try await stage.join("159", as: "ana")
            ana.send(#"{"type":"start"}"#)
            let readers = try await BusyReaders(of: stage.store)
            for last in stride(from: 20, through: 600, by: 20) {
                ana.send(markers((last - 19)...last))
                _ = try await ana.next("ack") { $0.number("marker") == Double(last) }
            }
            await stage.live.commitAll()
            #expect(try count(stage, "SELECT COUNT(*) FROM track_blocks") >= 8)
            #expect(try count(stage, "SELECT COUNT(mark) FROM people") == 0, "nothing has been read back")
            #expect(try count(stage, "SELECT MIN(sequence) FROM journal") <= 1, "so all is in the journal")
            try await readers.release()
            try await waitsFor { try count(stage, "SELECT COUNT(mark) FROM people") == 1 }
            // With the next commit what it made needless goes.
            ana.send(markers(601...601))
            try await waitsFor { try count(stage, "SELECT MIN(sequence) FROM journal") > 1 }
        }
    }

    @Test("while older markers are read for somebody's record, others are acknowledged, and what the log had is kept")
    func slowReading() async throws {
        let crash = TemporaryDirectory()
        var newest: Double?
        var settings = LiveSettings.quick
        settings.commitInterval = .milliseconds(200)
        try await Stage.run(in: directory, settings: settings) { stage in
            try await stage.room(with: "ana", "ben")
            _ = try await stage.live.createRoom("160", password: "pw")
            let (ana, _) = try await stage.join("159", as: "ana")
            let (ben, _) = try await stage.join("160", as: "ben")
            ana.send(#"{"type":"start"}"#)
            ana.send(markers(1...400))
            _ = try await ana.next("ack") { $0.number("marker") == 400 }
            let last = 402
            let readers = try await BusyReaders(of: stage.store)
            ana.send(markers(401...last))
            _ = try await ana.next("ack") { $0.number("marker") == Double(last) }
            ana.send(#"{"type":"finish"}"#)
            for marker in 1...5 {
                ben.send(markers(marker...marker))
                _ = try await ben.next("ack") { $0.number("marker") == Double(marker) }
            }
            await stage.live.commitAll()
            try await waitsFor { try count(stage, "SELECT COUNT(*) FROM marker_log") == 0 }
            #expect(try count(stage, "SELECT COUNT(*) FROM records") == 0, "it waits for what it needs")
            try stage.copy(to: crash)
            try await readers.release()
            _ = try await ana.event("finished")
            #expect(try await recorded(stage, stage.live.runKey(in: "159")) == Array(1...Int32(last)))
            newest = Double(last)
        }
        // A server that had died meanwhile.
        try await Stage.run(in: crash) { stage in
            let (_, joined) = try await stage.join("159", as: "ana")
            #expect(joined.number("marker") == newest)
        }
    }
}

/// All who could read have something else to do, until they are released.
private struct BusyReaders {
    private let gate = DispatchSemaphore(value: 0)
    private let tasks: [Task<Void, any Error>]

    private final class Begun: Sendable {
        let count = Atomic(0)
    }

    init(of store: AppDatabase) async throws {
        let begun = Begun()
        tasks = (0..<8).map { [gate] _ in
            Task {
                try await store.read { _ throws(StoreError) in
                    begun.count.add(1, ordering: .relaxed)
                    gate.wait()
                }
            }
        }
        try await waitsFor { begun.count.load(ordering: .relaxed) >= 4 }
    }

    func release() async throws {
        for _ in tasks { gate.signal() }
        for task in tasks { try await task.value }
    }
}

extension LiveRooms {
    /// The key of its first runner's run.
    fileprivate func runKey(in runID: String) -> Int64 { table[runID]?.room.runners[0].run.key ?? 0 }
}
