/// A post as one reader sees it.
public struct Reading: Hashable, Sendable, Identifiable {
    public let post: Post
    /// Whether the reader likes it.
    public let isLiked: Bool
    /// Whether the reader has put it aside.
    public let isCollected: Bool
    /// What it shows beside its text; nil for a post without a video.
    public let video: Video?

    public var id: Int64 { post.id }
}

/// The video of a post.
public struct Video: Hashable, Sendable {
    /// Where its bytes are.
    public enum Source: Hashable, Sendable {
        /// In a file among the media.
        case media(Int64)
        /// At somebody else's address.
        case address(String)
    }

    /// From 10¹⁵ to 2⁵³ - 1; greater ones were published later.
    public let publicID: Int64
    public let source: Source
    /// The address of a picture for it; nil for none.
    public let coverURL: String?
}

/// What somebody is to others, of whom one looks at them.
public struct Profile: Hashable, Sendable, Identifiable {
    /// The account.
    public let id: Int64
    /// From 10¹⁵ to 2⁵³ - 1.
    public let publicID: Int64
    public let username: String
    /// Their picture among the media, nil for none.
    public let picture: Int64?
    /// Addresses and words that they gave themselves; nil for none.
    public let avatarURL: String?
    public let backgroundURL: String?
    public let signature: String?
    /// How many they follow.
    public let followCount: Int
    /// How many follow them.
    public let followerCount: Int
    /// Whether who looks follows them.
    public let isFollowed: Bool
    /// How many videos they published.
    public let videoCount: Int
    /// How many likes these have.
    public let likesReceived: Int
    /// How many videos they like.
    public let likesGiven: Int
}

/// What one account wrote to another.
public struct Message: Hashable, Sendable {
    /// From 10¹⁵ to 2⁵³ - 1.
    public let publicID: Int64
    /// Milliseconds since 1970; greater than that of every message before it between the two.
    public let createdAt: Int64
    /// The account that wrote it.
    public let sender: Int64
    /// The account that it was written to.
    public let recipient: Int64
    public let content: String
}

/// The video of a post that is yet to be written.
public struct NewVideo: Hashable, Sendable {
    public let source: Video.Source
    public let coverURL: String?

    public init(source: Video.Source, coverURL: String? = nil) {
        self.source = source
        self.coverURL = coverURL
    }
}
