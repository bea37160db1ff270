import Glibc
import Synchronization
import Testing

@testable import LWS

@Suite("Descriptors", .timeLimit(.minutes(5))) struct DescriptorTests {
    @Test("the end of a server closes no descriptor that another thread was given meanwhile")
    func strangers() async throws {
        let isOver = Mutex(false)
        async let lost = Self.openAndClose(until: { isOver.withLock { $0 } })
        for _ in 0..<40 { try await withServer { _, _, _ in } }
        isOver.withLock { $0 = true }
        #expect(try await lost == 0)
    }

    /// Keeps taking and returning descriptors.
    ///
    /// - Returns: How many of them were closed by somebody else.
    @concurrent private static func openAndClose(until isOver: @Sendable () -> Bool) async throws -> Int {
        var lost = 0
        while !isOver() {
            // Enough to take whatever number has just become free.
            let descriptors = (0..<40).map { _ in open("/dev/null", O_RDONLY | O_CLOEXEC) }
            await Task.yield()
            for descriptor in descriptors {
                try #require(descriptor >= 0)
                if close(descriptor) != 0 { lost += 1 }
            }
        }
        return lost
    }

    @Test("a server that has ended leaves no descriptor behind")
    func leftovers() async throws {
        try await withServer { _, _, _ in }  // what the process opens once
        // Other suites open and close at the same time; a leak in each of many rounds stands out from that, if not of a
        // hundred then of more.
        let before = Self.openCount()
        var (rounds, left) = (0, 0)
        repeat {
            for _ in 0..<100 { try await withServer { _, _, _ in } }
            rounds += 100
            left = Self.openCount() - before
        } while left >= rounds && rounds < 1000
        #expect(left < rounds)
    }

    private static func openCount() -> Int {
        (0..<CInt(sysconf(CInt(_SC_OPEN_MAX)).clamped(to: 4096))).count { fcntl($0, F_GETFD) != -1 }
    }
}

extension Int {
    fileprivate func clamped(to limit: Int) -> Int { Swift.min(self, limit) }
}
