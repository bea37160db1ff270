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
        guard answer.isRefusal else { return nil }
        let content = response["content"] as? [String: [String: Any]] ?? [:]
        let type = answer.head.headers["content-type"]?.prefix { $0 != ";" } ?? ""
        guard let schema = content[String(type)]?["schema"] as? [String: Any] else {
            return "\(type) is not documented"
        }
        guard type == "application/json" else { return nil }
        let alternatives = schema["anyOf"] as? [[String: Any]] ?? [schema]
        let shapes = alternatives.compactMap { $0["$ref"] as? String }.filter { $0.hasSuffix("Refusal") }
            .map { members(of: schemas[String($0.split(separator: "/").last ?? "")] ?? [:]) }
        return shapes.contains(Set(answer.json.keys)) ? nil : "not one of \(shapes): \(answer.head.body)"
    }

    /// What a route cannot do without, in its query or in the JSON of its body.
    func required(_ method: String, _ pattern: String) -> Set<String> {
        let operation = operation(method, pattern)
        let query = (operation["parameters"] as? [[String: Any]] ?? []).filter {
            $0["in"] as? String == "query" && $0["required"] as? Bool == true
        }
        let content = (operation["requestBody"] as? [String: Any])?["content"] as? [String: [String: Any]] ?? [:]
        let body = content["application/json"]?["schema"] as? [String: Any] ?? [:]
        return Set(query.compactMap { $0["name"] as? String }).union(members(of: body))
    }

    /// Whether a route is nobody's without a token.
    func needsToken(_ method: String, _ pattern: String) -> Bool {
        let security = operation(method, pattern)["security"] as? [[String: Any]] ?? []
        return !security.isEmpty && security.allSatisfy { !$0.isEmpty }
    }

    private func responses(_ method: String, _ pattern: String) -> [String: Any] {
        operation(method, pattern)["responses"] as? [String: Any] ?? [:]
    }

    private func operation(_ method: String, _ pattern: String) -> [String: Any] {
        paths[pattern]?[method.lowercased()] as? [String: Any] ?? [:]
    }

    /// Those that an object of a schema has to have.
    private func members(of schema: [String: Any]) -> Set<String> { Set(schema["required"] as? [String] ?? []) }
}
