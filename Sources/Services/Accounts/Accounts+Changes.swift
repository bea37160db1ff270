import Store

extension Accounts {
    /// Changes nickname and password of who knows the password: both, or neither.
    ///
    /// A new password makes all tokens of the account worthless.
    ///
    /// - Parameters:
    ///   - username: As it was typed.
    ///   - password: The present one, as it was typed.
    ///   - nickname: 1 to 64 characters; nil leaves it.
    ///   - newPassword: 1 to 128 characters; nil leaves it.
    ///   - address: Where the attempt comes from, for counting the failures.
    ///   - admit: Is told whose change it is when the password has been found right, before anything is changed, and
    ///     may refuse it.
    /// - Returns: The account after it.
    /// - Throws: What ``login(username:password:address:)`` throws, and what `admit` throws;
    ///   ``ServicesError/invalid(field:message:)``; ``ServicesError/wrongPassword`` also when another call changed the
    ///   password meanwhile.
    public func update(
        username: String, password: String, nickname: String?, newPassword: String?, address: String,
        admit: (Int64) throws(ServicesError) -> Void = { _ in }
    ) async throws(ServicesError) -> Account {
        if let nickname { try AccountRules.checkNickname(nickname) }
        if let newPassword { try AccountRules.checkPassword(newPassword, field: "newPassword") }
        let (stored, _) = try await authenticate(
            username: username, proof: .plain(password), address: address)
        if nickname == nil, newPassword == nil { return Account(stored) }
        try admit(stored.id)
        var hash: String?
        if let newPassword { hash = try await passwords.hash(newPassword, for: Passwords.Lane(address)) }
        let newHash = hash, time = now()
        let updated = try await withStoreErrors { () throws(StoreError) in
            try await store.accounts.updateAccount(
                stored.id, withPasswordHash: stored.passwordHash, nickname: nickname, newPasswordHash: newHash,
                at: time)
        }
        guard let updated else { throw .wrongPassword }
        if newHash != nil { await tokens.passwordChanged(account: stored.id) }
        let account = Account(updated)
        if nickname != nil { await tellChanged(account) }
        return account
    }

    /// Deletes the account of who knows its password, with all that is its own.
    ///
    /// - Parameters:
    ///   - username: As it was typed.
    ///   - password: As it was typed.
    ///   - address: Where the attempt comes from, for counting the failures.
    /// - Returns: The account as it was.
    /// - Throws: What ``login(username:password:address:)`` throws.
    public func delete(
        username: String, password: String, address: String
    ) async throws(ServicesError) -> Account {
        let (stored, _) = try await authenticate(
            username: username, proof: .plain(password), address: address)
        do {
            try await delete(
                account: stored.id,
                if: AccountCondition(actor: stored.id) { owner, _ in owner.passwordHash == stored.passwordHash })
        } catch .forbidden {
            // Somebody changed the password at the same moment.
            throw .wrongPassword
        }
        return Account(stored)
    }

    /// Changes the picture that others see.
    ///
    /// - Parameters:
    ///   - picture: What ``Media/store(_:)`` has answered within the hour; nil for the default one.
    ///   - account: Whose.
    /// - Returns: The account after it.
    /// - Throws: ``ServicesError/unknownUser``, ``ServicesError/store(_:)``.
    public func setPicture(_ picture: MediaID?, account: Int64) async throws(ServicesError) -> Account {
        let time = now()
        let stored = try await withStoreErrors { () throws(StoreError) in
            try await store.accounts.setPicture(picture?.rawValue, account: account, at: time)
        }
        guard let stored else { throw .unknownUser }
        return Account(stored)
    }

    /// A numbered page of all accounts, in the order of their making.
    ///
    /// - Parameters:
    ///   - page: From 1.
    ///   - limit: Accounts a page, 1 or more; 100 at most are answered.
    ///   - hasUnlisted: Whether those are among them who are in no list that anybody may read, or hide their names.
    /// - Returns: An empty page behind the last.
    /// - Throws: ``ServicesError/invalid(field:message:)`` for a page or a limit below 1; ``ServicesError/store(_:)``.
    public func accounts(
        page: Int, limit: Int, unlisted hasUnlisted: Bool
    ) async throws(ServicesError) -> [Account] {
        guard page >= 1 else { throw .invalid(field: "page", message: "page must be 1 or more.") }
        guard limit >= 1 else { throw .invalid(field: "limit", message: "limit must be 1 or more.") }
        let limit = min(limit, 100)
        let (offset, isBeyond) = (page - 1).multipliedReportingOverflow(by: limit)
        if isBeyond { return [] }
        return try await withStoreErrors { () throws(StoreError) in
            try await store.accounts.accounts(offset: offset, limit: limit, unlisted: hasUnlisted)
        }.map(Account.init)
    }

    // MARK: Preferences

    /// What the user prefers.
    ///
    /// - Throws: ``ServicesError/unknownUser``, ``ServicesError/store(_:)``.
    public func preferences(account: Int64) async throws(ServicesError) -> Preferences {
        let text = try await withStoreErrors { () throws(StoreError) in
            try await store.accounts.preferences(account: account)
        }
        guard let text else { return Preferences() }
        do {
            return try Preferences(JSONValue(parsing: text).object ?? JSONObject())
        } catch {
            throw .store(.corrupt("preferences are malformed"))
        }
    }

    /// Replaces what the user prefers.
    ///
    /// - Throws: ``ServicesError/unknownUser``, ``ServicesError/store(_:)``.
    public func setPreferences(_ preferences: Preferences, account: Int64) async throws(ServicesError) {
        try await withStoreErrors { () throws(StoreError) in
            try await store.accounts.setPreferences(preferences.json.text, account: account)
        }
    }
}
