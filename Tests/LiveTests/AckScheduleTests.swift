import Testing

@testable import Live

/// Live protocol, section 3: at most one `ack` a tick per runner, never before the commit.
@Suite("When runners are told what is on disk") struct AckScheduleTests {
    private var schedule = AckSchedule(quiet: AckSchedule.Quiet(interval: .seconds(3), markers: 10))
    private var stored: Int32 = 0
    private let start = Moment(nanoseconds: 1_000_000_000)

    @discardableResult
    private mutating func store(_ runner: Int, hasGrown: Bool = true, at moment: Moment? = nil) -> Double? {
        schedule.committing(runner)
        if hasGrown { stored += 1 }
        return schedule.committed(runner, upTo: hasGrown ? stored : nil, at: moment ?? start)
    }

    @Test("nobody is told before the commit, and everybody once with the tick after it")
    mutating func afterTheCommit() {
        for runner in [3, 4] {
            schedule.connected(runner)
            schedule.came(from: runner, at: start)
            schedule.committing(runner)
        }
        #expect(!schedule.isDue)
        for runner in [3, 4, 3] { store(runner) }
        #expect(schedule.isDue)
        #expect(schedule.take(at: start).map(\.runner) == [3, 4], "once, though more was stored twice")
        #expect(!schedule.isDue && schedule.take(at: start).isEmpty)
        store(4)
        #expect(schedule.take(at: start).map(\.runner) == [4])
    }

    @Test("the delays are those of the oldest marker, and what waits for a gap to be filled is not told")
    mutating func delays() {
        schedule.connected(3)
        schedule.came(from: 3, at: start)
        #expect(store(3, hasGrown: false, at: start + .milliseconds(500)) == 0.5, "it is on disk")
        #expect(!schedule.isDue)
        schedule.came(from: 3, at: start + .seconds(1))
        schedule.came(from: 3, at: start + .seconds(2))
        #expect(store(3, at: start + .milliseconds(2500)) == 1.5)
        let told = schedule.take(at: start + .seconds(3))
        #expect(told.map(\.runner) == [3] && told.map(\.delay) == [2])
        #expect(store(3, at: start + .seconds(9)) == nil, "nothing has come")
        #expect(schedule.take(at: start + .seconds(9)).map(\.delay) == [nil])
    }

    @Test("nothing is owed to a connection that has gone, nor to the one that comes after it")
    mutating func connections() {
        schedule.connected(3)
        store(3)
        schedule.connected(3)
        #expect(!schedule.isDue)
        store(3)
        schedule.disconnected(3)
        #expect(!schedule.isDue)
        store(3)
        #expect(!schedule.isDue, "of a runner without a connection")
    }

    @Test("who takes no frames is told at once the first time, and then after 3 s, of all that came meanwhile")
    mutating func quietly() {
        schedule.connected(3)
        schedule.takesFrames(3, false)
        #expect(schedule.isQuiet(3) && !schedule.isQuiet(4))
        schedule.came(from: 3, at: start)
        store(3, at: start)
        let first = schedule.take(at: start)
        #expect(first.map(\.runner) == [3] && first.map(\.delay) == [nil], "what it is made to wait is no delay")
        for second in 1...2 {
            store(3, at: start + .seconds(second))
            #expect(schedule.isDue && schedule.take(at: start + .seconds(second)).isEmpty)
        }
        #expect(schedule.take(at: start + .milliseconds(2999)).isEmpty)
        #expect(schedule.take(at: start + .seconds(3)).map(\.runner) == [3])
        #expect(!schedule.isDue)
        store(3, at: start + .seconds(20))
        #expect(schedule.take(at: start + .seconds(20)).map(\.runner) == [3], "it was told nothing for longer")
    }

    @Test("who takes no frames is told of ten new markers at once")
    mutating func together() {
        schedule.connected(3)
        schedule.takesFrames(3, false)
        store(3)
        #expect(schedule.take(at: start).count == 1)
        for _ in 1...9 { store(3) }
        #expect(schedule.take(at: start).isEmpty)
        store(3)
        #expect(schedule.take(at: start).map(\.runner) == [3])
    }

    @Test("a phone that wakes is told at the next tick, and the others go on waiting")
    mutating func waking() {
        for runner in [3, 4, 5] {
            schedule.connected(runner)
            schedule.takesFrames(runner, runner == 5)
            store(runner)
        }
        #expect(schedule.take(at: start).map(\.runner) == [3, 4, 5])
        for runner in [3, 4, 5] { store(runner) }
        #expect(schedule.take(at: start).map(\.runner) == [5], "it takes frames, and is told at each tick")
        schedule.takesFrames(4, true)
        #expect(schedule.take(at: start).map(\.runner) == [4])
        #expect(schedule.isDue && schedule.take(at: start + .seconds(2)).isEmpty)
        #expect(schedule.take(at: start + .seconds(3)).map(\.runner) == [3])
    }

    @Test("a quiet phone that pauses or finishes is told of all that came before as soon as it is on disk")
    mutating func hastened() {
        schedule.connected(3)
        schedule.takesFrames(3, false)
        store(3)
        #expect(schedule.take(at: start).count == 1)
        store(3)
        #expect(schedule.take(at: start).isEmpty && !schedule.isDue(at: start))
        schedule.hasten(3)
        #expect(schedule.isDue(at: start) && schedule.take(at: start).count == 1)
        store(3)
        #expect(schedule.take(at: start).count == 1, "of the commit after it, too")
        schedule.came(from: 3, at: start)
        store(3)
        #expect(schedule.take(at: start).isEmpty, "it runs again")
    }

    @Test("how long a quiet phone's markers wait is no delay, also if it wakes meanwhile")
    mutating func intended() {
        schedule.connected(3)
        schedule.takesFrames(3, false)
        schedule.came(from: 3, at: start)
        #expect(store(3, at: start + .seconds(1)) == nil)
        #expect(schedule.take(at: start + .seconds(1)).map(\.delay) == [nil])
        schedule.came(from: 3, at: start + .seconds(1))
        store(3, at: start + .seconds(2))
        schedule.takesFrames(3, true)
        #expect(schedule.take(at: start + .seconds(3)).map(\.delay) == [nil])
        schedule.came(from: 3, at: start + .seconds(4))
        #expect(store(3, at: start + .seconds(5)) == 1)
    }

    @Test("a new run, whose markers count from 1 again, is told of after three seconds as well")
    mutating func newRun() {
        schedule.connected(3)
        schedule.takesFrames(3, false)
        stored = 500
        store(3)
        #expect(schedule.take(at: start).count == 1)
        stored = 0
        store(3)
        #expect(schedule.take(at: start + .seconds(3)).map(\.runner) == [3])
        store(3, at: start + .seconds(4))
        #expect(schedule.take(at: start + .seconds(4)).isEmpty)
        #expect(schedule.take(at: start + .seconds(6)).map(\.runner) == [3])
    }
}
