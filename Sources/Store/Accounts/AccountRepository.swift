/// Accounts with their roles, settings and profiles, until they are deleted with all that is theirs.
public struct AccountRepository: Repository {
    public let database: AppDatabase
}

extension AccountRepository {
    /// Adds an account.
    ///
    /// - Parameters:
    ///   - username: As its owner wrote it.
    ///   - usernameKey: As it is compared; two accounts never share one.
    ///   - nickname: The name that others see.
    ///   - passwordHash: Cost, salt and hash in one text.
    ///   - role: What it may do: `user`, `auditor`, `admin` or `root`.
    ///   - email: Where its owner is reached, with the form in which it is compared; nil if that was not told.
    ///   - picture: The picture among the media; nil for the default one.
    ///   - takesDigest: Whether the MD5 of the password is as good as the password; of users only.
    ///   - isFirst: Whether there must be no administrator yet.
    ///   - time: Now, in milliseconds since 1970.
    /// - Returns: The account as it is stored.
    /// - Throws: ``StoreError/nameTaken`` when an account has this key, ``StoreError/emailTaken`` when one has this
    ///   address; of any number of calls at the same moment, exactly one succeeds. ``StoreError/noSuchMedia`` when the
    ///   picture was removed meanwhile: then there is no account either. ``StoreError/conditionFailed`` when it is to be
    ///   the first of the administrators and is not.
    public func insertAccount(
        username: String, usernameKey: String, nickname: String, passwordHash: String, role: String = "user",
        email: StoredEmail? = nil, picture: Int64? = nil, takesDigest: Bool = false, isFirst: Bool = false,
        at time: Int64
    ) async throws(StoreError) -> StoredAccount {
        let id = ids.next(), takesDigest = takesDigest && role == "user"
        return try await write { [quota] session throws(StoreError) in
            if isFirst, try session.exists(Self.anyAdministrator) { throw .conditionFailed }
            try Self.checkFree(usernameKey: usernameKey, email: email, except: id, in: session)
            try Self.checkMedia(picture, in: session)
            let number = try session.nextNumber(of: "accounts")
            try session.execute(
                """
                INSERT INTO accounts (
                    id, username, username_key, nickname, password_hash, created_at, updated_at, role, email,
                    email_key, number, picture, takes_digest)
                VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9, $10, $11, $12)
                """,
                id, username, usernameKey, nickname, passwordHash, time, role, email?.text, email?.key, number,
                picture, takesDigest ? 1 : 0)
            try SocialRepository.insertProfile(of: id, in: session)
            try quota.count(AccountQuota.bytes(ofMedia: [picture], in: session), of: id, in: session)
            return StoredAccount(
                id: id, username: username, usernameKey: usernameKey, nickname: nickname, passwordHash: passwordHash,
                picture: picture, createdAt: time, updatedAt: time, role: role, email: email?.text, number: number,
                takesDigest: takesDigest)
        }
    }

    /// - Throws: ``StoreError/nameTaken``, ``StoreError/emailTaken``, when another account has one of them.
    private static func checkFree(
        usernameKey: String, email: StoredEmail?, except id: Int64, in session: Session
    ) throws(StoreError) {
        if try session.exists("SELECT 1 FROM accounts WHERE username_key = $1 AND id <> $2", usernameKey, id) {
            throw .nameTaken
        }
        // What rooms show of one is no name of another.
        if try session.exists("SELECT 1 FROM accounts WHERE alias = $1", usernameKey) { throw .nameTaken }
        if let email, try session.exists("SELECT 1 FROM accounts WHERE email_key = $1 AND id <> $2", email.key, id) {
            throw .emailTaken
        }
    }

    /// - Throws: ``StoreError/noSuchMedia``, when a picture that is to be shown was removed meanwhile.
    private static func checkMedia(_ media: Int64?, in session: Session) throws(StoreError) {
        if let media, try !session.exists("SELECT 1 FROM media WHERE id = $1", media) { throw .noSuchMedia }
    }

