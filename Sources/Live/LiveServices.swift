public import Rooms

/// Who a token belongs to, and by which login.
public struct TokenOwner: Sendable {
    public var person: Person
    public var login: LoginID

    public init(person: Person, login: LoginID) {
        self.person = person
        self.login = login
    }
}

/// What the tokens of one login have in common: of use only to be compared.
public struct LoginID: Hashable, Sendable {
    private let bytes: [UInt8]

    public init(_ bytes: [UInt8]) { self.bytes = bytes }
}

/// What a link lets whoever shows it do.
public struct LinkGrant: Hashable, Sendable {
    /// Of use only to be compared.
    public var id: Int64
    /// The room that it leads to.
    public var runID: String
    /// Whether one may run there, beside watching.
    public var mayRun: Bool
    /// Until when it is good, in Unix milliseconds; nil for ever.
    public var expiresAt: Int64?
    /// By how many seconds later a spectator is shown the room.
    public var delay: Int

    public init(id: Int64, runID: String, mayRun: Bool, expiresAt: Int64?, delay: Int = 0) {
        self.id = id
        self.runID = runID
        self.mayRun = mayRun
        self.expiresAt = expiresAt
        self.delay = delay
    }
}

/// What came of a room password that somebody showed.
public enum PasswordVerdict: Hashable, Sendable {
    case right
    case wrong
    /// It was not looked at, since too many were wrong; in so many seconds one is.
    case throttled(retryAfter: Int)
}

/// What the live part needs of accounts and passwords, given by the floor above.
public struct LiveServices: Sendable {
    /// Who a token belongs to; nil for one that is not valid.
    ///
    /// Throws when that cannot be found out now.
    public var owner: @Sendable (_ token: String) async throws -> TokenOwner?
    /// What a link is good for; nil for one that is not, or no longer.
    ///
    /// Throws when that cannot be found out now.
    public var link: @Sendable (_ secret: String) async throws -> LinkGrant?
    /// Where the picture of whoever has a name is, relative to the server.
    public var avatar: @Sendable (_ username: String) -> String
    /// A new secret for a room password.
    public var makeSecret: @Sendable (_ password: String) -> RoomSecret
    /// Compares in constant time, unless too many wrong passwords for this room came from this address; quick, since
    /// pollers send the password every second.
    public var judge: @Sendable (_ password: String, RoomSecret, _ runID: String, _ address: String) -> PasswordVerdict
    /// Counts a join; in so many seconds the address may join again, or nil for now.
    public var takeJoin: @Sendable (_ address: String) -> Int?
    /// Has others called for somebody who does not move in a room, by its row's id in the database.
    public var callForHelp: @Sendable (Stillness, _ room: Int64) async -> Void
    /// A new id: 63 bits, in the order of time, never given before.
    public var newID: @Sendable () -> Int64

    public init(
        owner: @escaping @Sendable (String) async throws -> TokenOwner?,
        link: @escaping @Sendable (String) async throws -> LinkGrant? = { _ in nil },
        avatar: @escaping @Sendable (String) -> String,
        makeSecret: @escaping @Sendable (String) -> RoomSecret,
        judge: @escaping @Sendable (String, RoomSecret, String, String) -> PasswordVerdict,
        takeJoin: @escaping @Sendable (String) -> Int? = { _ in nil },
        callForHelp: @escaping @Sendable (Stillness, Int64) async -> Void = { _, _ in },
        newID: @escaping @Sendable () -> Int64
    ) {
        self.owner = owner
        self.link = link
        self.avatar = avatar
        self.makeSecret = makeSecret
        self.judge = judge
        self.takeJoin = takeJoin
        self.callForHelp = callForHelp
        self.newID = newID
    }
}
