import Foundation
import FoundationNetworking
import Synchronization
import TestKit

/// A plain HTTP client of one server.
struct REST {
    let port: Int
    var token: String?
    var username = ""

    struct Answer: @unchecked Sendable {
        let status: Int
        let headers: [String: String]
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
        var headers: [String: String] = [:]
        if body != nil { headers["Content-Type"] = "application/json" }
        return try await send(
            method, path, headers, try body.map { try JSONSerialization.data(withJSONObject: $0) })
    }

    /// Sends any body, with this client's token unless the headers name another.
    func send(
        _ method: String, _ path: String, _ headers: [String: String] = [:], _ body: Data? = nil
    ) async throws -> Answer {
        var request = URLRequest(url: try url(path))
        request.httpMethod = method
        if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        request.httpBody = body
        return try await Self.answer(to: request)
    }

    /// Sends a request.
    static func answer(to request: URLRequest) async throws -> Answer {
        let answer = try await RawHTTP.send(request)
        let data = Data(answer.bytes)
        let json = try? JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)
        let headers = Dictionary(answer.headers, uniquingKeysWith: { "\($0), \($1)" })
        return Answer(status: answer.status, headers: headers, data: data, json: json)
    }

    private func url(_ path: String) throws -> URL {
        guard let url = URL(string: "http://127.0.0.1:\(port)\(path)") else { throw URLError(.badURL) }
        return url
    }

    // MARK: - What nearly every test begins with

    private static let lastNumber = Atomic(0)

    /// A name that nobody else has.
    static func newName(_ stem: String) -> String {
        "\(stem)-\(lastNumber.add(1, ordering: .relaxed).newValue)"
    }

    /// Registers somebody of a name like this; the client then speaks for them.
    static func registered(_ stem: String, port: Int) async throws -> REST {
        let username = newName(stem)
        let answer = try await REST(port: port).post("/api/users", ["username": username, "password": "secret"])
        guard answer.status == 200, let token = answer["token"] as? String else {
            throw Phone.Missing(description: "registration of \(username): \(answer.status) \(answer.text)")
        }
        return REST(port: port, token: token, username: username)
    }

    /// Makes a room with the password `pw`.
    static func newRoom(_ stem: String = "room", port: Int) async throws -> String {
        let room = newName(stem)
        let answer = try await REST(port: port).post("/api/runRoom/create", ["runID": room, "password": "pw"])
        guard answer.status == 201 else {
            throw Phone.Missing(description: "room \(room): \(answer.status) \(answer.text)")
        }
        return room
    }

    /// What `GET /api/runRoom/{runID}` says of a runner, in WGS-84.
    func runner(_ username: String, in room: String) async throws -> [String: Any] {
        let answer = try await get("/api/runRoom/\(room)?crs=wgs84")
        let data = answer["data"] as? [String: Any]
        let runners = data?["runners"] as? [[String: Any]]
        guard let runner = runners?.first(where: { $0["username"] as? String == username }) else {
            throw Phone.Missing(description: "\(username) in \(answer.text)")
        }
        return runner
    }

    /// The records of this client's user, oldest first.
    func records() async throws -> [RunRecord] {
        let answer = try await get("/api/users/run/records/\(username)")
        guard let records = answer["records"] as? [[String: Any]] else {
            throw Phone.Missing(description: "records: \(answer.status) \(answer.text)")
        }
        return records.map(RunRecord.init)
    }
}

/// A record of a run as REST tells it.
struct RunRecord {
    var runID: Int?
    var meters: Double?
    var seconds: Double?
    var markerIDs: [Int]
    var splits: [Double]

    init(_ json: [String: Any]) {
        runID = (json["runId"] as? NSNumber)?.intValue
        meters = (json["meters"] as? NSNumber)?.doubleValue
        seconds = (json["seconds"] as? NSNumber)?.doubleValue
        markerIDs = (json["markers"] as? [[String: Any]] ?? []).compactMap { ($0["id"] as? NSNumber)?.intValue }
        splits = (json["splits"] as? [[String: Any]] ?? []).compactMap { ($0["total"] as? NSNumber)?.doubleValue }
    }
}
