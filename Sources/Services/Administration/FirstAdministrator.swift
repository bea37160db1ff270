import Limits
public import Store
import Synchronization

/// Makes the first administrator of a server that has none: whoever has the code that the server told whoever started it.
///
/// ```text
///           invite()                       make(…): it is the code, in time, and there is still no administrator
/// nobody ────────────▶ a code for 30 min ─────────────────────────────────────────────────────────────────────▶ nobody
/// ```
/// A code is good once, for half an hour, and for this process: it is 128 random bits, and nowhere but in its memory. From
/// any task.
public final class FirstAdministrator: Sendable {
    private struct Code {
        let hash: [UInt8]
        let expiresAt: Int64
    }

    private let accounts: Accounts
    private let audit: AuditLog
    private let now: @Sendable () -> Int64
    private let code = Mutex<Code?>(nil)

    /// - Parameters:
    ///   - accounts: Where the account is made.
    ///   - audit: Notes it.
    ///   - now: The clock, in milliseconds since 1970.
    public init(
        accounts: Accounts, audit: AuditLog, now: @escaping @Sendable () -> Int64 = IDGenerator.systemTime
    ) {
        self.accounts = accounts
        self.audit = audit
        self.now = now
    }

    /// Makes a code, in place of any before it.
    ///
    /// - Returns: 22 characters of base64url; nil where there is an administrator.
    /// - Throws: ``ServicesError/store(_:)``.
    public func invite() async throws(ServicesError) -> String? {
        guard try await accounts.administrators().isEmpty else { return nil }
        let secret = Tokens.base64url(Crypto.randomBytes(16))
        let new = Code(
            hash: Crypto.sha256(Array(secret.utf8)), expiresAt: now() + Limit.Administration.invitation)
        code.withLock { $0 = new }
        return secret
    }

    /// Makes the first administrator, a root, with a new account; the code is worth nothing then.
    ///
    /// - Parameters:
    ///   - secret: The code.
    ///   - username: By the rules of registration.
    ///   - password: As there.
    ///   - address: Where it comes from.
    /// - Returns: The account.
    /// - Throws: ``ServicesError/wrongCode`` for a code that is none, or no longer, or when there is an administrator by
    ///   now; ``ServicesError/invalid(field:message:)``, ``ServicesError/nameTaken``, ``ServicesError/overloaded``,
    ///   ``ServicesError/store(_:)``, after which the code is as good as before.
    public func make(
        code secret: String, username: String, password: String, address: String
    ) async throws(ServicesError) -> Account {
        let hash = Crypto.sha256(Array(secret.utf8)), time = now()
        let isGood = code.withLock { $0.map { Crypto.isEqual($0.hash, hash) && time < $0.expiresAt } ?? false }
        guard isGood else { throw .wrongCode }
        do {
            let account = try await accounts.registerFirstAdministrator(
                username: username, password: password, for: Passwords.Lane(address))
            forget()
            await audit.noteDone(
                AuditEvent(.firstAdministrator, by: .account(account.id), account: account.id, from: address))
            return account
        } catch .forbidden {
            forget()
            throw .wrongCode
        }
    }

    private func forget() { code.withLock { $0 = nil } }
}