    /// The account of this id, or nil.
    public func account(id: Int64) async throws(StoreError) -> StoredAccount? {
        try await read { session throws(StoreError) in
            try session.one(Self.accountByID, id) { try StoredAccount($0) }
        }
    }

    /// The account with this key, or nil.
    public func account(usernameKey: String) async throws(StoreError) -> StoredAccount? {
        try await read { session throws(StoreError) in
            try session.one(Self.accountByKey, usernameKey) { try StoredAccount($0) }
        }
    }

    /// The account with this address, by its form for comparison, or nil.
    public func account(emailKey: String) async throws(StoreError) -> StoredAccount? {
        try await read { session throws(StoreError) in
            try session.one(Self.accountByEmail, emailKey) { try StoredAccount($0) }
        }
    }

    /// The account of this number, or nil.
    public func account(number: Int64) async throws(StoreError) -> StoredAccount? {
        try await read { session throws(StoreError) in
            try session.one(Self.accountByNumber, number) { try StoredAccount($0) }
        }
    }

    /// The account that rooms show by an alias, nil if there is none.
    public func account(alias: String) async throws(StoreError) -> StoredAccount? {
        try await read { session throws(StoreError) in
            try session.one(Self.accountByAlias, alias) { try StoredAccount($0) }
        }
    }

    /// How many accounts there are.
    public func accountCount() async throws(StoreError) -> Int {
        try await read { session throws(StoreError) in
            try session.one("SELECT COUNT(*) FROM accounts WHERE is_leaving = 0") { try $0.get(0) as Int } ?? 0
        }
    }

    /// A page of the accounts in the order of their making.
    ///
    /// - Parameters:
    ///   - after: The id of the last account of the page before; 0 for the first page.
    ///   - limit: At most as many.
    ///   - hasUnlisted: Whether those are among them who are in no list that anybody may read, or hide their names.
    /// - Returns: Fewer than `limit` on the last page.
    /// - Throws: What the database says.
    public func accounts(
        after: Int64 = 0, limit: Int, unlisted hasUnlisted: Bool = true
    ) async throws(StoreError) -> [StoredAccount] {
        try await read { session throws(StoreError) in
            try session.rows(
                SQL(
                    """
                    SELECT \(StoredAccount.columns) FROM accounts a
                    WHERE a.id > $1 AND a.is_leaving = 0 AND ($3 = 1 OR \(Self.isInLists)) ORDER BY a.id LIMIT $2
                    """),
                after, limit, hasUnlisted ? 1 : 0
            ) { try StoredAccount($0) }
        }
    }

    /// A page of the accounts in the order of their making, by how many come before it.
    ///
    /// - Parameters:
    ///   - offset: How many to skip; costs as much as reading their index entries.
    ///   - limit: At most as many.
    ///   - hasUnlisted: Whether those are among them who are in no list that anybody may read, or hide their names.
    /// - Returns: Fewer than `limit` on the last page.
    /// - Throws: What the database says.
    public func accounts(
        offset: Int, limit: Int, unlisted hasUnlisted: Bool = true
    ) async throws(StoreError) -> [StoredAccount] {
        try await read { session throws(StoreError) in
            try session.rows(
                SQL(
                    """
                    SELECT \(StoredAccount.columns) FROM accounts a
                    WHERE a.is_leaving = 0 AND ($3 = 1 OR \(Self.isInLists)) ORDER BY a.id LIMIT $1 OFFSET $2
                    """),
                limit, offset, hasUnlisted ? 1 : 0
            ) { try StoredAccount($0) }
        }
    }

