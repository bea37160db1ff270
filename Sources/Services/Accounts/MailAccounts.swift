import Limits
public import Store
import Synchronization

/// Accounts for who comes with a mail address: registration, login and new passwords, proved by codes.
public final class MailAccounts: Sendable {
    /// Milliseconds.
    static let resetTime = Limit.Accounts.resetTime
    /// What a name begins with that is made for somebody.
    static let namePrefix = "user_"

    private let accounts: Accounts
    private let codes: MailCodes
    private let humanCheck: SliderCheck?
    private let lock = Mutex(MailLock())
    private let now: @Sendable () -> Int64

    private var store: AppDatabase { accounts.store }
    private var passwords: Passwords { accounts.passwords }

    /// Makes the service.
    ///
    /// - Parameters:
    ///   - accounts: The accounts.
    ///   - codes: The codes.
    ///   - humanCheck: Has to be passed before a code is mailed, and opens what is locked; nil for none.
    ///   - now: The clock, in milliseconds since 1970.
    public init(
        accounts: Accounts, codes: MailCodes, humanCheck: SliderCheck? = nil,
        now: @escaping @Sendable () -> Int64 = IDGenerator.systemTime
    ) {
        self.accounts = accounts
        self.codes = codes
        self.humanCheck = humanCheck
        self.now = now
    }

    /// Mails a code to an address, whether it has an account or not.
    ///
    /// - Parameters:
    ///   - email: As it was typed.
    ///   - address: Of the network, where the wish comes from.
    /// - Throws: ``ServicesError/invalid(field:message:)``, ``ServicesError/humanCheckNeeded``,
    ///   ``ServicesError/throttled(retryAfter:)`` for the sixth within ten minutes, ``ServicesError/mailUnavailable``,
    ///   ``ServicesError/overloaded``, ``ServicesError/store(_:)``.
    public func sendCode(to email: String, address: String) async throws(ServicesError) {
        try AccountRules.checkEmail(email)
        try passHumanCheck(email, address)
        try await codes.send(to: email, address: address)
    }

    /// Mails a code to an address that somebody who is logged in wants for their account.
    ///
    /// - Parameters:
    ///   - email: As it was typed.
    ///   - account: Whose, and no guest's.
    ///   - address: Of the network, where the wish comes from.
    /// - Throws: What ``sendCode(to:address:)`` throws but for the human check; ``ServicesError/forbidden`` for a guest,
    ///   who has no password to be replaced.
    public func sendCode(to email: String, of account: Account, address: String) async throws(ServicesError) {
        guard !account.isGuest else { throw .forbidden }
        try AccountRules.checkEmail(email)
        try await codes.send(to: email, address: address)
    }

    /// Gives an account another mail address, of who knows its password and reads the address's mail.
    ///
    /// - Parameters:
    ///   - email: The address, nobody else's.
    ///   - code: The one that was mailed to the address; it is used up.
    ///   - account: Whose.
    ///   - password: Of the account: whoever has the address can get another one.
    ///   - address: Where the attempt comes from, for counting the failures.
    /// - Returns: The account after it.
    /// - Throws: ``ServicesError/invalid(field:message:)``, ``ServicesError/wrongPassword``, ``ServicesError/wrongCode``,
    ///   ``ServicesError/emailTaken``, ``ServicesError/throttled(retryAfter:)``, ``ServicesError/overloaded``,
    ///   ``ServicesError/store(_:)``.
    public func setEmail(
        _ email: String, code: String, of account: Account, password: String, address: String
    ) async throws(ServicesError) -> Account {
        guard !account.isGuest else { throw .forbidden }
        try AccountRules.checkEmail(email)
        try MailCodes.checkForm(of: code)
        _ = try await accounts.update(
            username: account.username, password: password, nickname: nil, newPassword: nil, address: address)
        try await codes.use(try await codes.check(code, of: email, address: address))
        var change = ProfileChange()
        change.email = StoredEmail(email)
        return try await accounts.apply(change, to: account.id)
    }

