public import Limits
public import Logging
public import Store
import Synchronization

/// What has become of accounts.
public enum AccountChange: Sendable {
    /// It has another name or nickname, or other zones, perhaps.
    case changed(Account)
    /// Nothing is to be left of whose they were.
    case deleted(Set<Int64>)
    /// It may be used again some day, and what it did stays.
    case disabled(Int64)
}

/// Who may come in, and as whom.
public final class Accounts: Sendable {
    let store: AppDatabase
    let passwords: Passwords
    let tokens: Tokens
    private let media: Media
    /// Is told who guesses, and that administrators come; nil where nobody is.
    private let audit: AuditLog?
    private let throttle: LoginThrottle
    let now: @Sendable () -> Int64
    let logger: Logger
    private let listener = Mutex<(@Sendable (AccountChange) async -> Void)?>(nil)
    /// Names that nobody may take but operators, in their form for comparison.
    private let reserved = Mutex<Set<String>>([])
    /// What tells of the last change that others see.
    private let changes = Mutex<Task<Void, Never>?>(nil)

    /// Makes the service.
    ///
    /// - Parameters:
    ///   - store: Where accounts are.
    ///   - passwords: Hashes.
    ///   - tokens: Is told when tokens become worthless.
    ///   - media: Removes the files of accounts that are deleted.
    ///   - audit: Notes who guesses, and that administrators log in; nil for nobody.
    ///   - failuresPerMinute: So many wrong passwords for an account from an address are answered; more are refused
    ///     unheard until a minute after the first.
    ///   - logger: Hears of what a caller need not.
    ///   - now: The clock, in milliseconds since 1970.
    public init(
        store: AppDatabase, passwords: Passwords, tokens: Tokens, media: Media, audit: AuditLog? = nil,
        failuresPerMinute: Int = Limit.Accounts.failures,
        logger: Logger, now: @escaping @Sendable () -> Int64 = IDGenerator.systemTime
    ) {
        self.store = store
        self.passwords = passwords
        self.tokens = tokens
        self.media = media
        self.audit = audit
        self.logger = logger
        self.now = now
        throttle = LoginThrottle(limit: failuresPerMinute)
    }

    /// Has somebody told what has just become of accounts: those who keep people for longer than a request.
    ///
    /// - Parameter listen: Whom to tell, in place of whoever was told before; the change is answered when this returns.
    public func whenAccountsChange(_ listen: @escaping @Sendable (AccountChange) async -> Void) {
        listener.withLock { $0 = listen }
    }

    func tell(_ change: AccountChange) async { await listener.withLock { $0 }?(change) }

    /// Tells that an account has another name, or other zones, perhaps, after it has been stored.
    ///
    /// Of two changes at the same moment the later must be told last, whichever of the two gets here first: so one is
    /// told after the other, each time what the account is by then.
    func tellChanged(_ account: Account) async {
        let telling = changes.withLock { last in
            let telling = Task { [last] in
                await last?.value
                await self.tellState(of: account)
            }
            last = telling
            return telling
        }
        await telling.value
    }

    private func tellState(of account: Account) async {
        do {
            // Deleted meanwhile: that has been told.
            guard let stored = try await store.accounts.account(id: account.id) else { return }
            await tell(.changed(Account(stored)))
        } catch {
            logger.notice("an account was not read again", metadata: ["error": "\(error)"])
            await tell(.changed(account))
        }
    }

    /// Adds an account.
    ///
    /// - Parameters:
    ///   - username: 1 to 32 characters, not blank, without `/` and control characters, no reserved word.
    ///   - password: 1 to 128 characters.
    ///   - nickname: 1 to 64 characters; nil to begin with the username.
    ///   - picture: What ``Media/store(_:)`` has answered within the hour; nil for the default one.
    ///   - rules: What names and passwords may be where somebody registers.
    ///   - lane: Who waits for it.
    /// - Returns: The account.
    /// - Throws: ``ServicesError/invalid(field:message:)``, ``ServicesError/nameTaken``, ``ServicesError/overloaded``,
    ///   ``ServicesError/foreignPicture`` for a picture that is gone, ``ServicesError/store(_:)``. The name is as free
    ///   then as before.
    public func register(
        username: String, password: String, nickname: String? = nil, picture: MediaID? = nil,
        rules: RegistrationRules = .usual, for lane: Passwords.Lane
    ) async throws(ServicesError) -> Account {
        try rules.check(username: username)
        try rules.check(password: password)
        return try await register(
            username: username, proof: .plain(password), nickname: nickname, picture: picture, for: lane)
    }

