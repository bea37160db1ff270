import Foundation
public import Limits
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

    /// What a token looks like.
    public enum Form: Hashable, Sendable {
        /// 256 bits in 43 characters of base64url.
        case base64url
        /// 128 bits in 32 hexadecimal digits.
        case hexadecimal
    }

    /// A token at the only moment when it is known.
    public struct Issued: Hashable, Sendable {
        /// In its ``Form``.
        public let token: String
        public let kind: Kind
        /// Milliseconds since 1970.
        public let issuedAt: Int64
        /// Milliseconds since 1970.
        public let expiresAt: Int64
    }

    /// The tokens of one login.
    public struct Session: Hashable, Sendable {
        public let access: Issued
        public let refresh: Issued
    }

    /// Why a credential is none.
    public enum Refusal: Hashable, Sendable {
        /// There is no token.
        case missing
        /// No token is like this, or it ended too long ago to be known.
        case unknown
        /// It is a token for something else.
        case wrongKind
        case expired
        /// Its owner logged out or changed the password, or its account is disabled.
        case revoked
        /// Its account was deleted.
        case accountDeleted
    }

    /// What is found out of a credential.
    public enum Verification: Hashable, Sendable {
        case valid(Identity)
        case refused(Refusal)
    }

    /// What the tokens that one login gave have in common.
    public enum Login: Hashable, Sendable {
        case session(Int64)
        /// Of a token that stands alone: its hash.
        case token([UInt8])
    }

    /// Logins that have come to an end before their time.
    public enum End: Hashable, Sendable {
        /// All of an account: its password was changed.
        case all(account: Int64)
        /// Somebody logged out, or newer sessions took their place.
        case some([Login])
    }

    /// Who somebody is, by their token.
    public struct Identity: Hashable, Sendable {
        public let account: Int64
        public let username: String
        public let kind: Kind
        /// What the token shares with the others of its login; nil for one that stands alone.
        public let session: Int64?
        /// Milliseconds since 1970.
        public let issuedAt: Int64
        /// Milliseconds since 1970.
        public let expiresAt: Int64
        /// That of the account's password, for as long as which the token is good.
        let passwordHash: HiddenHash
        let tokenHash: [UInt8]

        /// By which login the token was given.
        public var login: Login { session.map(Login.session) ?? .token(tokenHash) }

        /// The account's id as clients see it.
        public var objectID: String { ObjectID.text(account) }
    }

    /// How long after its expiry it is known what became of a token: 30 days, in milliseconds.
    static let memory: Int64 = 30 * 86_400_000

    let store: AppDatabase
    let now: @Sendable () -> Int64
    private let lifetimes: [Kind: Int64]
    private let cache: Mutex<Cache>
    private let listener = Mutex<(@Sendable (End) async -> Void)?>(nil)

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
        cacheCapacity: Int = Limit.Accounts.remembered, now: @escaping @Sendable () -> Int64 = IDGenerator.systemTime
    ) {
        self.store = store
        self.now = now
        lifetimes = [.access: accessLifetime, .refresh: refreshLifetime]
        cache = Mutex(Cache(capacity: cacheCapacity))
    }

    /// Has somebody told what logins have just come to an end: those who take a token's word for longer than a request.
    ///
    /// Not of accounts that are disabled or deleted, which ``Accounts/whenAccountsChange(_:)`` tells, nor of tokens that
    /// expire.
    ///
    /// - Parameter listen: Whom to tell, in place of whoever was told before; no token of these logins is valid any more
    ///   by then, and the change is answered when this returns.
    public func whenLoginsEnd(_ listen: @escaping @Sendable (End) async -> Void) {
        listener.withLock { $0 = listen }
    }

    func tell(_ end: End) async { await listener.withLock { $0 }?(end) }

    /// Gives an account a new token.
    ///
    /// - Parameters:
    ///   - kind: What for.
    ///   - account: Whose, as it was when its owner showed that it is theirs: a password that was changed since then
    ///     gives no token.
    ///   - lifetime: In milliseconds; nil for that of the kind.
    ///   - form: What it is to look like.
    /// - Returns: The token.
    /// - Throws: ``ServicesError/wrongPassword`` if the password was changed meanwhile, ``ServicesError/unknownUser`` if
    ///   the account was deleted, ``ServicesError/accountDisabled`` if it was disabled, ``ServicesError/store(_:)``.
    public func issue(
        _ kind: Kind = .access, for account: Account, lifetime: Int64? = nil, form: Form = .base64url
    ) async throws(ServicesError) -> Issued {
        let issued = make(kind, lifetime, form)
        try await insert([issued], for: account)
        return issued
    }

    /// Gives an account an access and a refresh token that belong together: who revokes one revokes both, and what the
    /// refresh token was exchanged for.
    ///
    /// - Parameters:
    ///   - account: As in ``issue(_:for:lifetime:form:)``.
    ///   - accessLifetime: In milliseconds; nil for that of the kind.
    ///   - refreshLifetime: In milliseconds; nil for that of the kind.
    ///   - limit: Of the account's sessions in a world so many stay, the newest ones; nil for no limit.
    /// - Returns: The tokens.
    /// - Throws: As ``issue(_:for:lifetime:form:)``.
    public func startSession(
        for account: Account, accessLifetime: Int64? = nil, refreshLifetime: Int64? = nil,
        limit: (count: Int, world: String)? = nil
    ) async throws(ServicesError) -> Session {
        let session = Session(access: make(.access, accessLifetime), refresh: make(.refresh, refreshLifetime))
        try await insert([session.access, session.refresh], for: account, session: store.ids.next(), limit: limit)
        return session
    }

    /// Exchanges a refresh token, which stays what it is, for another access token of its session, which counts where
    /// the session does.
    ///
    /// - Parameters:
    ///   - credential: The refresh token as it came, with or without `Bearer ` before it.
    ///   - lifetime: Of the new token, in milliseconds; nil for that of the kind.
    /// - Returns: The access token, or why there is none.
    /// - Throws: ``ServicesError/store(_:)``.
    public func renew(
        _ credential: String?, lifetime: Int64? = nil
    ) async throws(ServicesError) -> Result<Issued, Refused> {
        if case .refused(let refusal) = try await inspect(credential, kind: .refresh) {
            return .failure(Refused(refusal: refusal))
        }
        guard let token = Self.token(in: credential) else { return .failure(Refused(refusal: .missing)) }
        let issued = make(.access, lifetime), renewed = Self.hash(token)
        // Whoever logs out or changes the password at this moment takes the new token along, or leaves none to be made.
        let isStored = try await withStoreErrors { () throws(StoreError) in
            try await store.tokens.insertToken(Self.stored(issued), renewing: renewed)
        }
        return isStored ? .success(issued) : .failure(Refused(refusal: try await end(of: renewed)))
    }

    /// A ``Refusal`` as an error.
    public struct Refused: Error, Hashable, Sendable {
        public let refusal: Refusal

        /// What it is where no more is told than whether a token is missing.
        public var error: ServicesError { refusal == .missing ? .unauthenticated : .badToken }
    }

    private func make(_ kind: Kind, _ lifetime: Int64?, _ form: Form = .base64url) -> Issued {
        let time = now()
        let token =
            switch form {
            case .base64url: Self.base64url(Crypto.randomBytes(32))
            case .hexadecimal: MediaFiles.hexadecimal(Crypto.randomBytes(16))
            }
        return Issued(
            token: token, kind: kind, issuedAt: time,
            expiresAt: time + (lifetime ?? lifetimes[kind] ?? 0))
    }

    private func insert(
        _ issued: [Issued], for account: Account, session: Int64? = nil, limit: (count: Int, world: String)? = nil
    ) async throws(ServicesError) {
        let insertion = try await withStoreErrors { () throws(StoreError) in
            try await store.tokens.insertTokens(
                issued.map(Self.stored), account: account.id, passwordHash: account.passwordHash.text,
                session: session, limit: limit)
        }
        switch insertion {
        case .stored(let ended):
            guard !ended.isEmpty else { return }
            forget(account: account.id)
            await tell(.some(ended.map(Login.session)))
        case .passwordChanged: throw .wrongPassword
        case .disabled: throw .accountDisabled
        }
    }

    private static func stored(_ issued: Issued) -> TokenRepository.NewToken {
        TokenRepository.NewToken(
            hash: hash(issued.token), kind: issued.kind.rawValue, createdAt: issued.issuedAt,
            expiresAt: issued.expiresAt)
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
        switch try await inspect(credential, kind: kind) {
        case .valid(let identity): return identity
        case .refused(let refusal): throw Refused(refusal: refusal).error
        }
    }

    /// Finds out whose a token is, or why it is nobody's.
    ///
    /// - Parameters:
    ///   - credential: The token as it came, with or without `Bearer ` before it.
    ///   - kind: The kind that is wanted.
    /// - Returns: The identity, whose account existed at this moment, or the reason why there is none.
    /// - Throws: ``ServicesError/store(_:)``.
    public func inspect(_ credential: String?, kind: Kind = .access) async throws(ServicesError) -> Verification {
        guard let token = Self.token(in: credential) else { return .refused(.missing) }
        let hash = Self.hash(token)
        let (cached, generation) = cache.withLock { ($0[hash], $0.generation) }
        if let cached { return check(cached, kind) }

        let stored = try await withStoreErrors { () throws(StoreError) in try await store.tokens.token(hash: hash) }
        guard let stored, let storedKind = Kind(rawValue: stored.kind) else {
            return .refused(try await end(of: hash))
        }
        guard stored.account.disabledAt == nil else { return .refused(.revoked) }
        let identity = Identity(
            account: stored.account.id, username: stored.account.username, kind: storedKind, session: stored.session,
            issuedAt: stored.createdAt, expiresAt: stored.expiresAt,
            passwordHash: HiddenHash(stored.account.passwordHash), tokenHash: hash)
        cache.withLock { cache in
            // Not if something was revoked since the question: it may have been this.
            if cache.generation == generation { cache[hash] = identity }
        }
        return check(identity, kind)
    }

    private func end(of hash: [UInt8]) async throws(ServicesError) -> Refusal {
        switch try await withStoreErrors({ () throws(StoreError) in try await store.tokens.endOfToken(hash: hash) }) {
        case .expired: .expired
        case .revoked: .revoked
        case .accountDeleted: .accountDeleted
        case nil: .unknown
        }
    }

    /// Makes a token worthless, now and for good, with the others of its session; not an error if it was.
    ///
    /// - Parameter credential: The token as it came, with or without `Bearer ` before it.
    /// - Throws: ``ServicesError/unauthenticated`` if there is none, ``ServicesError/store(_:)``.
    public func revoke(_ credential: String?) async throws(ServicesError) {
        guard let token = Self.token(in: credential) else { throw .unauthenticated }
        let hash = Self.hash(token)
        let stored = try await withStoreErrors { () throws(StoreError) in try await store.tokens.token(hash: hash) }
        let session = stored?.session
        func forget() {
            cache.withLock { $0.remove(hash, account: stored?.account.id, session: session) }
        }
        defer { forget() }
        _ = try await withStoreErrors { () throws(StoreError) in try await store.tokens.deleteToken(hash: hash) }
        // Already here: whoever is told may look at a token.
        forget()
        await tell(.some([session.map(Login.session) ?? .token(hash)]))
    }

    /// Forgets what is remembered of an account whose tokens went from the database with its password, and tells of it.
    func passwordChanged(account: Int64) async {
        forget(account: account)
        await tell(.all(account: account))
    }

    /// Removes what has expired from the database; to be called now and then.
    ///
    /// - Returns: How many there were.
    /// - Throws: ``ServicesError/store(_:)``.
    @discardableResult
    public func removeExpired() async throws(ServicesError) -> Int {
        let time = now()
        return try await withStoreErrors { () throws(StoreError) in
            try await store.tokens.deleteExpiredTokens(at: time, memory: Self.memory)
        }
    }

    /// Forgets what is remembered of an account, because its tokens are gone from the database.
    func forget(account: Int64) {
        cache.withLock { $0.remove(account: account) }
    }

    /// Forgets what is remembered of all accounts.
    func forgetAll() {
        cache.withLock { $0.removeAll() }
    }

    private func check(_ identity: Identity, _ kind: Kind) -> Verification {
        guard identity.kind == kind else { return .refused(.wrongKind) }
        return identity.expiresAt > now() ? .valid(identity) : .refused(.expired)
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

    static func base64url(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}

extension Tokens {
    /// The identities used last, in two generations, found by token and by account.
    ///
    /// When the younger is full it becomes the elder, and what was in the elder and not used since is forgotten: so it
    /// is bounded without a list of uses.
    struct Cache {
        private let capacity: Int
        private var young = Generation()
        private var old = Generation()
        /// Counts the removals.
        private(set) var generation = 0

        init(capacity: Int) { self.capacity = capacity }

        subscript(hash: [UInt8]) -> Identity? {
            mutating get {
                if let identity = young.identities[hash] { return identity }
                guard let identity = old.identities[hash] else { return nil }
                self[hash] = identity
                return identity
            }
            set {
                guard capacity > 0, let newValue else { return }
                if young.identities.count >= capacity {
                    old = young
                    young = Generation()
                }
                young.insert(newValue, hash)
            }
        }

        /// Forgets a token, with the others of its session.
        ///
        /// - Complexity: The tokens that are remembered of its account.
        mutating func remove(_ hash: [UInt8], account: Int64?, session: Int64?) {
            generation += 1
            for account in [account, young.identities[hash]?.account, old.identities[hash]?.account].compactMap(\.self)
            {
                young.remove(of: account) { $0 == hash || session != nil && $1.session == session }
                old.remove(of: account) { $0 == hash || session != nil && $1.session == session }
            }
        }

        /// Forgets the tokens of an account.
        ///
        /// - Complexity: As many as are remembered of it.
        mutating func remove(account: Int64) {
            generation += 1
            young.remove(of: account) { _, _ in true }
            old.remove(of: account) { _, _ in true }
        }

        mutating func removeAll() {
            generation += 1
            (young, old) = (Generation(), Generation())
        }

        /// How many identities there are, and how many of them are found by account; for tests.
        var counts: [Int] {
            [
                young.identities.count + old.identities.count,
                [young, old].reduce(0) { $0 + $1.hashes.values.reduce(0) { $0 + $1.count } },
            ]
        }

        private struct Generation {
            private(set) var identities: [[UInt8]: Identity] = [:]
            private(set) var hashes: [Int64: Set<[UInt8]>] = [:]

            mutating func insert(_ identity: Identity, _ hash: [UInt8]) {
                identities[hash] = identity
                hashes[identity.account, default: []].insert(hash)
            }

            mutating func remove(of account: Int64, where isGone: ([UInt8], Identity) -> Bool) {
                guard let all = hashes[account] else { return }
                let gone = all.filter { hash in identities[hash].map { isGone(hash, $0) } ?? true }
                for hash in gone { identities[hash] = nil }
                hashes[account] = gone.count == all.count ? nil : all.subtracting(gone)
            }
        }
    }
}
