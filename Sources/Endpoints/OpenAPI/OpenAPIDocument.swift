import HTTPTypes
import Limits
package import Services

/// The OpenAPI 3.1 description of the routes that a server has.
///
/// It is made of the route table, so that it never tells of a route that is not there; a test sees that each is
/// described, and that nothing else is.
package struct OpenAPIDocument: Sendable {
    package let json: JSONValue
    /// What the document holds, for the page that people read.
    package let operations: [Operation]

    /// What is described of a route; it keeps nothing of what answers requests.
    package struct Route: Sendable {
        let operation: Operation
        /// Of refusals.
        let shape: RefusalShape
    }

    /// - Parameters:
    ///   - info: What it is the description of.
    ///   - worlds: All of them, for the schemas and for the refusals of what has not found its route.
    ///   - others: What is served beside the routes.
    ///   - routes: The routes with the shapes of their refusals.
    package init<Context>(
        info: JSONValue, worlds: [World<Context>], others: [Operation] = [], routes: [Route]
    ) {
        operations = others + routes.map(\.operation)
        var paths = JSONObject()
        for (operation, shape) in others.map({ ($0, .text) }) + routes.map({ ($0.operation, $0.shape) }) {
            var path = paths[operation.pattern]?.object ?? JSONObject()
            let early = worlds.shape(of: operation.pattern.split(separator: "/").map(String.init))
            path[operation.method.rawValue.lowercased()] = operation.json(errors: shape, early: early)
            paths[operation.pattern] = .object(path)
        }
        var document = JSONObject()
        document["openapi"] = "3.1.0"
        document["info"] = info
        document["servers"] = [["url": "/"]]
        document["tags"] = .array(
            operations.map(\.group).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
                .map { ["name": .string($0)] })
        document["paths"] = .object(paths)
        document["components"] = [
            "securitySchemes": ["token": ["type": "http", "scheme": "bearer"]],
            "schemas": .object(Self.schemas(of: worlds)),
        ]
        json = .object(document)
    }

    private static func schemas<Context>(of worlds: [World<Context>]) -> JSONObject {
        var schemas = JSONObject()
        for world in worlds {
            for shape in world.shapes { schemas[shape.name] = shape.schema }
            for (name, schema) in world.schemas { schemas[name] = schema }
        }
        return schemas
    }
}
