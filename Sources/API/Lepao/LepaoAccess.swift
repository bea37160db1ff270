import Endpoints
import HTTPTypes
import LWS
import Services

extension Access where Caller == LepaoCaller {
    /// The owner of a valid token, as they are at this moment; what changes something is counted against them.
    ///
    /// For clients as they were published, a request without a token is let through when somebody has logged in lately
    /// from the same address, unless a page of another origin has a browser send it: whom it speaks for, ``LepaoCaller/account(named:)`` finds out.
    static var lepaoToken: Access {
        Access(.token) { keeper, request in
            if keeper.knowsAddress(of: request) { return }
            try await keeper.checkHead(request)
        } _: { keeper, request in
            let owner = keeper.knowsAddress(of: request) ? nil : try await keeper.account(of: request)
            return LepaoCaller(owner: owner, keeper: keeper, request: request)
        }
    }
}

extension Access where Caller == LepaoGuest {
    /// Whoever sends no token, or a valid one; nothing is counted.
    static var lepaoOptionalToken: Access {
        Access(.optionalToken) { keeper, request in
            switch try await keeper.accounts.account(byToken: request.authorization) {
            case .success(let owner): return LepaoGuest(owner: owner, keeper: keeper, request: request)
            case .failure(let refused) where refused.refusal == .missing:
                return LepaoGuest(owner: nil, keeper: keeper, request: request)
            case .failure(let refused): throw refused
            }
        }
    }
}

extension Access where Caller == LepaoGuest {
    /// Whoever sends a room's password, which the handler has checked where wrong ones are counted; a token that is sent
    /// as well must be valid.
    static var lepaoRoomPassword: Access { Access(.roomPassword, lepaoOptionalToken.admit) }
}

extension Access where Caller == LepaoRoomReader {
    /// Anybody where rooms are open, and where they are not, whoever sends the room's password or a token of a runner's:
    /// the handler, which knows the room, looks at either.
    static var lepaoRoomReader: Access {
        Access(.roomPassword) { keeper, request in
            LepaoRoomReader(owner: try await keeper.accounts.account(byToken: request.authorization))
        }
    }
}

extension Access where Caller == Account {
    /// The owner of a valid token, or, for clients as they were published, whoever logged in last from the same address;
    /// for what names nobody.
    static var lepaoAnybody: Access {
        Access(.token, head: Access<LepaoCaller>.lepaoToken.admitHead) { keeper, request in
            guard keeper.knowsAddress(of: request) else { return try await keeper.account(of: request) }
            let address = request.head.remoteAddress
            guard let recentLogins = keeper.recentLogins, let last = recentLogins.last(from: address),
                let account = try await keeper.accounts.account(id: last), recentLogins.includes(account, from: address)
            else { throw ServicesError.unauthenticated }
            try keeper.limits.takeChange(by: account.id, in: request)
            return account
        }
    }
}

extension Access where Caller == Account? {
    /// Anybody; the owner of a valid token is known, and a token that is none is as good as no token.
    ///
    /// Nothing is counted.
    static var lepaoIfKnown: Access {
        Access(.open) { keeper, request in
            switch try await keeper.accounts.account(byToken: request.authorization) {
            case .success(let owner): owner
            case .failure: nil
            }
        }
    }
}

/// Who calls the running app's API with a token; or without one from where people have logged in lately, in which case
/// they are yet to be named.
struct LepaoCaller: Sendable {
    fileprivate let owner: Account?
    fileprivate let keeper: Gatekeeper
    fileprivate let request: HTTPServerRequest

    /// The account that the request may speak for, which is the token's.
    ///
    /// - Parameter username: Whom the request names; nil for the token's user.
    /// - Returns: The account that is named, or the token's.
    /// - Throws: 404 for a username that nobody has, 403 for somebody else's; without a token 401 unless they have
    ///   logged in lately from the same address, and 429 for too many changes.
    func account(named username: String?) async throws -> Account {
        guard let owner else {
            guard let account = try await keeper.recentAccount(request, named: username) else {
                throw ServicesError.unauthenticated
            }
            try keeper.limits.takeChange(by: account.id, in: request)
            return account
        }
        guard let username else { return owner }
        guard let named = try await keeper.accounts.account(named: username) else { throw ServicesError.unknownUser }
        guard named.id == owner.id else { throw LepaoGuest.notTheirs }
        return named
    }
}

/// Who calls the running app's API where no token is needed.
struct LepaoGuest: Sendable {
    /// The token's; nil without one.
    let owner: Account?
    fileprivate let keeper: Gatekeeper
    fileprivate let request: HTTPServerRequest

    /// The account that the request names, if the request shows that it is theirs: by their token or, for clients as they
    /// were published, by a login from the same address lately; nil where it shows nothing.
    ///
    /// - Throws: 403 for a token of somebody else's.
    func account(named username: String) async throws -> Account? {
        guard let owner else { return try await keeper.recentAccount(request, named: username) }
        guard try await keeper.accounts.account(named: username)?.id == owner.id else { throw Self.notTheirs }
        return owner
    }

    fileprivate static let notTheirs = Problem(.forbidden, "The token belongs to another user")
}

/// Who looks into a room.
struct LepaoRoomReader: Sendable {
    /// The token's, or why it is none.
    let owner: Result<Account, Tokens.Refused>
}

extension Gatekeeper {
    /// For clients as they were published: whether a request has no token, and somebody logged in lately from where it
    /// comes.
    fileprivate func knowsAddress(of request: HTTPServerRequest) -> Bool {
        isOfOwnClient(request) && recentLogins?.last(from: request.head.remoteAddress) != nil
    }

    /// Whether a request without a token may be one of the app's.
    ///
    /// A browser sends what a page of any origin tells it to, from the address of whoever looks at that page: such a
    /// request says so, and speaks for nobody without a token.
    private func isOfOwnClient(_ request: HTTPServerRequest) -> Bool {
        request.authorization == nil && !PageOrigin(of: request.head).isForeign(except: pageOrigins)
    }

    fileprivate func recentAccount(_ request: HTTPServerRequest, named username: String?) async throws -> Account? {
        guard isOfOwnClient(request), let recentLogins, let username,
            let account = try await accounts.account(named: username),
            recentLogins.includes(account, from: request.head.remoteAddress)
        else { return nil }
        return account
    }
}
