import Endpoints
import HTTPTypes
import Services

/// What errors are in the words of the clip API; what exactly is wrong stands behind them.
struct DouyinWords: Sendable {
    /// Of something that is named and does not exist, or is somebody else's.
    var failure = "网卡了,再试一次吧"
    /// Of a value that breaks a rule.
    var rule = Self.parameters
    /// Of a token that is none.
    var token = "Token 错误"

    /// Of a parameter that is missing or makes no sense.
    private static let parameters = "参数不正确"

    func problem(_ error: any Error) -> Problem {
        let usual = Problem(error)
        return switch error {
        case let refused as Tokens.Refused: problem(refused.refusal)
        case let error as ServicesError: problem(error, usual)
        case ParameterError.unreadableBody: usual
        case is ParameterError: Problem(.badRequest, Self.parameters, detail: usual.message)
        default: usual
        }
    }

    private func problem(_ error: ServicesError, _ usual: Problem) -> Problem {
        switch error {
        case .invalid: Problem(usual.status, rule, detail: usual.message)
        case .unknownUser, .notFound, .forbidden: Problem(usual.status, failure, detail: usual.message)
        case .nameTaken: .badRequest("该用户名已被使用!")
        case .emailTaken, .wrongPassword, .wrongCode, .humanCheckNeeded, .humanCheckFailed, .mailUnavailable,
            .foreignPicture, .ownAccount, .accountDisabled, .throttled, .tooOften, .overloaded, .unauthenticated,
            .badToken, .quotaExceeded, .outOfSpace, .damaged, .store:
            usual
        }
    }

    private func problem(_ refusal: Tokens.Refusal) -> Problem {
        switch refusal {
        case .missing: problem(ParameterError.missing("token"))
        case .unknown, .wrongKind: Problem(.forbidden, token, detail: "The token is invalid.")
        case .expired: Problem(.forbidden, token, detail: "The token has expired.")
        case .revoked: Problem(.forbidden, token, detail: "The token has been revoked.")
        case .accountDeleted: Problem(.forbidden, token, detail: "The account of the token is gone.")
        }
    }
}
