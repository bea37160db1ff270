import Store

extension Accounts {
    /// Changes the name by which somebody logs in; a nickname that was the old name becomes the new one.
    ///
    /// Tokens stay what they are: they stand for the account, not for its name.
    ///
    /// - Parameters:
    ///   - account: Whose.
    ///   - username: The new name; what it may be, `rules` says. It may be the present one in other letters.
    ///   - rules: What names may be where it is chosen.
    /// - Returns: The account after it.
    /// - Throws: ``ServicesError/invalid(field:message:)``, ``ServicesError/nameTaken``,
    ///   ``ServicesError/unknownUser``, ``ServicesError/store(_:)``.
    public func rename(
        account: Int64, to username: String, rules: RegistrationRules = .usual
    ) async throws(ServicesError) -> Account {
        try await apply(try Self.naming(username, by: rules), to: account)
    }

    /// The change to a name that the rules allow.
    static func naming(_ username: String, by rules: RegistrationRules) throws(ServicesError) -> ProfileChange {
        try rules.check(username: username)
        var change = ProfileChange()
        change.username = username
        change.usernameKey = AccountRules.key(username)
        return change
    }

    /// Changes an account; what of it was checked is the caller's matter, but for a condition that must still hold.
    func apply(
        _ change: ProfileChange, to account: Int64, if condition: AccountCondition? = nil
    ) async throws(ServicesError) -> Account {
        if let key = change.usernameKey { try checkNotReserved(key) }
        let time = now()
        // Identities that are remembered hold the name.
        defer { tokens.forget(account: account) }
        let stored = try await withStoreErrors { () throws(StoreError) in
            try await store.accounts.changeProfile(change, account: account, if: condition, at: time)
        }
        guard let stored else { throw .unknownUser }
        let changed = Account(stored)
        // Already here: whoever is told may look at a token.
        tokens.forget(account: account)
        await tellChanged(changed)
        return changed
    }

    /// Changes the password of who knows the present one, and makes all tokens of the account worthless.
    ///
    /// - Parameters:
    ///   - account: Whose.
    ///   - old: The present one, as it was typed.
    ///   - new: 1 to 128 characters.
    ///   - address: Where the attempt comes from, for counting the failures.
    /// - Throws: ``ServicesError/unknownUser``, and what
    ///   ``update(username:password:nickname:newPassword:address:)`` throws.
    public func changePassword(
        of account: Int64, from old: String, to new: String, address: String
    ) async throws(ServicesError) {
        guard let account = try await self.account(id: account) else { throw .unknownUser }
        _ = try await update(
            username: account.username, password: old, nickname: nil, newPassword: new, address: address)
    }
}
