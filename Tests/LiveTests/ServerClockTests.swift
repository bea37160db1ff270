import Synchronization
import Testing

@testable import Live

@Suite("Server clock") struct ServerClockTests {
    private final class Machine: Sendable {
        let wall = Mutex<Int64>(1_000_000)
        let elapsed = Mutex<Int64>(7_000_000_000)
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
}
