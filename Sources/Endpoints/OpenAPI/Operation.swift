package import HTTPTypes
import LWS
package import Services

/// What a route is, for those who call it: one operation of the OpenAPI document.
///
/// What all routes have in common is not said here but added: the parameters of the path, refusals of what is no valid
/// request or too large, and of a server that cannot store.
package struct Operation: Sendable {
    /// Whose credentials are asked for.
    package enum Access: Sendable {
        /// Nobody's.
        case open
        /// A token; without one 401, with one that is not valid 403.
        case token
        /// None, but what is sent must be valid, or shows more.
        case optionalToken
    }

    package enum Body: Sendable {
        case json(JSONValue, example: JSONValue)
        /// A form with files.
        case form(JSONValue)
        case jsonOrForm(JSONValue, example: JSONValue, form: JSONValue)
    }

    /// A parameter of the query.
    package struct Parameter: Sendable {
        package var name: String
        package var schema: JSONValue
        package var description: String
        package var isRequired = false

        package static let page = Parameter(
            name: "page", schema: ["type": "integer", "minimum": 1, "maximum": 1_000_000_000], description: "From 1.")
        package static let limit = Parameter(
            name: "limit", schema: ["type": "integer", "minimum": 1, "maximum": 1_000_000_000],
            description: "Entries a page: 10 if only `page` is given, 100 at most.")
        package static let coordinateSystem = Parameter(
            name: "crs", schema: Schema.words(["wgs84", "gcj02"]),
            description: "What the degrees of the answer mean; the server's setting if it is not given.")
    }

    /// What may come back.
    package struct Answer: Sendable {
        package var status: Int
        package var description: String
        package var mediaType: String
        /// Nil for an answer without a body.
        package var schema: JSONValue?

        package static func json(_ schema: JSONValue, status: Int = 200, _ description: String = "Done.") -> Answer {
            Answer(status: status, description: description, mediaType: "application/json", schema: schema)
        }

        package static let notModified = Answer.empty(304, "The client has it already.")
        package static let part = Answer(
            status: 206, description: "The part that was asked for.", mediaType: "image/*", schema: [:])

        package static func text(_ description: String, type: String = "text/plain") -> Answer {
            Answer(status: 200, description: description, mediaType: type, schema: Schema.text)
        }

        package static func picture(_ description: String) -> Answer { file(description, type: "image/*") }

        package static func file(_ description: String, type: String) -> Answer {
            Answer(status: 200, description: description, mediaType: type, schema: [:])
        }

        package static func empty(_ status: Int, _ description: String) -> Answer {
            Answer(status: status, description: description, mediaType: "", schema: nil)
        }
    }

    package var method: HTTPRequest.Method
    /// As it is routed.
    package var pattern: String
    package var group: String
    package var summary: String
    package var description: String?
    package var access: Access
    package var query: [Parameter]
    package var body: Body?
    package var answers: [Answer]
    /// Statuses of refusals, with the reason; those of ``access`` and of all routes are added.
    package var refusals: [Int: String]

    package init(
        _ method: HTTPRequest.Method, _ pattern: String, _ group: String, _ summary: String,
        description: String? = nil, access: Access = .open, query: [Parameter] = [], body: Body? = nil,
        answers: Answer..., refusals: [Int: String] = [:]
    ) {
        self.method = method
        self.pattern = pattern
        self.group = group
        self.summary = summary
        self.description = description
        self.access = access
        self.query = query
        self.body = body
        self.answers = answers
        self.refusals = refusals
    }

    /// An endpoint, as its callers see it.
    package init(_ endpoint: Endpoint, for requests: RequestConventions) {
        method = endpoint.method
        pattern = endpoint.pattern
        group = endpoint.description.group
        summary = endpoint.description.summary
        description = endpoint.description.text
        access =
            switch endpoint.access {
            case .open, .password, .deviceSecret: .open
            case .optionalToken, .roomPassword: .optionalToken
            // The header may stay empty where a parameter may hold the token.
            case .token, .role, .administrator, .refreshToken: requests.tokenParameter == nil ? .token : .optionalToken
            }
        let sources = endpoint.sources ?? requests.sources
        let source = requests.describedSource ?? sources.first
        let isInQuery = source == .query || endpoint.method == .get && sources.contains(.query)
        let asksForToken = [.token, .role, .administrator, .optionalToken].contains(endpoint.access)
        let members = (asksForToken ? requests.tokenParameter.map { [$0] } ?? [] : []) + endpoint.members
        query =
            isInQuery
            ? members.filter { !$0.isFile }.map {
                Parameter(
                    name: $0.name, schema: $0.schema, description: $0.description ?? "", isRequired: $0.isRequired)
            } : []
        body = Self.body(isInQuery ? members.filter(\.isFile) : members)
        answers = endpoint.description.answers
        refusals = endpoint.description.refusals
        if !endpoint.cost.charges.isEmpty, refusals[429] == nil {
            refusals[429] = "Too many requests from this address."
        }
    }

    /// The body that holds parameters: a form where a file is among them.
    private static func body(_ members: [FormMember]) -> Body? {
        guard !members.isEmpty else { return nil }
        var properties = JSONObject(), example = JSONObject()
        for member in members {
            var schema = member.schema.object ?? JSONObject()
            if let text = member.description { schema["description"] = .string(text) }
            properties[member.name] = .object(schema)
            if member.isRequired, let value = member.example { example[member.name] = value }
        }
        var schema = JSONObject()
        schema["type"] = "object"
        schema["properties"] = .object(properties)
        let required = members.filter(\.isRequired)
        if !required.isEmpty { schema["required"] = .array(required.map { .string($0.name) }) }
        let files = members.filter(\.isFile)
        guard files.isEmpty || files.contains(where: \.isRequired) else {
            return .jsonOrForm(.object(schema), example: .object(example), form: .object(schema))
        }
        return files.isEmpty ? .json(.object(schema), example: .object(example)) : .form(.object(schema))
    }
}

