/// Tokens, by their hashes, and the logins that they are of.
public struct TokenRepository: Repository {
    public let database: AppDatabase
}

extension TokenRepository {
    /// Why a token is no longer one.
    public enum TokenEnd: String, Hashable, Sendable {
        case expired
        /// Its owner logged out or changed the password, or an administrator stepped in.
        case revoked
        /// Its account was deleted.
        case accountDeleted = "deleted"
    }

    /// A token that is to be stored.
    public struct NewToken: Hashable, Sendable {
        /// By which it is found again.
        public let hash: [UInt8]
        /// What it is for.
        public let kind: String
        /// Milliseconds since 1970.
        public let createdAt: Int64
        /// Milliseconds since 1970.
        public let expiresAt: Int64

        public init(hash: [UInt8], kind: String, createdAt: Int64, expiresAt: Int64) {
            self.hash = hash
            self.kind = kind
            self.createdAt = createdAt
            self.expiresAt = expiresAt
        }
    }

    /// What became of tokens that were to be stored.
    public enum TokenInsertion: Hashable, Sendable {
        /// And these older sessions have ended for it.
        case stored(endedSessions: [Int64])
        /// The account has another password by now, and nothing is stored.
        case passwordChanged
        /// The account is disabled, and nothing is stored.
        case disabled
    }

    /// Stores tokens for who has shown that an account is theirs, unless that is over by now.
    ///
    /// A comparison of passwords takes long. Whether the password is still the one that was compared is asked in the
    /// transaction that stores the tokens: a change of the password is either before it, or takes the tokens along.
    ///
    /// - Parameters:
    ///   - tokens: The tokens of one login.
    ///   - account: Whose they are.
    ///   - passwordHash: As it was when the password was compared.
    ///   - session: What they share: they are deleted together. Nil for one that stands alone.
    ///   - limit: Of the account's sessions in a world so many stay, the newest ones; nil where they are not limited.
    /// - Returns: What became of them.
    /// - Throws: ``StoreError/noSuchAccount``, when the account was deleted meanwhile.
    @discardableResult
    public func insertTokens(
        _ tokens: [NewToken], account: Int64, passwordHash: String, session: Int64? = nil,
        limit: (count: Int, world: String)? = nil
    ) async throws(StoreError) -> TokenInsertion {
        try await write { connection throws(StoreError) in
            guard let stored = try connection.one(AccountRepository.accountByID, account, as: { try StoredAccount($0) })
            else {
                throw .noSuchAccount
            }
            guard stored.passwordHash == passwordHash else { return .passwordChanged }
            guard stored.disabledAt == nil else { return .disabled }
            for token in tokens {
                try connection.execute(
                    """
                    INSERT INTO tokens (hash, account, kind, session, created_at, expires_at, world)
                    VALUES ($1, $2, $3, $4, $5, $6, $7)
                    """,
                    token.hash, account, token.kind, session, token.createdAt, token.expiresAt, limit?.world)
            }
            guard let limit else { return .stored(endedSessions: []) }
            return .stored(
                endedSessions: try Self.endOldSessions(
                    account: account, world: limit.world, keeping: limit.count, in: connection))
        }
    }

    /// Stores a token that another one is exchanged for, which stays: with its account, its session and its world.
    ///
    /// - Parameters:
    ///   - token: The new one.
    ///   - renewed: The hash of the other.
    /// - Returns: Whether the other was still there, and so the token is stored.
    /// - Throws: What the database says.
    public func insertToken(_ token: NewToken, renewing renewed: [UInt8]) async throws(StoreError) -> Bool {
        try await write { session throws(StoreError) in
            try session.execute(
                """
                INSERT INTO tokens (hash, account, kind, session, created_at, expires_at, world)
                SELECT $1, t.account, $2, t.session, $3, $4, t.world
                FROM tokens t JOIN accounts a ON a.id = t.account WHERE t.hash = $5 AND a.is_leaving = 0
                """,
                token.hash, token.kind, token.createdAt, token.expiresAt, renewed) == 1
        }
    }

    /// The token with this hash and its account, or nil.
    ///
    /// Expired ones are found until they are deleted.
    public func token(hash: [UInt8]) async throws(StoreError) -> StoredToken? {
        try await read { session throws(StoreError) in
            try session.one(Self.tokenByHash, hash) { row in
                StoredToken(
                    kind: try row.get(0), session: try row.get(1), createdAt: try row.get(2),
                    expiresAt: try row.get(3), account: try StoredAccount(row, from: 4))
            }
        }
    }

