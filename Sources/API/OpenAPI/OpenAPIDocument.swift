import HTTPTypes
import Limits
import Services

/// The OpenAPI 3.1 description of the routes that a server has.
///
/// It is made of the route table, so that it never tells of a route that is not there; a test sees that each is
/// described, and that nothing else is.
struct OpenAPIDocument: Sendable {
    let json: JSONValue
    /// What the document holds, for the page that people read.
    let operations: [Operation]

    /// What a document is made of; it keeps nothing of what answers requests.
    struct Material: Sendable {
        let operations: [Operation]
        /// Of the refusals of a method and a pattern.
        let shapes: [[String]: RefusalShape]

        /// - Parameter routes: The routes with the shapes of their refusals.
        init(routes: [RouteTable.Entry]) {
            operations = Operation.all(routes)
            shapes = Dictionary(uniqueKeysWithValues: routes.map { ([$0.method.rawValue, $0.pattern], $0.shape) })
        }
    }

    init(_ material: Material) {
        let shapes = material.shapes
        operations = material.operations
        var paths = JSONObject()
        for operation in operations {
            var path = paths[operation.pattern]?.object ?? JSONObject()
            let shape = shapes[[operation.method.rawValue, operation.pattern]] ?? .text
            path[operation.method.rawValue.lowercased()] = operation.json(errors: shape)
            paths[operation.pattern] = .object(path)
        }
        var document = JSONObject()
        document["openapi"] = "3.1.0"
        document["info"] = [
            "title": "RunRoom", "version": "1",
            "summary": "Live run rooms: the APIs of five clients' worlds, and the way into live rooms.",
            "description": """
            Every answer to `/api` is JSON in UTF-8; a slash at the end of a path does not matter. Dates are ISO 8601 \
            in UTC with milliseconds. Tokens come from registration and login and go into `Authorization`, with or \
            without `Bearer`. What is answered 2xx is on the disk.
            """,
        ]
        document["servers"] = [["url": "/"]]
        document["tags"] = .array(
            operations.map(\.group).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
                .map { ["name": .string($0)] })
        document["paths"] = .object(paths)
        document["components"] = [
            "securitySchemes": ["token": ["type": "http", "scheme": "bearer"]],
            "schemas": .object(Self.schemas),
        ]
        json = .object(document)
    }

    /// WebSocket endpoints are not in the router.
    static func isBesideTheRouter(_ operation: Operation) -> Bool { operation.pattern == "/live" }

    // MARK: - Schemas

    private static var schemas: JSONObject {
        var schemas = JSONObject()
        for world in World.all {
            for shape in world.shapes { schemas[shape.name] = shape.schema }
            for (name, schema) in world.schemas { schemas[name] = schema }
        }
        return schemas
    }
}
