import Foundation
import HTTPTypes
import LWS
import Services
import Testing

@testable import API
@testable import Endpoints

/// Text as a value of a query.
func encoded(_ text: String) -> String {
    text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
}

extension TestAPI {
    /// The tokens of a login, with their `Bearer `.
    struct Tokens {
        let access: String
        let refresh: String
    }

    /// Sends a request with the whole of an `Authorization`, as the article client does.
    func call(
        _ method: HTTPRequest.Method, _ target: String, _ authorization: String? = nil, form: String? = nil,
        from address: String = "192.0.2.1"
    ) async throws -> Answer {
        var headers: HTTPFields = [:]
        if let authorization { headers[.authorization] = authorization }
        if form != nil { headers[.contentType] = "application/x-www-form-urlencoded" }
        return try await send(method, target, raw: Array((form ?? "").utf8), headers: headers, from: address)
    }

    /// Registers somebody in the article API and logs them in.
    @discardableResult
    func enter(_ username: String = "ana", password: String = "secret") async throws -> Tokens {
        let query = "username=\(encoded(username))&password=\(encoded(password))"
        let registered = try await call(.post, "/users/register/?\(query)")
        try #require(registered.json == ["code": 200, "msg": "成功注册"])
        return try await enterAgain(username, password: password)
    }

    func enterAgain(_ username: String = "ana", password: String = "secret") async throws -> Tokens {
        let answer = try await call(
            .post, "/users/login/?username=\(encoded(username))&password=\(encoded(password))")
        return Tokens(
            access: try #require(answer.json["access_token"]?.string),
            refresh: try #require(answer.json["refresh_token"]?.string))
    }

    /// Writes an article.
    ///
    /// - Returns: Its id.
    @discardableResult
    func writeArticle(
        _ access: String, _ title: String = "title", content: String = "content",
        time: String = "2024/2/6 13:8:24"
    ) async throws -> Int64 {
        let answer = try await call(
            .post,
            "/articles/editor/?title=\(encoded(title))&content=\(encoded(content))&create_time=\(encoded(time))",
            access)
        try #require(answer.json["msg"] == "添加成功")
        guard case .int(let id)? = answer.json["data"]?["id"] else { throw ServicesError.notFound }
        return id
    }

    /// The ids of a list of articles.
    func articleIDs(_ path: String, _ access: String) async throws -> [Int64] {
        let answer = try await call(.get, path, access)
        return (answer.json["data"]?.array ?? []).compactMap { article in
            if case .int(let id)? = article["id"] { id } else { nil }
        }
    }
}