    /// Adds an account of whose password only the MD5 is known; it alone lets its owner in until the password changes.
    ///
    /// - Parameters:
    ///   - username: As in ``register(username:password:nickname:)``, up to 64 characters.
    ///   - digest: The MD5 of the password, 32 hexadecimal digits.
    ///   - nickname: 1 to 64 characters; nil to begin with the username.
    ///   - lane: Who waits for it.
    /// - Returns: The account.
    /// - Throws: As ``register(username:password:nickname:)``.
    public func register(
        username: String, digest: String, nickname: String? = nil, for lane: Passwords.Lane
    ) async throws(ServicesError) -> Account {
        try Self.checkRegistration(username: username, digest: digest, nickname: nickname)
        return try await register(username: username, proof: .digest(digest), nickname: nickname, for: lane)
    }

    /// Checks what ``register(username:digest:nickname:for:)`` takes.
    ///
    /// - Throws: ``ServicesError/invalid(field:message:)``.
    public static func checkRegistration(
        username: String, digest: String, nickname: String?
    ) throws(ServicesError) {
        try RegistrationRules.veryLongNames.check(username: username)
        guard Passwords.Proof.isDigest(digest) else {
            throw .invalid(field: "password", message: "The password must be sent as its MD5 in hexadecimal digits.")
        }
        if let nickname { try AccountRules.checkNickname(nickname) }
    }

    /// Keeps names from everybody but operators, for accounts that are about to be added; they are as good as taken.
    public func reserve(_ usernames: [String]) {
        reserved.withLock { $0.formUnion(usernames.map(AccountRules.key)) }
    }

    /// Lets anybody take a name who can.
    public func release(_ username: String) {
        _ = reserved.withLock { $0.remove(AccountRules.key(username)) }
    }

    /// - Throws: ``ServicesError/nameTaken`` for a name in its form for comparison that is kept from others.
    func checkNotReserved(_ key: String) throws(ServicesError) {
        if reserved.withLock({ $0.contains(key) }) { throw .nameTaken }
    }

    private func register(
        username: String, proof: Passwords.Proof, nickname: String?, picture: MediaID? = nil,
        for lane: Passwords.Lane
    ) async throws(ServicesError) -> Account {
        if let nickname { try AccountRules.checkNickname(nickname) }
        let key = AccountRules.key(username)
        if lane != .operators { try checkNotReserved(key) }
        // Asked first, because the hash is dear; who comes in between is found by the database.
        if try await withStoreErrors({ () throws(StoreError) in try await store.accounts.account(usernameKey: key) })
            != nil
        {
            throw .nameTaken
        }
        let hash = try await passwords.hash(proof, for: lane), time = now()
        return Account(
            try await withStoreErrors { () throws(StoreError) in
                try await store.accounts.insertAccount(
                    username: username, usernameKey: key, nickname: nickname ?? username, passwordHash: hash,
                    picture: picture?.rawValue, takesDigest: proof.isDigest, at: time)
            })
    }

    /// Checks a name and a password.
    ///
    /// An unknown name takes as long as a wrong password. A token is given for the account that is answered only while
    /// the password is the one that was checked.
    ///
    /// - Parameters:
    ///   - username: As it was typed.
    ///   - password: As it was typed.
    ///   - address: Where the attempt comes from, for counting the failures.
    /// - Returns: The account.
    /// - Throws: ``ServicesError/unknownUser``, ``ServicesError/wrongPassword``, ``ServicesError/accountDisabled``,
    ///   ``ServicesError/throttled(retryAfter:)``, ``ServicesError/overloaded``, ``ServicesError/store(_:)``.
    public func login(
        username: String, password: String, address: String
    ) async throws(ServicesError) -> Account {
        try await login(username: username, proof: .plain(password), address: address)
    }

    /// Checks a name and what its client shows instead of a password: otherwise as
    /// ``login(username:password:address:)``, with which it shares the count of failures.
    ///
    /// - Parameters:
    ///   - username: As it was typed.
    ///   - digest: The MD5 of the password in hexadecimal digits.
    ///   - address: Where the attempt comes from, for counting the failures.
    /// - Returns: The account.
    /// - Throws: As ``login(username:password:address:)``; ``ServicesError/wrongPassword`` also for an account that does
    ///   not take it: somebody's MD5 may have leaked elsewhere.
    public func login(
        username: String, digest: String, address: String
    ) async throws(ServicesError) -> Account {
        try await login(username: username, proof: .digest(digest), address: address)
    }

