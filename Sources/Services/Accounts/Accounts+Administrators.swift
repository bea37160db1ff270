public import Store

extension Accounts {
    /// Adds an account with a role, on the word of who runs the server.
    ///
    /// - Parameters:
    ///   - username: As in ``register(username:password:nickname:)``.
    ///   - password: 1 to 128 characters.
    ///   - role: What it may do.
    ///   - email: Where its owner is reached.
    /// - Returns: The account.
    /// - Throws: ``ServicesError/invalid(field:message:)``, ``ServicesError/nameTaken``, ``ServicesError/emailTaken``,
    ///   ``ServicesError/overloaded``, ``ServicesError/store(_:)``.
    public func create(
        username: String, password: String, role: Account.Role, email: String? = nil
    ) async throws(ServicesError) -> Account {
        try AccountRules.checkUsername(username)
        try AccountRules.checkPassword(password)
        if let email { try AccountRules.checkEmail(email) }
        let hash = try await passwords.hash(password, for: .operators), time = now()
        return Account(
            try await withStoreErrors { () throws(StoreError) in
                try await store.accounts.insertAccount(
                    username: username, usernameKey: AccountRules.key(username), nickname: username, passwordHash: hash,
                    role: role.rawValue, email: email.map(StoredEmail.init), at: time)
            })
    }

    /// Adds the first administrator, a root.
    ///
    /// - Parameters:
    ///   - username: As in ``register(username:password:nickname:)``.
    ///   - password: 1 to 128 characters.
    ///   - lane: Who waits for it.
    /// - Returns: The account.
    /// - Throws: ``ServicesError/forbidden`` when there is an administrator; otherwise as
    ///   ``create(username:password:role:email:)``.
    func registerFirstAdministrator(
        username: String, password: String, for lane: Passwords.Lane
    ) async throws(ServicesError) -> Account {
        try RegistrationRules.veryLongNames.check(username: username)
        try AccountRules.checkPassword(password)
        try checkNotReserved(AccountRules.key(username))
        let hash = try await passwords.hash(password, for: lane), time = now()
        return Account(
            try await withStoreErrors { () throws(StoreError) in
                try await store.accounts.insertAccount(
                    username: username, usernameKey: AccountRules.key(username), nickname: username, passwordHash: hash,
                    role: Account.Role.root.rawValue, isFirst: true, at: time)
            })
    }

    /// The accounts of administrators, in the order of their making, disabled ones included.
    public func administrators() async throws(ServicesError) -> [Account] {
        try await withStoreErrors { () throws(StoreError) in try await store.accounts.administrators() }.map(
            Account.init)
    }

    /// How many bytes an account keeps of records, texts, pictures and videos.
    ///
    /// - Throws: ``ServicesError/unknownUser``, ``ServicesError/store(_:)``.
    public func keptBytes(account: Int64) async throws(ServicesError) -> Int {
        try await withStoreErrors { () throws(StoreError) in try await store.keptBytes(account: account) }
    }

    /// Gives an account a role, on the word of who runs the server.
    ///
    /// - Parameters:
    ///   - role: Which.
    ///   - account: Whose.
    ///   - condition: What must still be so; nil for nothing.
    /// - Returns: The account after it.
    /// - Throws: ``ServicesError/forbidden`` when the condition does not hold, ``ServicesError/unknownUser``,
    ///   ``ServicesError/store(_:)``.
    public func setRole(
        _ role: Account.Role, account: Int64, if condition: AccountCondition? = nil
    ) async throws(ServicesError) -> Account {
        let time = now()
        let stored = try await withStoreErrors { () throws(StoreError) in
            try await store.accounts.setRole(role.rawValue, account: account, if: condition, at: time)
        }
        guard let stored else { throw .unknownUser }
        return Account(stored)
    }

    /// Says whether the MD5 of an account's password is as good as the password, on the word of who runs the server.
    ///
    /// - Returns: The account after it.
    /// - Throws: ``ServicesError/forbidden`` when it is to be, of an account with a role above that of users;
    ///   ``ServicesError/unknownUser``, ``ServicesError/store(_:)``.
    public func setTakesDigest(_ takesDigest: Bool, account: Int64) async throws(ServicesError) -> Account {
        let time = now()
        let stored = try await withStoreErrors { () throws(StoreError) in
            try await store.accounts.setTakesDigest(takesDigest, account: account, at: time)
        }
        guard let stored else { throw .unknownUser }
        guard Account(stored).takesDigest == takesDigest else { throw .forbidden }
        return Account(stored)
    }

    /// Ends all logins of an account, those of open connections too; its password stays.
    ///
    /// - Throws: ``ServicesError/store(_:)``.
    public func endLogins(account: Int64) async throws(ServicesError) {
        try await tokens.revokeAll(account: account)
    }

    /// Keeps an account from being used: nobody can log in to it, and its tokens are worthless.
    ///
    /// Its records and what it wrote stay. Not an error if it is disabled already.
    ///
    /// - Parameters:
    ///   - account: Which.
    ///   - condition: What must still be so; nil for nothing.
    /// - Throws: ``ServicesError/forbidden`` when the condition does not hold, ``ServicesError/unknownUser``,
    ///   ``ServicesError/store(_:)``.
    public func disable(account: Int64, if condition: AccountCondition? = nil) async throws(ServicesError) {
        let time = now()
        defer { tokens.forget(account: account) }
        let isFound = try await withStoreErrors { () throws(StoreError) in
            try await store.accounts.setDisabled(time, account: account, if: condition)
        }
        guard isFound else { throw .unknownUser }
        // Already here: whoever is told may look at a token.
        tokens.forget(account: account)
        await tell(.disabled(account))
    }

    /// Lets an account be used again; not an error if it may.
    ///
    /// - Throws: As ``disable(account:if:)``.
    public func enable(account: Int64, if condition: AccountCondition? = nil) async throws(ServicesError) {
        let isFound = try await withStoreErrors { () throws(StoreError) in
            try await store.accounts.setDisabled(nil, account: account, if: condition)
        }
        guard isFound else { throw .unknownUser }
    }
}

extension StoredEmail {
    /// An address that was checked.
    init(_ email: String) { self.init(text: email, key: AccountRules.emailKey(email)) }
}
