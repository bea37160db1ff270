import Endpoints
import HTTPTypes
import LWS
import Services

/// The envelope of Leaf's API: `{"code":200,"data":…,"msg":"ok"}`, with the outcome in `code`.
enum LeafAnswer {
    /// What clients of Leaf tell outcomes by.
    enum Code: Int, Sendable {
        case humanCheckNeeded = -1
        case ok = 200
        case noSuchRoute = 404
        case serverError = 500
        case failed = 1000
        case humanCheckFailed = 1010
        case linkInvalid = 1020
        case tokenExpired = 3000
        case wrongCode = 3010
        case wrongPassword = 3020
        case unauthorized = 3030
        case badParameter = 4010
        case badFile = 4020
        case fileTooLarge = 4030
        case noSuchUser = 4040
        case tooMany = 4050
        case taken = 6000
        case mailFailed = 9010

        /// What it says where nothing more is known.
        var message: String {
            switch self {
            case .humanCheckNeeded: "需要人机验证"
            case .ok: "ok"
            case .noSuchRoute: "接口不存在"
            case .serverError: "服务器异常"
            case .failed: "操作失败"
            case .humanCheckFailed: "人机验证失败"
            case .linkInvalid: "链接已经失效"
            case .tokenExpired: "token已过期"
            case .wrongCode: "邮箱验证码错误"
            case .wrongPassword: "用户名或密码错误"
            case .unauthorized: "用户未授权"
            case .badParameter: "请求参数有误"
            case .badFile: "文件格式有误"
            case .fileTooLarge: "文件过大"
            case .noSuchUser: "用户不存在"
            case .tooMany: "请求数量过多"
            case .taken: "用户名已存在"
            case .mailFailed: "邮件发送失败"
            }
        }
    }

    /// Of its routes, in the description.
    static let group = "Leaf: users of a video site"

    /// What an answer holds, as it is described.
    static func described(_ data: JSONValue) -> Operation.Answer {
        .json(
            Schema.object(["code": ["const": 200], "data": data, "msg": Schema.constant("ok")]),
            "What happened is in `code`: 200, or one of a refusal.")
    }

    static let done = described(["type": "null"])

    static func ok(_ data: JSONValue = nil) -> Response {
        .json(["code": .int(Int64(Code.ok.rawValue)), "data": data, "msg": .string(Code.ok.message)])
    }

    /// A refusal: HTTP says 200, unless the server itself is at fault or has not read the request.
    static func refusal(_ problem: Problem) -> Response {
        let known = problem.code.flatMap { Int($0) }.flatMap(Code.init)
        let code = known ?? Self.code(for: problem.status)
        let status = (400..<500).contains(problem.status.code) ? .ok : problem.status
        return .json(
            [
                "code": .int(Int64(code.rawValue)), "data": nil,
                "msg": .string(known == nil ? code.message : problem.message),
            ], status: status)
    }

    private static func code(for status: Status) -> Code {
        switch status.code {
        case 401, 403: .unauthorized
        case 404: .noSuchRoute
        case 413: .fileTooLarge
        case 429: .tooMany
        case 500...: .serverError
        default: .badParameter
        }
    }
}

extension Problem {
    /// A refusal in Leaf's words; one that tells when to try again is to who asks too often.
    static func leaf(_ code: LeafAnswer.Code, _ message: String? = nil, retryAfter: Int? = nil) -> Problem {
        Problem(
            retryAfter == nil ? .badRequest : .tooManyRequests, message ?? code.message, code: String(code.rawValue),
            retryAfter: retryAfter)
    }

    /// What an error is to a client of Leaf.
    init(leaf error: any Error) {
        switch error {
        case let error as ServicesError: self.init(leaf: error)
        case let error as ParameterError: self.init(leaf: error)
        case let refused as Tokens.Refused:
            self = .leaf(refused.refusal == .expired ? .tokenExpired : .unauthorized)
        default: self.init(error)
        }
    }

    private init(leaf error: ServicesError) {
        switch error {
        case .invalid(let field, _): self = .leaf(invalid: field)
        case .nameTaken: self = .leaf(.taken)
        case .emailTaken: self = .leaf(.taken, "邮箱已存在")
        case .unknownUser: self = .leaf(.noSuchUser)
        case .wrongPassword: self = .leaf(.wrongPassword)
        case .wrongCode: self = .leaf(.wrongCode)
        case .humanCheckNeeded: self = .leaf(.humanCheckNeeded)
        case .humanCheckFailed: self = .leaf(.humanCheckFailed)
        case .mailUnavailable: self = .leaf(.mailFailed)
        case .foreignPicture: self = .leaf(.linkInvalid)
        case .ownAccount: self = .leaf(.failed, "不能修改自己的角色或删除自己")
        case .accountDisabled, .unauthenticated, .badToken, .forbidden: self = .leaf(.unauthorized)
        case .throttled(let retryAfter): self = .leaf(.tooMany, retryAfter: retryAfter)
        case .quotaExceeded: self = .leaf(.failed, "存储空间已满")
        case .tooOften, .notFound, .overloaded, .outOfSpace, .damaged, .store: self.init(error)
        }
    }

    private init(leaf error: ParameterError) {
        switch error {
        case .missing(let name), .wrongKind(let name, _), .invalid(let name, _): self = .leaf(invalid: name)
        case .malformedBody: self = .leaf(.badParameter)
        case .unreadableBody: self.init(error)
        }
    }

    /// What is wrong with a value, in the document's words where it has some.
    private static func leaf(invalid field: String) -> Problem {
        switch field {
        case "email": .leaf(.badParameter, "邮箱格式错误")
        case "password": .leaf(.badParameter, "密码长度至少6位")
        case "code": .leaf(.badParameter, "邮箱验证码错误")
        case "name": .leaf(.badParameter, "用户名不能为空")
        case "username": .leaf(.badParameter, "用户名不可用")
        case "role": .leaf(.badParameter, "无效的角色")
        case "page_size": .leaf(.tooMany)
        case "file": .leaf(.badFile)
        default: .leaf(.badParameter)
        }
    }
}
