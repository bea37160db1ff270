import HTTPTypes
import LWS
import Services

/// Who asks, in the running app's API.
struct LepaoIdentity: Sendable {
    private let accounts: Accounts
    private let tokens: Tokens
    private let recentLogins: RecentLogins?
    private let limits: RequestLimits

    init(_ core: Core) {
        accounts = core.accounts
        tokens = core.tokens
        recentLogins = core.recentLogins
        limits = core.limits
    }

    /// The account that a request may speak for: that of its token.
    ///
    /// What changes something is counted: one account may do so only so often, from however many addresses.
    ///
    /// - Parameters:
    ///   - request: The request with the token.
    ///   - username: Whom the request names; nil for the token's user.
    /// - Returns: The account that is named, or the token's.
    /// - Throws: 401 without a token, 403 for one that is not valid, 404 for a username that nobody has, 403 for
    ///   somebody else's, 429 for too many changes.
    func account(of request: HTTPServerRequest, named username: String?) async throws -> Account {
        let account = try await verified(request, named: username)
        try limits.takeChange(by: account.id, in: request)
        return account
    }

    /// The account of a request that names nobody: that of its token, or, for clients as they were published, of whoever
    /// logged in last from the same address.
    ///
    /// - Throws: 401 without a token, 403 for one that is not valid, 429 for too many requests.
    func anybody(_ request: HTTPServerRequest) async throws -> Int64 {
        let account =
            if let recent = try await lastAccount(request) { recent } else {
                try await tokens.verify(request.authorization).account
            }
        try limits.takeChange(by: account, in: request)
        return account
    }

    private func lastAccount(_ request: HTTPServerRequest) async throws -> Int64? {
        let address = request.head.remoteAddress
        guard request.authorization == nil, let recentLogins, let last = recentLogins.last(from: address),
            let account = try await accounts.account(id: last), recentLogins.includes(account, from: address)
        else { return nil }
        return account.id
    }

    /// Checks what the head of a request tells of who asks, before a large body is taken.
    ///
    /// Not whom the body names; nor, for clients as they were published, more than that somebody has logged in lately
    /// from the same address.
    ///
    /// - Throws: 401 without a token, 403 for one that is not valid.
    func checkHead(_ request: HTTPServerRequest) async throws {
        if request.authorization == nil, recentLogins?.last(from: request.head.remoteAddress) != nil { return }
        _ = try await tokens.verify(request.authorization)
    }

    private func verified(_ request: HTTPServerRequest, named username: String?) async throws -> Account {
        if let account = try await recentAccount(request, named: username) { return account }
        let account = try await accounts.account(byToken: request.authorization).mapError(\.error).get()
        guard let username else { return account }
        guard let named = try await accounts.account(named: username) else { throw ServicesError.unknownUser }
        guard named.id == account.id else { throw Self.notTheirs }
        return named
    }

    /// For clients as they were published: the account that a request without a token names, when it logged in lately
    /// from the same address.
    func recentAccount(_ request: HTTPServerRequest, named username: String?) async throws -> Account? {
        guard request.authorization == nil, let recentLogins, let username,
            let account = try await accounts.account(named: username),
            recentLogins.includes(account, from: request.head.remoteAddress)
        else { return nil }
        return account
    }

    /// The account of a request's token; nil without one, or with one that is not valid: for what is open to all and
    /// shows its owner more.
    func accountIfKnown(_ request: HTTPServerRequest) async throws -> Int64? {
        do {
            return try await tokens.verify(request.authorization).account
        } catch ServicesError.unauthenticated, ServicesError.badToken {
            return nil
        }
    }

    /// Checks a token that need not be there: if it is, it must be valid and that of the user who is named.
    ///
    /// - Returns: The token's account, nil without a token.
    /// - Throws: 403 for a token that is not valid or somebody else's.
    func accountIfSent(_ request: HTTPServerRequest, named username: String?) async throws -> Int64? {
        let identity: Tokens.Identity
        do {
            identity = try await tokens.verify(request.authorization)
        } catch ServicesError.unauthenticated {
            return nil
        }
        if let username, try await accounts.account(named: username)?.id != identity.account { throw Self.notTheirs }
        return identity.account
    }

    static let notTheirs = Problem(.forbidden, "The token belongs to another user")
}
