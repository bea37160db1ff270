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
    /// Where its owner is reached; for operators only.
    public let email: String?

    /// The id as clients see it: 24 hexadecimal digits.
    public var objectID: String { ObjectID.text(id) }

    /// The public part of a stored account.
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
    }
}

extension Account {
    /// What an account may do, in growing order.
    public enum Role: String, Hashable, Sendable, CaseIterable {
        /// Run.
        case user
        /// Also what is kept from users: wiping, moderating.
        case admin
        /// The first among the administrators.
        case root

        /// Whether what is kept from users is open to it.
        public var isAdministrator: Bool {
            switch self {
            case .user: false
            case .admin, .root: true
            }
        }
    }
}
