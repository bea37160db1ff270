import Synchronization
import Testing

/// Lets so many tests in at a time: each has a server, and two cores are soon busy with forty of them.
struct Turnstile: TestTrait, SuiteTrait, TestScoping {
    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        await Self.enter()
        defer { Self.leave() }
        try await function()
    }

    private static let state = Mutex((free: 8, waiting: [CheckedContinuation<Void, Never>]()))

    private static func enter() async {
        await withCheckedContinuation { continuation in
            let goesOn = state.withLock { state in
                guard state.free == 0 else {
                    state.free -= 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if goesOn { continuation.resume() }
        }
    }

    private static func leave() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.free += 1
            return nil
        }
        next?.resume()
    }
}

extension Trait where Self == Turnstile {
    /// A few at a time.
    static var inTurn: Self { Turnstile() }
}