    /// A page of the accounts whose names begin with a text, in the order of their names.
    ///
    /// - Parameters:
    ///   - prefix: As names are compared; empty for all accounts.
    ///   - after: The key of the last account of the page before; empty for the first page.
    ///   - limit: At most as many.
    /// - Returns: Fewer than `limit` on the last page.
    /// - Throws: What the database says.
    public func accounts(
        namedFrom prefix: String, after: String = "", limit: Int
    ) async throws(StoreError) -> [StoredAccount] {
        try await read { session throws(StoreError) in
            try session.rows(
                SQL(
                    """
                    SELECT \(StoredAccount.columns) FROM accounts a
                    WHERE a.username_key >= $1 AND a.username_key < $2 AND a.username_key > $3 AND a.is_leaving = 0
                    ORDER BY a.username_key LIMIT $4
                    """), prefix, prefix + "\u{10FFFF}", after, limit
            ) { try StoredAccount($0) }
        }
    }

    /// Changes the nickname.
    ///
    /// - Returns: The account after it, nil if there is none.
    public func setNickname(
        _ nickname: String, account: Int64, at time: Int64
    ) async throws(StoreError) -> StoredAccount? {
        try await write { session throws(StoreError) in
            try session.execute(
                "UPDATE accounts SET nickname = $2, updated_at = $3 WHERE id = $1 AND is_leaving = 0", account,
                nickname, time)
            return try session.one(Self.accountByID, account) { try StoredAccount($0) }
        }
    }

    /// Changes the picture; nil for the default one.
    ///
    /// - Returns: The account after it, nil if there is none.
    /// - Throws: ``StoreError/noSuchMedia``.
    public func setPicture(
        _ picture: Int64?, account: Int64, at time: Int64
    ) async throws(StoreError) -> StoredAccount? {
        try await write { [quota] session throws(StoreError) in
            try Self.checkMedia(picture, in: session)
            let old = try session.one("SELECT picture FROM accounts WHERE id = $1 AND is_leaving = 0", account) {
                try $0.get(0) as Int64?
            }
            try MediaRepository.unsettle([old ?? nil], in: session)
            let difference =
                try AccountQuota.bytes(ofMedia: [picture], in: session)
                - AccountQuota.bytes(ofMedia: [old ?? nil], in: session)
            try quota.count(difference, of: account, in: session)
            try session.execute(
                "UPDATE accounts SET picture = $2, updated_at = $3 WHERE id = $1 AND is_leaving = 0", account, picture,
                time)
            return try session.one(Self.accountByID, account) { try StoredAccount($0) }
        }
    }

    /// Replaces the password hash, if it still is the one that the caller saw: of two changes at the same moment, one
    /// wins and the other is told.
    ///
    /// Tokens stay: it is for another hash of the same password.
    ///
    /// - Returns: The account after it; nil, and nothing has changed, if there is none with that hash.
    public func replacePasswordHash(
        _ old: String, by new: String, account: Int64, at time: Int64
    ) async throws(StoreError) -> StoredAccount? {
        try await write { session throws(StoreError) in
            let changed = try session.execute(
                """
                UPDATE accounts SET password_hash = $3, updated_at = $4
                WHERE id = $1 AND password_hash = $2 AND is_leaving = 0
                """,
                account, old, new, time)
            guard changed == 1 else { return nil }
            return try session.one(Self.accountByID, account) { try StoredAccount($0) }
        }
    }

