import Endpoints
import HTTPTypes
import Services

extension Problem {
    /// What an error is to a client of the article API.
    init(juejin error: any Error) {
        switch error {
        case let refused as Tokens.Refused: self = .juejin(refused.refusal)
        case let error as ParameterError:
            switch error {
            case .missing(let name), .wrongKind(let name, _), .invalid(let name, _):
                self = .badRequest("\(name) error")
            case .malformedBody: self = .badRequest("body error")
            case .unreadableBody: self.init(error)
            }
        case ServicesError.nameTaken: self = .badRequest("该用户已存在")
        case ServicesError.notFound: self.init(.notFound, "Article not found")
        case ServicesError.forbidden: self.init(.forbidden, "forbidden")
        case ServicesError.invalid(field: "parent", _): self = .badRequest("last_cid error")
        default: self.init(error)
        }
    }

    /// What is wrong with a token: 401 without one and for a revoked one, 400 for what is none or another kind, 403 for
    /// an expired one, 404 when the account is gone.
    private static func juejin(_ refusal: Tokens.Refusal) -> Problem {
        switch refusal {
        case .missing: Problem(.unauthorized, "Missing token")
        case .unknown, .wrongKind: .badRequest("Invalid token")
        case .expired: Problem(.forbidden, "expired token")
        case .revoked: Problem(.unauthorized, "Token has been revoked")
        case .accountDeleted: Problem(.notFound, "User not found")
        }
    }
}

extension EndpointDescription {
    static let articles = "Articles"

    /// Of a call of the article API that takes a token: which of four things is wrong with it, the status tells.
    static func juejin(
        _ summary: String, _ text: String? = nil, answer: Operation.Answer, refusals: [Int: String] = [:]
    ) -> EndpointDescription {
        let usual = [
            401: "No token was sent, or its owner has logged out.", 403: "The token has expired.",
            404: "The token's account is gone.",
            429: "Too many changes by this account, or requests from this address.",
        ]
        return EndpointDescription(
            articles, summary, text, answers: answer, refusals: usual.merging(refusals) { $1 })
    }

    /// The refusal of a call that speaks of an article.
    static let noSuchArticle = [404: "There is no such article, or the token's account is gone."]
}

extension Operation.Answer {
    /// Of the article API.
    static func juejin(_ message: String, data: JSONValue? = nil) -> Operation.Answer {
        guard let data else {
            return .json(Schema.object(["code": ["const": 200], "msg": Schema.constant(message)]))
        }
        return .json(Schema.object(["code": ["const": 200], "msg": Schema.constant(message), "data": data]))
    }
}
