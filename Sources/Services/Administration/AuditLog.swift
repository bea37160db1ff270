import Limits
public import Logging
public import Store

/// What is noted in the audit log.
public enum AuditAction: String, Hashable, Sendable, CaseIterable {
    // What administrators, and whoever runs the server, do to people.
    case firstAdministrator = "first_administrator"
    case accountCreated = "account_created"
    case accountEdited = "account_edited"
    case roleGiven = "role_given"
    case accountDisabled = "account_disabled"
    case accountEnabled = "account_enabled"
    case accountDeleted = "account_deleted"
    case nameReset = "name_reset"
    case passwordReset = "password_reset"
    case loginsEnded = "logins_ended"
    case digestLoginSet = "md5_login_set"
    // To others' rooms.
    case roomChanged = "room_changed"
    case roomDeleted = "room_deleted"
    case runnerRemoved = "runner_removed"
    case linkMade = "link_made"
    case linkRevoked = "link_revoked"
    // To what others wrote.
    case postDeleted = "post_deleted"
    case commentDeleted = "comment_deleted"
    case postHidden = "post_hidden"
    case commentHidden = "comment_hidden"
    case postShown = "post_shown"
    case commentShown = "comment_shown"
    case reportDismissed = "report_dismissed"
    // To all.
    case allUsersDeleted = "all_users_deleted"
    case allPostsDeleted = "all_posts_deleted"
    case allRoomsDeleted = "all_rooms_deleted"
    // Security events.
    case administratorLoggedIn = "administrator_logged_in"
    case administratorPasswordWrong = "administrator_password_wrong"
    case passwordsThrottled = "passwords_throttled"
}

/// Who has done what to others, and what may be an attack: lines that nobody changes.
///
/// What an administrator does has its line before it is done, so that nothing is done without one; what then fails has
/// another, which says so. From any task.
public final class AuditLog: Sendable {
    private let store: AppDatabase
    private let logger: Logger
    private let now: @Sendable () -> Int64
    private let ofOne: RateLimiter
    private let ofAll: RateLimiter

    /// - Parameters:
    ///   - store: Where it is kept.
    ///   - logger: Is told of lines that could not be written of what has happened already.
    ///   - now: The clock, in milliseconds since 1970.
    public init(
        store: AppDatabase, logger: Logger, now: @escaping @Sendable () -> Int64 = IDGenerator.systemTime
    ) {
        self.store = store
        self.logger = logger
        self.now = now
        ofOne = RateLimiter(RateLimit(Limit.Administration.securityEventsOfOne))
        ofAll = RateLimiter(RateLimit(Limit.Administration.securityEvents))
    }

    /// Notes what is about to be done.
    ///
    /// - Throws: ``ServicesError/store(_:)``, and then it is not to be done.
    public func note(_ event: AuditEvent) async throws(ServicesError) {
        let time = now()
        try await withStoreErrors { () throws(StoreError) in try await store.audit.insert(event, at: time) }
    }

    /// Notes that what was noted was tried in vain.
    public func noteFailure(of event: AuditEvent) async {
        do throws(StoreError) {
            try await store.audit.insert(event, hasFailed: true, at: now())
        } catch {
            logger.error(
                "the audit log does not say that something failed",
                metadata: ["action": "\(event.action)", "error": "\(error)"])
        }
    }

    /// Notes what has happened already, whatever becomes of its line; what cannot be noted is in the server's log.
    func noteDone(_ event: AuditEvent) async {
        do throws(ServicesError) {
            try await note(event)
        } catch {
            logger.warning(
                "the audit log does not have what has happened",
                metadata: ["action": "\(event.action)", "error": "\(error)"])
        }
    }

    /// Notes what may be an attack, or part of one: of one kind about one account from one address once a minute, and of
    /// all no more than keeps the other lines.
    ///
    /// What cannot be noted is in the server's log.
    public func noteSecurity(_ action: AuditAction, account: Int64?, from address: String) async {
        do throws(ServicesError) {
            // Not addresses, of which only the network would count.
            try ofOne.take("\(action.rawValue) of \(account ?? 0) from \(AddressKey(address).text)")
            // Who comes in has shown who they are: nobody hides that behind guesses of their own.
            if action != .administratorLoggedIn { try ofAll.take("all") }
        } catch {
            return
        }
        await noteDone(AuditEvent(action, by: .nobody, account: account, from: address))
    }

    /// Lines, the newest first.
    ///
    /// - Parameters:
    ///   - id: Those before the one with this id.
    ///   - limit: At most as many.
    /// - Returns: Fewer than `limit` at the end.
    /// - Throws: ``ServicesError/store(_:)``.
    public func entries(before id: Int64 = .max, limit: Int) async throws(ServicesError) -> [AuditEntry] {
        try await withStoreErrors { () throws(StoreError) in try await store.audit.entries(before: id, limit: limit) }
    }

    /// Removes lines that are too old or too many; to be called now and then.
    ///
    /// - Returns: How many there were.
    /// - Throws: ``ServicesError/store(_:)``.
    @discardableResult
    public func removeOldest() async throws(ServicesError) -> Int {
        let time = now() - Limit.Administration.auditAge
        var count = 0
        while true {
            let removed = try await withStoreErrors { () throws(StoreError) in
                try await store.audit.removeOldest(
                    before: time, beyond: Limit.Administration.auditLines, limit: Limit.Store.sliceRows)
            }
            count += removed
            if removed < Limit.Store.sliceRows { return count }
        }
    }
}

extension AuditEvent {
    /// Of one of the actions that are known.
    public init(
        _ action: AuditAction, by actor: Actor, account: Int64? = nil, subject: String? = nil, detail: String? = nil,
        from address: String? = nil
    ) {
        self.init(
            actor: actor, action: action.rawValue, account: account, subject: subject, detail: detail, address: address)
    }
}

/// Does something that the audit log is to have, where there is one.
func audited<Value>(
    _ event: AuditEvent, in audit: AuditLog?, _ work: () async throws(ServicesError) -> Value
) async throws(ServicesError) -> Value {
    try await audit?.note(event)
    do throws(ServicesError) {
        return try await work()
    } catch {
        await audit?.noteFailure(of: event)
        throw error
    }
}
