import Services

/// Whether a value is what a JSON Schema says, as far as the schemas of refusals go.
enum SchemaCheck {
    static func accepts(_ value: JSONValue, _ schema: JSONValue) -> Bool {
        for rule in schema.object?.members ?? [] {
            switch rule.name {
            case "type": if !isOf(value, type: rule.value.string ?? "") { return false }
            case "const": if value != rule.value { return false }
            case "not": if accepts(value, rule.value) { return false }
            case "minimum":
                guard let number = value.number, let least = rule.value.number, number >= least else { return false }
            case "required":
                for name in rule.value.array ?? [] where value.object?[name.string ?? ""] == nil { return false }
            case "properties":
                for property in rule.value.object?.members ?? [] {
                    if let member = value.object?[property.name], !accepts(member, property.value) { return false }
                }
            case "items":
                for element in value.array ?? [] where !accepts(element, rule.value) { return false }
            default: break
            }
        }
        return true
    }

    private static func isOf(_ value: JSONValue, type: String) -> Bool {
        switch (type, value) {
        case ("string", .string), ("integer", .int), ("number", .int), ("number", .double), ("boolean", .bool),
            ("null", .null), ("array", .array), ("object", .object):
            true
        default: false
        }
    }
}
