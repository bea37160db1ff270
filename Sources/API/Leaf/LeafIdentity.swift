import HTTPTypes
import LWS
import Services

/// Who asks, in Leaf's API.
struct LeafIdentity: Sendable {
    private let accounts: Accounts
    private let limits: RequestLimits

    init(_ core: Core) {
        accounts = core.accounts
        limits = core.limits
    }

    /// The account of a request's token, as it is at this moment; what changes something is counted.
    ///
    /// - Throws: 3000 for a token that has expired, 3030 for none and for any other, 4050 for too many changes.
    func account(of request: HTTPServerRequest) async throws -> Account {
        let account = try await owner(request)
        try limits.takeChange(by: account.id, in: request)
        return account
    }

    /// Checks the token of a request before a large body is taken.
    func checkHead(_ request: HTTPServerRequest) async throws { _ = try await owner(request) }

    private func owner(_ request: HTTPServerRequest) async throws -> Account {
        switch try await accounts.account(byToken: request.authorization) {
        case .failure(let refused): throw Self.problem(refused.refusal)
        case .success(let account): return account
        }
    }

    static func problem(_ refusal: Tokens.Refusal) -> Problem {
        .leaf(refusal == .expired ? .tokenExpired : .unauthorized)
    }
}
