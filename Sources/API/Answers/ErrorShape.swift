import HTTPTypes
import LWS
import Services

/// How a group of routes writes its refusals.
enum ErrorShape: Sendable {
    /// `{"message":"…"}`
    case message
    /// `{"error":"…"}`
    case error
    /// `{"success":false,"code":"…","message":"…"}`
    case coded
    /// `{"success":false,"message":"…"}`
    case outcome
    /// `{"error":"Bad Request","message":"…"}`: the status in words, and what is wrong.
    case titled
    /// `{"code":404,"msg":"…"}`, with the status once more.
    case juejin
    /// `{"status_code":1,"status_msg":"…","errmsg":["…"]}`, always with the status 200.
    case douyin
    /// A line of text, for people and monitors.
    case text

    func response(for problem: Problem) -> Response {
        var response =
            switch self {
            case .message: Response.json(["message": .string(problem.message)], status: problem.status)
            case .error: Response.json(["error": .string(problem.message)], status: problem.status)
            case .coded:
                Response.json(
                    [
                        "success": false, "code": .string(problem.code ?? Self.code(for: problem.status)),
                        "message": .string(problem.message),
                    ], status: problem.status)
            case .outcome:
                Response.json(["success": false, "message": .string(problem.message)], status: problem.status)
            case .titled:
                Response.json(
                    ["error": .string(problem.status.reasonPhrase), "message": .string(problem.message)],
                    status: problem.status)
            case .juejin:
                Response.json(
                    [
                        "code": .int(Int64(problem.status.code)),
                        "msg": .string(problem.status.code == 500 ? "server error" : problem.message),
                    ], status: problem.status)
            case .douyin:
                Response.json([
                    "status_code": 1, "status_msg": .string(problem.message),
                    "errmsg": [.string(problem.detail ?? problem.message)],
                ])
            case .text: Response.text(problem.message + "\n", status: problem.status)
            }
        if let retryAfter = problem.retryAfter { response.headers[.retryAfter] = String(retryAfter) }
        return response
    }

    private static func code(for status: Status) -> String {
        switch status.code {
        case 401: "UNAUTHORIZED"
        case 403: "FORBIDDEN"
        case 404: "NOT_FOUND"
        case 413: "TOO_LARGE"
        case 429: "TOO_MANY_REQUESTS"
        case 500...: "SERVER_ERROR"
        default: "BAD_REQUEST"
        }
    }

    /// The shape for a path that no route has taken, or of which nothing but the path is known.
    init(path: some Sequence<String>) {
        var segments = path.makeIterator()
        switch (segments.next(), segments.next()) {
        case ("api", "runRoom"): self = .error
        case ("api", "chat"): self = .titled
        case ("api", _): self = .message
        case ("users", _), ("articles", _), ("testmysql", _), ("testredis", _), ("testheadimages", _): self = .juejin
        // Players look at the status.
        case ("douyin", "videos"), ("douyin", "covers"): self = .text
        case ("douyin", _): self = .douyin
        default: self = .text
        }
    }
}

extension LWS.HTTPResponse {
    static func json(_ value: JSONValue, status: Status = .ok) -> Response {
        .json(encoded: value.bytes, status: status)
    }

    static func json(encoded bytes: [UInt8], status: Status = .ok) -> Response {
        // What is answered is the state of a moment, and some of it is for one pair of eyes.
        Response(
            status: status, headers: [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"],
            body: .bytes(bytes))
    }

    static func text(_ text: String, status: Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "text/plain; charset=utf-8", .cacheControl: "no-store"],
            body: .bytes(Array(text.utf8)))
    }
}
