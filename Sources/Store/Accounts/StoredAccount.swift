public import Geo

/// An account as it is stored, secrets included: never hand one to an edge.
public struct StoredAccount: Hashable, Sendable, Identifiable {
    public let id: Int64
    /// The name as its owner wrote it.
    public let username: String
    /// The name as it is compared: one for each name that counts as taken.
    public let usernameKey: String
    public let nickname: String
    /// Cost, salt and hash in one text.
    public let passwordHash: String
    /// The picture among the media, nil for the default one.
    public let picture: Int64?
    /// The highest run ID given to a record of this account; 0 before the first.
    public let lastRunID: Int64
    /// Milliseconds since 1970.
    public let createdAt: Int64
    /// Milliseconds since 1970.
    public let updatedAt: Int64
    /// What it may do, in the words of the layer above: `user`, `auditor`, `admin`, `root`.
    public let role: String
    /// Since when it may not be used, in milliseconds since 1970; nil if it may.
    public let disabledAt: Int64?
    /// Where its owner is reached; nil for most.
    public let email: String?
    /// A small number that is this account's alone, from 1.
    public let number: Int64
    /// A line about themselves; nil if they have not written any.
    public let sign: String?
    /// 0 unknown, 1 male, 2 female.
    public let gender: Int
    /// Midnight UTC in milliseconds since 1970.
    public let birthday: Int64
    /// The picture above their page, among the media; nil for none.
    public let cover: Int64?
    /// Whether the MD5 of the password is as good as the password, which it is where clients have nothing else.
    public let takesDigest: Bool
    /// Where only its owner is told their places.
    public let zones: [PrivacyZone]
    /// Whether others are to be called when they run and do not move.
    public let callsWhenStill: Bool
    /// Whether it is in no list of accounts that anybody may read.
    public let isUnlisted: Bool
    /// What rooms show in place of the username; nil for who shows it.
    public let alias: String?

    public init(
        id: Int64, username: String, usernameKey: String, nickname: String, passwordHash: String, picture: Int64? = nil,
        lastRunID: Int64 = 0, createdAt: Int64, updatedAt: Int64, role: String = "user", disabledAt: Int64? = nil,
        email: String? = nil, number: Int64, sign: String? = nil, gender: Int = 0, birthday: Int64 = 0,
        cover: Int64? = nil, takesDigest: Bool = false, zones: [PrivacyZone] = [],
        callsWhenStill: Bool = false, isUnlisted: Bool = false, alias: String? = nil
    ) {
        self.id = id
        self.username = username
        self.usernameKey = usernameKey
        self.nickname = nickname
        self.passwordHash = passwordHash
        self.picture = picture
        self.lastRunID = lastRunID
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.role = role
        self.disabledAt = disabledAt
        self.email = email
        self.number = number
        self.sign = sign
        self.gender = gender
        self.birthday = birthday
        self.cover = cover
        self.takesDigest = takesDigest
        self.zones = zones
        self.callsWhenStill = callsWhenStill
        self.isUnlisted = isUnlisted
        self.alias = alias
    }
}

extension StoredAccount {
    /// The columns that ``init(_:from:)`` reads, of the table or alias `a`.
    static let columns = """
        a.id, a.username, a.username_key, a.nickname, a.password_hash, a.picture, a.last_run_id, a.created_at, \
        a.updated_at, a.role, a.disabled_at, a.email, a.number, a.sign, a.gender, a.birthday, a.cover, \
        a.takes_digest, a.zones, a.calls_when_still, a.is_unlisted, a.alias
        """

    /// - Parameters:
    ///   - row: A row with ``columns``.
    ///   - first: The index of the first of them.
    /// - Throws: What ``SQLRow/get(_:)`` throws.
    init(_ row: SQLRow, from first: Int = 0) throws {
        self.init(
            id: try row.get(first), username: try row.get(first + 1), usernameKey: try row.get(first + 2),
            nickname: try row.get(first + 3), passwordHash: try row.get(first + 4), picture: try row.get(first + 5),
            lastRunID: try row.get(first + 6), createdAt: try row.get(first + 7), updatedAt: try row.get(first + 8),
            role: try row.get(first + 9), disabledAt: try row.get(first + 10),
            email: try row.get(first + 11), number: try row.get(first + 12), sign: try row.get(first + 13),
            gender: try row.get(first + 14), birthday: try row.get(first + 15), cover: try row.get(first + 16),
            takesDigest: try row.get(first + 17) != 0 as Int, zones: ZoneCoding.decode(try row.get(first + 18)),
            callsWhenStill: try row.get(first + 19) != 0 as Int, isUnlisted: try row.get(first + 20) != 0 as Int,
            alias: try row.get(first + 21))
    }
}
