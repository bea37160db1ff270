/// What was waited for has not come.
private struct Vain: Error {}

/// Looks again and again, for half a minute at most.
func waitsFor(_ condition: () async throws -> Bool) async throws {
    for _ in 0..<15_000 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(2))
    }
    throw Vain()
}
