import HTTPTypes
import LWS
import Services
import Synchronization

/// How often something may be done by one address.
public struct RateLimit: Sendable, Hashable {
    /// So many at once...
    public var burst: Int
    /// ...and so many a minute for long.
    public var perMinute: Double

    public init(burst: Int, perMinute: Double) {
        self.burst = burst
        self.perMinute = perMinute
    }
}

/// Token buckets, one for each remote address.
///
/// A bucket is kept as the moment at which it will be full again (the generic cell rate algorithm, ITU-T I.371): exact,
/// and without anything to refill.
///
/// The table is bounded: whoever makes the server forget an address by coming from ten thousand others has ten thousand
/// addresses anyway.
final class RateLimiter: Sendable {
    /// Between two tokens that come back.
    private let interval: Duration
    /// From empty to full, less one token.
    private let tolerance: Duration
    private let capacity: Int
    private let now: @Sendable () -> ContinuousClock.Instant
    private let fullAt = Mutex<[AddressKey: ContinuousClock.Instant]>([:])

    init(
        _ limit: RateLimit, capacity: Int = 10_000, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        interval = .seconds(60 / limit.perMinute)
        tolerance = interval * (limit.burst - 1)
        self.capacity = capacity
        self.now = now
    }

    /// Takes one from the bucket of an address.
    ///
    /// - Throws: A problem with the seconds until there is one again.
    func take(_ address: String) throws(Problem) {
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
        throw .tooManyRequests(retryAfter: max(1, Int((wait / .seconds(1)).rounded(.up))))
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

/// The limits of what a stranger may do.
public struct RateLimits: Sendable, Hashable {
    /// Roomy enough for a class that registers behind one address.
    public var registrations = RateLimit(burst: 100, perMinute: 20)
    public var logins = RateLimit(burst: 100, perMinute: 60)
    /// Of codes that are mailed, to whomever.
    public var mailCodes = RateLimit(burst: 30, perMinute: 10)
    /// So many wrong codes within ten minutes are heard from an address.
    public var wrongCodes = 20
    public var roomCreations = RateLimit(burst: 30, perMinute: 10)
    /// Of all rooms, which wakes each of them.
    public var roomLists = RateLimit(burst: 10, perMinute: 30)
    /// What one account may change, wherever it comes from: more than a phone that reports its run each second.
    public var accountChanges = RateLimit(burst: 240, perMinute: 180)
    /// So many wrong passwords a minute are heard for an account from an address.
    public var loginFailuresPerMinute = 10
    /// Of all users at once; pages are not limited.
    public var userLists = RateLimit(burst: 10, perMinute: 30)
    /// Of pictures, which wait on the disk for an hour before one that nobody uses is removed.
    public var uploads = RateLimit(burst: 60, perMinute: 30)

    public init() {}
}

/// The limiters of one server; each is nil where nothing is limited.
struct RequestLimits: Sendable {
    var registrations: RateLimiter?
    var logins: RateLimiter?
    var mailCodes: RateLimiter?
    var roomCreations: RateLimiter?
    var roomLists: RateLimiter?
    /// By ``AddressKey`` of the account's id, which no address looks like.
    var accountChanges: RateLimiter?
    var userLists: RateLimiter?
    var uploads: RateLimiter?

    /// Nothing is limited.
    init() {}

    /// Counts a request that changes something against the account it speaks for: one account may do so only so often,
    /// from however many addresses.
    func takeChange(by account: Int64, in request: HTTPServerRequest) throws(Problem) {
        guard request.head.method != .get, request.head.method != .head else { return }
        try accountChanges?.take("account \(account)")
    }

    init(_ limits: RateLimits, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        registrations = RateLimiter(limits.registrations, now: now)
        logins = RateLimiter(limits.logins, now: now)
        mailCodes = RateLimiter(limits.mailCodes, now: now)
        roomCreations = RateLimiter(limits.roomCreations, now: now)
        roomLists = RateLimiter(limits.roomLists, now: now)
        accountChanges = RateLimiter(limits.accountChanges, now: now)
        userLists = RateLimiter(limits.userLists, now: now)
        uploads = RateLimiter(limits.uploads, now: now)
    }
}
