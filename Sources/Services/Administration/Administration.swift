import Store

/// What administrators do to people: each has its line in the audit log.
///
/// An `actor` is an administrator as read for this request; what they may do to whom, ``AdministratorRules`` say, once more
/// in the transaction that does it. From any task.
public final class Administration: Sendable {
    /// An account as administrators see it.
    public struct Sheet: Sendable {
        public let account: Account
        /// Bytes that it keeps of records, texts, pictures and videos.
        public let keptBytes: Int
        /// Logins that have not ended.
        public let logins: Int
    }

    private let accounts: Accounts
    private let audit: AuditLog

    private var store: AppDatabase { accounts.store }

    /// - Parameters:
    ///   - accounts: Theirs.
    ///   - audit: Notes all of it.
    public init(accounts: Accounts, audit: AuditLog) {
        self.accounts = accounts
        self.audit = audit
    }

    // MARK: - Finding

    /// People whose names begin with a text, in the order of their names.
    ///
    /// On the first page whoever has the text as mail address or number comes first.
    ///
    /// - Parameters:
    ///   - text: Empty for everybody.
    ///   - after: The name that the page before ended with; nil for the first page.
    ///   - limit: At most as many, beside those.
    /// - Returns: The others, fewer than `limit` on the last page, and who has the address or number.
    /// - Throws: ``ServicesError/store(_:)``.
    public func people(
        matching text: String, after: String?, limit: Int
    ) async throws(ServicesError) -> (exact: [Account], named: [Account]) {
        let found = try await withStoreErrors { () throws(StoreError) in
            try await store.accounts.accounts(
                namedFrom: AccountRules.key(text), after: after.map(AccountRules.key) ?? "", limit: limit)
        }.map(Account.init)
        guard after == nil, !text.isEmpty else { return ([], found) }
        var exact: [Account] = []
        if text.contains("@"), let account = try await accounts.account(email: text) { exact.append(account) }
        if let number = Int64(text), let account = try await accounts.account(number: number) { exact.append(account) }
        if let account = try await accounts.account(shownAs: text) { exact.append(account) }
        return (exact.filter { account in !found.contains { $0.id == account.id } }, found)
    }

    /// An account with what it keeps.
    ///
    /// - Throws: ``ServicesError/notFound``, ``ServicesError/store(_:)``.
    public func sheet(of id: Int64) async throws(ServicesError) -> Sheet {
        let account = try await account(id)
        let bytes: Int
        do {
            bytes = try await accounts.keptBytes(account: id)
        } catch .unknownUser {
            throw .notFound
        }
        return Sheet(
            account: account, keptBytes: bytes,
            logins: try await accounts.tokens.logins(of: id).count)
    }

    // MARK: - Changing

    /// Gives somebody a role.
    ///
    /// - Returns: The account after it.
    /// - Throws: ``ServicesError/forbidden`` for who is no root, ``ServicesError/ownAccount``,
    ///   ``ServicesError/notFound``, ``ServicesError/store(_:)``.
    public func setRole(
        _ role: Account.Role, of id: Int64, by actor: Account, from address: String
    ) async throws(ServicesError) -> Account {
        guard AdministratorRules.mayGiveRoles(actor) else { throw .forbidden }
        let account = try await account(id)
        guard account.id != actor.id else { throw .ownAccount }
        let event = AuditEvent(
            .roleGiven, by: .account(actor.id), account: id, detail: role.rawValue, from: address)
        return try await noting(event) { () throws(ServicesError) in
            try await accounts.setRole(
                role, account: id,
                if: AdministratorRules.still(actor) { actor, _ in AdministratorRules.mayGiveRoles(actor) })
        }
    }

    /// Keeps somebody of a lower role from using their account, or lets them again.
    ///
    /// - Throws: ``ServicesError/forbidden``, ``ServicesError/ownAccount``, ``ServicesError/notFound``,
    ///   ``ServicesError/store(_:)``.
    public func setDisabled(
        _ isDisabled: Bool, _ id: Int64, by actor: Account, from address: String
    ) async throws(ServicesError) {
        try await change(isDisabled ? .accountDisabled : .accountEnabled, id, actor, address) {
            condition throws(ServicesError) in
            if isDisabled {
                try await accounts.disable(account: id, if: condition)
            } else {
                try await accounts.enable(account: id, if: condition)
            }
        }
    }

    /// Gives somebody of a lower role another password, which nobody has chosen; all their logins end.
    ///
    /// - Returns: The password, to be told them.
    /// - Throws: As ``setDisabled(_:_:by:from:)``, and ``ServicesError/overloaded``.
    public func resetPassword(
        of id: Int64, by actor: Account, from address: String
    ) async throws(ServicesError) -> String {
        // As hard to guess as a token, and typed once.
        let password = RoomRules.makeRunID() + "-" + RoomRules.makeRunID()
        try await change(.passwordReset, id, actor, address) { condition throws(ServicesError) in
            try await accounts.setPassword(password, account: id, if: condition)
        }
        return password
    }

    /// Has somebody of a lower role be seen under a name that says nothing, until they choose another.
    ///
    /// - Throws: As ``setDisabled(_:_:by:from:)``.
    public func resetName(of id: Int64, by actor: Account, from address: String) async throws(ServicesError) {
        let number = try await account(id).number
        try await change(.nameReset, id, actor, address) { condition throws(ServicesError) in
            var change = ProfileChange()
            change.nickname = "Runner \(number)"
            _ = try await accounts.apply(change, to: id, if: condition)
        }
    }

    /// Ends all logins of somebody of a lower role, or one's own; the password stays.
    ///
    /// - Throws: ``ServicesError/forbidden``, ``ServicesError/notFound``, ``ServicesError/store(_:)``.
    public func endLogins(of id: Int64, by actor: Account, from address: String) async throws(ServicesError) {
        guard AdministratorRules.mayEdit(actor, try await account(id)) else { throw .forbidden }
        let event = AuditEvent(.loginsEnded, by: .account(actor.id), account: id, from: address)
        try await noting(event) { () throws(ServicesError) in
            try await accounts.endLogins(account: id)
        }
    }

    /// Deletes somebody of a lower role, with all that is their own.
    ///
    /// - Throws: As ``setDisabled(_:_:by:from:)``.
    public func delete(_ id: Int64, by actor: Account, from address: String) async throws(ServicesError) {
        try await change(.accountDeleted, id, actor, address) { condition throws(ServicesError) in
            try await accounts.delete(account: id, if: condition)
        }
    }

    /// Does to somebody of a lower role what has its line then.
    private func change(
        _ action: AuditAction, _ id: Int64, _ actor: Account, _ address: String,
        _ work: (AccountCondition) async throws(ServicesError) -> Void
    ) async throws(ServicesError) {
        let account = try await account(id)
        guard account.id != actor.id else { throw .ownAccount }
        guard AdministratorRules.isBelow(actor, account) else { throw .forbidden }
        let event = AuditEvent(action, by: .account(actor.id), account: id, from: address)
        try await noting(event) { () throws(ServicesError) in
            try await work(AdministratorRules.still(actor, AdministratorRules.isBelow))
        }
    }

    private func account(_ id: Int64) async throws(ServicesError) -> Account {
        guard let account = try await accounts.account(id: id) else { throw .notFound }
        return account
    }

    /// Does something to somebody that has its line, and says of who is gone meanwhile what is said of who was before.
    private func noting<Value>(
        _ event: AuditEvent, _ work: () async throws(ServicesError) -> Value
    ) async throws(ServicesError) -> Value {
        do {
            return try await audited(event, in: audit, work)
        } catch .unknownUser {
            throw .notFound
        }
    }
}
