internal import Limits
internal import Synchronization

/// What all connections of a server may hold together of one kind: bytes of what clients sent, or handlers at work.
///
/// Without it, many clients that each send most of a request and then wait would fill the memory. From any thread.
final class Budget: Sendable {
    let limit: Int
    private let taken = Atomic<Int>(0)

    init(limit: Int) { self.limit = limit }

    var used: Int { taken.load(ordering: .relaxed) }

    /// - Returns: False, and nothing is taken, when it would be too much.
    fileprivate func take(_ count: Int) -> Bool {
        var used = used
        while used + count <= limit {
            let (isDone, now) = taken.weakCompareExchange(expected: used, desired: used + count, ordering: .relaxed)
            if isDone { return true }
            used = now
        }
        return false
    }

    fileprivate func giveBack(_ count: Int) { taken.subtract(count, ordering: .relaxed) }
}

/// The share that one connection, body or request holds of a budget, which has it back at the latest when the last
/// reference goes.
///
/// From any thread, but by one at a time: a body's goes with it from the loop to its handler.
final class Lease: Sendable {
    /// What everybody may hold of what is not complete, whatever the others do, so that short requests are served while
    /// somebody fills the memory with long ones: 80 MB at 20,000 connections.
    static let freeBytes = Limit.HTTP.freeInput

    private let budget: Budget
    /// A share up to this does not count.
    private let free: Int
    private let counted = Atomic<Int>(0)

    init(_ budget: Budget, free: Int = 0) {
        self.budget = budget
        self.free = free
    }

    deinit { giveBack() }

    /// Holds so much from now on, instead of what it held.
    ///
    /// - Returns: False, and it holds what it held, when the budget has no room for more.
    func hold(_ count: Int) -> Bool {
        let wanted = count > free ? count : 0
        let counted = counted.load(ordering: .relaxed)
        if wanted == counted { return true }
        if wanted > counted {
            guard budget.take(wanted - counted) else { return false }
        } else {
            budget.giveBack(counted - wanted)
        }
        self.counted.store(wanted, ordering: .relaxed)
        return true
    }

    /// What it holds of the budget.
    var held: Int { counted.load(ordering: .relaxed) }

    /// Holds nothing any more.
    func giveBack() { budget.giveBack(counted.exchange(0, ordering: .relaxed)) }
}
