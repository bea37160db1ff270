import HTTPTypes
import LWS
import Services

/// Who asks, in the clip API.
struct DouyinIdentity: Sendable {
    /// Tokens of this world live as long as its document says: 90 days, in milliseconds.
    static let tokenLifetime: Int64 = 90 * 86_400_000

    private let accounts: Accounts
    private let limits: RequestLimits

    init(_ core: Core) {
        accounts = core.accounts
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
        guard let account = try await owner(of: try parameters.token(), words: words) else { return nil }
        try limits.takeChange(by: account.id, in: request)
        return account
    }

    /// Checks the token of a request before a large body is taken, where it stands in the query.
    ///
    /// One in the form comes too late for that, and comes before one in the header.
    ///
    /// - Throws: A problem for a token that is none.
    func checkHead(_ request: HTTPServerRequest) async throws {
        guard let token = request.head.queryValue("token"), !token.isEmpty else { return }
        _ = try await owner(of: token, words: "Token 错误")
    }

    private func owner(of token: String?, words: String) async throws -> Account? {
        switch try await accounts.account(byToken: token) {
        case .success(let account): return account
        case .failure(let refused):
            if refused.refusal == .missing { return nil }
            throw Problem(.forbidden, words, detail: Self.detail(refused.refusal))
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
    ///   - pattern: As in ``on(_:_:errors:body:saying:checkHead:_:)``.
    ///   - failure: What is said when something that is named does not exist or is somebody else's, or breaks a rule.
    ///   - rule: What is said when a value breaks a rule; nil for the words about parameters.
    ///   - body: What is done with the body.
    ///   - checkHead: As in ``on(_:_:errors:body:saying:checkHead:_:)``.
    ///   - handler: Answers.
    mutating func onDouyin(
        _ method: HTTPRequest.Method, _ pattern: String, failure: String = "网卡了,再试一次吧", rule: String? = nil,
        body: BodyPolicy = .parameters, checkHead: (@Sendable (HTTPServerRequest) async throws -> Void)? = nil,
        _ handler: @escaping @Sendable (HTTPServerRequest) async throws -> Response
    ) {
        let say = { @Sendable (error: any Error) -> Problem in
            var problem = Problem(error)
            if let error = error as? ServicesError {
                switch error {
                case .invalid:
                    problem.detail = problem.message
                    problem.message = rule ?? "参数不正确"
                case .unknownUser, .notFound, .forbidden:
                    problem.detail = problem.message
                    problem.message = failure
                case .nameTaken, .emailTaken, .wrongPassword, .wrongCode, .humanCheckNeeded, .humanCheckFailed,
                    .mailUnavailable, .foreignPicture, .ownAccount, .accountDisabled, .throttled, .tooOften,
                    .overloaded,
                    .unauthenticated, .badToken, .store:
                    break
                }
            }
            return problem
        }
        on(method, pattern, errors: .douyin, body: body, saying: say, checkHead: checkHead, handler)
    }
}
