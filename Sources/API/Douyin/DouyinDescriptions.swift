import Endpoints
import Services

extension EndpointDescription {
    /// What an endpoint of the clip API is to those who call it.
    ///
    /// - Parameters:
    ///   - summary: In a few words.
    ///   - members: What is answered beside the outcome when all is well.
    ///   - message: What the answer says then.
    ///   - text: Beyond the summary.
    /// - Returns: The description.
    static func clips(
        _ summary: String, _ members: KeyValuePairs<String, JSONValue> = [:], answering message: String = "ok!",
        about text: String? = nil
    ) -> EndpointDescription {
        var properties = JSONObject()
        properties["status_code"] = ["const": 0]
        properties["status_msg"] = Schema.constant(message)
        for (name, schema) in members { properties[name] = schema }
        return EndpointDescription(
            "Clips", summary, text,
            answers: .json([
                "type": "object", "properties": .object(properties),
                "required": .array(properties.members.map { .string($0.name) }),
            ]))
    }

    /// As ``clips(_:_:answering:about:)``, of what changes something.
    static func clipAction(
        _ summary: String, _ members: KeyValuePairs<String, JSONValue> = [:]
    ) -> EndpointDescription {
        clips(summary, members, about: "Parameters may stand in the query or a form as well.")
    }

    /// As ``clips(_:_:answering:about:)``, of a list.
    static func clipList(_ summary: String, _ name: String, of element: String) -> EndpointDescription {
        clips(summary, ["\(name)": Schema.array(of: Schema.named(element))])
    }
}
