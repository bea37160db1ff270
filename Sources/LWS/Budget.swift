internal import Limits
internal import Synchronization

/// What all connections of a server may hold together of one kind, bytes or places, and how much of it one address may.
///
/// Without it, many clients that each send most of a request and then wait would fill the memory; and without the part
/// of an address, those of one would leave nothing to the others. From any thread.
final class Budget: Sendable {
    let limit: Int
    /// What an address, or a network of IPv6, may hold of it.
    let bounds: NetworkCounts.Bounds
    private let taken = Atomic<Int>(0)
    private let networks = Mutex(NetworkCounts())
    private let refused = Atomic<Int>(0)

    /// - Parameters:
    ///   - limit: Of everybody together.
    ///   - shareOfAddress: The part of it that one address may hold, as a divisor. A /48 of IPv6 may hold half.
    init(limit: Int, shareOfAddress: Int = Limit.HTTP.shareOfAddress) {
        self.limit = limit
        bounds = NetworkCounts.Bounds(
            network: limit / shareOfAddress, site: limit / min(shareOfAddress, Limit.HTTP.shareOfSite))
    }

    var used: Int { taken.load(ordering: .relaxed) }

    /// How often an address wanted more than its part, and was refused for that alone.
    var refusedByAddress: Int { refused.load(ordering: .relaxed) }

    /// - Returns: False, and nothing is taken, when it would be too much, of all or of that address.
    fileprivate func take(_ count: Int, by address: IPAddress?) -> Bool {
        var used = used
        while used + count <= limit {
            let (isDone, now) = taken.weakCompareExchange(expected: used, desired: used + count, ordering: .relaxed)
            if isDone {
                guard let address, !networks.withLock({ $0.add(count, to: address, within: bounds) }) else {
                    return true
                }
                taken.subtract(count, ordering: .relaxed)
                refused.add(1, ordering: .relaxed)
                return false
            }
            used = now
        }
        return false
    }

    fileprivate func giveBack(_ count: Int, by address: IPAddress?) {
        guard count > 0 else { return }
        if let address { networks.withLock { $0.subtract(count, from: address) } }
        taken.subtract(count, ordering: .relaxed)
    }
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
    /// Whose it is; nil where no address is counted.
    private let address: IPAddress?
    /// A share up to this does not count.
    private let free: Int
    private let counted = Atomic<Int>(0)

    init(_ budget: Budget, of address: IPAddress? = nil, free: Int = 0) {
        self.budget = budget
        self.address = address
        self.free = free
    }

    deinit { giveBack() }

    /// Holds so much from now on, instead of what it held.
    ///
    /// - Returns: False, and it holds what it held, when the budget has no room for more, or none for its address.
    func hold(_ count: Int) -> Bool {
        let wanted = count > free ? count : 0
        let counted = counted.load(ordering: .relaxed)
        if wanted == counted { return true }
        if wanted > counted {
            guard budget.take(wanted - counted, by: address) else { return false }
        } else {
            budget.giveBack(counted - wanted, by: address)
        }
        self.counted.store(wanted, ordering: .relaxed)
        return true
    }

    /// What it holds of the budget.
    var held: Int { counted.load(ordering: .relaxed) }

    /// Holds nothing any more.
    func giveBack() { budget.giveBack(counted.exchange(0, ordering: .relaxed), by: address) }
}
