import Geo
import TestKit
import Testing

@testable import Rooms

/// A run goes on from its mark as from its first marker.
@Suite("Marks of runs")
struct MarkTests {
    /// Other ones each time; what fails says which it was.
    private static let seeds = (0..<10).map { _ in UInt64.random(in: 1_000...UInt64.max) }

    @Test(
        "a room restored by marks, blocks and the rest of the journal is the one restored from all markers, to the last bit"
    )
    func restoring() {
        var marked = 0
        for seed in Self.seeds {
            print("seed of rooms restored by marks: \(seed)")
            var drill = RoomDrill(seed: seed)
            for step in 1...400 {
                drill.step()
                guard step % 20 == 0 else { continue }
                let byMarks = drill.disk.restoredRoom(like: drill.room, at: drill.now)
                let inFull = drill.disk.restoredRoom(like: drill.room, usingMarks: false, at: drill.now)
                marked += drill.disk.marks.count
                let differences = inFull.differencesOfRuns(to: byMarks)
                #expect(differences.isEmpty, "seed \(seed), after \(step) commands")
                guard differences.isEmpty else { return }
            }
        }
        #expect(marked > 0, "seeds \(Self.seeds)")
    }

    @Test(
        "and whatever comes then, late markers of before the mark too, makes the same of both",
        arguments: Seeds.some(of: seeds))
    func goingOn(seed: UInt64) {
        print("seed of rooms that go on from marks: \(seed)")
        var drill = RoomDrill(seed: seed)
        for round in 1...8 {
            for _ in 1...50 { drill.step() }
            var inFull = drill
            drill.crash()
            inFull.crash(usingMarks: false)
            for step in 1...30 {
                drill.step()
                inFull.step()
                guard step % 6 == 0 else { continue }
                let differences = inFull.room.differencesOfRuns(to: drill.room)
                #expect(differences.isEmpty, "seed \(seed), round \(round), \(step) commands after the restart")
                guard differences.isEmpty else { return }
            }
            drill.answerRecalls()
            inFull.answerRecalls()
            #expect(inFull.room.differencesOfRuns(to: drill.room).isEmpty, "seed \(seed), round \(round), recalled")
        }
    }

    /// A room of one runner who pauses after the sixth second, and whose markers are on disk, all but the sixth: in blocks
    /// of 8 before a checkpoint, and in the journal only after it.
    ///
    /// With the sixth, which is too far off, all after it stay in doubt, so that there are blocks of 15.
    private func marked() throws -> (meeting: Meeting, runner: Int, disk: Disk) {
        var settings = RoomSettings()
        settings.blockLength = 8
        settings.filter.agreementSpan = 8
        var (meeting, disk) = (Meeting(settings), Disk())
        let (ana, joined) = try meeting.join(makePerson("ana", account: 1))
        disk.commit(joined, of: meeting.room)
        disk.commit(try meeting.start(ana), of: meeting.room)
        for id in Self.all {
            meeting.wait(second)
            if id == 6 {
                disk.commit(try meeting.pause(ana), of: meeting.room)
            } else {
                let marker = marker(id, Double(id) * 3, at: meeting.now)
                disk.commit(try meeting.room.markers([marker], from: ana, at: meeting.now), of: meeting.room)
            }
            _ = disk.commitJournal(of: &meeting.room)
        }
        let mark = try #require(disk.marks[ana].map { try RunMark($0, settings: settings) })
        #expect(mark.blockCount == 20)
        let journaled = disk.chunks.flatMap(\.markers).map(\.id).sorted()
        #expect(journaled == Array(154...172), "what lies before the checkpoint is in its blocks alone")
        return (meeting, ana, disk)
    }

    private static let all = Int32(1)...172

    /// The sixth marker, at the moment of the pause.
    private static let late = marker(6, 3000, at: noon + 6 * second)

    @Test("of blocks that have been made anew since they were asked for, neither a checkpoint nor a mending comes")
    func blocksMadeAnew() throws {
        var (meeting, ana, disk) = try marked()
        var (asked, id): ([BlockSpan], Int32) = ([], 172)
        while asked.isEmpty, id < 250 {
            id += 1
            meeting.wait(second)
            let marker = marker(id, Double(id) * 3, at: meeting.now)
            disk.commit(try meeting.room.markers([marker], from: ana, at: meeting.now), of: meeting.room)
            _ = disk.commitJournal(of: &meeting.room)
            asked = meeting.room.askForBlocks()
        }
        #expect(asked.map(\.run.runner) == [ana])
        var unchanged = meeting.room
        #expect(unchanged.takeCheckpoints(after: asked).count == 1)
        #expect(unchanged.takeCheckpoints(after: asked).isEmpty, "once")
        unchanged = meeting.room
        #expect(unchanged.mendBlocks(of: asked[0]).recalls == [asked[0].run])

        disk.commit(try meeting.room.markers([Self.late], from: ana, at: meeting.now), of: meeting.room)
        disk.answerRecalls(of: &meeting.room, at: meeting.now)
        #expect(meeting.room.takeCheckpoints(after: asked).isEmpty)
        #expect(meeting.room.mendBlocks(of: asked[0]).isEmpty)
    }

    @Test("markers that are in no block any more, since a late one shifted those, are in the journal again")
    func shiftedBlocks() throws {
        var (meeting, ana, disk) = try marked()
        let late = try meeting.room.markers([Self.late], from: ana, at: meeting.now)
        #expect(late.recalls.count == 1)
        disk.commit(late, of: meeting.room)
        _ = disk.commitJournal(of: &meeting.room)
        disk.answerRecalls(of: &meeting.room, at: meeting.now)
        for _ in 1...2 {
            _ = disk.commitJournal(of: &meeting.room)
            meeting.room = disk.restoredRoom(like: meeting.room, at: meeting.now)
            let run = try #require(meeting.room.runner(ana)?.run)
            #expect(run.allPoints(stored: disk.blocks[ana] ?? []).map(\.id) == Array(Self.all))
            #expect(run.durable == 172)
        }
    }

    @Test("and so they are when the late one is found in the journal after a restart")
    func shiftedBlocksAfterRestart() throws {
        var (meeting, ana, disk) = try marked()
        let late = try meeting.room.markers([Self.late], from: ana, at: meeting.now)
        disk.commit(late, of: meeting.room)
        _ = disk.commitJournal(of: &meeting.room)
        disk.forgetRecalls()
        for _ in 1...3 {
            meeting.room = disk.restoredRoom(like: meeting.room, at: meeting.now)
            let run = try #require(meeting.room.runner(ana)?.run)
            #expect(run.allPoints(stored: disk.blocks[ana] ?? []).map(\.id) == Array(Self.all))
            #expect(run.durable == 172)
            _ = disk.commitJournal(of: &meeting.room)
        }
    }
}
