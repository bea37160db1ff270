import HTTPTypes
import LWS
import Services

/// Who asks, in Leaf's API.
struct LeafIdentity: Sendable {
    private let accounts: Accounts
    private let tokens: Tokens
    private let limits: RequestLimits

    init(_ core: Core) {
        accounts = core.accounts
        tokens = core.tokens
        limits = core.limits
    }

    /// The account of a request's token, as it is at this moment; what changes something is counted.
    ///
    /// - Throws: 3000 for a token that has expired, 3030 for none and for any other, 4050 for too many changes.
    func account(of request: HTTPServerRequest) async throws -> Account {
        switch try await tokens.inspect(request.authorization) {
        case .valid(let identity):
            guard let account = try await accounts.account(id: identity.account) else { break }
            try limits.takeChange(by: account.id, in: request)
            return account
        case .refused(.expired): throw Problem.leaf(.tokenExpired)
        case .refused: break
        }
        throw Problem.leaf(.unauthorized)
    }
}
