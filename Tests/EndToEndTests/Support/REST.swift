import Foundation
import FoundationNetworking

/// A plain HTTP client of one server.
struct REST {
    let port: Int
    var token: String?

    struct Answer: @unchecked Sendable {
        let status: Int
        let data: Data
        /// `@unchecked`: what JSONSerialization makes is never changed.
        let json: Any?

        subscript(_ key: String) -> Any? { (json as? [String: Any])?[key] }
        var text: String { String(decoding: data, as: UTF8.self) }
    }

    func get(_ path: String) async throws -> Answer { try await call("GET", path) }
    func post(_ path: String, _ body: [String: Any]) async throws -> Answer { try await call("POST", path, body) }
    func delete(_ path: String, _ body: [String: Any]? = nil) async throws -> Answer {
        try await call("DELETE", path, body)
    }

    func call(_ method: String, _ path: String, _ body: [String: Any]? = nil) async throws -> Answer {
        var request = URLRequest(url: try url(path))
        request.httpMethod = method
        if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
        if let body {
            request.httpBody = try JSONSerialization.data(withJSONObject: body)
            request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        }
        let (data, response) = try await URLSession.shared.data(for: request)
        let json = try? JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)
        return Answer(status: (response as? HTTPURLResponse)?.statusCode ?? 0, data: data, json: json)
    }

    private func url(_ path: String) throws -> URL {
        guard let url = URL(string: "http://127.0.0.1:\(port)\(path)") else { throw URLError(.badURL) }
        return url
    }

    /// Registers somebody; the client then speaks for them.
    static func registered(_ username: String, port: Int) async throws -> REST {
        let answer = try await REST(port: port).post("/api/users", ["username": username, "password": "secret"])
        guard let token = answer["token"] as? String else { throw URLError(.userAuthenticationRequired) }
        return REST(port: port, token: token)
    }
}
