import Geo
import TestKit
import Testing

@testable import Rooms

@Suite("Distance and splits")
struct DistanceTests {
    var meeting = Meeting()

    @Test("the distance is the sum along the markers")
    mutating func sum() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, [0, 10, 20, 10, 0, 12])
        #expect(meeting.meters(ana).isNear(52))
    }

    @Test("distances are ellipsoidal")
    mutating func ellipsoid() throws {
        // The same 0.0001° north and east at 39.905° N, by geographiclib 2.1: 11.1033 m and 8.5512 m.
        let ana = try meeting.runner()
        for (index, step) in [(0, 0), (1000, 0), (1000, 1000)].enumerated() {
            meeting.wait(second)
            let spot = place(399_050_000 + Int32(step.0), 1_164_070_000 + Int32(step.1))
            try meeting.send(ana, [IncomingMarker(id: Int32(index + 1), coordinate: spot, time: meeting.now)])
        }
        #expect(meeting.meters(ana).isNear(11.1033 + 8.5512, within: 0.0005))
    }

    @Test(
        "distance is added only once the runner is more than 4 m from the last counted place",
        arguments: [(3.9, 0), (3.99, 0), (4.02, 4.02), (4.5, 4.5)])
    mutating func stillness(metres: Double, added: Double) throws {
        let ana = try meeting.runner()
        try meeting.run(ana, [0, metres])
        #expect(meeting.meters(ana).isNear(added, within: 0.01))
        #expect(meeting.counted(ana) == [1, 2], "the marker counts all the same")
    }

    @Test(
        "or half the accuracy, if that is more",
        arguments: [(20.0, 9.9, 0), (20, 10.1, 10.1), (50, 12.0, 0), (7, 3.9, 0), (7, 4.1, 4.1)])
    mutating func halfAccuracy(accuracy: Double, metres: Double, added: Double) throws {
        let ana = try meeting.runner()
        try meeting.run(ana, [0, metres], accuracy: accuracy)
        #expect(meeting.meters(ana).isNear(added))
    }

    @Test("small steps add up: the walk is measured from the last place that was added")
    mutating func smallSteps() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, (0...100).map { Double($0) * 1.5 })
        // Every third marker is 4.5 m from the last place; the 99th step is the last of these.
        #expect(meeting.meters(ana).isNear(148.5))
    }

    @Test("standing still adds nothing, however long the receiver trembles")
    mutating func standing() throws {
        var random = SplitMix(seed: 7)
        let ana = try meeting.runner()
        try meeting.run(ana, (0..<3600).map { _ in Double.random(in: -1.9...1.9, using: &random) })
        #expect(meeting.meters(ana) == 0)
    }

    @Test("repeats change nothing, whatever they say now")
    mutating func repeats() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, [0, 10, 20])
        _ = meeting.room.takeJournal()
        let version = meeting.room.version
        let decisions = try meeting.send(ana, [marker(2, 500, at: noon), marker(3, 20, at: noon), marker(2, 9, at: 0)])
        #expect(decisions.isEmpty)
        #expect(meeting.room.version == version)
        #expect(meeting.room.unjournaledCount == 0)
        #expect(meeting.meters(ana).isNear(20))
    }

    @Test("an id twice in one message is one marker, the first of them")
    mutating func repeatsWithin() throws {
        let ana = try meeting.runner()
        try meeting.send(ana, [marker(3, 10, at: noon + 3000), marker(1, 0, at: noon), marker(3, 99, at: noon + 3000)])
        #expect(meeting.room.runner(ana)?.run.history.points.map(\.id) == [1, 3])
        let journaled = meeting.room.takeJournal().chunks.first?.markers.count
        #expect(journaled == 2)
        #expect(meeting.meters(ana).isNear(10))
    }

    @Test("late markers recompute the distance, and `corrected` says so when it changes by more than a metre")
    mutating func late() throws {
        // Round a corner: the straight way over the tunnel is shorter than the way through it.
        let ana = try meeting.runner()
        try meeting.run(ana, [0, 10])
        meeting.wait(4 * second)
        try meeting.send(ana, [marker(6, 10, at: meeting.now)])
        #expect(meeting.meters(ana).isNear(10))
        let tunnel = [(3, 18.0), (4, 26), (5, 18)].map { id, metres in
            marker(Int32(id), metres, at: noon + Int64(id) * second)
        }
        let decisions = try meeting.send(ana, tunnel.reversed())
        #expect(meeting.meters(ana).isNear(10 + 8 + 8 + 8 + 8))
        #expect(decisions.kinds == [.corrected(runner: ana, from: 10, to: 42)])
        #expect(decisions.changedRunners.contains(ana))
    }

    @Test("late markers that change less than a metre are not told")
    mutating func lateAndSmall() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, [0, 10])
        meeting.wait(second)
        try meeting.send(ana, [marker(4, 20.5, at: meeting.now)])
        let decisions = try meeting.send(ana, [marker(3, 15, at: meeting.now - 500)])
        #expect(decisions.events.isEmpty)
        #expect(meeting.counted(ana) == [1, 2, 3, 4])
    }

    @Test("progress that comes together with late markers is no correction")
    mutating func lateWithProgress() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, [0, 10])
        meeting.wait(3 * second)
        try meeting.send(ana, [marker(5, 40, at: meeting.now)])
        let start = meeting.now
        meeting.wait(30 * second)
        let filled = (1...9).map { id in marker(Int32(id), Double(id - 1) * 10, at: noon + Int64(id) * second) }
        let decisions = try meeting.send(ana, filled)
        #expect(start == noon + 5 * second)
        #expect(meeting.meters(ana).isNear(80))
        #expect(decisions.events.isEmpty)
    }

    @Test("a full kilometre is told once, with its time by interpolation between the markers around it")
    mutating func split() throws {
        let ana = try meeting.runner()
        // 8 m/s: the marker at 125 s is at 992 m, the next one, 20 s later, at 1152 m; so 1000 m were passed at 126 s.
        for step in 0...124 { try meeting.run(ana, [Double(step) * 8]) }
        meeting.wait(19 * second)
        let decisions = try meeting.run(ana, [1152])
        #expect(decisions.splits == [Split(kilometer: 1, seconds: 126, total: 126)])
        #expect(try meeting.run(ana, [1160]).splits.isEmpty)
    }

    @Test("two kilometres within one step are two splits")
    mutating func twoSplits() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, [0])
        meeting.wait(249 * second)
        // 2500 m in 250 s, from second 1.
        let decisions = try meeting.run(ana, [2500])
        #expect(
            decisions.splits == [
                Split(kilometer: 1, seconds: 101, total: 101), Split(kilometer: 2, seconds: 100, total: 201),
            ])
        #expect(meeting.room.runner(ana)?.run.splits.count == 2)
    }

    @Test("splits leave pauses out")
    mutating func splitsWithoutPauses() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, from: 0, to: 500)
        try meeting.pause(ana)
        meeting.wait(hour)
        try meeting.start(ana)
        let decisions = try meeting.run(ana, from: 500, to: 1000.01)
        // 51 s before the pause, 51 s after it; the last marker is right at the kilometre.
        #expect(decisions.splits.count == 0 || decisions.splits[0].total.isNear(102, within: 0.1))
        let more = try meeting.run(ana, [1010])
        #expect((decisions.splits + more.splits).map(\.total).allSatisfy { $0.isNear(102, within: 0.15) })
        #expect((decisions.splits + more.splits).count == 1)
    }

    @Test("waiting at a crossing belongs to the wait, not to the step after it")
    mutating func crossing() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, from: 0, to: 995)
        // Stands for 100 s at 990 m, then goes 20 m within 2 s: passes 1000 m one second after the wait.
        try meeting.run(ana, Array(repeating: 990, count: 100))
        meeting.wait(second)
        let decisions = try meeting.run(ana, [1010])
        #expect(decisions.splits.first?.total == 201)
    }

    @Test("a kilometre that a correction took back is not told a second time")
    mutating func splitOnce() throws {
        let ana = try meeting.runner()
        let told = try meeting.run(ana, from: 0, to: 1050)
        #expect(told.splits.count == 1)
        let paused = try meeting.pause(ana, time: meeting.now - 20 * second)
        #expect(meeting.meters(ana).isNear(850))
        #expect(paused.splits.isEmpty)
        #expect(meeting.room.runner(ana)?.run.splits.isEmpty == true)
        try meeting.start(ana)
        let again = try meeting.run(ana, from: 1050, to: 1300)
        #expect(meeting.meters(ana).isNear(1100))
        #expect(again.splits.isEmpty)
        #expect(try meeting.run(ana, from: 1310, to: 2300).splits.map(\.kilometer) == [2])
    }

    @Test("a clock that goes back makes no split negative")
    mutating func splitsAndClock() throws {
        let ana = try meeting.runner()
        meeting.now = noon + hour
        var markers: [IncomingMarker] = []
        for id in 1...300 {
            let back = id > 150 ? 140 * second : 0
            markers.append(marker(Int32(id), Double(id) * 10, at: noon + Int64(id) * second - back))
        }
        let splits = try meeting.send(ana, markers).splits
        #expect(splits.map(\.kilometer) == [1, 2])
        #expect(splits.allSatisfy { $0.seconds >= 0 })
    }

    @Test(
        "the outline has at most 200 points, from the start to the newest place",
        arguments: [1, 2, 199, 200, 201, 399, 400, 5000])
    mutating func outline(markers: Int) throws {
        let ana = try meeting.runner()
        meeting.now = noon + day
        try meeting.send(ana, (1...markers).map { marker(Int32($0), Double($0) * 5, at: noon + Int64($0) * second) })
        let points = meeting.room.outline(of: ana).flatMap(\.self)
        #expect(points.count == min(points.count, 200))
        #expect(points.count >= min(markers, 100))
        #expect(points.first == east(5))
        #expect(points.last == east(Double(markers) * 5))
        #expect(points.map(\.longitudeE7) == points.map(\.longitudeE7).sorted())
        #expect(Set(points).count == points.count)
    }

    @Test("late markers of a run that may not be measured anew are refused, and nothing has changed")
    mutating func refusedLateMarkers() throws {
        let ana = try meeting.runner()
        try meeting.send(ana, (2...10).map { marker($0, Double($0) * 5, at: noon + Int64($0) * second) })
        let late = marker(1, 5, at: noon + second)
        var costs: [Int] = []
        let version = meeting.room.version
        #expect(throws: RoomError.tooManyLateMarkers) {
            try meeting.room.markers([late], from: ana, at: meeting.now) {
                costs.append($0)
                return false
            }
        }
        #expect(costs == [9])
        #expect(meeting.room.version == version)
        #expect(meeting.room.runner(ana)?.run.markerCount == 9)
        let taken = try meeting.room.markers([late, marker(2, 0, at: noon)], from: ana, at: meeting.now) { $0 == 9 }
        #expect(taken.newMarkers == 1)
        // What follows the newest, or is known, asks nobody.
        let next = try meeting.room.markers(
            [marker(1, 0, at: noon), marker(11, 55, at: noon + 11 * second)], from: ana, at: meeting.now
        ) { _ in false }
        #expect(next.newMarkers == 1)
    }

    @Test("a run holds a hundred thousand markers, and resending at the limit is no error")
    mutating func limit() throws {
        let ana = try meeting.runner()
        meeting.now = noon + 2 * day
        let all = (1...100_000).map { marker(Int32($0), 0, at: noon + Int64($0) * second) }
        for first in stride(from: 0, to: 100_000, by: 500) { try meeting.send(ana, Array(all[first..<first + 500])) }
        #expect(throws: RoomError.tooManyMarkers) { try meeting.send(ana, [marker(100_001, 0, at: noon)]) }
        #expect(try meeting.send(ana, Array(all.suffix(500))).isEmpty)
        #expect(throws: RoomError.tooManyMarkers) {
            try meeting.send(try meeting.runner("bo"), [marker(MarkerHistory.largestID + 1, 0, at: noon)])
        }
    }
}
