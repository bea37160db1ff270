import Foundation

/// What the served description says of the answers of each route.
///
/// `@unchecked Sendable`: what JSONSerialization makes is never changed.
struct DocumentedAnswers: @unchecked Sendable {
    private let paths: [String: [String: Any]]
    private let schemas: [String: [String: Any]]

    init(port: Int) async throws {
        let document = try await REST(port: port).get("/openapi.json")
        paths = document["paths"] as? [String: [String: Any]] ?? [:]
        schemas = (document["components"] as? [String: Any])?["schemas"] as? [String: [String: Any]] ?? [:]
    }

    /// All routes, as `GET /path/{name}`.
    var routes: Set<String> {
        Set(paths.flatMap { path, operations in operations.keys.map { "\($0.uppercased()) \(path)" } })
    }

    /// The statuses that a route may answer.
    func statuses(_ method: String, _ pattern: String) -> Set<Int> {
        Set(responses(method, pattern).keys.compactMap { Int($0) })
    }

    /// What is wrong with a refusal: that it is not documented, or does not have the shape that is; nil if nothing.
    func fault(_ answer: Caller.Answer, _ method: String, _ pattern: String) -> String? {
        guard let response = responses(method, pattern)["\(answer.status)"] as? [String: Any] else {
            return "\(answer.status) is not documented"
        }
        guard answer.status >= 400 else { return nil }
        let content = response["content"] as? [String: [String: Any]] ?? [:]
        let type = answer.head.headers["content-type"]?.prefix { $0 != ";" } ?? ""
        guard let schema = content[String(type)]?["schema"] as? [String: Any] else {
            return "\(type) is not documented"
        }
        guard type == "application/json" else { return nil }
        let alternatives = schema["anyOf"] as? [[String: Any]] ?? [schema]
        let shapes = alternatives.map { required(by: $0) }
        return shapes.contains { $0.allSatisfy { answer.json[$0] != nil } } && answer.json.count <= 3
            ? nil : "not one of \(shapes): \(answer.head.body)"
    }

    private func responses(_ method: String, _ pattern: String) -> [String: Any] {
        (paths[pattern]?[method.lowercased()] as? [String: Any])?["responses"] as? [String: Any] ?? [:]
    }

    private func required(by schema: [String: Any]) -> [String] {
        let name = (schema["$ref"] as? String)?.split(separator: "/").last.map(String.init)
        let resolved = name.flatMap { schemas[$0] } ?? schema
        return resolved["required"] as? [String] ?? []
    }
}
