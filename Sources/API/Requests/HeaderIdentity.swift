import LWS
import Services

/// Who asks, where the token stands in the header.
struct HeaderIdentity: Sendable {
    private let accounts: Accounts
    private let limits: RequestLimits
    private let problem: @Sendable (Tokens.Refused) -> any Error

    /// - Parameters:
    ///   - core: Knows the accounts and the limits.
    ///   - problem: What a token that is none is in the words of a world.
    init(_ core: Core, problem: @escaping @Sendable (Tokens.Refused) -> any Error) {
        accounts = core.accounts
        limits = core.limits
        self.problem = problem
    }

    /// The account of a request's token, as it is at this moment; what changes something is counted.
    ///
    /// - Throws: The world's problem for a token that is none, and for too many changes.
    func account(of request: HTTPServerRequest) async throws -> Account {
        let account = try await owner(request)
        try limits.takeChange(by: account.id, in: request)
        return account
    }

    /// The account of a request's token, nil without one.
    func accountIfSent(_ request: HTTPServerRequest) async throws -> Account? {
        if request.authorization?.isEmpty ?? true { return nil }
        return try await account(of: request)
    }

    /// Checks the token of a request before a large body is taken.
    ///
    /// - Throws: As ``account(of:)``, but for the changes.
    func checkHead(_ request: HTTPServerRequest) async throws { _ = try await owner(request) }

    private func owner(_ request: HTTPServerRequest) async throws -> Account {
        switch try await accounts.account(byToken: request.authorization) {
        case .success(let account): return account
        case .failure(let refused): throw problem(refused)
        }
    }
}
