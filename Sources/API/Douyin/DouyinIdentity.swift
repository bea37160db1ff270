import HTTPTypes
import LWS
import Services

/// Who asks, in the clip API.
struct DouyinIdentity: Sendable {
    /// Tokens of this world live as long as its document says: 90 days, in milliseconds.
    static let tokenLifetime: Int64 = 90 * 86_400_000

    private let accounts: Accounts
    private let tokens: Tokens
    private let limits: RequestLimits

    init(_ core: Core) {
        accounts = core.accounts
        tokens = core.tokens
        limits = core.limits
    }

    /// The account of a request's token.
    ///
    /// - Parameters:
    ///   - request: For what it changes.
    ///   - parameters: Of the request.
    ///   - words: What is said of a token that is none.
    /// - Returns: The account.
    /// - Throws: A problem without a token, with one that is none, and for too many changes.
    func account(
        of request: HTTPServerRequest, _ parameters: DouyinParameters, words: String = "Token 错误"
    ) async throws -> Account {
        guard let account = try await accountIfSent(request, parameters, words: words) else {
            throw DouyinParameters.problem(.missing("token"))
        }
        return account
    }

    /// The account of a request's token, nil without one.
    func accountIfSent(
        _ request: HTTPServerRequest, _ parameters: DouyinParameters, words: String
    ) async throws -> Account? {
        switch try await tokens.inspect(try parameters.token()) {
        case .refused(.missing): return nil
        case .refused(let refusal): throw Problem(.forbidden, words, detail: Self.detail(refusal))
        case .valid(let identity):
            guard let account = try await accounts.account(id: identity.account) else {
                throw Problem(.forbidden, words, detail: Self.detail(.accountDeleted))
            }
            try limits.takeChange(by: account.id, in: request)
            return account
        }
    }

    private static func detail(_ refusal: Tokens.Refusal) -> String {
        switch refusal {
        case .missing: "There is no token."
        case .unknown, .wrongKind: "The token is invalid."
        case .expired: "The token has expired."
        case .revoked: "The token has been revoked."
        case .accountDeleted: "The account of the token is gone."
        }
    }
}

extension RouteTable {
    /// Adds a route of the clip API.
    ///
    /// - Parameters:
    ///   - method: Of the request.
    ///   - pattern: As in ``on(_:_:errors:body:_:)``.
    ///   - failure: What is said when something that is named does not exist or is somebody else's, or breaks a rule.
    ///   - rule: What is said when a value breaks a rule; nil for the words about parameters.
    ///   - body: What is done with the body.
    ///   - handler: Answers.
    mutating func onDouyin(
        _ method: HTTPRequest.Method, _ pattern: String, failure: String = "网卡了,再试一次吧", rule: String? = nil,
        body: BodyPolicy = .parameters,
        _ handler: @escaping @Sendable (HTTPServerRequest) async throws -> Response
    ) {
        on(method, pattern, errors: .douyin, body: body) { request in
            do {
                return try await handler(request)
            } catch let error as ServicesError {
                var problem = Problem(error)
                switch error {
                case .invalid:
                    problem.detail = problem.message
                    problem.message = rule ?? "参数不正确"
                case .unknownUser, .notFound, .forbidden:
                    problem.detail = problem.message
                    problem.message = failure
                case .nameTaken, .emailTaken, .wrongPassword, .wrongCode, .humanCheckNeeded, .humanCheckFailed,
                    .mailUnavailable, .foreignPicture, .ownAccount, .accountDisabled, .throttled, .overloaded,
                    .unauthenticated, .badToken, .store:
                    break
                }
                throw problem
            }
        }
    }
}
