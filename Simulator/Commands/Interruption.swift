import Glibc
import Synchronization

/// Ctrl-C: the first ends what is under way with its summary, the second ends the program.
enum Interruption {
    private static let isPending = Atomic<Bool>(false)

    /// Begins to listen for the signal.
    static func watch() {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGINT) { _ in
            // Only what a signal handler may do: an atomic store, and `signal`.
            Interruption.isPending.store(true, ordering: .relaxed)
            signal(SIGINT, SIG_DFL)
        }
        signal(SIGTERM) { _ in Interruption.isPending.store(true, ordering: .relaxed) }
    }

    /// Whether it came.
    static var hasCome: Bool { isPending.load(ordering: .relaxed) }
}