    /// What became of a token that is not there any more; nil for what was none, or is forgotten.
    public func endOfToken(hash: [UInt8]) async throws(StoreError) -> TokenEnd? {
        try await read { session throws(StoreError) in
            let reason = try session.one("SELECT reason FROM ended_tokens WHERE hash = $1", hash) { row in
                try row.get(0) as String
            }
            if let reason { return TokenEnd(rawValue: reason) }
            // A later slice of its account's deletion takes note of it.
            return try session.exists(Self.tokenOfLeaving, hash) ? .accountDeleted : nil
        }
    }

    /// Deletes a token and the others of its session.
    ///
    /// - Returns: Whether there was one.
    public func deleteToken(hash: [UInt8]) async throws(StoreError) -> Bool {
        try await write { session throws(StoreError) in
            let found = try session.one("SELECT session FROM tokens WHERE hash = $1", hash) { row in
                try row.get(0) as Int64?
            }
            guard let found else { return false }
            try session.execute(Self.revokeTokens, hash, found)
            try session.execute("DELETE FROM tokens WHERE hash = $1 OR session = $2", hash, found)
            return true
        }
    }

    /// Deletes the tokens that have expired; what became of them is remembered for a while.
    ///
    /// - Parameters:
    ///   - time: Now, in milliseconds since 1970.
    ///   - memory: How long after its expiry it is known what became of a token, in milliseconds.
    /// - Returns: How many there were.
    /// - Throws: What the database says.
    @discardableResult
    public func deleteExpiredTokens(at time: Int64, memory: Int64 = 0) async throws(StoreError) -> Int {
        try await write { session throws(StoreError) in
            try session.execute(Self.expireTokens, time)
            try session.execute("DELETE FROM ended_tokens WHERE expires_at <= $1", time - memory)
            return try session.execute("DELETE FROM tokens WHERE expires_at <= $1", time)
        }
    }

    // MARK: Inside a transaction

    /// Deletes all tokens of an account, and remembers why.
    ///
    /// - Returns: How many there were.
    @discardableResult
    static func deleteTokens(account: Int64, reason: TokenEnd, in session: Session) throws(StoreError) -> Int {
        try session.execute(Self.endTokensOfAccount, account, reason.rawValue)
        return try session.execute("DELETE FROM tokens WHERE account = $1", account)
    }

    /// Deletes the tokens of an account's older sessions in a world.
    ///
    /// - Parameters:
    ///   - account: Whose.
    ///   - world: Which sessions.
    ///   - count: So many stay, the newest ones.
    ///   - session: Of the database.
    /// - Returns: The sessions that ended.
    /// - Throws: What the database says.
    private static func endOldSessions(
        account: Int64, world: String, keeping count: Int, in session: Session
    ) throws(StoreError) -> [Int64] {
        let sessions = try session.rows(
            "SELECT DISTINCT session FROM tokens WHERE account = $1 AND world = $2 ORDER BY session DESC",
            account, world
        ) { try $0.get(0) as Int64 }
        // Ids grow with time.
        let old = sessions.dropFirst(count)
        for number in old {
            try session.execute(
                """
                INSERT INTO ended_tokens (hash, reason, expires_at)
                SELECT hash, 'revoked', expires_at FROM tokens WHERE session = $1 ON CONFLICT (hash) DO NOTHING
                """,
                number)
            try session.execute("DELETE FROM tokens WHERE session = $1", number)
        }
        return Array(old)
    }

    // MARK: Statements

    private static let tokenByHash = SQL(
        """
        SELECT t.kind, t.session, t.created_at, t.expires_at, \(StoredAccount.columns)
        FROM tokens t JOIN accounts a ON a.id = t.account WHERE t.hash = $1 AND a.is_leaving = 0
        """)
    private static let tokenOfLeaving = SQL(
        "SELECT 1 FROM tokens t JOIN accounts a ON a.id = t.account WHERE t.hash = $1 AND a.is_leaving = 1")
    private static let revokeTokens = SQL(
        """
        INSERT INTO ended_tokens (hash, reason, expires_at)
        SELECT hash, 'revoked', expires_at FROM tokens WHERE hash = $1 OR session = $2
        ON CONFLICT (hash) DO NOTHING
        """)
    private static let endTokensOfAccount = SQL(
        """
        INSERT INTO ended_tokens (hash, reason, expires_at)
        SELECT hash, $2, expires_at FROM tokens WHERE account = $1
        ON CONFLICT (hash) DO NOTHING
        """)
    private static let expireTokens = SQL(
        """
        INSERT INTO ended_tokens (hash, reason, expires_at)
        SELECT hash, 'expired', expires_at FROM tokens WHERE expires_at <= $1
        ON CONFLICT (hash) DO NOTHING
        """)
}