    /// Adds an account with a name that is made up.
    ///
    /// - Parameters:
    ///   - email: The address, nobody else's.
    ///   - password: 6 to 128 characters.
    ///   - code: The one that was mailed to the address; it is used up.
    ///   - address: Where the attempt comes from, for counting the failures.
    /// - Returns: The account.
    /// - Throws: ``ServicesError/invalid(field:message:)``, ``ServicesError/emailTaken``, ``ServicesError/wrongCode``,
    ///   ``ServicesError/throttled(retryAfter:)``, ``ServicesError/overloaded``, ``ServicesError/store(_:)``.
    public func register(
        email: String, password: String, code: String, address: String
    ) async throws(ServicesError) -> Account {
        try AccountRules.checkEmail(email)
        try RegistrationRules.shortNames.check(password: password)
        try MailCodes.checkForm(of: code)
        let stored = StoredEmail(email)
        if try await withStoreErrors({ () throws(StoreError) in try await store.accounts.account(emailKey: stored.key) }
        ) != nil {
            throw .emailTaken
        }
        let ticket = try await codes.check(code, of: email, address: address)
        let hash = try await passwords.hash(password, for: Passwords.Lane(address)), time = now()
        try await codes.use(ticket)
        for _ in 0..<8 {
            let name = Self.newName()
            do {
                return Account(
                    try await withStoreErrors { () throws(StoreError) in
                        try await store.accounts.insertAccount(
                            username: name, usernameKey: AccountRules.key(name), nickname: name, passwordHash: hash,
                            email: stored, at: time)
                    })
            } catch .nameTaken {
                // Once in 2^40 accounts.
                continue
            }
        }
        throw .overloaded
    }

    /// Logs in by password; an unknown address is as wrong as a wrong password, and takes as long.
    ///
    /// - Parameters:
    ///   - email: As it was typed.
    ///   - password: As it was typed.
    ///   - address: Where the attempt comes from.
    /// - Returns: The account.
    /// - Throws: ``ServicesError/invalid(field:message:)``, ``ServicesError/wrongPassword``,
    ///   ``ServicesError/humanCheckNeeded`` after three failures for this address within half an hour,
    ///   ``ServicesError/throttled(retryAfter:)`` after too many wrong passwords at all doors,
    ///   ``ServicesError/accountDisabled``, ``ServicesError/overloaded``, ``ServicesError/store(_:)``.
    public func login(email: String, password: String, address: String) async throws(ServicesError) -> Account {
        try AccountRules.checkEmail(email)
        try AccountRules.checkPassword(password)
        let key = AccountRules.emailKey(email)
        try checkLock(key, address)
        let stored = try await withStoreErrors { () throws(StoreError) in
            try await store.accounts.account(emailKey: key)
        }
        let verdict = try await accounts.compare(.plain(password), with: stored, named: key, address: address)
        guard let stored, verdict != .wrong else {
            try recordFailure(key, address)
            throw .wrongPassword
        }
        try recordSuccess(key, address)
        return try Self.usable(
            verdict == .rightButOutdated
                ? try await accounts.rehash(.plain(password), of: stored, address: address) : stored)
    }

    /// Logs in by a code, which is used up.
    ///
    /// - Parameters:
    ///   - email: As it was typed.
    ///   - code: The one that was mailed to the address.
    ///   - address: Where the attempt comes from, for counting the failures.
    /// - Returns: The account.
    /// - Throws: ``ServicesError/invalid(field:message:)``, ``ServicesError/wrongCode``,
    ///   ``ServicesError/unknownUser``, told only to who reads the address's mail,
    ///   ``ServicesError/humanCheckNeeded``, ``ServicesError/throttled(retryAfter:)``,
    ///   ``ServicesError/accountDisabled``, ``ServicesError/overloaded``, ``ServicesError/store(_:)``.
    public func login(email: String, code: String, address: String) async throws(ServicesError) -> Account {
        try AccountRules.checkEmail(email)
        try MailCodes.checkForm(of: code)
        let key = AccountRules.emailKey(email)
        try checkLock(key, address)
        do {
            try await codes.use(try await codes.check(code, of: email, address: address))
        } catch .wrongCode {
            try recordFailure(key, address)
            throw .wrongCode
        }
        try recordSuccess(key, address)
        let stored = try await withStoreErrors { () throws(StoreError) in
            try await store.accounts.account(emailKey: key)
        }
        guard let stored else { throw .unknownUser }
        return try Self.usable(stored)
    }

