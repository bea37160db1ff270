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
}
