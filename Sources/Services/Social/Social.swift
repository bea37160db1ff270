import Limits
public import Store
import Text

/// Who people are to each other: profiles, who follows whom, and what they write to each other.
///
/// Counts are those of the rows: each change and its counts are one transaction. Every list is limited: who has ten thousand followers is
/// shown some hundreds at a time.
public final class Social: Sendable {
    /// Of a list of people, at most as many at a time.
    public static let maxPeople = Limit.Lists.clips
    /// Of a conversation, at most as many messages at a time.
    public static let maxMessages = Limit.Lists.clips

    private let store: AppDatabase
    private let now: @Sendable () -> Int64

    /// Makes the service.
    ///
    /// - Parameters:
    ///   - store: Where all of it is.
    ///   - now: The clock, in milliseconds since 1970; may jump, in both directions.
    public init(store: AppDatabase, now: @escaping @Sendable () -> Int64 = IDGenerator.systemTime) {
        self.store = store
        self.now = now
    }

    // MARK: - Profiles

    /// What somebody is to a viewer.
    ///
    /// - Parameters:
    ///   - publicID: Whose; the public id of anything else is nobody's.
    ///   - viewer: The account that looks; nil for nobody.
    /// - Returns: The profile.
    /// - Throws: ``ServicesError/unknownUser``, ``ServicesError/store(_:)``.
    public func profile(publicID: Int64, viewer: Int64?) async throws(ServicesError) -> Profile {
        guard let found = try await profileIfAny(publicID: publicID, viewer: viewer) else { throw .unknownUser }
        return found
    }

    /// As ``profile(publicID:viewer:)``, but nil if it is nobody's.
    public func profileIfAny(publicID: Int64, viewer: Int64?) async throws(ServicesError) -> Profile? {
        try await withStoreErrors { () throws(StoreError) in
            try await store.social.profile(publicID: publicID, viewer: viewer)
        }
    }

    /// What an account is to a viewer.
    ///
    /// - Throws: ``ServicesError/unknownUser``, ``ServicesError/store(_:)``.
    public func profile(account: Int64, viewer: Int64?) async throws(ServicesError) -> Profile {
        guard let found = try await profiles([account], viewer: viewer)[account] else { throw .unknownUser }
        return found
    }

    /// What those of the accounts that exist are to a viewer, by account.
    public func profiles(
        _ accounts: some Sequence<Int64>, viewer: Int64?
    ) async throws(ServicesError) -> [Int64: Profile] {
        let accounts = Array(Set(accounts))
        return try await withStoreErrors { () throws(StoreError) in
            try await store.social.profiles(accounts, viewer: viewer)
        }
    }

    /// Sets what somebody says of themselves; what makes no sense is left out rather than refused.
    ///
    /// - Parameters:
    ///   - avatar: An address of `http` or `https`, up to 512 characters; never asked by the server.
    ///   - background: Likewise.
    ///   - signature: Up to 200 characters, without control characters.
    ///   - account: Whose.
    /// - Throws: ``ServicesError/unknownUser``, ``ServicesError/store(_:)``.
    public func setProfile(
        avatar: String?, background: String?, signature: String?, account: Int64
    ) async throws(ServicesError) {
        func address(_ text: String?) -> String? {
            text.flatMap { WebAddress.isPlausible($0, upTo: Limit.Accounts.profileAddress) ? $0 : nil }
        }
        let words = signature.flatMap { text in
            text.isEmpty || text.count > Limit.Accounts.signature || text.utf8.count > Limit.Accounts.signatureBytes
                || text.unicodeScalars.contains { $0.properties.generalCategory == .control } ? nil : text
        }
        try await withStoreErrors { () throws(StoreError) in
            try await store.social.setProfile(
                avatarURL: address(avatar), backgroundURL: address(background), signature: words, account: account)
        }
    }

    // MARK: - Follows

