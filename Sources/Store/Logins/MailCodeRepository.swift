/// Codes that were mailed, and what they open.
public struct MailCodeRepository: Repository {
    public let database: AppDatabase
}

extension MailCodeRepository {
    /// Takes note that a code is about to be sent to an address, unless it got enough of them lately.
    ///
    /// - Parameters:
    ///   - emailKey: To whom, in the form in which addresses are compared.
    ///   - limit: So many codes are sent...
    ///   - since: ...to an address after this time, and no more: milliseconds since 1970.
    ///   - time: Now, in milliseconds since 1970.
    /// - Returns: Nil; or, when there were as many, when the first of them was sent, and nothing is noted.
    /// - Throws: What the database says.
    public func insertMailSend(
        emailKey: String, limit: Int, since: Int64, at time: Int64
    ) async throws(StoreError) -> Int64? {
        try await write { session throws(StoreError) in
            let sends = try session.rows(
                "SELECT sent_at FROM mail_sends WHERE email_key = $1 AND sent_at > $2 ORDER BY sent_at DESC LIMIT $3",
                emailKey, since, limit
            ) { try $0.get(0) as Int64 }
            if sends.count >= limit, let first = sends.last { return first }
            try session.execute("INSERT INTO mail_sends (email_key, sent_at) VALUES ($1, $2)", emailKey, time)
            return nil
        }
    }

    /// Gives an address a code; the one before it is worthless from now on.
    ///
    /// - Parameters:
    ///   - emailKey: Whose, in the form in which addresses are compared.
    ///   - hash: The code's hash, with cost and salt in it.
    ///   - expiresAt: Milliseconds since 1970.
    /// - Throws: What the database says.
    public func setMailCode(emailKey: String, hash: String, expiresAt: Int64) async throws(StoreError) {
        _ = try await write { session throws(StoreError) in
            try session.execute(
                """
                INSERT INTO mail_codes (email_key, hash, expires_at) VALUES ($1, $2, $3)
                ON CONFLICT (email_key) DO UPDATE SET hash = excluded.hash, tries = 0, expires_at = excluded.expires_at
                """,
                emailKey, hash, expiresAt)
        }
    }

    /// Uses up one try at an address's code.
    ///
    /// Before the comparison, so that guesses at the same moment are counted too.
    ///
    /// - Parameters:
    ///   - emailKey: Whose code.
    ///   - limit: A code has so many tries.
    ///   - time: Now, in milliseconds since 1970.
    /// - Returns: The hash to compare with; nil if there is no code, or it has expired or no try left.
    /// - Throws: What the database says.
    public func tryMailCode(emailKey: String, limit: Int, at time: Int64) async throws(StoreError) -> String? {
        try await write { session throws(StoreError) in
            try session.one(
                """
                UPDATE mail_codes SET tries = tries + 1
                WHERE email_key = $1 AND tries < $2 AND expires_at > $3 RETURNING hash
                """,
                emailKey, limit, time
            ) { try $0.get(0) as String }
        }
    }

    /// Uses up a code.
    ///
    /// - Parameters:
    ///   - emailKey: Whose.
    ///   - hash: That of the code; if another has taken its place, or it was used, nothing is used up.
    /// - Returns: Whether it was there to be used: for one call only.
    /// - Throws: What the database says.
    public func useMailCode(emailKey: String, hash: String) async throws(StoreError) -> Bool {
        try await write { session throws(StoreError) in
            try session.execute("DELETE FROM mail_codes WHERE email_key = $1 AND hash = $2", emailKey, hash) == 1
        }
    }

    /// Removes codes that have expired, and what is remembered of sends.
    ///
    /// - Parameters:
    ///   - time: Codes that expired by then: milliseconds since 1970.
    ///   - sendsBefore: Sends before then.
    /// - Returns: How many codes there were.
    /// - Throws: What the database says.
    public func deleteExpiredMailCodes(at time: Int64, sendsBefore: Int64) async throws(StoreError) -> Int {
        try await write { session throws(StoreError) in
            try session.execute("DELETE FROM mail_sends WHERE sent_at < $1", sendsBefore)
            return try session.execute("DELETE FROM mail_codes WHERE expires_at <= $1", time)
        }
    }

    // MARK: Replacing a password

    /// Opens the time in which the password of the account with an address may be replaced.
    ///
    /// - Parameters:
    ///   - emailKey: Whose.
    ///   - time: Until when, in milliseconds since 1970.
    /// - Returns: Whether there is such an account.
    /// - Throws: What the database says.
    public func openPasswordReset(emailKey: String, until time: Int64) async throws(StoreError) -> Bool {
        try await write { session throws(StoreError) in
            try session.execute("UPDATE accounts SET reset_until = $2 WHERE email_key = $1", emailKey, time) == 1
        }
    }

    /// Whether the password of the account with an address may be replaced at this time.
    public func mayResetPassword(emailKey: String, at time: Int64) async throws(StoreError) -> Bool {
        try await read { session throws(StoreError) in
            try session.exists(
                "SELECT 1 FROM accounts WHERE email_key = $1 AND reset_until > $2", emailKey, time)
        }
    }

    /// Replaces the password of an account by way of its mail: the code is used up, the time for it closes, and all
    /// tokens go, in one transaction.
    ///
    /// - Parameters:
    ///   - emailKey: Whose.
    ///   - codeHash: That of the code.
    ///   - passwordHash: The new one.
    ///   - time: Now, in milliseconds since 1970.
    /// - Returns: The account after it; nil, and nothing has changed, if the code was used or the time is over.
    /// - Throws: What the database says.
    public func resetPassword(
        emailKey: String, codeHash: String, passwordHash: String, at time: Int64
    ) async throws(StoreError) -> StoredAccount? {
        try await write { session throws(StoreError) in
            let account = try session.one(
                "SELECT id FROM accounts WHERE email_key = $1 AND reset_until > $2", emailKey, time
            ) { try $0.get(0) as Int64 }
            guard let account,
                try session.execute(
                    "DELETE FROM mail_codes WHERE email_key = $1 AND hash = $2", emailKey, codeHash) == 1
            else { return nil }
            try session.execute(
                """
                UPDATE accounts SET password_hash = $2, takes_digest = 0, reset_until = 0, updated_at = $3 WHERE id = $1
                """,
                account, passwordHash, time)
            try TokenRepository.deleteTokens(account: account, reason: .revoked, in: session)
            return try session.one(AccountRepository.accountByID, account) { try StoredAccount($0) }
        }
    }
}
