import HTTPTypes
import LWS
import Services
import Testing

@testable import API
@testable import Endpoints

extension TestAPI {
    /// A picture of one pixel.
    static let gif: [UInt8] = Array("GIF89a".utf8) + [1, 0, 1, 0, 0, 0, 0, 0x3B]

    /// Sends a form as the server would hand it over, with files of the field `images`.
    func sendForm(
        _ method: HTTPRequest.Method, _ target: String, _ fields: [(name: String, value: String)],
        images: [[UInt8]] = [], field: String = "images", token: String? = nil, from address: String = "192.0.2.1"
    ) async throws -> Answer {
        let parsed = try RequestTarget(target)
        var headers: HTTPFields = [.contentType: "multipart/form-data; boundary=x"]
        if let token { headers[.authorization] = "Bearer \(token)" }
        let head = HTTPRequestHead(
            method: method, target: target, path: parsed.path, query: parsed.query, headers: headers,
            remoteAddress: address)
        let files = images.map { bytes in
            MultipartForm.File(name: field, filename: "a.gif", contentType: "image/gif", content: .bytes(bytes))
        }
        let body = HTTPBody.multipart(MultipartForm(fields: fields, files: files))
        return try await take(head, body)
    }

    /// Writes a post.
    ///
    /// - Returns: It as it was answered.
    @discardableResult
    func makePost(_ title: String = "Morning", token: String) async throws -> JSONValue {
        let answer = try await send(
            .post, "/api/users/share/posts", ["title": .string(title), "content": "Five kilometres"], token: token)
        try #require(answer.status == 200)
        return try #require(answer.json["post"])
    }

    /// Writes a comment.
    ///
    /// - Returns: It as it was answered.
    @discardableResult
    func makeComment(_ content: String = "Well done", on post: Int = 1, token: String) async throws -> JSONValue {
        let answer = try await send(
            .post, "/api/users/share/posts/\(post)/comments", ["content": .string(content)], token: token)
        try #require(answer.status == 200)
        return try #require(answer.json["comment"])
    }

    /// An administrator, as the command line makes them.
    ///
    /// - Returns: Their token.
    func makeAdministrator(_ username: String = "root") async throws -> String {
        let account = try await core.accounts.create(username: username, password: "secret", role: .root)
        return try await core.tokens.issue(for: account).token
    }
}
