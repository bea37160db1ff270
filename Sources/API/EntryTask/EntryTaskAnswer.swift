import Endpoints
import HTTPTypes
import LWS
import Services

/// The envelope of the entry task's API: `{"code":0,"coode":0,"msg":"","result":…}`, with the outcome in `code`.
///
/// The document's examples say `coode` where its tables say `code`: both are there.
enum EntryTaskAnswer {
    /// 0 is success.
    enum Code: Int, Sendable {
        case badParameters = 1
        case wrongPassword = 2
        case notLoggedIn = 3
        case nameTaken = 4
        case badPicture = 5
        case tooMany = 6
        case closed = 7
        case failed = 9

        /// What it says where nothing more is known.
        var message: String {
            switch self {
            case .badParameters: "bad parameters"
            case .wrongPassword: "wrong username or password"
            case .notLoggedIn: "not logged in"
            case .nameTaken: "the username is taken"
            case .badPicture: "the picture must be a PNG, JPEG, GIF or WebP of at most 5 MB"
            case .tooMany: "too many attempts, try again later"
            case .closed: "registration is closed"
            case .failed: "internal error"
            }
        }
    }

    static func ok(_ result: JSONValue = "") -> Response { answer(0, "", result) }

    /// A refusal: HTTP says 200, unless the server has not read the request.
    ///
    /// - Parameters:
    ///   - problem: Why.
    ///   - tooLarge: What a body is told that is too large.
    /// - Returns: The answer.
    static func refusal(_ problem: Problem, tooLarge: Code = .badParameters) -> Response {
        let known = problem.code.flatMap { Int($0) }.flatMap(Code.init)
        let code = known ?? Self.code(for: problem.status, tooLarge: tooLarge)
        return answer(code.rawValue, known == nil ? code.message : problem.message, "")
    }

    private static func answer(_ code: Int, _ message: String, _ result: JSONValue) -> Response {
        .json(["code": .int(Int64(code)), "coode": .int(Int64(code)), "msg": .string(message), "result": result])
    }

    private static func code(for status: Status, tooLarge: Code) -> Code {
        switch status.code {
        case 401, 403: .notLoggedIn
        case 413: tooLarge
        case 429: .tooMany
        case 500...: .failed
        default: .badParameters
        }
    }
}

extension Problem {
    /// A refusal in the entry task's words; one that tells when to try again is to who asks too often.
    static func entryTask(
        _ code: EntryTaskAnswer.Code, _ message: String? = nil, retryAfter: Int? = nil
    ) -> Problem {
        Problem(
            retryAfter == nil ? .badRequest : .tooManyRequests, message ?? code.message, code: String(code.rawValue),
            retryAfter: retryAfter)
    }

    /// What an error is to a client of the entry task's API.
    init(entryTask error: any Error) {
        switch error {
        case let error as ServicesError: self.init(entryTask: error)
        case let error as ParameterError:
            switch error {
            case .missing(let name): self = .entryTask(.badParameters, "\(name) is required")
            case .wrongKind(let name, _): self = .entryTask(.badParameters, "\(name) is of the wrong kind")
            case .invalid(_, let sentence): self = .entryTask(.badParameters, sentence)
            case .malformedBody: self = .entryTask(.badParameters, "the body is neither JSON nor a form")
            case .unreadableBody: self.init(error)
            }
        case is Tokens.Refused: self = .entryTask(.notLoggedIn)
        default: self.init(error)
        }
    }

    private init(entryTask error: ServicesError) {
        switch error {
        case .invalid(field: "file", _): self = .entryTask(.badPicture)
        case .invalid(_, let message): self = .entryTask(.badParameters, message)
        case .nameTaken: self = .entryTask(.nameTaken)
        // Which of them it was is not told.
        case .unknownUser, .wrongPassword, .accountDisabled: self = .entryTask(.wrongPassword)
        case .unauthenticated, .badToken, .forbidden: self = .entryTask(.notLoggedIn)
        case .throttled(let retryAfter): self = .entryTask(.tooMany, retryAfter: retryAfter)
        case .quotaExceeded: self = .entryTask(.failed, "the account holds as much as it may")
        case .outOfSpace:
            self.init(error)
            message = "no space at the moment, try again later"
            code = String(EntryTaskAnswer.Code.failed.rawValue)
        case .emailTaken, .wrongCode, .humanCheckNeeded, .humanCheckFailed, .mailUnavailable, .foreignPicture,
            .ownAccount, .tooOften, .notFound, .overloaded, .damaged, .store:
            self.init(error)
        }
    }
}
