public import Limits
import Synchronization

/// How often something may be done by one address.
public struct RateLimit: Sendable, Hashable {
    /// So many at once...
    public var burst: Int
    /// ...and so many a minute for long.
    public var perMinute: Double

    /// A limit.
    public init(burst: Int, perMinute: Double) {
        self.burst = burst
        self.perMinute = perMinute
    }

    /// One of those that stand with all others.
    public init(_ rate: Limit.Rate) { self.init(burst: rate.burst, perMinute: rate.perMinute) }
}

/// Token buckets, one for each remote address.
///
/// A bucket is kept as the moment at which it will be full again (the generic cell rate algorithm, ITU-T I.371): exact,
/// and without anything to refill.
///
/// The table is bounded: whoever makes the server forget an address by coming from ten thousand others has ten thousand
/// addresses anyway.
public final class RateLimiter: Sendable {
    /// Between two tokens that come back.
    private let interval: Duration
    /// From empty to full, less one token.
    private let tolerance: Duration
    private let capacity: Int
    private let now: @Sendable () -> ContinuousClock.Instant
    private let fullAt = Mutex<[AddressKey: ContinuousClock.Instant]>([:])

    /// Makes full buckets.
    ///
    /// - Parameters:
    ///   - limit: What is in them, and how fast it comes back.
    ///   - capacity: So many addresses are remembered.
    ///   - now: The clock.
    public init(
        _ limit: RateLimit, capacity: Int = Limit.Rates.remembered,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        interval = .seconds(60 / limit.perMinute)
        tolerance = interval * (limit.burst - 1)
        self.capacity = capacity
        self.now = now
    }

    /// Takes one from the bucket of an address.
    ///
    /// - Throws: ``ServicesError/tooOften(retryAfter:)``.
    public func take(_ address: String) throws(ServicesError) {
        let key = AddressKey(address)
        let moment = now()
        let wait = fullAt.withLock { fullAt -> Duration? in
            let full = max(fullAt[key] ?? moment, moment)
            let excess = moment.duration(to: full) - tolerance
            guard excess <= .zero else { return excess }
            if fullAt[key] == nil, fullAt.count >= capacity { prune(&fullAt, at: moment) }
            fullAt[key] = full + interval
            return nil
        }
        guard let wait else { return }
        throw .tooOften(retryAfter: max(1, Int((wait / .seconds(1)).rounded(.up))))
    }

    /// How much of a bucket is left.
    public struct Standing: Hashable, Sendable {
        /// What a full one holds.
        public let burst: Int
        /// So many may be taken at once.
        public let remaining: Int
        /// Seconds from empty to full.
        public let window: Int
        /// Seconds until it is full again.
        public let reset: Int
    }

    /// What is left in the bucket of an address; takes nothing.
    public func standing(of address: String) -> Standing {
        let moment = now()
        let full = max(fullAt.withLock { $0[AddressKey(address)] } ?? moment, moment)
        let missing = moment.duration(to: full)
        let burst = Int((tolerance / interval).rounded()) + 1
        let used = Int((missing / interval).rounded(.up))
        return Standing(
            burst: burst, remaining: max(0, burst - used),
            window: Int((interval * burst / .seconds(1)).rounded(.up)),
            reset: Int((missing / .seconds(1)).rounded(.up)))
    }

    /// How many addresses are remembered.
    var count: Int { fullAt.withLock { $0.count } }

    /// Forgets those that are full again, or else the fuller half: the emptiest are the ones to remember.
    private func prune(_ fullAt: inout [AddressKey: ContinuousClock.Instant], at moment: ContinuousClock.Instant) {
        fullAt = fullAt.filter { $0.value > moment }
        guard fullAt.count >= capacity else { return }
        for (key, _) in fullAt.sorted(by: { $0.value < $1.value }).prefix(capacity / 2) { fullAt[key] = nil }
    }
}
