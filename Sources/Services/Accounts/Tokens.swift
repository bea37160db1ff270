import Foundation
public import Store
import Synchronization

/// Tokens that stand for an account: 256 random bits, of which the database knows only the hash.
public final class Tokens: Sendable {
    /// What a token is for.
    public enum Kind: String, Hashable, Sendable {
        /// To be sent with requests.
        case access
        /// To be exchanged for another access token.
        case refresh
    }

    /// A token at the only moment when it is known.
    public struct Issued: Hashable, Sendable {
        /// 43 characters of base64url.
        public let token: String
        public let kind: Kind
        /// Milliseconds since 1970.
        public let issuedAt: Int64
        /// Milliseconds since 1970.
        public let expiresAt: Int64
    }

    /// Who somebody is, by their token.
    public struct Identity: Hashable, Sendable {
        public let account: Int64
        public let username: String
        public let kind: Kind
        /// Milliseconds since 1970.
        public let issuedAt: Int64
        /// Milliseconds since 1970.
        public let expiresAt: Int64

        /// The account's id as clients see it.
        public var objectID: String { ObjectID.text(account) }
    }

    private let store: AppDatabase
    private let now: @Sendable () -> Int64
    private let lifetimes: [Kind: Int64]
    private let cache: Mutex<Cache>

    /// Makes the service.
    ///
    /// - Parameters:
    ///   - store: Where the hashes are.
    ///   - accessLifetime: In milliseconds.
    ///   - refreshLifetime: In milliseconds.
    ///   - cacheCapacity: How many identities are remembered at least; 0 to ask the database every time.
    ///   - now: The clock, in milliseconds since 1970.
    public init(
        store: AppDatabase, accessLifetime: Int64 = 2 * 3_600_000, refreshLifetime: Int64 = 30 * 86_400_000,
        cacheCapacity: Int = 20_000, now: @escaping @Sendable () -> Int64 = IDGenerator.systemTime
    ) {
        self.store = store
        self.now = now
        lifetimes = [.access: accessLifetime, .refresh: refreshLifetime]
        cache = Mutex(Cache(capacity: cacheCapacity))
    }

    /// Gives an account a new token.
    ///
    /// - Throws: ``ServicesError/unknownUser`` if it has been deleted.
    public func issue(_ kind: Kind = .access, for account: Int64) async throws(ServicesError) -> Issued {
        let token = Self.base64url(Crypto.randomBytes(32)), time = now()
        let issued = Issued(
            token: token, kind: kind, issuedAt: time, expiresAt: time + (lifetimes[kind] ?? 0))
        try await asking { () throws(StoreError) in
            try await store.insertToken(
                hash: Self.hash(token), account: account, kind: kind.rawValue, createdAt: issued.issuedAt,
                expiresAt: issued.expiresAt)
        }
        return issued
    }

    /// Finds out whose a token is.
    ///
    /// - Parameters:
    ///   - credential: The token as it came, with or without `Bearer ` before it.
    ///   - kind: The kind that is wanted.
    /// - Returns: The identity; its account existed at this moment.
    /// - Throws: ``ServicesError/unauthenticated`` if there is none, ``ServicesError/badToken`` if it is unknown,
    ///   revoked, expired, or of another kind.
    public func verify(_ credential: String?, kind: Kind = .access) async throws(ServicesError) -> Identity {
        guard let token = Self.token(in: credential) else { throw .unauthenticated }
        let hash = Self.hash(token)
        let (cached, generation) = cache.withLock { ($0[hash], $0.generation) }
        if let cached { return try check(cached, kind) }

        let stored = try await asking { () throws(StoreError) in try await store.token(hash: hash) }
        guard let stored, let storedKind = Kind(rawValue: stored.kind) else { throw .badToken }
        guard stored.account.disabledAt == nil else { throw .badToken }
        let identity = Identity(
            account: stored.account.id, username: stored.account.username, kind: storedKind,
            issuedAt: stored.createdAt, expiresAt: stored.expiresAt)
        cache.withLock { cache in
            // Not if something was revoked since the question: it may have been this.
            if cache.generation == generation { cache[hash] = identity }
        }
        return try check(identity, kind)
    }

    /// Makes a token worthless, now and for good; not an error if it was.
    ///
    /// - Parameter credential: The token as it came, with or without `Bearer ` before it.
    /// - Throws: ``ServicesError/unauthenticated`` if there is none, ``ServicesError/store(_:)``.
    public func revoke(_ credential: String?) async throws(ServicesError) {
        guard let token = Self.token(in: credential) else { throw .unauthenticated }
        let hash = Self.hash(token)
        defer { cache.withLock { $0.remove { $0.key == hash } } }
        _ = try await asking { () throws(StoreError) in try await store.deleteToken(hash: hash) }
    }

    /// Makes all tokens of an account worthless.
    public func revokeAll(account: Int64) async throws(ServicesError) {
        defer { forget(account: account) }
        _ = try await asking { () throws(StoreError) in try await store.deleteTokens(account: account) }
    }

    /// Removes what has expired from the database; to be called now and then.
    ///
    /// - Returns: How many there were.
    /// - Throws: ``ServicesError/store(_:)``.
    @discardableResult
    public func removeExpired() async throws(ServicesError) -> Int {
        let time = now()
        return try await asking { () throws(StoreError) in try await store.deleteExpiredTokens(at: time) }
    }

    /// Forgets what is remembered of an account, because its tokens are gone from the database.
    func forget(account: Int64) {
        cache.withLock { $0.remove { $0.value.account == account } }
    }

    /// Forgets what is remembered of all accounts.
    func forgetAll() {
        cache.withLock { $0.remove { _ in true } }
    }

    private func check(_ identity: Identity, _ kind: Kind) throws(ServicesError) -> Identity {
        guard identity.kind == kind, identity.expiresAt > now() else { throw .badToken }
        return identity
    }

    /// The token without the word before it, or nil if nothing is left.
    private static func token(in credential: String?) -> Substring? {
        guard var token = credential?.drop(while: \.isWhitespace) else { return nil }
        if token.prefix(6).lowercased() == "bearer", token.dropFirst(6).first?.isWhitespace ?? true {
            token = token.dropFirst(6).drop(while: \.isWhitespace)
        }
        while token.last?.isWhitespace == true { token.removeLast() }
        return token.isEmpty ? nil : token
    }

    /// No salt and no work: 256 random bits cannot be guessed, with or without.
    private static func hash(_ token: some StringProtocol) -> [UInt8] { Crypto.sha256(Array(token.utf8)) }

    private static func base64url(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}

extension Tokens {
    /// The identities used last, in two generations.
    ///
    /// When the younger is full it becomes the elder, and what was in the elder and not used since is forgotten: so it
    /// is bounded without a list of uses.
    private struct Cache {
        private let capacity: Int
        private var young: [[UInt8]: Identity] = [:]
        private var old: [[UInt8]: Identity] = [:]
        /// Counts the removals.
        private(set) var generation = 0

        init(capacity: Int) { self.capacity = capacity }

        subscript(hash: [UInt8]) -> Identity? {
            mutating get {
                if let identity = young[hash] { return identity }
                guard let identity = old[hash] else { return nil }
                self[hash] = identity
                return identity
            }
            set {
                guard capacity > 0 else { return }
                if young.count >= capacity {
                    old = young
                    young = [:]
                }
                young[hash] = newValue
            }
        }

        mutating func remove(where isGone: ((key: [UInt8], value: Identity)) -> Bool) {
            generation += 1
            young = young.filter { !isGone($0) }
            old = old.filter { !isGone($0) }
        }
    }
}
