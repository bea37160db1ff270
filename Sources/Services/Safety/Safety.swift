import Foundation
import Geo
import Limits
public import Logging
public import Mail
public import Store

/// Calls for help: who hears them, where who calls was last, and that all is clear.
///
/// A call reaches who calls, the owner of the room in which they run, and whom they have named; nothing else goes this way.
/// Privacy zones do not hide who calls.
public final class Safety: Sendable {
    private let store: AppDatabase
    private let mail: MailQueue
    /// Where a room is seen, by its name; nil when the server does not know what it is called.
    private let page: @Sendable (String) -> String?
    private let calls: RateLimiter?
    private let mails: RateLimiter?
    private let logger: Logger
    private let now: @Sendable () -> Int64

    /// Makes the service.
    ///
    /// - Parameters:
    ///   - store: Where calls are.
    ///   - mail: Takes the mails by which others hear of a call.
    ///   - page: Where a room is seen, by its name; nil when the server does not know what it is called.
    ///   - calls: How often an account may call anew; nil for as often as it likes.
    ///   - mails: How often others are told of its calls by mail.
    ///   - logger: Hears of mails that could not be taken on.
    ///   - now: The clock, in milliseconds since 1970.
    public init(
        store: AppDatabase, mail: MailQueue, page: @escaping @Sendable (String) -> String?, calls: RateLimit?,
        mails: RateLimit?, logger: Logger, now: @escaping @Sendable () -> Int64 = IDGenerator.systemTime
    ) {
        self.store = store
        self.mail = mail
        self.page = page
        self.calls = calls.map { RateLimiter($0) }
        self.mails = mails.map { RateLimiter($0) }
        self.logger = logger
        self.now = now
    }

    /// Somebody calls for help; who does already goes on with the same call.
    ///
    /// - Parameters:
    ///   - account: Who.
    ///   - room: The key of the room in which they run; nil for none, or the one that they called from.
    ///   - place: Where they are; nil for where they were.
    ///   - isStill: Whether they have not called themselves: they run and do not move.
    /// - Returns: The call; nil when the account is gone.
    /// - Throws: ``ServicesError/tooOften(retryAfter:)``, ``ServicesError/store(_:)``.
    public func call(
        account: Int64, room: Int64?, place: Alarm.Place?, isStill: Bool = false
    ) async throws(ServicesError) -> Alarm? {
        try calls?.take("account \(account)")
        let time = now()
        let raised = try await withStoreErrors { () throws(StoreError) in
            try await store.safety.raise(
                account: account, room: room, place: place, isStill: isStill, at: time,
                clearedBefore: time - Limit.Safety.clearShown)
        }
        if let raised, raised.isNew { try await tellByMail(raised.alarm, at: time) }
        return raised?.alarm
    }

    /// Calls for somebody who runs in a room and does not move.
    ///
    /// There is nobody to tell that it failed: the log is told.
    public func callForStill(account: Int64, room: Int64, place: Alarm.Place) async {
        do {
            _ = try await call(account: account, room: room, place: place, isStill: true)
        } catch {
            // Whoever causes very many makes no line of the log.
            let level: Logger.Level = if case .tooOften = error { .debug } else { .error }
            logger.log(
                level: level, "nobody is called for somebody who does not move",
                metadata: ["account": "\(account)", "error": "\(error)"])
        }
    }

    /// Tells those by mail who hear of a new call and have an address.
    ///
    /// Who calls again and again is heard on the pages, and by mail now and then; whoever does that makes no line of the log.
    private func tellByMail(_ alarm: Alarm, at time: Int64) async throws(ServicesError) {
        do {
            try mails?.take("account \(alarm.account)")
        } catch {
            return logger.debug(
                "a call for help is not told by mail again", metadata: ["account": "\(alarm.account)"])
        }
        let addresses = try await withStoreErrors { () throws(StoreError) in
            try await store.safety.addresses(hearing: alarm.id)
        }
        let place = alarm.place.map { place in
            let time = Date(timeIntervalSince1970: Double(place.time) / 1000).formatted(.iso8601)
            return "\(place.coordinate.latitude), \(place.coordinate.longitude) (\(time))"
        }
        let call = OutgoingMail.HelpCall(
            nickname: alarm.nickname, place: place, page: alarm.runID.flatMap(page),
            isStill: alarm.isStill)
        for address in addresses {
            let letter = OutgoingMail(
                to: address, .call(call), at: time, expiresAt: time + Limit.Safety.clearShown)
            guard !mail.put(letter) else { continue }
            logger.error("a call for help is not told by mail", metadata: ["to": "\(letter.shortAddress)"])
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
