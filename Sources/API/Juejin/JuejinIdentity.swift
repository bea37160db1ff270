import HTTPTypes
import Services

extension HeaderIdentity {
    /// Who asks, in the article API: which of four things is wrong with a token has its own status there.
    static func juejin(_ core: Core) -> HeaderIdentity {
        HeaderIdentity(core) { Problem.juejin($0.refusal) }
    }
}

extension Problem {
    /// What is wrong with a token: 401 without one and for a revoked one, 400 for what is none or another kind, 403 for
    /// an expired one, 404 when the account is gone.
    static func juejin(_ refusal: Tokens.Refusal) -> Problem {
        switch refusal {
        case .missing: Problem(.unauthorized, "Missing token")
        case .unknown, .wrongKind: .badRequest("Invalid token")
        case .expired: Problem(.forbidden, "expired token")
        case .revoked: Problem(.unauthorized, "Token has been revoked")
        case .accountDeleted: Problem(.notFound, "User not found")
        }
    }
}
