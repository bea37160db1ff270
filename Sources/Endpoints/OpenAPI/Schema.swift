package import Services

/// Words for JSON Schema (draft 2020-12, which OpenAPI 3.1 speaks), short enough to describe a body in a few lines.
package enum Schema {
    package static let text: JSONValue = ["type": "string"]
    package static let boolean: JSONValue = ["type": "boolean"]
    package static let number: JSONValue = ["type": "number"]
    package static let integer: JSONValue = ["type": "integer"]
    /// Any object: what a client stored, or what is not looked into.
    package static let anyObject: JSONValue = ["type": "object"]
    package static let date: JSONValue = [
        "type": "string", "format": "date-time", "examples": ["2024-11-23T08:39:43.038Z"],
    ]
    package static let objectID: JSONValue = [
        "type": "string", "pattern": "^[0-9a-f]{24}$", "examples": ["000000000193588d6b1e0001"],
    ]
    /// From 10¹⁵ to 2⁵³ - 1.
    package static let publicID: JSONValue = [
        "type": "integer", "minimum": 1_000_000_000_000_000, "maximum": 9_007_199_254_740_991,
        "examples": [1_000_000_000_000_001],
    ]
    /// A picture in a form.
    package static let file: JSONValue = [
        "type": "string", "format": "binary", "description": "PNG, JPEG, GIF or WebP, at most 5 MB.",
    ]
    package static let count: JSONValue = ["type": "integer", "minimum": 0]
    package static let amount: JSONValue = ["type": "number", "minimum": 0]
    package static let latitude: JSONValue = ["type": "number", "minimum": -90, "maximum": 90, "examples": [39.905]]
    package static let longitude: JSONValue = [
        "type": "number", "minimum": -180, "maximum": 180, "examples": [116.407],
    ]

    /// A string with an example, and at most so many characters.
    package static func text(_ example: String, upTo limit: Int? = nil, describing description: String? = nil)
        -> JSONValue
    {
        var schema = JSONObject()
        schema["type"] = "string"
        if let limit {
            schema["minLength"] = 1
            schema["maxLength"] = .int(Int64(limit))
        }
        if let description { schema["description"] = .string(description) }
        schema["examples"] = [.string(example)]
        return .object(schema)
    }

    /// One of some words.
    package static func words(_ words: [String]) -> JSONValue {
        ["type": "string", "enum": .array(words.map { .string($0) })]
    }

    /// Always this text: what an answer says.
    package static func constant(_ text: String) -> JSONValue { ["const": .string(text)] }

    package static func orNull(_ schema: JSONValue) -> JSONValue { ["anyOf": [schema, ["type": "null"]]] }

    package static func either(_ schemas: JSONValue...) -> JSONValue { ["anyOf": .array(schemas)] }

    package static func array(of element: JSONValue, upTo limit: Int? = nil) -> JSONValue {
        var schema = JSONObject()
        schema["type"] = "array"
        schema["items"] = element
        if let limit { schema["maxItems"] = .int(Int64(limit)) }
        return .object(schema)
    }

    /// An object whose members are all there, but those that are named in `optional`; more may come.
    package static func object(_ members: KeyValuePairs<String, JSONValue>, optional: Set<String> = []) -> JSONValue {
        var properties = JSONObject()
        for (name, schema) in members { properties[name] = schema }
        let required = members.map(\.key).filter { !optional.contains($0) }
        var schema = JSONObject()
        schema["type"] = "object"
        schema["properties"] = .object(properties)
        if !required.isEmpty { schema["required"] = .array(required.map { .string($0) }) }
        return .object(schema)
    }

    /// A schema with a value that shows what is meant.
    package static func showing(_ example: JSONValue, _ schema: JSONValue) -> JSONValue {
        var object = schema.object ?? JSONObject()
        object["examples"] = [example]
        return .object(object)
    }

    /// A named schema of ``components``.
    package static func named(_ name: String) -> JSONValue { ["$ref": .string("#/components/schemas/\(name)")] }
}