// MARK: - As JSON

extension Operation {
    /// The operation object of OpenAPI 3.1, with refusals in the shape of the route's, and `early` in that of the path,
    /// which alone is known before a request is whole.
    package func json(errors shape: RefusalShape, early: RefusalShape) -> JSONValue {
        var object = JSONObject()
        object["tags"] = [.string(group)]
        object["summary"] = .string(summary)
        if let description { object["description"] = .string(description) }
        object["operationId"] = .string(name)
        switch access {
        case .open: object["security"] = []
        case .token: object["security"] = [["token": []]]
        case .optionalToken: object["security"] = [[:], ["token": []]]
        }
        let parameters = pathParameters + query.map(Self.json)
        if !parameters.isEmpty { object["parameters"] = .array(parameters) }
        if let body { object["requestBody"] = Self.json(body) }
        object["responses"] = .object(responses(errors: shape, early: early))
        return .object(object)
    }

    /// From the method and the pattern: `getUsersById`.
    private var name: String {
        let words = pattern.split(separator: "/").filter { $0 != "api" }.map { segment in
            guard let (name, ending) = Router.parameter(of: segment) else { return Self.capitalized(segment) }
            return "By" + Self.capitalized(name[...]) + Self.capitalized(ending.dropFirst())
        }
        // `/users` of the articles is not `/api/users`.
        let world = pattern.hasPrefix("/users/") ? "Articles" : ""
        return method.rawValue.lowercased() + world + words.joined().filter { $0.isLetter || $0.isNumber }
    }

    private static func capitalized(_ word: Substring) -> String { word.prefix(1).uppercased() + word.dropFirst() }

    private var pathParameters: [JSONValue] {
        pattern.split(separator: "/").compactMap { Router.parameter(of: $0)?.name }.map { name in
            [
                "name": .string(name), "in": "path", "required": true,
                "schema": ["type": "string", "minLength": 1, "examples": [Self.examples[name] ?? "ana"]],
            ]
        }
    }

