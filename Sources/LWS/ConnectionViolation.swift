internal import Synchronization

/// What must always hold of a connection, and did not: a flaw of the program, which ends that connection and nothing
/// else.
///
/// Counted for the process; from any thread.
public enum ConnectionViolation: String, Sendable, CaseIterable {
    /// Bytes were to be written while others are on their way.
    case writesInTurn = "a connection writes one thing after the other"

    private static let counts = Mutex(Dictionary(uniqueKeysWithValues: allCases.map { ($0, 0) }))

    /// How often each has happened since the start.
    public static var all: [ConnectionViolation: Int] { counts.withLock { $0 } }

    func note() { Self.counts.withLock { $0[self, default: 0] += 1 } }
}