    private func login(
        username: String, proof: Passwords.Proof, address: String
    ) async throws(ServicesError) -> Account {
        let (stored, verdict) = try await authenticate(username: username, proof: proof, address: address)
        return Account(verdict == .rightButOutdated ? try await rehash(proof, of: stored, address: address) : stored)
    }

    /// The account of a name and a password, with the hash that the password was compared with.
    func authenticate(
        username: String, proof: Passwords.Proof, address: String
    ) async throws(ServicesError) -> (StoredAccount, Passwords.Verdict) {
        // No account has such a name, and no hash such a password: neither is worth the work of a comparison.
        guard username.utf8.count <= Limit.Accounts.usernameBytes else { throw .unknownUser }
        guard proof.length <= Limit.Accounts.secretBytes else { throw .wrongPassword }
        let key = AccountRules.key(username)
        let stored = try await withStoreErrors { () throws(StoreError) in
            try await store.accounts.account(usernameKey: key)
        }
        let verdict = try await compare(proof, with: stored, named: key, address: address)
        guard let stored, verdict != .wrong else { throw stored == nil ? .unknownUser : .wrongPassword }
        // Told only to who knows the password.
        guard stored.disabledAt == nil else { throw .accountDisabled }
        return (stored, verdict)
    }

    /// Compares what somebody shows with the password of an account, where wrong ones are counted: once for all doors,
    /// since it is one password.
    ///
    /// - Parameters:
    ///   - proof: What was shown.
    ///   - stored: The account; nil if there is none, which takes as long.
    ///   - name: What it is counted by where there is none.
    ///   - address: Where the attempt comes from.
    /// - Returns: The verdict; wrong also of a digest where it does not stand for the password.
    /// - Throws: ``ServicesError/throttled(retryAfter:)``, ``ServicesError/overloaded``, ``ServicesError/store(_:)``.
    func compare(
        _ proof: Passwords.Proof, with stored: StoredAccount?, named name: String, address: String
    ) async throws(ServicesError) -> Passwords.Verdict {
        let attempt = LoginThrottle.Key(account: stored?.usernameKey ?? name, address: address)
        do throws(ServicesError) {
            try throttle.check(attempt, at: now())
        } catch {
            await audit?.noteSecurity(.passwordsThrottled, account: stored?.id, from: address)
            throw error
        }
        let isTaken =
            stored.map(Account.init).map { !$0.isGuest && (!proof.isDigest || $0.takesDigest) } ?? false
        let verdict = try await passwords.verify(
            proof, against: isTaken ? stored?.passwordHash : nil, for: Passwords.Lane(address))
        if verdict == .wrong {
            try throttle.recordFailure(attempt, at: now())
        } else {
            try throttle.recordSuccess(attempt, at: now())
        }
        if let stored, Account(stored).role.isAdministrator {
            await audit?.noteSecurity(
                verdict == .wrong ? .administratorPasswordWrong : .administratorLoggedIn, account: stored.id,
                from: address)
        }
        return verdict
    }

    /// The account of this username, or nil.
    public func account(named username: String) async throws(ServicesError) -> Account? {
        guard username.utf8.count <= Limit.Accounts.usernameBytes else { return nil }
        return try await withStoreErrors { () throws(StoreError) in
            try await store.accounts.account(usernameKey: AccountRules.key(username))
        }.map(Account.init)
    }

    /// The account of this username, or nil; for those who act in its name without a password.
    ///
    /// - Throws: ``ServicesError/accountDisabled`` when it may not be used, ``ServicesError/store(_:)``.
    public func usableAccount(named username: String) async throws(ServicesError) -> Account? {
        let account = try await account(named: username)
        guard account?.disabledAt == nil else { throw .accountDisabled }
        return account
    }

    /// The account of this id, or nil.
    public func account(id: Int64) async throws(ServicesError) -> Account? {
        try await withStoreErrors { () throws(StoreError) in try await store.accounts.account(id: id) }.map(
            Account.init)
    }

    /// The account of an id in the form that clients see, or nil, also if it is no such id.
    public func account(objectID: String) async throws(ServicesError) -> Account? {
        guard let id = ObjectID.id(objectID) else { return nil }
        return try await account(id: id)
    }

    /// The account of this number, or nil.
    public func account(number: Int64) async throws(ServicesError) -> Account? {
        try await withStoreErrors { () throws(StoreError) in try await store.accounts.account(number: number) }.map(
            Account.init)
    }