    /// Changes nickname and password in one transaction, if the password hash still is the one that the caller saw.
    ///
    /// With the password go all tokens of the account, and it is not known by its MD5 any more.
    ///
    /// - Parameters:
    ///   - account: Whose.
    ///   - passwordHash: As it was when the password was checked.
    ///   - nickname: The new one; nil leaves it.
    ///   - newPasswordHash: The new one; nil leaves it.
    ///   - condition: What must still be so; nil for nothing.
    ///   - time: Now, in milliseconds since 1970.
    /// - Returns: The account after it; nil, and nothing has changed, if there is none with that hash.
    /// - Throws: ``StoreError/conditionFailed``.
    public func updateAccount(
        _ account: Int64, withPasswordHash passwordHash: String, nickname: String?, newPasswordHash: String?,
        if condition: AccountCondition? = nil, at time: Int64
    ) async throws(StoreError) -> StoredAccount? {
        try await write { session throws(StoreError) in
            try condition?.check(on: account, in: session)
            let changed = try session.execute(
                """
                UPDATE accounts SET nickname = COALESCE($3, nickname), password_hash = COALESCE($4, password_hash),
                    takes_digest = CASE WHEN $4 IS NULL THEN takes_digest ELSE 0 END, updated_at = $5
                WHERE id = $1 AND password_hash = $2 AND is_leaving = 0
                """,
                account, passwordHash, nickname, newPasswordHash, time)
            guard changed == 1 else { return nil }
            if newPasswordHash != nil {
                try TokenRepository.deleteTokens(account: account, reason: .revoked, in: session)
            }
            return try session.one(Self.accountByID, account) { try StoredAccount($0) }
        }
    }

    // MARK: Profile

    /// Changes what an account's owner, or an administrator, says of it: all of it, or nothing.
    ///
    /// - Parameters:
    ///   - change: What is to be changed.
    ///   - account: Whose.
    ///   - condition: What must still be so; nil for nothing.
    ///   - time: Now, in milliseconds since 1970.
    /// - Returns: The account after it, nil if there is none.
    /// - Throws: ``StoreError/nameTaken``, ``StoreError/emailTaken`` when another account has the name or the address;
    ///   ``StoreError/conditionFailed``, ``StoreError/noSuchMedia``.
    public func changeProfile(
        _ change: ProfileChange, account: Int64, if condition: AccountCondition? = nil, at time: Int64
    ) async throws(StoreError) -> StoredAccount? {
        try await write { [quota] session throws(StoreError) in
            guard let old = try session.one(Self.accountByID, account, as: { try StoredAccount($0) }) else {
                return nil
            }
            try condition?.check(on: account, in: session)
            for media in [change.picture, change.cover] { try Self.checkMedia(media, in: session) }
            if change.picture != nil { try MediaRepository.unsettle([old.picture], in: session) }
            if change.cover != nil { try MediaRepository.unsettle([old.cover], in: session) }
            let replaced = [change.picture == nil ? nil : old.picture, change.cover == nil ? nil : old.cover]
            let difference =
                try AccountQuota.bytes(ofMedia: [change.picture, change.cover], in: session)
                - AccountQuota.bytes(ofMedia: replaced, in: session)
            try quota.count(difference, of: account, in: session)
            try Self.checkFree(
                usernameKey: change.usernameKey ?? old.usernameKey, email: change.email, except: account, in: session)
            try session.execute(
                """
                UPDATE accounts SET
                    username = COALESCE($2, username), username_key = COALESCE($3, username_key),
                    nickname = COALESCE($12, CASE WHEN nickname = username THEN COALESCE($2, nickname) ELSE nickname END),
                    email = COALESCE($4, email), email_key = COALESCE($5, email_key), sign = COALESCE($6, sign),
                    gender = COALESCE($7, gender), birthday = COALESCE($8, birthday),
                    picture = COALESCE($9, picture), cover = COALESCE($10, cover), updated_at = $11,
                    is_unlisted = COALESCE($13, is_unlisted),
                    alias = CASE $14 WHEN 1 THEN NULL WHEN 0 THEN COALESCE(alias, $15) ELSE alias END
                WHERE id = $1
                """,
                account, change.username, change.usernameKey, change.email?.text, change.email?.key,
                change.sign, change.gender, change.birthday, change.picture, change.cover, time, change.nickname,
                change.isUnlisted.map { $0 ? 1 : 0 }, change.showsUsername.map { $0 ? 1 : 0 }, change.alias)
            return try session.one(Self.accountByID, account) { try StoredAccount($0) }
        }
    }

    // MARK: Run data

