public import Geo
public import Store

/// What may be known of an account.
public struct Account: Hashable, Sendable, Identifiable {
    public let id: Int64
    /// As its owner wrote it.
    public let username: String
    public let nickname: String
    /// Its picture, nil for the default one.
    public let picture: MediaID?
    /// The highest run ID of its records; for the owner's eyes.
    public let lastRunID: Int64
    /// Milliseconds since 1970.
    public let createdAt: Int64
    /// Milliseconds since 1970.
    public let updatedAt: Int64
    /// What it may do beside what everybody may.
    public let role: Role
    /// Since when it may not be used, in milliseconds since 1970; nil if it may.
    public let disabledAt: Int64?
    /// Where its owner is reached; for themselves and for operators only.
    public let email: String?
    /// A small number that is this account's alone, from 1.
    public let number: Int64
    /// A line about themselves; nil if they have not written any.
    public let sign: String?
    public let gender: Gender
    /// Midnight UTC in milliseconds since 1970; 0 if it was not told.
    public let birthday: Int64
    /// The picture above their page, nil for none.
    public let cover: MediaID?
    /// Whether the MD5 of the password is as good as the password, as it is for users who registered by one; for
    /// themselves and for operators only.
    public let takesDigest: Bool
    /// Where only they themselves are told their places; for their own eyes.
    public let zones: [PrivacyZone]
    /// Whether others are to be called when they run and do not move.
    public let callsWhenStill: Bool
    /// Whether it is in the lists of accounts that anybody may read.
    public let isListed: Bool
    /// What rooms show in place of the username; nil for who shows it.
    public let alias: String?
    /// What a password was compared with, where one was: a login counts while it stays.
    let passwordHash: HiddenHash

    /// The id as clients see it: 24 hexadecimal digits.
    public var objectID: String { ObjectID.text(id) }

    /// What may be known of a stored account.
    public init(_ stored: StoredAccount) {
        id = stored.id
        username = stored.username
        nickname = stored.nickname
        picture = stored.picture.map(MediaID.init(rawValue:))
        lastRunID = stored.lastRunID
        createdAt = stored.createdAt
        updatedAt = stored.updatedAt
        // The database takes no other word; one that is not known gives no rights.
        role = Role(rawValue: stored.role) ?? .user
        disabledAt = stored.disabledAt
        email = stored.email
        number = stored.number
        sign = stored.sign
        // The database takes no other number.
        gender = Gender(rawValue: stored.gender) ?? .unknown
        birthday = stored.birthday
        cover = stored.cover.map(MediaID.init(rawValue:))
        takesDigest = stored.takesDigest && role == .user
        zones = stored.zones
        callsWhenStill = stored.callsWhenStill
        isListed = !stored.isUnlisted
        alias = stored.alias
        passwordHash = HiddenHash(stored.passwordHash)
    }

    /// Whether what is kept from users, such as wiping and moderating, is open to it: false for a disabled one, whatever
    /// its role.
    ///
    /// To be asked of an account that was read for this request: a role that was taken away takes effect with the next.
    public var isAdministrator: Bool { role.isAdministrator && disabledAt == nil }
}

/// A password's hash that can be compared and stays out of every text.
struct HiddenHash: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let text: String

    init(_ text: String) { self.text = text }

    var description: String { "(hidden)" }
    var debugDescription: String { description }
    var customMirror: Mirror { Mirror(self, children: []) }
}

extension Account {
    public enum Gender: Int, Hashable, Sendable, CaseIterable {
        case unknown, male, female
    }

    /// What an account may do, in growing order: each may what those before it may.
    public enum Role: String, Hashable, Sendable, CaseIterable {
        /// Run.
        case user
        /// Nothing more yet; a rank of its own in the lists of administrators.
        case auditor
        /// Also what is kept from users: wiping, moderating.
        case admin
        /// The first among the administrators, who makes the others.
        case root

        /// The place in the ladder, from 0.
        public var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

        /// The role of a rank, nil if there is none.
        public init?(rank: Int) {
            guard Self.allCases.indices.contains(rank) else { return nil }
            self = Self.allCases[rank]
        }

        /// Whether what is kept from users is open to it.
        public var isAdministrator: Bool {
            switch self {
            case .user, .auditor: false
            case .admin, .root: true
            }
        }
    }
}
