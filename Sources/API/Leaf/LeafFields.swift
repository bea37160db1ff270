import Limits
import Services

/// What requests of Leaf's hold, as several of them do.
enum LeafFields {
    static let email = credential("email", Schema.text("ana@example.org", upTo: 254))
    static let password = credential("password", Schema.text("secret", upTo: Limit.Accounts.password))
    static let newPassword = credential(
        "password",
        [
            "type": "string", "minLength": 6, "maxLength": .int(Int64(Limit.Accounts.password)),
            "examples": ["secret"],
        ])
    static let code = credential("code", Schema.text("123456"), about: "The six digits that were mailed.")
    /// The number of an account.
    static let id = Field.integer("id", ["type": "integer", "minimum": 1, "examples": [1]])
    static let name = Field.text("name", Schema.text("ana", upTo: 30))
    static let sign = Field.anyText("sign", ["type": "string", "maxLength": 50, "examples": ["跑步"]]).optional

    /// One that is missing is an empty one: which of several is told of is up to the document, whose order the service
    /// keeps.
    private static func credential(
        _ name: String, _ schema: JSONValue, about text: String? = nil
    ) -> Field<String> {
        Field(name, schema, about: text) { (parameters) throws(ParameterError) in try parameters.text(name) ?? "" }
    }

    /// 0 for who does not say.
    static let gender = Field(
        "gender", ["type": "integer", "minimum": 0, "maximum": 2, "examples": [2]], isRequired: false
    ) { (parameters) throws(ParameterError) -> Account.Gender in
        guard let gender = Account.Gender(rawValue: Int(try parameters.integer("gender") ?? 0)) else {
            throw .wrongKind("gender")
        }
        return gender
    }

    /// Milliseconds since 1970: the first day for what is no date, as for the document's server.
    static let birthday = Field(
        "birthday", Schema.text("1990-05-17"), about: "A day, with zeros or without; 1970-01-01 is any other text.",
        isRequired: false
    ) { (parameters) throws(ParameterError) -> Int64 in
        let parts = try parameters.text("birthday")?.split(separator: "-", omittingEmptySubsequences: false) ?? []
        // 1991-3-9 as well.
        let padded = parts.map { $0.utf8.count == 1 ? "0\($0)" : String($0) }.joined(separator: "-")
        return ISODate.milliseconds(padded) ?? 0
    }

    // MARK: - Pages

    private static let usualSize = 15

    /// What is no page is the first one.
    static let page = Field(
        "page", Schema.text, about: "From 1, which is also what anything else means.", isRequired: false
    ) { (parameters) throws(ParameterError) -> Int in
        max(1, try parameters.text("page").flatMap { Int($0) } ?? 1)
    }

    /// What is no size is the usual one.
    static let pageSize = Field(
        "page_size", Schema.text, about: "\(usualSize) if it is not given, \(Limit.Lists.accounts) at most.",
        isRequired: false
    ) { (parameters) throws(ParameterError) -> Int in
        let size = try parameters.text("page_size").flatMap { Int($0) } ?? usualSize
        return size < 1 ? usualSize : size
    }
}

extension EndpointDescription {
    /// Of a call of Leaf's.
    ///
    /// - Parameters:
    ///   - summary: What it does.
    ///   - text: More of that.
    ///   - data: What comes back in the envelope.
    /// - Returns: The description.
    static func leaf(
        _ summary: String, _ text: String? = nil, data: JSONValue = ["type": "null"]
    ) -> EndpointDescription {
        EndpointDescription(
            "Leaf: users of a video site", summary, text,
            answers: .json(
                Schema.object(["code": ["const": 200], "data": data, "msg": Schema.constant("ok")]),
                "What happened is in `code`: 200, or one of a refusal."))
    }
}
