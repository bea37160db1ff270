import Testing

@testable import Live

/// Live protocol, section 3: at most one `ack` a tick per runner, never before the commit.
@Suite("When runners are told what is on disk") struct AckScheduleTests {
    private var schedule = AckSchedule()
    private let start = Moment(nanoseconds: 1_000_000_000)

    @discardableResult
    private mutating func store(_ runner: Int, hasGrown: Bool = true, at moment: Moment? = nil) -> Double? {
        schedule.committing(runner)
        return schedule.committed(runner, hasGrown: hasGrown, at: moment ?? start)
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
}
