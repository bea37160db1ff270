import Geo
import Testing

@testable import Rooms

/// What a run came to is told once all of it has been measured, and what was told is put right.
@Suite("Finishes and corrections")
struct FinishTests {
    var meeting = Meeting()

    /// 3 km in 300 markers, 10 s and 10 m apart each second; most of them in blocks.
    private mutating func longRun(without gap: ClosedRange<Int32>? = nil) throws -> Int {
        let ana = try meeting.runner()
        meeting.now = noon + hour
        try meeting.send(ana, (1...301).filter { !(gap?.contains($0) ?? false) }.map(place))
        while let due = meeting.room.nextDeadline, due <= meeting.now { _ = meeting.room.advance(to: meeting.now) }
        return ana
    }

    private func place(_ id: Int32) -> IncomingMarker {
        marker(id, Double(id - 1) * 10, at: noon + Int64(id) * second)
    }

    /// Ten markers, 10 m and 10 s apart, the last of them a second ago by the phone's clock.
    private mutating func sendTen(_ runner: Int, offset: Int64) throws {
        meeting.now = noon + 101 * second
        let markers = (1...10).map { marker($0, Double($0 - 1) * 10, at: noon + Int64($0) * 10 * second) }
        _ = try meeting.room.markers(markers, from: runner, offset: offset, at: meeting.now)
    }

    private func sealed(_ runner: Int) throws -> [TrackPoint] {
        try #require(meeting.room.runner(runner)?.run.sealedPoints())
    }

    /// Finishes long before the newest markers: those in blocks have to be measured anew.
    private mutating func untold() throws -> (runner: Int, run: RunReference) {
        let ana = try longRun()
        let decisions = try meeting.room.finish(ana, time: noon + 51 * second, at: meeting.now)
        #expect(decisions.finish == nil && decisions.records.isEmpty && decisions.corrections.isEmpty)
        #expect(meeting.state(ana) == .finished)
        return (ana, try #require(decisions.recalls.first))
    }

    @Test("a finish whose figures wait for blocks is told when they are there, and says what the record says")
    mutating func untilRead() throws {
        let (ana, run) = try untold()
        meeting.wait(5)
        let read = meeting.room.recall(try sealed(ana), of: ana, runKey: run.runKey, at: meeting.now)
        let decisions = try #require(read)
        let finish = try #require(decisions.finish)
        #expect(finish.meters == 500 && finish.seconds == 51)
        #expect(decisions.kinds.count == 2 && decisions.corrections.map(\.to) == [500])
        let record = try #require(decisions.records.first)
        #expect(record.meters == 500 && record.unmeasured == nil)
        #expect(decisions.records.count == 1)
    }

    @Test(
        "what the phone's clock has after its last marker is not before it, although that clock is known better by then",
        arguments: [(-1, 90), (-900, 90), (-5_000, 90), (-5_001, 80), (700, 90)] as [(Int64, Double)])
    mutating func betterClock(change: Int64, meters: Double) throws {
        let ana = try meeting.runner()
        try sendTen(ana, offset: 300)
        // The moment of the last marker, by a connection with a sample of its own; what is farther off is another phone.
        let decisions = try meeting.room.finish(
            ana, time: noon + 100 * second, offset: 300 + change, at: meeting.now)
        #expect(decisions.finish?.meters == meters)
    }

    @Test("a finish before the last marker by the phone's clock is before it")
    mutating func beforeTheLast() throws {
        let ana = try meeting.runner()
        try sendTen(ana, offset: 300)
        let decisions = try meeting.room.finish(
            ana, time: noon + 100 * second - 1, offset: 300, at: meeting.now)
        #expect(decisions.finish?.meters == 80)
    }

    @Test("it is told after a crash in between")
    mutating func afterACrash() throws {
        let (ana, _) = try untold()
        var disk = Disk()
        var everything = Decisions()
        everything.changedRunners = [ana]
        _ = disk.commitJournal(of: &meeting.room)
        disk.commit(everything, of: meeting.room)
        meeting.room = disk.restoredRoom(like: meeting.room, at: meeting.now)
        let due = try #require(meeting.room.nextDeadline)
        #expect(due <= meeting.now)
        let decisions = meeting.room.advance(to: meeting.now)
        #expect(decisions.finish?.meters == 500)
        #expect(decisions.records.first?.meters == 500)
        #expect(meeting.room.advance(to: meeting.now).finish == nil, "once")
    }

    @Test("the next run's start does not come before it")
    mutating func nextStart() throws {
        let (ana, _) = try untold()
        let key = meeting.newKey()
        let decisions = try meeting.room.start(ana, newRunKey: key, at: meeting.now)
        #expect(decisions.finish != nil)
        #expect(decisions.kinds.last == .started(runner: ana, run: 2))
        var record = try #require(decisions.records.first)
        _ = try record.completeTrack(with: [])
        #expect(record.meters == 500, "it is measured with all of its blocks")
    }

    @Test("with lost blocks it is told with what is left, and the run is not stuck")
    mutating func lostBlocks() throws {
        let (ana, run) = try untold()
        let half = try sealed(ana).filter { $0.id > 30 }
        _ = meeting.room.takeJournal()
        let bad = meeting.room.recall(half, of: ana, runKey: run.runKey, at: meeting.now)
        #expect(bad == nil)
        let (decisions, isComplete) = meeting.room.recallWhatIsLeft(
            half + half, of: ana, runKey: run.runKey, at: meeting.now)
        #expect(!isComplete)
        #expect(decisions.finish?.meters == 200)
        #expect(meeting.room.runner(ana)?.run.isRecalling == false)
        meeting.wait(30 * second)
        #expect(meeting.room.advance(to: meeting.now).settledRuns.count == 1)
    }

    @Test("markers from wherever they are, in any order and twice, are as good as the blocks")
    mutating func fromTheJournal() throws {
        let (ana, run) = try untold()
        let all = try #require(meeting.room.runner(ana)?.run.allPoints())
        let (decisions, isComplete) = meeting.room.recallWhatIsLeft(
            all.reversed() + all, of: ana, runKey: run.runKey, at: meeting.now)
        #expect(isComplete && decisions.finish?.meters == 500)
        #expect(meeting.room.runner(ana)?.run.markerCount == 301)
    }

    @Test("a correction carries the kilometres that were told and are different now, and no others")
    mutating func correctedSplits() throws {
        // Past 1.2 km a loop of 200 m is missing.
        let ana = try meeting.runner()
        meeting.now = noon + hour
        func way(_ id: Int32) -> IncomingMarker {
            let metres =
                switch id {
                case ...121: Double(id - 1) * 10
                case ...131: 1_200 + Double(id - 121) * 10
                case ...141: 1_300 - Double(id - 131) * 10
                default: Double(id - 21) * 10
                }
            return marker(id, metres, at: noon + Int64(id) * second)
        }
        var told: [Int: Split] = [:]
        for split in try meeting.send(ana, (1...301).filter { !(122...141).contains($0) }.map(way)).splits {
            told[split.kilometer] = split
        }
        #expect(told.count == 2)
        let decisions = try meeting.send(ana, (122...141).map(way))
        guard case .corrected(_, _, let to, let splits, _)? = decisions.kinds.first else {
            Issue.record("no correction: \(decisions.kinds)")
            return
        }
        #expect(to == 3_000)
        #expect(splits.map(\.kilometer) == [2])
        for split in splits + decisions.splits { told[split.kilometer] = split }
        #expect(told.values.sorted { $0.kilometer < $1.kilometer } == meeting.room.runner(ana)?.run.splits)
    }
}
