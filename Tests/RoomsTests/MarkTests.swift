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
}
