import Limits
import Store

extension Tokens {
    /// A login of an account that is good for something still.
    public struct LoginSummary: Hashable, Sendable {
        /// As clients name it; no secret.
        public let id: String
        public let login: Login
        /// Milliseconds since 1970.
        public let createdAt: Int64
        /// When the last of its tokens ends, in milliseconds since 1970.
        public let expiresAt: Int64
    }

    /// The logins of an account that have not ended, the newest first, ``Limit/Lists/logins`` at most.
    ///
    /// - Throws: ``ServicesError/store(_:)``.
    public func logins(of account: Int64) async throws(ServicesError) -> [LoginSummary] {
        let time = now()
        let stored = try await withStoreErrors { () throws(StoreError) in
            try await store.tokens.logins(account: account, at: time, limit: Limit.Lists.logins)
        }
        return stored.map { stored in
            let login = stored.session.map(Login.session) ?? .token(stored.hash)
            return LoginSummary(
                id: login.id, login: login, createdAt: stored.createdAt, expiresAt: stored.expiresAt)
        }
    }

    /// Ends a login of an account with all its tokens, and the connections that they opened.
    ///
    /// - Parameters:
    ///   - id: As ``LoginSummary/id`` has it.
    ///   - account: Whose it has to be.
    /// - Returns: Whether there was one.
    /// - Throws: ``ServicesError/store(_:)``.
    public func end(_ id: String, of account: Int64) async throws(ServicesError) -> Bool {
        guard let login = Login(id: id) else { return false }
        let isEnded = try await withStoreErrors { () throws(StoreError) in
            switch login {
            case .session(let number): try await store.tokens.endLogin(session: number, account: account)
            case .token(let hash): try await store.tokens.endLogin(hash: hash, account: account)
            }
        }
        guard isEnded else { return false }
        forget(account: account)
        await tell(.some([login]))
        return true
    }

    /// Makes all tokens of an account worthless.
    ///
    /// - Throws: ``ServicesError/store(_:)``.
    func revokeAll(account: Int64) async throws(ServicesError) {
        defer { forget(account: account) }
        try await withStoreErrors { () throws(StoreError) in try await store.tokens.endLogins(account: account) }
        await passwordChanged(account: account)
    }
}

extension Tokens.Login {
    /// `s` and the number of a session, `t` and the hash of a token that stands alone.
    public var id: String {
        switch self {
        case .session(let number): "s\(number)"
        case .token(let hash): "t" + MediaFiles.hexadecimal(hash)
        }
    }

    init?(id: String) {
        switch id.first {
        case "s":
            guard let number = Int64(id.dropFirst()), "s\(number)" == id else { return nil }
            self = .session(number)
        case "t":
            let digits = Array(id.dropFirst())
            guard digits.count == 64 else { return nil }
            let bytes = stride(from: 0, to: 64, by: 2).compactMap { UInt8(String(digits[$0...($0 + 1)]), radix: 16) }
            guard bytes.count == 32, "t" + MediaFiles.hexadecimal(bytes) == id else { return nil }
            self = .token(bytes)
        default: return nil
        }
    }
}
