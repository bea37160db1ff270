import HTTPTypes
package import LWS
import Limits
public import Services

/// The limits of what a stranger may do.
public struct RateLimits: Sendable, Hashable {
    /// Roomy enough for a class that registers behind one address.
    public var registrations = RateLimit(Limit.Rates.registrations)
    public var logins = RateLimit(Limit.Rates.logins)
    /// Of codes that are mailed, to whomever.
    public var mailCodes = RateLimit(Limit.Rates.mailCodes)
    /// So many wrong codes within ten minutes are heard from an address.
    public var wrongCodes = Limit.Accounts.wrongCodes
    public var roomCreations = RateLimit(Limit.Rates.roomCreations)
    /// Of all rooms, which wakes each of them.
    public var roomLists = RateLimit(Limit.Rates.roomLists)
    /// What one account may change, wherever it comes from: more than a phone that reports its run each second.
    public var accountChanges = RateLimit(Limit.Rates.accountChanges)
    /// So many wrong passwords a minute are heard for an account from an address.
    public var loginFailuresPerMinute = Limit.Accounts.failures
    /// Of wrong passwords for a room from an address.
    public var roomGuesses = RateLimit(Limit.Rates.roomGuesses)
    /// Of wrong passwords for a room from all addresses: with more than these, who has guessed wrong is heard once a
    /// minute.
    public var allRoomGuesses = RateLimit(Limit.Rates.allRoomGuesses)
    /// Of joins by WebSocket.
    public var joins = RateLimit(Limit.Rates.joins)
    /// Of all users at once; pages are not limited.
    public var userLists = RateLimit(Limit.Rates.userLists)
    /// Of pictures, which wait on the disk for an hour before one that nobody uses is removed.
    public var uploads = RateLimit(Limit.Rates.uploads)
    /// Of answers that may be large, by whoever asks.
    public var heavyReads = RateLimit(Limit.Rates.heavyReads)
    /// Of reports of what is amiss.
    public var reports = RateLimit(Limit.Rates.reports)

    public init() {}
}

/// The limiters of one server; each is nil where nothing is limited.
package struct RequestLimits: Sendable {
    /// What is limited by address.
    package enum Kind: String, Sendable, CaseIterable {
        case registrations, logins, mailCodes, roomCreations, roomLists, userLists, uploads, heavyReads, reports

        fileprivate func limit(of limits: RateLimits) -> RateLimit {
            switch self {
            case .registrations: limits.registrations
            case .logins: limits.logins
            case .mailCodes: limits.mailCodes
            case .roomCreations: limits.roomCreations
            case .roomLists: limits.roomLists
            case .userLists: limits.userLists
            case .uploads: limits.uploads
            case .heavyReads: limits.heavyReads
            case .reports: limits.reports
            }
        }
    }

    private var byAddress: [Kind: RateLimiter] = [:]
    /// By ``AddressKey`` of the account's id, which no address looks like.
    package private(set) var accountChanges: RateLimiter?

    /// Nothing is limited.
    package init() {}

    package init(_ limits: RateLimits, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        for kind in Kind.allCases { byAddress[kind] = RateLimiter(kind.limit(of: limits), now: now) }
        accountChanges = RateLimiter(limits.accountChanges, now: now)
    }

    package subscript(kind: Kind) -> RateLimiter? { byAddress[kind] }

    /// Counts a request that changes something against the account it speaks for: one account may do so only so often,
    /// from however many addresses.
    package func takeChange(by account: Int64, in request: HTTPServerRequest) throws(ServicesError) {
        guard request.head.method != .get, request.head.method != .head else { return }
        try accountChanges?.take("account \(account)")
    }
}
