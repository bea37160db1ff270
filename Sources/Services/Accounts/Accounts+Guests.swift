import Limits
import Store

extension Account {
    /// Whether it has no password: of somebody who came by a link, for as long as the login lasts that they were given.
    public var isGuest: Bool { passwordHash.text == StoredAccount.noPassword }
}

extension Accounts {
    /// How old a guest's account is at least, in milliseconds, before it may be found to have no login.
    private static let leastAge: Int64 = 3_600_000

    /// Adds an account without a password, under a name that nobody has.
    ///
    /// - Parameter nickname: 1 to 64 characters: what others see.
    /// - Returns: The account.
    /// - Throws: ``ServicesError/invalid(field:message:)``, ``ServicesError/store(_:)``.
    public func registerGuest(nickname: String) async throws(ServicesError) -> Account {
        try AccountRules.checkNickname(nickname)
        let time = now()
        for _ in 0..<3 {
            let username = "guest-" + RoomRules.makeRunID()
            do throws(StoreError) {
                return Account(
                    try await store.accounts.insertAccount(
                        username: username, usernameKey: AccountRules.key(username), nickname: nickname,
                        passwordHash: StoredAccount.noPassword, at: time))
            } catch .nameTaken {
                continue
            } catch {
                throw ServicesError(error)
            }
        }
        throw .overloaded
    }

    /// Gives a guest a password: the account is like any other then, and its logins stay.
    ///
    /// - Parameters:
    ///   - account: Whose.
    ///   - password: 1 to 128 characters.
    ///   - address: Where it comes from.
    /// - Throws: ``ServicesError/invalid(field:message:)``, ``ServicesError/wrongPassword`` when it has one by now,
    ///   ``ServicesError/overloaded``, ``ServicesError/store(_:)``.
    public func makeWhole(_ account: Account, password: String, address: String) async throws(ServicesError) {
        try AccountRules.checkPassword(password, field: "newPassword")
        let hash = try await passwords.hash(password, for: Passwords.Lane(address)), time = now()
        let updated = try await withStoreErrors { () throws(StoreError) in
            try await store.accounts.replacePasswordHash(
                StoredAccount.noPassword, by: hash, account: account.id, at: time)
        }
        // What is remembered of its tokens goes with what stood for a hash.
        tokens.forget(account: account.id)
        guard updated != nil else { throw .wrongPassword }
    }

    /// Deletes a guest's account, which takes no password.
    ///
    /// - Throws: ``ServicesError/wrongPassword`` when it has one by now; as ``delete(account:if:)``.
    public func deleteGuest(_ account: Account) async throws(ServicesError) {
        do {
            try await delete(
                account: account.id,
                if: AccountCondition(actor: account.id) { owner, _ in owner.passwordHash == StoredAccount.noPassword })
        } catch .forbidden {
            throw .wrongPassword
        }
    }

    /// Deletes the accounts of guests whose logins have ended, and who are in no room any more; to be called now and then.
    ///
    /// Where they ran they are shown until the room is deleted.
    ///
    /// - Returns: How many there were.
    /// - Throws: ``ServicesError/store(_:)``.
    @discardableResult
    public func removeGuests() async throws(ServicesError) -> Int {
        let time = now()
        var count = 0
        while true {
            let gone = try await withStoreErrors { () throws(StoreError) in
                try await store.accounts.endedGuests(madeBefore: time - Self.leastAge, limit: 100)
            }
            for account in gone {
                do {
                    try await delete(
                        account: account,
                        if: AccountCondition(actor: account) { owner, _ in
                            owner.passwordHash == StoredAccount.noPassword
                        })
                    count += 1
                } catch .unknownUser {
                    continue
                } catch .forbidden {
                    continue
                }
            }
            if gone.count < 100 { return count }
        }
    }
}