    /// The account that rooms show by a name, be it a username or an alias; nil if there is none.
    public func account(shownAs name: String) async throws(ServicesError) -> Account? {
        let stored = try await withStoreErrors { () throws(StoreError) in
            try await store.accounts.account(alias: name)
        }
        if let stored { return Account(stored) }
        return try await account(named: name)
    }

    /// A page of all accounts, in the order of their making.
    ///
    /// - Parameters:
    ///   - after: The id of the last account of the page before; 0 for the first page.
    ///   - limit: At most as many.
    ///   - hasUnlisted: Whether those are among them who are in no list that anybody may read, or hide their names.
    /// - Returns: Fewer than `limit` on the last page.
    /// - Throws: ``ServicesError/store(_:)``.
    public func accounts(
        after: Int64 = 0, limit: Int, unlisted hasUnlisted: Bool
    ) async throws(ServicesError) -> [Account] {
        try await withStoreErrors { () throws(StoreError) in
            try await store.accounts.accounts(after: after, limit: limit, unlisted: hasUnlisted)
        }
        .map(Account.init)
    }

    /// Changes the name that others see.
    ///
    /// - Returns: The account after it.
    /// - Throws: ``ServicesError/invalid(field:message:)``, ``ServicesError/unknownUser``, ``ServicesError/store(_:)``.
    public func setNickname(_ nickname: String, account: Int64) async throws(ServicesError) -> Account {
        try AccountRules.checkNickname(nickname)
        let time = now()
        let stored = try await withStoreErrors { () throws(StoreError) in
            try await store.accounts.setNickname(nickname, account: account, at: time)
        }
        guard let stored else { throw .unknownUser }
        let account = Account(stored)
        await tellChanged(account)
        return account
    }

    /// Changes the password, on the word of who runs the server, and makes all tokens of the account worthless.
    ///
    /// - Parameters:
    ///   - password: 1 to 128 characters.
    ///   - account: Whose.
    ///   - condition: What must still be so; nil for nothing.
    /// - Throws: ``ServicesError/invalid(field:message:)``, ``ServicesError/unknownUser``,
    ///   ``ServicesError/wrongPassword`` when the password was changed at the same moment by another call,
    ///   ``ServicesError/forbidden`` when the condition does not hold, ``ServicesError/overloaded``,
    ///   ``ServicesError/store(_:)``.
    public func setPassword(
        _ password: String, account: Int64, if condition: AccountCondition? = nil
    ) async throws(ServicesError) {
        try AccountRules.checkPassword(password, field: "newPassword")
        let hash = try await passwords.hash(password, for: .operators)
        let stored = try await withStoreErrors { () throws(StoreError) in try await store.accounts.account(id: account)
        }
        guard let stored else { throw .unknownUser }
        let time = now()
        let updated = try await withStoreErrors { () throws(StoreError) in
            try await store.accounts.updateAccount(
                account, withPasswordHash: stored.passwordHash, nickname: nil, newPasswordHash: hash, if: condition,
                at: time)
        }
        // Somebody changed it at the same moment, and won: this caller's credential is no longer the right one.
        guard updated != nil else { throw .wrongPassword }
        await tokens.passwordChanged(account: account)
    }

    /// Deletes an account with its tokens and records, and the pictures and videos that are nobody else's.
    ///
    /// For everybody it is gone at once; of an account with very much, all is gone when this returns, or, should the
    /// server end before, after its next start.
    ///
    /// - Parameters:
    ///   - account: Which.
    ///   - condition: What must still be so when it is deleted; nil for nothing.
    /// - Throws: ``ServicesError/unknownUser``, ``ServicesError/forbidden`` when the condition does not hold,
    ///   ``ServicesError/store(_:)``.
    public func delete(account: Int64, if condition: AccountCondition? = nil) async throws(ServicesError) {
        let deletion = try await withStoreErrors { () throws(StoreError) in
            try await store.accounts.deleteAccount(id: account, if: condition)
        }
        tokens.forget(account: account)
        guard let deletion else { throw .unknownUser }
        await tell(.deleted([account]))
        await media.discardFiles(of: deletion.files)
        if !deletion.isComplete { await removeRest(of: account) }
    }

    /// Removes what accounts have left that are deleted; to be called now and then.
    ///
    /// - Returns: How many accounts there were.
    /// - Throws: ``ServicesError/store(_:)``; what was not removed is by the next call.
    @discardableResult
    public func removeLeavings() async throws(ServicesError) -> Int {
        var count = 0
        while true {
            let accounts = try await withStoreErrors { () throws(StoreError) in
                try await store.accounts.leavingAccounts()
            }
            if accounts.isEmpty { return count }
            for account in accounts { try await finishDeletion(of: account) }
            count += accounts.count
        }
    }

