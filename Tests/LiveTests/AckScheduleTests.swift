import Testing

@testable import Live

/// Live protocol, section 3: at most one `ack` a second per runner, never before the commit.
@Suite("When runners are told what is on disk") struct AckScheduleTests {
    private var schedule = AckSchedule()
    private let start = Moment(nanoseconds: 1_000_000_000)

    private mutating func store(_ runner: Int, hasGrown: Bool = true) {
        schedule.committing(runner)
        schedule.committed(runner, hasGrown: hasGrown)
    }

    @Test("what a commit of events has stored is told after the next commit of everything")
    mutating func waitsForAll() {
        schedule.connected(3)
        store(3)
        #expect(schedule.waitsForAll && !schedule.isDue)
        schedule.allCommitted()
        #expect(!schedule.waitsForAll && schedule.isDue)
        #expect(schedule.ready(at: start) == [3])
        #expect(!schedule.isDue)
    }

    @Test("a second one waits for its moment, and others do not wait for it")
    mutating func oneASecond() {
        for runner in [3, 4] { schedule.connected(runner) }
        store(3)
        schedule.allCommitted()
        #expect(schedule.ready(at: start) == [3])
        _ = schedule.told(3, at: start, again: start + .seconds(1))
        for runner in [3, 4] { store(runner) }
        store(3)
        schedule.allCommitted()
        #expect(schedule.ready(at: start + .milliseconds(999)) == [4])
        #expect(schedule.isDue)
        #expect(schedule.ready(at: start + .seconds(1)) == [3], "once, though more was stored twice")
    }

    @Test("the delay is that of the oldest marker, and what waits for a gap to be filled has none")
    mutating func delays() {
        schedule.connected(3)
        schedule.came(from: 3, at: start)
        store(3, hasGrown: false)
        schedule.allCommitted()
        #expect(schedule.ready(at: start).isEmpty)
        schedule.came(from: 3, at: start + .seconds(1))
        schedule.came(from: 3, at: start + .seconds(2))
        store(3)
        schedule.allCommitted()
        #expect(schedule.ready(at: start + .seconds(3)) == [3])
        #expect(schedule.told(3, at: start + .seconds(3), again: start) == 2)
        #expect(schedule.told(3, at: start + .seconds(9), again: start) == nil)
    }

    @Test("nothing is owed to a connection that has gone, nor to the one that comes after it")
    mutating func connections() {
        schedule.connected(3)
        store(3)
        schedule.connected(3)
        #expect(!schedule.waitsForAll)
        store(3)
        schedule.allCommitted()
        schedule.disconnected(3)
        #expect(!schedule.isDue)
        store(3)
        #expect(!schedule.waitsForAll, "of a runner without a connection")
    }
}
