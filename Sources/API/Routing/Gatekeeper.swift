import HTTPTypes
import LWS
import Services

/// What stands before every endpoint of a world: who asks, and whether they have asked too often.
struct Gatekeeper: Sendable {
    let accounts: Accounts
    let limits: RequestLimits
    /// What is kept free of the disk.
    let reserve: DiskReserve
    /// Who is known by the address alone; nil where every call needs its token.
    let recentLogins: RecentLogins?
    /// Whose pages may call on behalf of who is known by the address alone, beside the server's own.
    let pageOrigins: Set<String>
    /// Where the world's clients put their token.
    let credential: @Sendable (HTTPServerRequest) throws -> String?
    /// Where that stands in the head; what stands in the body comes too late for a large one.
    let headCredential: @Sendable (HTTPServerRequest) -> String?
    /// The parameter that may hold it as well; nil where none may.
    var tokenParameter: String?

    /// The account of a request's token, as it is at this moment.
    ///
    /// What changes something is counted: one account may do so only so often, from however many addresses.
    ///
    /// - Throws: `Tokens.Refused` without a token and for one that is none, `ServicesError.tooOften` for too many changes.
    func account(of request: HTTPServerRequest) async throws -> Account {
        try await signedIn(request).account
    }

    /// As ``account(of:)``, with the login that the token is of.
    func signedIn(_ request: HTTPServerRequest) async throws -> SignedIn {
        let found = try await accounts.login(byToken: try credential(request)).get()
        try limits.takeChange(by: found.account.id, in: request)
        return SignedIn(account: found.account, login: found.login)
    }

    /// The account of a request's token, nil without one.
    ///
    /// - Throws: As ``account(of:)``.
    func accountIfSent(_ request: HTTPServerRequest) async throws -> Account? {
        do {
            return try await account(of: request)
        } catch let refused as Tokens.Refused where refused.refusal == .missing {
            return nil
        }
    }

    /// Takes note of a call by its head alone, before anything else is done for it.
    ///
    /// - Throws: `ServicesError.outOfSpace`, `ServicesError.tooOften`.
    func begin(_ request: HTTPServerRequest, of endpoint: Endpoint) async throws(ServicesError) {
        if endpoint.isForSpace { try await reserve.check() }
        try endpoint.cost.take(for: request, from: limits)
    }

    /// Checks the token of a request's head before a large body is taken.
    ///
    /// None is no fault where it may come in the form: ``checkFields(_:)`` is asked then.
    ///
    /// - Throws: `Tokens.Refused`.
    func checkHead(_ request: HTTPServerRequest) async throws {
        let token = headCredential(request)
        if tokenParameter != nil, token?.isEmpty ?? true { return }
        _ = try await accounts.account(byToken: token).get()
    }

    /// Checks the token of a request that brings more than memory takes, by its head and the fields of its form that came
    /// before that: nothing goes to disk before its sender is known.
    ///
    /// - Throws: `Tokens.Refused`; ``ParameterError/invalid(_:sentence:)`` when no token has come.
    func checkFields(_ request: HTTPServerRequest) async throws {
        let token = try credential(request)
        if let tokenParameter, token?.isEmpty ?? true {
            throw ParameterError.invalid(
                tokenParameter,
                sentence: "`\(tokenParameter)` must stand before the file, in the query, or in the header.")
        }
        _ = try await accounts.account(byToken: token).get()
    }
}
