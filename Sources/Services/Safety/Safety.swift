import Limits
public import Store

/// Calls for help: who hears them, where who calls was last, and that all is clear.
///
/// A call reaches who calls, the owner of the room in which they run, and whom they have named; nothing else goes this way.
/// Privacy zones do not hide who calls.
public final class Safety: Sendable {
    private let store: AppDatabase
    private let calls: RateLimiter?
    private let now: @Sendable () -> Int64

    /// Makes the service.
    ///
    /// - Parameters:
    ///   - store: Where calls are.
    ///   - calls: How often an account may call anew; nil for as often as it likes.
    ///   - now: The clock, in milliseconds since 1970.
    public init(
        store: AppDatabase, calls: RateLimit?, now: @escaping @Sendable () -> Int64 = IDGenerator.systemTime
    ) {
        self.store = store
        self.calls = calls.map { RateLimiter($0) }
        self.now = now
    }

    /// Somebody calls for help; who does already goes on with the same call.
    ///
    /// - Parameters:
    ///   - account: Who.
    ///   - room: The key of the room in which they run; nil for none, or the one that they called from.
    ///   - place: Where they are; nil for where they were.
    /// - Returns: The call; nil when the account is gone.
    /// - Throws: ``ServicesError/tooOften(retryAfter:)``, ``ServicesError/store(_:)``.
    public func call(
        account: Int64, room: Int64?, place: Alarm.Place?
    ) async throws(ServicesError) -> Alarm? {
        try calls?.take("account \(account)")
        let time = now()
        return try await withStoreErrors { () throws(StoreError) in
            try await store.safety.raise(
                account: account, room: room, place: place, at: time,
                clearedBefore: time - Limit.Safety.clearShown)?.alarm
        }
    }

    /// Who calls is somewhere else now.
    ///
    /// - Returns: Whether this is a call of theirs that is open.
    /// - Throws: As ``call(account:room:place:)``.
    public func move(_ id: Int64, of account: Int64, to place: Alarm.Place) async throws(ServicesError) -> Bool {
        try calls?.take("account \(account)")
        return try await withStoreErrors { () throws(StoreError) in
            try await store.safety.move(id, of: account, to: place)
        }
    }

    /// The calls that somebody hears of, the newest first: those that are open, and for a while those that are clear.
    public func calls(heardBy account: Int64) async throws(ServicesError) -> [Alarm] {
        let since = now() - Limit.Safety.clearShown
        return try await withStoreErrors { () throws(StoreError) in
            try await store.safety.alarms(heardBy: account, clearedSince: since, limit: Limit.Safety.heard)
        }
    }

    /// Says that all is clear.
    ///
    /// - Returns: Whether there was such a call, of which the account hears.
    public func clear(_ id: Int64, by account: Int64) async throws(ServicesError) -> Bool {
        let time = now()
        return try await withStoreErrors { () throws(StoreError) in
            try await store.safety.clear(id, by: account, at: time)
        }
    }

    /// Whom somebody has named to hear of their calls.
    public func confidants(of account: Int64) async throws(ServicesError) -> [(username: String, nickname: String)] {
        try await withStoreErrors { () throws(StoreError) in try await store.safety.confidants(of: account) }
    }

    /// Names others in place of those who were.
    ///
    /// - Parameters:
    ///   - account: Whose.
    ///   - names: As they log in.
    /// - Returns: Those who are named now.
    /// - Throws: ``ServicesError/invalid(field:message:)`` for too many, and for a name that is nobody's or one's own.
    public func setConfidants(
        of account: Int64, to names: [String]
    ) async throws(ServicesError) -> [(username: String, nickname: String)] {
        guard names.count <= Limit.Safety.confidants else {
            throw .invalid(field: "names", message: "At most \(Limit.Safety.confidants) people can be named.")
        }
        let named = try await withStoreErrors { () throws(StoreError) in
            try await store.safety.setConfidants(
                of: account, to: names.map(AccountRules.key), limit: Limit.Safety.namedBy)
        }
        guard let named else {
            throw .invalid(field: "names", message: "One of these names is nobody's who can be named.")
        }
        return named
    }
}
