import Limits
import Store
import Text

/// What people tell of themselves, and what administrators may do about it.
public final class Profiles: Sendable {
    /// What somebody makes of their own profile.
    public struct Change: Hashable, Sendable {
        /// 1 to 30 characters, by the rules for usernames: it is the name that they log in with.
        public var name: String
        /// The present one or an upload of their own; nil leaves it.
        public var picture: MediaID?
        public var gender: Account.Gender
        /// Milliseconds since 1970; the day of it counts.
        public var birthday: Int64
        /// At most 50 characters, empty for none; nil leaves it.
        public var sign: String?

        public init(
            name: String, picture: MediaID? = nil, gender: Account.Gender = .unknown, birthday: Int64 = 0,
            sign: String? = nil
        ) {
            self.name = name
            self.picture = picture
            self.gender = gender
            self.birthday = birthday
            self.sign = sign
        }
    }

    /// A page of a list.
    public struct Page: Hashable, Sendable {
        /// In the list, on all pages.
        public let total: Int
        public let accounts: [Account]
    }

    /// A page has no more entries.
    public static let pageLimit = Limit.Lists.accounts

    private let accounts: Accounts
    private let media: Media
    private let audit: AuditLog?

    private var store: AppDatabase { accounts.store }

    /// Makes the service; `audit`, if there is one, notes what is done to others.
    public init(accounts: Accounts, media: Media, audit: AuditLog? = nil) {
        self.accounts = accounts
        self.media = media
        self.audit = audit
    }

    // MARK: - One's own

    /// Changes one's own profile: all of it, or nothing.
    ///
    /// - Parameters:
    ///   - change: What to.
    ///   - account: Whose, as it is.
    /// - Returns: The account after it.
    /// - Throws: ``ServicesError/invalid(field:message:)``, ``ServicesError/nameTaken``,
    ///   ``ServicesError/foreignPicture``, ``ServicesError/unknownUser``, ``ServicesError/store(_:)``.
    public func change(_ change: Change, of account: Account) async throws(ServicesError) -> Account {
        var stored = try naming(account, change.name)
        if let sign = change.sign { try AccountRules.checkSign(sign) }
        stored.sign = change.sign
        stored.gender = change.gender.rawValue
        let day: Int64 = 86_400_000
        let time = min(max(change.birthday, ISODate.range.lowerBound), ISODate.range.upperBound)
        stored.birthday = time - (time % day + day) % day
        if let picture = change.picture, picture != account.picture {
            stored.picture = try await owned(picture, by: account)
        }
        return try await accounts.apply(stored, to: account.id)
    }

    /// Changes the picture above one's page.
    ///
    /// - Parameters:
    ///   - cover: The present one, or an upload of their own.
    ///   - account: Whose, as it is.
    /// - Returns: The account after it.
    /// - Throws: ``ServicesError/foreignPicture``, ``ServicesError/unknownUser``, ``ServicesError/store(_:)``.
    public func setCover(_ cover: MediaID, of account: Account) async throws(ServicesError) -> Account {
        if cover == account.cover { return account }
        var stored = ProfileChange()
        stored.cover = try await owned(cover, by: account)
        return try await accounts.apply(stored, to: account.id)
    }

    private func owned(_ picture: MediaID, by account: Account) async throws(ServicesError) -> Int64 {
        guard try await media.mayUse(picture, account: account.id) else { throw .foreignPicture }
        return picture.rawValue
    }

    private func naming(_ account: Account, _ name: String) throws(ServicesError) -> ProfileChange {
        // Whoever keeps a name from another world keeps it, however long it is.
        if name == account.username { return ProfileChange() }
        return try Accounts.naming(name, by: .shortNames)
    }

    // MARK: - Others'

    /// A page of all accounts, in the order of their making.
    ///
    /// - Parameters:
    ///   - page: From 1.
    ///   - size: 1 to 30.
    ///   - actor: Who asks, an administrator, as read for this request.
    /// - Returns: The page; without accounts behind the last.
    /// - Throws: ``ServicesError/forbidden``, ``ServicesError/invalid(field:message:)``, ``ServicesError/store(_:)``.
    public func list(page: Int, size: Int, actor: Account) async throws(ServicesError) -> Page {
        try checkAdministrator(actor)
        try checkPage(page, size)
        let total = try await withStoreErrors { () throws(StoreError) in try await store.accounts.accountCount() }
        return Page(total: total, accounts: try await accounts.accounts(page: page, limit: size, unlisted: true))
    }

    /// A page of the accounts whose number, name or address is a text.
    ///
    /// - Parameters:
    ///   - keyword: The text, all of it.
    ///   - page: From 1.
    ///   - size: 1 to 30.
    ///   - actor: Who asks, an administrator, as read for this request.
    /// - Returns: The page, in the order of their making.
    /// - Throws: ``ServicesError/forbidden``, ``ServicesError/invalid(field:message:)``, ``ServicesError/store(_:)``.
    public func search(
        _ keyword: String, page: Int, size: Int, actor: Account
    ) async throws(ServicesError) -> Page {
        try checkAdministrator(actor)
        try checkPage(page, size)
        var found: [Account] = []
        func add(_ account: Account?) {
            if let account, !found.contains(where: { $0.id == account.id }) { found.append(account) }
        }
        if let number = Int64(keyword) { add(try await accounts.account(number: number)) }
        add(try await accounts.account(named: keyword))
        let emailKey = AccountRules.emailKey(keyword)
        add(
            try await withStoreErrors { () throws(StoreError) in try await store.accounts.account(emailKey: emailKey) }
                .map(
                    Account.init))
        found.sort { $0.id < $1.id }
        let (start, isBeyond) = (page - 1).multipliedReportingOverflow(by: size)
        let rest = isBeyond ? [] : found.dropFirst(start).prefix(size)
        return Page(total: found.count, accounts: Array(rest))
    }

