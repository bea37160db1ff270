import Synchronization
import TestKit
import Testing

@testable import Live

@Suite("Server clock") struct ServerClockTests {
    private final class Machine: Sendable {
        let wall = Mutex<Int64>(1_000_000)
        let elapsed = Mutex<Int64>(7_000_000_000)

        var clock: ServerClock {
            ServerClock(wall: { self.wall.withLock { $0 } }, elapsed: { self.elapsed.withLock { $0 } })
        }

        func passes(milliseconds: Int64) {
            elapsed.withLock { $0 += milliseconds * 1_000_000 }
            wall.withLock { $0 += milliseconds }
        }
    }

    @Test("the clock goes on evenly when somebody sets the machine's clock, and says by how much")
    func doesNotJump() {
        let machine = Machine()
        let clock = ServerClock(wall: { machine.wall.withLock { $0 } }, elapsed: { machine.elapsed.withLock { $0 } })
        #expect(clock.now() == 1_000_000)
        machine.elapsed.withLock { $0 += 1_500_000_000 }
        machine.wall.withLock { $0 += 1500 }
        #expect(clock.now() == 1_001_500)
        #expect(clock.drift == 0)
        machine.wall.withLock { $0 -= 3_600_000 }
        #expect(clock.now() == 1_001_500)
        #expect(clock.drift == -3_600_000)
    }

    @Test(
        "it follows the machine's clock slowly, forwards and backwards, and never goes back",
        arguments: [10_000, -10_000])
    func follows(step: Int64) {
        let machine = Machine()
        let clock = ServerClock(wall: { machine.wall.withLock { $0 } }, elapsed: { machine.elapsed.withLock { $0 } })
        machine.wall.withLock { $0 += step }
        var previous = clock.now()
        for tick in 1...12_000 {
            machine.elapsed.withLock { $0 += 100_000_000 }
            machine.wall.withLock { $0 += 100 }
            let now = clock.now()
            #expect((98...102).contains(now - previous))
            previous = now
            if tick.isMultiple(of: 10) { clock.follow() }
            #expect(clock.now() == now, "nor does it jump when it looks")
        }
        #expect(abs(clock.drift) <= 20)
    }

    @Test("rooms look at the machine's clock again and again, and their log says when somebody has set it")
    func sweeps() async throws {
        let machine = Machine()
        let log = RecordingLog()
        try await Stage.run(in: TemporaryDirectory(), clock: machine.clock, log: log) { stage in
            machine.wall.withLock { $0 += 10_000 }
            #expect(stage.live.clock.drift == 10_000)
            for _ in 0..<2_000 where stage.live.clock.drift > 9_000 {
                machine.passes(milliseconds: 1_000)
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(stage.live.clock.drift <= 9_000)
        }
        #expect(log.lines.contains { $0.hasPrefix("warning the machine's clock was set") })
    }
}
