import HTTPTypes
import LWS
import Mail
import Services
import TestKit
import Testing

@testable import API
@testable import Endpoints

extension TestAPI {
    /// Has a code mailed, and reads the mail.
    func code(for email: String) async throws -> String {
        let before = postbox.all.count { $0.to == email }
        let answer = try await send(.post, "/api/v1/user/code/email", ["email": .string(email)])
        try #require(answer.leafCode == 200, "\(answer.text)")
        return try await postbox.code(for: email, count: before + 1)
    }

    /// Registers somebody by mail.
    func registerByMail(_ email: String = "ana@example.org", password: String = "secret") async throws {
        let code = try await code(for: email)
        let answer = try await send(
            .post, "/api/v1/user/register",
            ["email": .string(email), "password": .string(password), "code": .string(code)])
        try #require(answer.leafCode == 200, "\(answer.text)")
    }

    /// Logs somebody in by mail address.
    ///
    /// - Returns: The answer's `data`.
    @discardableResult
    func loginByMail(_ email: String = "ana@example.org", password: String = "secret") async throws -> JSONValue {
        let answer = try await send(
            .post, "/api/v1/user/login", ["email": .string(email), "password": .string(password)])
        try #require(answer.leafCode == 200, "\(answer.text)")
        return try #require(answer.json["data"])
    }

    /// Registers and logs in.
    ///
    /// - Returns: The token.
    func leafToken(_ email: String = "ana@example.org", password: String = "secret") async throws -> String {
        try await registerByMail(email, password: password)
        return try #require(try await loginByMail(email, password: password)["token"]?.string)
    }

    /// Sends with the bare token in the header, as Leaf's client does.
    func leaf(
        _ method: HTTPRequest.Method, _ path: String, _ body: JSONValue? = nil, token: String? = nil
    ) async throws -> Answer {
        var headers = HTTPFields()
        headers[.authorization] = token
        return try await send(method, "/api/v1/user/" + path, body, headers: headers)
    }

    /// What a profile shows its owner.
    func profile(token: String) async throws -> JSONValue {
        let answer = try await leaf(.get, "info/get", token: token)
        return try #require(answer.json["data"]?["user_info"], "\(answer.text)")
    }

    /// An administrator's token, and their number.
    func leafAdministrator(_ name: String = "rita", role: Account.Role = .root) async throws -> (String, Int64) {
        let account = try await core.accounts.create(
            username: name, password: "secret", role: role, email: "\(name)@example.org")
        return (try await core.tokens.issue(for: account).token, account.number)
    }

    /// Uploads a picture as Leaf's client does.
    func leafUpload(_ bytes: [UInt8] = onePixel, token: String) async throws -> Answer {
        try await upload("/api/v1/upload/image", files: [.make("image", bytes)], token: token)
    }
}

extension Answer {
    /// The `code` of a body; nil unless HTTP says 200, as it does for all of Leaf's.
    var leafCode: Int64? {
        guard status == 200, case .int(let code) = json["code"] else { return nil }
        return code
    }

    /// Code and words in one, for comparisons.
    var leafLine: String { "\(leafCode.map(String.init) ?? "HTTP \(status)") \(json["msg"]?.string ?? "")" }
}
