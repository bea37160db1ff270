import Foundation
import HTTPTypes
import LWS
import Services
import TestKit
import Testing

@testable import API
@testable import Endpoints

/// A server with people whose tokens are good for nothing, each for another reason.
struct RefusalStage {
    private let api: TestAPI
    private var tokens: [RefusalCase.Token: String] = [:]

    init(_ api: TestAPI) async throws {
        self.api = api
        let accounts = api.core.accounts, issuer = api.core.tokens
        func someone(_ name: String) async throws -> Account {
            try await accounts.register(username: name, password: "secret", for: .operators)
        }
        let expired = try await someone("expired")
        tokens[.expired] = try await issuer.issue(for: expired, lifetime: 1000).token
        api.clock.advance(seconds: 2)
        tokens[.valid] = try await issuer.issue(for: someone("valid"), lifetime: 1_000_000_000).token
        tokens[.ofAnotherKind] = try await issuer.startSession(for: someone("other")).refresh.token
        let revoked = try await issuer.issue(for: someone("revoked")).token
        try await issuer.revoke(revoked)
        tokens[.revoked] = revoked
        let disabled = try await someone("disabled")
        tokens[.ofDisabled] = try await issuer.issue(for: disabled).token
        try await accounts.disable(account: disabled.id)
        let deleted = try await someone("deleted")
        tokens[.ofDeleted] = try await issuer.issue(for: deleted).token
        try await accounts.delete(account: deleted.id)
        let root = try await accounts.create(username: "root", password: "secret", role: .root)
        tokens[.ofAdministrator] = try await issuer.issue(for: root, lifetime: 1_000_000_000).token
        tokens[.unknown] = String(repeating: "x", count: 43)
    }

    /// Why a token is none.
    func refusal(of token: RefusalCase.Token) async throws -> any Error {
        switch try await api.core.accounts.account(byToken: tokens[token]) {
        case .success: return Problem.internalError(cause: "the token of \(token) is valid")
        case .failure(let refused): return refused
        }
    }

    /// Sends what the endpoint would take but for what is spoilt.
    func send(_ refused: RefusalCase, to endpoint: Endpoint, of world: API.World) async throws -> Answer {
        var object = JSONObject(), fields: [(name: String, value: String)] = []
        var files: [MultipartForm.File] = []
        for member in endpoint.members {
            if member.isFile {
                if refused.spoilt?.member != member.name { files.append(.make(member.name, onePixel)) }
                continue
            }
            var value: JSONValue? = member.isRequired ? member.example ?? "x" : nil
            if let spoilt = refused.spoilt, spoilt.member == member.name { value = spoilt.value }
            guard let value else { continue }
            object[member.name] = value
            fields.append((member.name, value.string ?? String(decoding: value.bytes, as: UTF8.self)))
        }
        var headers: HTTPFields = [:]
        headers[.authorization] = tokens[refused.token].map { "Bearer \($0)" }
        var body = HTTPBody.bytes([])
        var query = ""
        if endpoint.members.contains(where: \.isFile) {
            headers[.contentType] = "multipart/form-data; boundary=x"
            body = .multipart(MultipartForm(fields: fields, files: files))
        } else if endpoint.takesJSON {
            headers[.contentType] = "application/json"
            body = .bytes(JSONValue.object(object).bytes)
        } else {
            query = try "?" + fields.map { "\($0.name)=\(try percentEncoded($0.value))" }.joined(separator: "&")
        }
        if let excess = refused.excess {
            let policy = endpoint.cost.policy(parsesForms: false, asksFirst: false)
            body = .bytes([UInt8](repeating: UInt8(ascii: " "), count: policy.maxBytes + excess))
        }
        return try await Self.send(endpoint, query, headers, body, api, from: "192.0.2.7")
    }

    /// Sends next to nothing.
    static func sendEmpty(to endpoint: Endpoint, _ api: TestAPI, from address: String) async throws -> Answer {
        let isForm = endpoint.cost.charges.contains(where: \.formsOnly)
        return try await send(
            endpoint, "", isForm ? [.contentType: "multipart/form-data; boundary=x"] : [:],
            isForm ? .multipart(MultipartForm(fields: [], files: [])) : .bytes([]), api, from: address)
    }

    private static func send(
        _ endpoint: Endpoint, _ query: String, _ headers: HTTPFields, _ body: HTTPBody, _ api: TestAPI,
        from address: String
    ) async throws -> Answer {
        let path = endpoint.pattern.split(separator: "/").map { segment in
            Router.parameter(of: segment).map { "1" + $0.ending } ?? String(segment)
        }
        let target = "/" + path.joined(separator: "/") + query
        let parsed = try RequestTarget(target)
        let head = HTTPRequestHead(
            method: endpoint.method, target: target, path: parsed.path, query: parsed.query, headers: headers,
            remoteAddress: address)
        return try await api.take(head, body)
    }

    private func percentEncoded(_ text: String) throws -> String {
        try #require(text.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
    }
}
