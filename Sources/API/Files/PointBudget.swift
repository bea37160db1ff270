import Services
import Synchronization

/// How many points of runs are in memory for downloads that are under way, or how many exports are.
///
/// So that many clients that read slowly do not fill it. From any task.
final class PointBudget: Sendable {
    private struct Held {
        var all = 0
        var bySender: [String: Int] = [:]
    }

    private let limit: Int
    private let share: Int
    private let held = Mutex(Held())

    /// - Parameters:
    ///   - limit: How many all may hold together.
    ///   - share: How many one sender may.
    init(limit: Int, share: Int) {
        self.limit = limit
        self.share = share
    }

    /// What is held at the moment.
    var count: Int { held.withLock(\.all) }

    /// Takes some for as long as the lease is there.
    ///
    /// - Parameters:
    ///   - count: How many; never more than a sender's share.
    ///   - sender: Whose they are.
    /// - Returns: The lease.
    /// - Throws: ``ServicesError/overloaded``.
    func take(_ count: Int, for sender: String) throws(ServicesError) -> Lease {
        let isTaken = held.withLock { held in
            let own = held.bySender[sender] ?? 0
            guard held.all + count <= limit, own + count <= share else { return false }
            held.all += count
            held.bySender[sender] = own + count
            return true
        }
        guard isTaken else { throw .overloaded }
        return Lease(self, count, sender)
    }

    private func giveBack(_ count: Int, of sender: String) {
        held.withLock { held in
            held.all -= count
            let own = (held.bySender[sender] ?? 0) - count
            held.bySender[sender] = own > 0 ? own : nil
        }
    }

    /// Points that are held until the last reference goes.
    final class Lease: Sendable {
        private let budget: PointBudget
        private let count: Mutex<Int>
        private let sender: String

        fileprivate init(_ budget: PointBudget, _ count: Int, _ sender: String) {
            self.budget = budget
            self.count = Mutex(count)
            self.sender = sender
        }

        /// Gives back all but some, where it is known by now that there are no more.
        func keep(_ count: Int) {
            let rest = self.count.withLock { held in
                let before = held
                held = min(held, max(0, count))
                return before - held
            }
            budget.giveBack(rest, of: sender)
        }

        deinit { budget.giveBack(count.withLock { $0 }, of: sender) }
    }
}
