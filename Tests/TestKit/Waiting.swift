import Foundation

/// What a test waited for and did not get.
package struct NeverCame: Error, CustomStringConvertible {
    package let description: String
}

/// Looks again and again until something holds.
///
/// The limit is generous, since a machine may be busy: what is waited for is what the code does at once. However busy
/// it is, there are some looks.
///
/// - Throws: ``NeverCame`` when it does not come to hold; what `holds` throws.
package func eventually(
    _ what: @autoclosure () -> String = "such state", within limit: Duration = .seconds(20),
    _ holds: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    var looks = 1
    while try await !holds() {
        looks += 1
        guard ContinuousClock.now < deadline || looks < 100 else {
            throw NeverCame(description: "no \(what()) within \(limit)")
        }
        try await Task.sleep(for: .milliseconds(looks < 20 ? 1 : 5))
    }
}

/// Does what blocks on a thread of its own: those of tasks may not wait.
package func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
    }
}