    /// As ``finishDeletion(of:)``; what fails is left for the upkeep.
    private func removeRest(of account: Int64) async {
        do {
            try await finishDeletion(of: account)
        } catch {
            logger.notice("something of an account that is deleted is left", metadata: ["error": "\(error)"])
        }
    }

    /// Removes all that is left of an account that is deleted, slice by slice.
    private func finishDeletion(of account: Int64) async throws(ServicesError) {
        while true {
            let slice = try await withStoreErrors { () throws(StoreError) in
                try await store.accounts.continueDeletion(of: account)
            }
            await media.discardFiles(of: slice.files)
            if slice.isComplete { return }
        }
    }

    /// Deletes all accounts but those of administrators, with everything that is theirs.
    ///
    /// The caller has checked that whoever wants this may.
    ///
    /// - Returns: How many there were.
    /// - Throws: ``ServicesError/store(_:)``.
    @discardableResult
    public func deleteAllUsers() async throws(ServicesError) -> Int {
        defer { tokens.forgetAll() }
        // Greater than those of all accounts that there are.
        let last = store.ids.next()
        var gone: [Int64] = []
        while true {
            let slice = try await withStoreErrors { [after = gone.last ?? 0] () throws(StoreError) in
                try await store.accounts.deleteUsers(after: after, upTo: last)
            }
            // Already here: whoever is told may look at a token.
            tokens.forgetAll()
            await tell(.deleted(Set(slice.accounts)))
            await media.discardFiles(of: slice.files)
            gone += slice.accounts
            if slice.isComplete { break }
        }
        for account in gone { try await finishDeletion(of: account) }
        return gone.count
    }

    /// The account of a token, as it is at this moment.
    ///
    /// - Parameter credential: The token as it came, with or without `Bearer ` before it.
    /// - Returns: The account, or why the credential is none.
    /// - Throws: ``ServicesError/store(_:)``.
    public func account(
        byToken credential: String?
    ) async throws(ServicesError) -> Result<Account, Tokens.Refused> {
        try await login(byToken: credential).map(\.account)
    }

    /// As ``account(byToken:)``, with the login that gave the token.
    public func login(
        byToken credential: String?
    ) async throws(ServicesError) -> Result<(account: Account, login: Tokens.Login), Tokens.Refused> {
        switch try await tokens.inspect(credential) {
        case .refused(let refusal): return .failure(Tokens.Refused(refusal: refusal))
        case .valid(let identity):
            guard let account = try await account(id: identity.account) else {
                return .failure(Tokens.Refused(refusal: .accountDeleted))
            }
            // Disabled just now: its tokens are gone.
            guard account.disabledAt == nil else { return .failure(Tokens.Refused(refusal: .revoked)) }
            return .success((account, identity.login))
        }
    }

    /// Brings a hash to today's cost and form.
    ///
    /// A failure costs nothing but another try at the next login.
    ///
    /// - Parameters:
    ///   - proof: What is right by the hash that the account had.
    ///   - account: As it was then.
    ///   - address: Where the login comes from.
    /// - Returns: The account as it is now.
    /// - Throws: ``ServicesError/wrongPassword`` when another password was set meanwhile; ``ServicesError/unknownUser``,
    ///   ``ServicesError/overloaded``, ``ServicesError/store(_:)``.
    func rehash(
        _ proof: Passwords.Proof, of account: StoredAccount, address: String
    ) async throws(ServicesError) -> StoredAccount {
        let updated: StoredAccount?
        do {
            let hash = try await passwords.hash(proof, for: Passwords.Lane(address)), time = now()
            updated = try await withStoreErrors { () throws(StoreError) in
                try await store.accounts.replacePasswordHash(
                    account.passwordHash, by: hash, account: account.id, at: time)
            }
        } catch {
            logger.notice("a password was not hashed again", metadata: ["error": "\(error)"])
            return account
        }
        // What is remembered of its tokens goes with the hash.
        tokens.forget(account: account.id)
        if let updated { return updated }
        // Another login of the same password has done it, or the password was changed.
        guard
            let present = try await withStoreErrors({ () throws(StoreError) in
                try await store.accounts.account(id: account.id)
            }
            )
        else { throw .unknownUser }
        let verdict = try await passwords.verify(
            proof, against: present.passwordHash, for: Passwords.Lane(address))
        guard verdict != .wrong else { throw .wrongPassword }
        return present
    }
}
