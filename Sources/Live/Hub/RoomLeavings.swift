import Logging
import Store
import Synchronization

/// Removes what deleted rooms have left on the disk, some of it at a time, while others store as ever.
final class RoomLeavings: Sendable {
    private struct State {
        var isRemoving = false
        /// A room may have been deleted since it was looked.
        var isAsked = false
    }

    private let store: AppDatabase
    private let rows: Int
    private let logger: Logger
    private let state = Mutex(State())

    /// - Parameters:
    ///   - store: Where they are.
    ///   - rows: How many rows are removed at a time: everybody who writes waits for that.
    ///   - logger: Is told what goes wrong.
    init(_ store: AppDatabase, rows: Int, _ logger: Logger) {
        self.store = store
        self.rows = rows
        self.logger = logger
    }

    /// Begins to remove what there is, or has it done by who is at it.
    func remove() {
        let isBeginning = state.withLock { state in
            defer { state = State(isRemoving: true, isAsked: true) }
            return !state.isRemoving
        }
        if isBeginning { Task { await removeAll() } }
    }

    private func removeAll() async {
        while takeAsked() {
            do throws(StoreError) {
                while try await !store.rooms.removeLeavings(limit: rows) {}
            } catch {
                // It is for the next who asks.
                state.withLock { $0 = State() }
                guard error != .closed else { return }
                return logger.notice("something of a room that is deleted is left", metadata: ["error": "\(error)"])
            }
        }
    }

    private func takeAsked() -> Bool {
        state.withLock { state in
            defer { state = State(isRemoving: state.isAsked) }
            return state.isAsked
        }
    }
}
