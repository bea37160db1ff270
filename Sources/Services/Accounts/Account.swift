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
    }
}
