import Foundation
import Limits
public import Store
import Synchronization
import Text

/// Links to rooms: 128 random bits each, of which the database knows only the hash.
///
/// Whether a caller may make, see or revoke those of a room has been decided before.
public final class RoomLinks: Sendable {
    private let store: AppDatabase
    private let now: @Sendable () -> Int64
    private let listener = Mutex<(@Sendable (_ link: Int64, _ runID: String) async -> Void)?>(nil)
    private let delayListener = Mutex<(@Sendable (_ delay: Int, _ runID: String) async -> Void)?>(nil)

    /// Makes the service.
    ///
    /// - Parameters:
    ///   - store: Where links are.
    ///   - now: The clock, in milliseconds since 1970.
    public init(store: AppDatabase, now: @escaping @Sendable () -> Int64 = IDGenerator.systemTime) {
        self.store = store
        self.now = now
    }

    /// Has somebody told which link has just been revoked: those who take its word for longer than a request.
    ///
    /// - Parameter listen: Whom to tell, in place of whoever was told before; the link is good for nothing by then, and the
    ///   revocation is answered when this returns.
    public func whenRevoked(_ listen: @escaping @Sendable (_ link: Int64, _ runID: String) async -> Void) {
        listener.withLock { $0 = listen }
    }

    /// Has somebody told of a link that shows a room later, before anybody has it: so that there is something to show.
    ///
    /// - Parameter listen: Whom to tell, in place of whoever was told before; the delay is in seconds.
    public func whenDelayed(_ listen: @escaping @Sendable (_ delay: Int, _ runID: String) async -> Void) {
        delayListener.withLock { $0 = listen }
    }

    /// A link at the only moment when its secret is known.
    public struct Issued: Hashable, Sendable {
        public let link: RoomLink
        /// 22 characters of base64url.
        public let secret: String
    }

    /// Makes a link to a room.
    ///
    /// - Parameters:
    ///   - room: The room.
    ///   - role: What it is good for.
    ///   - label: 1 to 64 characters; nil for none.
    ///   - expiresAt: Until when it is good, in milliseconds since 1970; nil for ever.
    ///   - delay: By how many seconds later the room is shown, 0 to ``Limit/Room/delay``; for spectators alone.
    /// - Returns: The link; nil when the room has ``Limit/Room/links`` already.
    /// - Throws: ``ServicesError/invalid(field:message:)`` also for a time that is over and a runner's delay, ``ServicesError/store(_:)``.
    public func make(
        room: RoomSummary, role: RoomLink.Role, label: String?, expiresAt: Int64?, delay: Int = 0
    ) async throws(ServicesError) -> Issued? {
        if let label { try RoomRules.checkLabel(label) }
        let time = now()
        if let expiresAt, expiresAt <= time {
            throw .invalid(field: "expires", message: "`expires` must be a time that is to come.")
        }
        guard 0...Limit.Room.delay ~= delay else {
            throw .invalid(field: "delay", message: "`delay` must be from 0 to \(Limit.Room.delay) seconds.")
        }
        guard delay == 0 || role == .spectator else {
            throw .invalid(field: "delay", message: "A link to run shows the room as it is; `delay` must be 0.")
        }
        let secret = Tokens.base64url(Crypto.randomBytes(16))
        let link = try await withStoreErrors { () throws(StoreError) in
            try await store.links.insertLink(
                room: room.id, hash: Self.hash(secret), role: role, label: label?.withDirectionsClosed,
                expiresAt: expiresAt, delay: Int64(delay), limit: Limit.Room.links, at: time)
        }
        if link != nil, delay > 0 { await delayListener.withLock { $0 }?(delay, room.runID) }
        return link.map { Issued(link: $0, secret: secret) }
    }

    /// The links of a room, the oldest first; those that have expired may be among them.
    public func links(of room: Int64, after: Int64 = 0, limit: Int) async throws(ServicesError) -> [RoomLink] {
        try await withStoreErrors { () throws(StoreError) in
            try await store.links.links(of: room, after: after, limit: limit)
        }
    }

    /// Makes a link of a room worthless, and ends what came of it: connections, and the places of those who came in by it.
    ///
    /// - Returns: Whether there was one.
    public func revoke(_ id: Int64, of room: RoomSummary) async throws(ServicesError) -> Bool {
        let isRevoked = try await withStoreErrors { () throws(StoreError) in
            try await store.links.deleteLink(id, of: room.id)
        }
        if isRevoked { await listener.withLock { $0 }?(id, room.runID) }
        return isRevoked
    }

    /// The link that a secret is of, with the run ID of its room; nil for one that is not good, or no longer.
    public func find(_ secret: String) async throws(ServicesError) -> (link: RoomLink, runID: String)? {
        guard secret.utf8.count == 22 else { return nil }
        let found = try await withStoreErrors { () throws(StoreError) in
            try await store.links.link(hash: Self.hash(secret))
        }
        guard let found, found.link.expiresAt.map({ $0 > now() }) ?? true else { return nil }
        return found
    }

    /// No salt and no work: 128 random bits cannot be guessed, with or without.
    private static func hash(_ secret: String) -> [UInt8] { Crypto.sha256(Array(secret.utf8)) }
}

/// What may be said of rooms and links.
public enum RoomRules {
    /// - Throws: ``ServicesError/invalid(field:message:)`` unless a name has 1 to 64 characters, is not blank, and has no
    ///   control characters.
    public static func checkName(_ name: String) throws(ServicesError) { try check(name, "name") }

    static func checkLabel(_ label: String) throws(ServicesError) { try check(label, "label") }

    private static func check(_ text: String, _ field: String) throws(ServicesError) {
        guard !text.isEmpty, text.utf8.count <= Limit.Accounts.secretBytes, text.count <= Limit.Accounts.nickname,
            !text.isInvisible,
            !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else {
            throw .invalid(
                field: field,
                message: "`\(field)` must have 1 to \(Limit.Accounts.nickname) visible characters.")
        }
    }

    /// A name for a room that nobody guesses: 10 characters of 32, without those that look alike.
    public static func makeRunID() -> String {
        let letters = Array("abcdefghjkmnpqrstuvwxyz023456789")
        return String(Crypto.randomBytes(10).map { letters[Int($0 % 32)] })
    }

    /// What no room is entered by, for one that has no password.
    public static func makeSecret() -> String { Tokens.base64url(Crypto.randomBytes(32)) }
}