    /// Lets somebody follow somebody else, or no longer; not an error if it is so already.
    ///
    /// - Throws: ``ServicesError/invalid(field:message:)`` for oneself, ``ServicesError/unknownUser``,
    ///   ``ServicesError/store(_:)``.
    public func setFollow(_ isFollowing: Bool, follower: Int64, followed: Int64) async throws(ServicesError) {
        guard follower != followed else {
            throw .invalid(field: "followed", message: "Nobody can follow themselves.")
        }
        let time = now()
        _ = try await withStoreErrors { () throws(StoreError) in
            try await store.social.setFollow(isFollowing, follower: follower, followed: followed, at: time)
        }
    }

    /// A list of people around an account.
    public enum People: Hashable, Sendable {
        case followed
        case followers
        /// Who is followed and follows back.
        case friends
    }

    /// Some of the people around an account as a viewer sees them, the newest relation first.
    ///
    /// - Parameters:
    ///   - people: Which.
    ///   - account: Around whom.
    ///   - viewer: Who looks; nil for nobody.
    ///   - offset: How many to skip.
    ///   - limit: At most as many, and never more than ``maxPeople``.
    /// - Returns: None behind the last.
    /// - Throws: ``ServicesError/store(_:)``.
    public func people(
        _ people: People, of account: Int64, viewer: Int64?, offset: Int = 0, limit: Int = maxPeople
    ) async throws(ServicesError) -> [Profile] {
        let limit = min(limit, Self.maxPeople)
        let ids = try await withStoreErrors { () throws(StoreError) in
            switch people {
            case .followed: try await store.social.followed(by: account, offset: offset, limit: limit)
            case .followers: try await store.social.followers(of: account, offset: offset, limit: limit)
            case .friends: try await store.social.friends(of: account, offset: offset, limit: limit)
            }
        }
        let profiles = try await profiles(ids, viewer: viewer)
        return ids.compactMap { profiles[$0] }
    }

    // MARK: - Messages

    /// Writes to somebody; nobody need be a friend for it.
    ///
    /// - Parameters:
    ///   - content: As of a comment: 1 to 1000 characters, not blank, without control characters but line ends and tabs.
    ///   - sender: Who writes.
    ///   - recipient: To whom.
    /// - Returns: The message; its time is later than that of every message before it between the two.
    /// - Throws: ``ServicesError/invalid(field:message:)``, ``ServicesError/unknownUser``, ``ServicesError/store(_:)``.
    @discardableResult
    public func send(
        _ content: String, from sender: Int64, to recipient: Int64
    ) async throws(ServicesError) -> Message {
        try ForumRules.checkComment(content)
        let time = now()
        return try await withStoreErrors { () throws(StoreError) in
            try await store.social.insertMessage(content.withDirectionsClosed, from: sender, to: recipient, at: time)
        }
    }

    /// The messages between two accounts behind a time, oldest first.
    ///
    /// Who asks again with the time of the last message they got misses none. A time that the server cannot have told,
    /// because it is later than its clock and than every message, is taken for none: a client whose clock is ahead gets
    /// messages twice rather than never.
    ///
    /// - Parameters:
    ///   - one: An account.
    ///   - other: The other one.
    ///   - time: Milliseconds since 1970.
    /// - Returns: At most ``maxMessages``.
    /// - Throws: ``ServicesError/store(_:)``.
    public func messages(
        between one: Int64, and other: Int64, after time: Int64
    ) async throws(ServicesError) -> [Message] {
        let clock = now()
        return try await withStoreErrors { () throws(StoreError) in
            try await store.social.messages(between: one, and: other, after: time, now: clock, limit: Self.maxMessages)
        }
    }

    /// The last message between an account and each of some others, by the other account.
    public func lastMessages(
        of account: Int64, with others: [Int64]
    ) async throws(ServicesError) -> [Int64: Message] {
        try await withStoreErrors { () throws(StoreError) in
            try await store.social.lastMessages(of: account, with: others)
        }
    }
}