    /// Changes what an account says of itself.
    ///
    /// - Parameters:
    ///   - number: Which account: the actor's own, or one of a lower role.
    ///   - name: As in ``Change/name``.
    ///   - email: The address.
    ///   - sign: As in ``Change/sign``.
    ///   - actor: Who does it, an administrator, as read for this request.
    /// - Returns: The account after it.
    /// - Throws: ``ServicesError/forbidden``, ``ServicesError/invalid(field:message:)``, ``ServicesError/unknownUser``,
    ///   ``ServicesError/nameTaken``, ``ServicesError/emailTaken``, ``ServicesError/store(_:)``.
    @discardableResult
    public func edit(
        _ number: Int64, name: String, email: String, sign: String?, actor: Account
    ) async throws(ServicesError) -> Account {
        try checkAdministrator(actor)
        let account = try await account(number)
        guard AdministratorRules.mayEdit(actor, account) else { throw .forbidden }
        var stored = try naming(account, name)
        // An account of another world may have none, which reads as an empty one.
        if email != account.email ?? "" {
            try AccountRules.checkEmail(email)
            stored.email = StoredEmail(email)
        }
        if let sign { try AccountRules.checkSign(sign) }
        stored.sign = sign
        let change = stored
        return try await noting(.accountEdited, of: account, by: actor) { () throws(ServicesError) in
            try await accounts.apply(
                change, to: account.id, if: AdministratorRules.still(actor, AdministratorRules.mayEdit))
        }
    }

    /// Gives an account a role.
    ///
    /// - Parameters:
    ///   - rank: The place of the role in the ladder.
    ///   - number: Which account, not the actor's own.
    ///   - actor: Who does it, a root, as read for this request.
    /// - Returns: The account after it.
    /// - Throws: ``ServicesError/forbidden``, ``ServicesError/invalid(field:message:)``, ``ServicesError/ownAccount``,
    ///   ``ServicesError/unknownUser``, ``ServicesError/store(_:)``.
    @discardableResult
    public func setRole(rank: Int, of number: Int64, actor: Account) async throws(ServicesError) -> Account {
        guard AdministratorRules.mayGiveRoles(actor) else { throw .forbidden }
        guard let role = Account.Role(rank: rank) else {
            throw .invalid(field: "role", message: "There is no such role.")
        }
        let account = try await account(number)
        guard account.id != actor.id else { throw .ownAccount }
        return try await noting(.roleGiven, of: account, by: actor, role.rawValue) { () throws(ServicesError) in
            try await accounts.setRole(
                role, account: account.id,
                if: AdministratorRules.still(actor) { actor, _ in AdministratorRules.mayGiveRoles(actor) })
        }
    }

    /// Deletes an account with all that is its own, in every world.
    ///
    /// - Parameters:
    ///   - number: Which account, of a lower role than the actor's.
    ///   - actor: Who does it, an administrator, as read for this request.
    /// - Returns: The account as it was.
    /// - Throws: ``ServicesError/forbidden``, ``ServicesError/ownAccount``, ``ServicesError/unknownUser``,
    ///   ``ServicesError/store(_:)``.
    @discardableResult
    public func delete(_ number: Int64, actor: Account) async throws(ServicesError) -> Account {
        try checkAdministrator(actor)
        let account = try await account(number)
        guard account.id != actor.id else { throw .ownAccount }
        guard AdministratorRules.isBelow(actor, account) else { throw .forbidden }
        try await noting(.accountDeleted, of: account, by: actor) { () throws(ServicesError) in
            try await accounts.delete(
                account: account.id, if: AdministratorRules.still(actor, AdministratorRules.isBelow))
        }
        return account
    }

    /// Does something to an account that has a line in the audit log, if it is not the actor's own.
    private func noting<Value>(
        _ action: AuditAction, of account: Account, by actor: Account, _ detail: String? = nil,
        _ work: () async throws(ServicesError) -> Value
    ) async throws(ServicesError) -> Value {
        guard account.id != actor.id else { return try await work() }
        let event = AuditEvent(action, by: .account(actor.id), account: account.id, detail: detail)
        return try await audited(event, in: audit, work)
    }

    private func account(_ number: Int64) async throws(ServicesError) -> Account {
        guard let account = try await accounts.account(number: number) else { throw .unknownUser }
        return account
    }

    private func checkAdministrator(_ actor: Account) throws(ServicesError) {
        guard actor.isAdministrator else { throw .forbidden }
    }

    private func checkPage(_ page: Int, _ size: Int) throws(ServicesError) {
        guard page >= 1 else { throw .invalid(field: "page", message: "The page must be 1 or more.") }
        guard (1...Self.pageLimit).contains(size) else {
            throw .invalid(field: "page_size", message: "A page has 1 to \(Self.pageLimit) entries.")
        }
    }
}
