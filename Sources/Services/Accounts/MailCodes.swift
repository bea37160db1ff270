public import Limits
public import Mail
public import Store

/// Codes that are mailed to prove who reads an address: six digits, for ten minutes, five tries and one use.
///
/// An address has one at a time. Of a code only a hash is stored, as dear as that of a password: a million guesses take
/// longer than it lives.
public final class MailCodes: Sendable {
    /// A code that was found to be right, and is not used up yet.
    struct Ticket: Sendable {
        let emailKey: String
        let hash: String
    }

    /// Milliseconds.
    public static let lifetime = Limit.Accounts.codeLifetime
    static let tries = Limit.Accounts.codeTries
    /// So many codes are sent to an address within their lifetime.
    static let sends = Limit.Accounts.codesSent

    private let store: AppDatabase
    private let passwords: Passwords
    private let queue: MailQueue
    /// Wrong codes, whatever mail address they were for: guessing is no cheaper for who knows many.
    private let guesses: LoginThrottle
    private let now: @Sendable () -> Int64

    /// Makes the service.
    ///
    /// - Parameters:
    ///   - store: Where the hashes are.
    ///   - passwords: Hashes.
    ///   - queue: Takes the mail.
    ///   - wrongCodes: So many wrong codes within ten minutes are heard from an address of the network.
    ///   - now: The clock, in milliseconds since 1970.
    public init(
        store: AppDatabase, passwords: Passwords, queue: MailQueue, wrongCodes: Int = Limit.Accounts.wrongCodes,
        now: @escaping @Sendable () -> Int64 = IDGenerator.systemTime
    ) {
        self.store = store
        self.passwords = passwords
        self.queue = queue
        self.now = now
        guesses = LoginThrottle(limit: wrongCodes, window: Self.lifetime)
    }

    /// Mails a new code, which takes the place of the one before it.
    ///
    /// Whether there is an account of this address changes nothing.
    ///
    /// - Parameters:
    ///   - email: Checked.
    ///   - address: Of the network, where the wish comes from.
    /// - Throws: ``ServicesError/throttled(retryAfter:)`` when the address got enough of them,
    ///   ``ServicesError/mailUnavailable``, ``ServicesError/overloaded``, ``ServicesError/store(_:)``.
    func send(to email: String, address: String) async throws(ServicesError) {
        let key = AccountRules.emailKey(email), time = now()
        let first = try await withStoreErrors { () throws(StoreError) in
            try await store.mailCodes.insertMailSend(
                emailKey: key, limit: Self.sends, since: time - Self.lifetime, at: time)
        }
        if let first { throw .throttled(retryAfter: max(1, Int((first + Self.lifetime - time + 999) / 1000))) }
        let code = Self.newCode(), hash = try await passwords.hash(code, for: Passwords.Lane(address))
        let expiry = time + Self.lifetime
        try await withStoreErrors { () throws(StoreError) in
            try await store.mailCodes.setMailCode(emailKey: key, hash: hash, expiresAt: expiry)
        }
        guard queue.put(OutgoingMail(to: email, .code(code), at: time, expiresAt: expiry)) else {
            throw .mailUnavailable
        }
    }

    /// Compares a code with the one that was mailed; an address without one takes as long.
    ///
    /// - Parameters:
    ///   - code: As it was typed.
    ///   - email: Checked.
    ///   - address: Where the attempt comes from, for counting the failures.
    /// - Returns: What ``use(_:)`` takes.
    /// - Throws: ``ServicesError/wrongCode``, ``ServicesError/throttled(retryAfter:)``, ``ServicesError/overloaded``,
    ///   ``ServicesError/store(_:)``.
    func check(_ code: String, of email: String, address: String) async throws(ServicesError) -> Ticket {
        let key = AccountRules.emailKey(email), attempt = LoginThrottle.Key(account: "", address: address)
        try guesses.check(attempt, at: now())
        let time = now()
        let hash = try await withStoreErrors { () throws(StoreError) in
            try await store.mailCodes.tryMailCode(emailKey: key, limit: Self.tries, at: time)
        }
        let verdict = try await passwords.verify(code, against: hash, for: Passwords.Lane(address))
        guard let hash, verdict != .wrong else {
            try guesses.recordFailure(attempt, at: now())
            throw .wrongCode
        }
        // Others may have closed the door while this one was compared.
        try guesses.check(attempt, at: now())
        return Ticket(emailKey: key, hash: hash)
    }

    /// Uses up a code.
    ///
    /// - Throws: ``ServicesError/wrongCode`` when it was used at the same moment, ``ServicesError/store(_:)``.
    func use(_ ticket: Ticket) async throws(ServicesError) {
        let isUsed = try await withStoreErrors { () throws(StoreError) in
            try await store.mailCodes.useMailCode(emailKey: ticket.emailKey, hash: ticket.hash)
        }
        guard isUsed else { throw .wrongCode }
    }

    /// Removes what has expired from the database; to be called now and then.
    ///
    /// - Returns: How many codes there were.
    /// - Throws: ``ServicesError/store(_:)``.
    @discardableResult
    public func removeExpired() async throws(ServicesError) -> Int {
        let time = now()
        return try await withStoreErrors { () throws(StoreError) in
            try await store.mailCodes.deleteExpiredMailCodes(at: time, sendsBefore: time - Self.lifetime)
        }
    }

    /// Checks what a code looks like.
    static func checkForm(of code: String) throws(ServicesError) {
        guard code.utf8.count == 6, code.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else {
            throw .invalid(field: "code", message: "The code must have six digits.")
        }
    }

    /// Of 2^64 numbers some codes get one more than others, which nobody notices.
    private static func newCode() -> String {
        let number = Crypto.randomBytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) } % 1_000_000
        let digits = String(number)
        return String(repeating: "0", count: 6 - digits.count) + digits
    }
}