    /// Opens the half-hour in which ``resetPassword(email:password:code:address:)`` may be called.
    ///
    /// - Parameters:
    ///   - email: As it was typed.
    ///   - address: Of the network, where the wish comes from.
    /// - Throws: ``ServicesError/invalid(field:message:)``, ``ServicesError/humanCheckNeeded``,
    ///   ``ServicesError/unknownUser``, ``ServicesError/store(_:)``.
    public func beginPasswordReset(email: String, address: String) async throws(ServicesError) {
        try AccountRules.checkEmail(email)
        try passHumanCheck(email, address)
        let key = AccountRules.emailKey(email), until = now() + Self.resetTime
        let isFound = try await withStoreErrors { () throws(StoreError) in
            try await store.mailCodes.openPasswordReset(emailKey: key, until: until)
        }
        guard isFound else { throw .unknownUser }
    }

    /// Replaces the password of who reads the account's mail; all its tokens, of every world, are worthless then, and a
    /// login that was locked is open.
    ///
    /// - Parameters:
    ///   - email: As it was typed.
    ///   - password: The new one, 6 to 128 characters.
    ///   - code: The one that was mailed to the address; it is used up.
    ///   - address: Where the attempt comes from, for counting the failures.
    /// - Returns: The account.
    /// - Throws: ``ServicesError/invalid(field:message:)``, also when ``beginPasswordReset(email:address:)`` was not called
    ///   before; ``ServicesError/wrongCode``, ``ServicesError/throttled(retryAfter:)``, ``ServicesError/overloaded``,
    ///   ``ServicesError/store(_:)``.
    public func resetPassword(
        email: String, password: String, code: String, address: String
    ) async throws(ServicesError) -> Account {
        try AccountRules.checkEmail(email)
        try RegistrationRules.shortNames.check(password: password)
        try MailCodes.checkForm(of: code)
        let key = AccountRules.emailKey(email), begun = now()
        let mayBe = try await withStoreErrors { () throws(StoreError) in
            try await store.mailCodes.mayResetPassword(emailKey: key, at: begun)
        }
        guard mayBe else { throw .invalid(field: "reset", message: "A new password has to be asked for first.") }
        let ticket = try await codes.check(code, of: email, address: address)
        let hash = try await passwords.hash(password, for: Passwords.Lane(address)), time = now()
        let account = try await withStoreErrors { () throws(StoreError) in
            try await store.mailCodes.resetPassword(
                emailKey: key, codeHash: ticket.hash, passwordHash: hash, at: time)
        }
        guard let account else { throw .wrongCode }
        await accounts.tokens.passwordChanged(account: account.id)
        lock.withLock { $0.clear(key) }
        return Account(account)
    }

    // MARK: The human check and the lock

    private func passHumanCheck(_ email: String, _ address: String) throws(ServicesError) {
        guard let humanCheck else { return }
        guard humanCheck.use(for: AccountRules.emailKey(email), by: address) else { throw .humanCheckNeeded }
    }

    // A password is verified between a check and a record. Both ask whether the door is closed: of a thousand guesses
    // at the same moment all get past the first question, and no more than the limit past the second, which lets them
    // learn their answer.

    private func checkLock(_ key: String, _ address: String) throws(ServicesError) {
        let asker = AddressKey(address), time = now()
        guard lock.withLock({ $0.isClosed(key, to: asker, at: time) }) else { return }
        guard let humanCheck, humanCheck.use(for: key, by: address) else { throw .humanCheckNeeded }
        lock.withLock { $0.clear(key) }
    }

    private func recordFailure(_ key: String, _ address: String) throws(ServicesError) {
        let asker = AddressKey(address), time = now()
        guard lock.withLock({ $0.recordFailure(at: key, by: asker, at: time) }) else { throw .humanCheckNeeded }
    }

    private func recordSuccess(_ key: String, _ address: String) throws(ServicesError) {
        let asker = AddressKey(address), time = now()
        let isHeard = lock.withLock { lock in
            guard !lock.isClosed(key, to: asker, at: time) else { return false }
            lock.clear(key)
            return true
        }
        guard isHeard else { throw .humanCheckNeeded }
    }

    /// Told only to who has shown that the account is theirs.
    private static func usable(_ stored: StoredAccount) throws(ServicesError) -> Account {
        guard stored.disabledAt == nil else { throw .accountDisabled }
        return Account(stored)
    }

    /// Eight characters of 32 behind the prefix.
    private static func newName() -> String {
        let alphabet = Array("abcdefghijkmnpqrstuvwxyz23456789")
        return namePrefix + Crypto.randomBytes(8).map { String(alphabet[Int($0) % alphabet.count]) }.joined()
    }
}