    /// The run that a client reports of itself.
    ///
    /// - Throws: ``StoreError/noSuchAccount``.
    public func runData(account: Int64) async throws(StoreError) -> StoredRunData {
        let found = try await read { session throws(StoreError) in
            try session.one(
                "SELECT run_data, run_data_version FROM accounts WHERE id = $1 AND is_leaving = 0", account
            ) { StoredRunData(text: try $0.get(0), version: try $0.get(1)) }
        }
        guard let found else { throw .noSuchAccount }
        return found
    }

    /// Replaces the run data, if nobody has done so since they were read.
    ///
    /// - Parameters:
    ///   - read: As they were.
    ///   - text: As they are to be.
    ///   - account: Whose.
    /// - Returns: Whether they are; false, and nothing has changed, when somebody has.
    /// - Throws: ``StoreError/noSuchAccount``, ``StoreError/quotaExceeded``.
    public func replaceRunData(
        _ read: StoredRunData, by text: String, account: Int64
    ) async throws(StoreError) -> Bool {
        try await write { [quota] session throws(StoreError) in
            let changed = try session.execute(
                """
                UPDATE accounts SET run_data = $3, run_data_version = run_data_version + 1
                WHERE id = $1 AND run_data_version = $2 AND is_leaving = 0
                """,
                account, read.version, text)
            guard changed == 1 else {
                guard try session.exists("SELECT 1 FROM accounts WHERE id = $1 AND is_leaving = 0", account) else {
                    throw .noSuchAccount
                }
                return false
            }
            try quota.count(text.utf8.count - (read.text?.utf8.count ?? 0), of: account, in: session)
            return true
        }
    }

    // MARK: Preferences

    /// What the user prefers, as JSON text.
    ///
    /// - Returns: nil before anything was said.
    /// - Throws: ``StoreError/noSuchAccount``.
    public func preferences(account: Int64) async throws(StoreError) -> String? {
        let found = try await read { session throws(StoreError) in
            try session.one("SELECT preferences FROM accounts WHERE id = $1 AND is_leaving = 0", account) {
                try $0.get(0) as String?
            }
        }
        guard let found else { throw .noSuchAccount }
        return found
    }

    /// Replaces what the user prefers.
    ///
    /// - Throws: ``StoreError/noSuchAccount``, ``StoreError/quotaExceeded``.
    public func setPreferences(_ json: String, account: Int64) async throws(StoreError) {
        try await write { [quota] session throws(StoreError) in
            let old = try session.one(
                "SELECT COALESCE(OCTET_LENGTH(preferences), 0) FROM accounts WHERE id = $1 AND is_leaving = 0", account
            ) { try $0.get(0) as Int }
            guard let old else { throw .noSuchAccount }
            try session.execute("UPDATE accounts SET preferences = $2 WHERE id = $1", account, json)
            try quota.count(json.utf8.count - old, of: account, in: session)
        }
    }

    /// Whether an account is in the lists that anybody may read.
    private static let isInLists = "a.is_unlisted = 0 AND a.alias IS NULL"
    static let accountByID = SQL("SELECT \(StoredAccount.columns) FROM accounts a WHERE a.id = $1 AND a.is_leaving = 0")
    private static let accountByEmail = SQL(
        "SELECT \(StoredAccount.columns) FROM accounts a WHERE a.email_key = $1 AND a.is_leaving = 0")
    private static let accountByNumber = SQL(
        "SELECT \(StoredAccount.columns) FROM accounts a WHERE a.number = $1 AND a.is_leaving = 0")
    private static let accountByAlias = SQL(
        "SELECT \(StoredAccount.columns) FROM accounts a WHERE a.alias = $1 AND a.is_leaving = 0")
    private static let accountByKey = SQL(
        "SELECT \(StoredAccount.columns) FROM accounts a WHERE a.username_key = $1 AND a.is_leaving = 0")
}