    private static let examples: [String: JSONValue] = [
        "id": "1", "runID": "159", "postId": "1", "commentId": "1", "imageId": "000000000193588d6b1e0001",
    ]

    private static func json(_ parameter: Parameter) -> JSONValue {
        [
            "name": .string(parameter.name), "in": "query", "required": .bool(parameter.isRequired),
            "description": .string(parameter.description), "schema": parameter.schema,
        ]
    }

    private static func json(_ body: Body) -> JSONValue {
        var content = JSONObject()
        switch body {
        case .json(let schema, let example):
            content["application/json"] = ["schema": schema, "example": example]
        case .form(let schema):
            content["multipart/form-data"] = ["schema": schema]
        case .jsonOrForm(let schema, let example, let form):
            content["application/json"] = ["schema": schema, "example": example]
            content["multipart/form-data"] = ["schema": form]
        }
        return ["required": true, "content": .object(content)]
    }

    private func responses(errors shape: RefusalShape, early: RefusalShape) -> JSONObject {
        if shape.statusUse == .hidesAll { return alwaysOK(shape) }
        var byStatus: [Int: JSONValue] = [:]
        for answer in answers {
            var object = JSONObject()
            object["description"] = .string(answer.description)
            if var schema = answer.schema {
                if shape.statusUse == .hidesClientFaults, answer.mediaType == "application/json" {
                    schema = Schema.either(schema, Schema.named(shape.name))
                }
                object["content"] = [answer.mediaType: ["schema": schema]]
            }
            byStatus[answer.status] = .object(object)
        }
        for (status, reason) in allRefusals where byStatus[status] == nil {
            if shape.statusUse == .hidesClientFaults, [401, 403, 409, 429].contains(status) { continue }
            byStatus[status] = refusal(reason, status: status, shape, early)
        }
        var responses = JSONObject()
        for (status, response) in byStatus.sorted(by: { $0.key < $1.key }) { responses[String(status)] = response }
        return responses
    }

    /// Of a world in which the body alone tells how it went.
    private func alwaysOK(_ shape: RefusalShape) -> JSONObject {
        let schemas = answers.compactMap(\.schema) + [Schema.named(shape.name)]
        var responses = JSONObject()
        responses["200"] = [
            "description": "Done, or refused: the body tells.",
            "content": ["application/json": ["schema": ["anyOf": .array(schemas)]]],
        ]
        return responses
    }

    private var allRefusals: [Int: String] {
        var all = [
            400: "The request is not what is asked for; nothing was changed.",
            408: "The request did not come in time.", 413: "The body is too large.",
            414: "The target of the request is too long.", 431: "The header is too large.",
            500: "Something is wrong inside the server; its log says what.",
            503: "The server is full, or cannot read or store at the moment.",
        ]
        if method != .get {
            all[507] = "The disk is full, or the account holds as much as it may; nothing was changed."
        }
        switch access {
        case .open: break
        case .token:
            all[401] = "No token was sent."
            all[403] = "The token is not valid or has expired, or is somebody else's."
            if method != .get { all[429] = "Too many changes by this account, or requests from this address." }
        case .optionalToken:
            all[403] = "The token that was sent is not valid or has expired, or is somebody else's."
        }
        return all.merging(refusals) { $1 }
    }

    private func refusal(
        _ reason: String, status: Int, _ shape: RefusalShape, _ early: RefusalShape
    ) -> JSONValue {
        let names = Set([shape.name, early.name]).sorted()
        let content: JSONValue
        if shape.schema == nil {
            content = ["text/plain": ["schema": Schema.text]]
        } else {
            let schemas = names.map { Schema.named($0) }
            content = [shape.contentType: ["schema": schemas.count == 1 ? schemas[0] : ["anyOf": .array(schemas)]]]
        }
        var object = JSONObject()
        object["description"] = .string(reason)
        if [429, 503, 507].contains(status) {
            object["headers"] = [
                "Retry-After": ["description": "Seconds until trying again makes sense.", "schema": Schema.integer]
            ]
        }
        object["content"] = content
        return .object(object)
    }
}
