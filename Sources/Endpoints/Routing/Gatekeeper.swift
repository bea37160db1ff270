import HTTPTypes
package import LWS
package import Services

/// What stands before every endpoint of a world: who asks, and whether they have asked too often.
package struct Gatekeeper: Sendable {
    package let accounts: Accounts
    package let limits: RequestLimits
    /// What is kept free of the disk.
    package let reserve: DiskReserve
    /// Who is known by the address alone; nil where every call needs its token.
    package let recentLogins: RecentLogins?
    /// Whose pages may call on behalf of who is known by the address alone, beside the server's own.
    package let pageOrigins: Set<String>
    /// Where the world's clients put their token.
    package let requests: RequestConventions
    /// The login of the server's own pages, where the world takes it.
    package let cookie: SessionCookie?

    package init(
        accounts: Accounts, limits: RequestLimits, reserve: DiskReserve, recentLogins: RecentLogins?,
        pageOrigins: Set<String>, requests: RequestConventions, cookie: SessionCookie? = nil
    ) {
        self.accounts = accounts
        self.limits = limits
        self.reserve = reserve
        self.recentLogins = recentLogins
        self.pageOrigins = pageOrigins
        self.requests = requests
        self.cookie = cookie
    }

    /// The token of a request: where the world's clients put it, or in the pages' cookie.
    ///
    /// - Throws: ``SessionCookie/ForeignOrigin``, and what the world has for a token that cannot be read.
    private func credential(_ request: HTTPServerRequest) throws -> String? {
        if let sent = try requests.credential(request) { return sent }
        return try cookie?.credential(of: request.head)
    }

    /// The account of a request's token, as it is at this moment.
    ///
    /// What changes something is counted: one account may do so only so often, from however many addresses.
    ///
    /// - Throws: `Tokens.Refused` without a token and for one that is none, `ServicesError.tooOften` for too many changes.
    package func account(of request: HTTPServerRequest) async throws -> Account {
        try await signedIn(request).account
    }

    /// As ``account(of:)``, with the login that the token is of.
    package func signedIn(_ request: HTTPServerRequest) async throws -> SignedIn {
        let found = try await accounts.login(byToken: try credential(request)).get()
        try limits.takeChange(by: found.account.id, in: request)
        return SignedIn(account: found.account, login: found.login)
    }

    /// The account of a request's token, nil without one.
    ///
    /// - Throws: As ``account(of:)``.
    package func accountIfSent(_ request: HTTPServerRequest) async throws -> Account? {
        do {
            return try await account(of: request)
        } catch let refused as Tokens.Refused where refused.refusal == .missing {
            return nil
        }
    }

    /// Whoever it is: somebody with a good token, or nobody, which is no refusal.
    ///
    /// For what changes nothing: it is not counted.
    package func somebody(of request: HTTPServerRequest) async throws -> SignedIn? {
        guard case .success(let found) = try await accounts.login(byToken: try credential(request)) else { return nil }
        return SignedIn(account: found.account, login: found.login)
    }

    /// Takes note of a call by its head alone, before anything else is done for it.
    ///
    /// - Throws: `ServicesError.outOfSpace`, `ServicesError.tooOften`.
    package func begin(_ request: HTTPServerRequest, of endpoint: Endpoint) async throws(ServicesError) {
        if endpoint.isForSpace { try await reserve.check() }
        try endpoint.cost.take(for: request, from: limits)
    }

    /// Checks the token of a request's head before a large body is taken.
    ///
    /// None is no fault where it may come in the form: ``checkFields(_:)`` is asked then.
    ///
    /// - Throws: `Tokens.Refused`, ``SessionCookie/ForeignOrigin``.
    package func checkHead(_ request: HTTPServerRequest) async throws {
        let token = try requests.headCredential(request) ?? cookie?.credential(of: request.head)
        if requests.tokenParameter != nil, token?.isEmpty ?? true { return }
        _ = try await accounts.account(byToken: token).get()
    }

    /// Checks the token of a request that brings more than memory takes, by its head and the fields of its form that came
    /// before that: nothing goes to disk before its sender is known.
    ///
    /// - Throws: `Tokens.Refused`; ``ParameterError/invalid(_:sentence:)`` when no token has come.
    package func checkFields(_ request: HTTPServerRequest) async throws {
        let token = try requests.credential(request)
        if let tokenParameter = requests.tokenParameter?.name, token?.isEmpty ?? true {
            throw ParameterError.invalid(
                tokenParameter,
                sentence: "`\(tokenParameter)` must stand before the file, in the query, or in the header.")
        }
        _ = try await accounts.account(byToken: token).get()
    }
}
