import HTTPTypes
import LWS
import Services

/// Who asks, in the article API: which of four things is wrong with a token has its own status there.
struct JuejinIdentity: Sendable {
    private let accounts: Accounts
    private let limits: RequestLimits

    init(_ core: Core) {
        accounts = core.accounts
        limits = core.limits
    }

    /// The account of a request's token.
    ///
    /// - Throws: 401 without a token and for a revoked one, 400 for what is none or another kind, 403 for an expired one,
    ///   404 when the account is gone, 429 for too many changes.
    func account(of request: HTTPServerRequest) async throws -> Account {
        let account = try await owner(request)
        try limits.takeChange(by: account.id, in: request)
        return account
    }

    /// Checks the token of a request before a large body is taken.
    ///
    /// - Throws: As ``account(of:)``, but for the changes.
    func checkHead(_ request: HTTPServerRequest) async throws { _ = try await owner(request) }

    private func owner(_ request: HTTPServerRequest) async throws -> Account {
        switch try await accounts.account(byToken: request.authorization) {
        case .failure(let refused): throw Self.problem(refused.refusal)
        case .success(let account): return account
        }
    }

    /// The account of a request's token, nil without one.
    func accountIfSent(_ request: HTTPServerRequest) async throws -> Account? {
        if request.authorization?.isEmpty ?? true { return nil }
        return try await account(of: request)
    }

    static func problem(_ refusal: Tokens.Refusal) -> Problem {
        switch refusal {
        case .missing: Problem(.unauthorized, "Missing token")
        case .unknown, .wrongKind: .badRequest("Invalid token")
        case .expired: Problem(.forbidden, "expired token")
        case .revoked: Problem(.unauthorized, "Token has been revoked")
        case .accountDeleted: Problem(.notFound, "User not found")
        }
    }
}
