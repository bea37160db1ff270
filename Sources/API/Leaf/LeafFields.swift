import Endpoints
import LWS
import Services
import Text

/// What requests to Leaf hold.
///
/// A text that is missing is one that is empty, as in the document's server: the rule it breaks has a sentence.
enum LeafFields {
    static let email = text("email", Schema.text("ana@example.org", upTo: 254))
    static let code = text("code", Schema.text("123456", describing: "The six digits that were mailed."))
    static let password = text("password", Schema.text("secret"))
    static let newPassword = text(
        "password", ["type": "string", "minLength": 6, "maxLength": 128, "examples": ["secret"]])
    static let id = Field.integer("id", ["type": "integer", "minimum": 1, "examples": [1]])
    static let name = Field.text("name", Schema.text("ana", upTo: 30))
    static let sign = Field.anyText("sign", ["type": "string", "maxLength": 50, "examples": ["跑步"]]).optional
    /// Which account is meant by its number.
    static let uid = Field.integer("uid", about: "The number.")

    /// Which part of a list: what is no page is the first one, and what is no size the usual one.
    static let page = Field<LeafPage>([
        FormMember("page", Schema.text, about: "From 1, which is also what anything else means.", isRequired: false),
        FormMember("page_size", Schema.text, about: "15 if it is not given, 30 at most.", isRequired: false),
    ]) { (parameters) throws(ParameterError) in
        let page = try parameters.text("page").flatMap { Int($0) } ?? 1
        let size = try parameters.text("page_size").flatMap { Int($0) } ?? defaultPageSize
        return LeafPage(number: page < 1 ? 1 : page, size: size < 1 ? defaultPageSize : size)
    }

    private static let defaultPageSize = 15

    static let keyword = text("keyword", Schema.text, about: "All of what is looked for.", isRequired: false)

    /// The document calls the parameter `eamil`, clients call it `email`.
    static let misspeltEmail = Field<String>([
        FormMember("eamil", Schema.text, about: "The address.", isRequired: false),
        FormMember("email", Schema.text, about: "The same, as it should be spelt.", isRequired: false),
    ]) { (parameters) throws(ParameterError) in
        let misspelt = try parameters.text("eamil"), spelt = try parameters.text("email")
        return misspelt ?? spelt ?? ""
    }

    static let gender = Field<Account.Gender>(
        "gender", ["type": "integer", "minimum": 0, "maximum": 2, "examples": [2]], isRequired: false
    ) { (parameters) throws(ParameterError) in
        guard let gender = Account.Gender(rawValue: Int(try parameters.integer("gender") ?? 0)) else {
            throw .wrongKind("gender")
        }
        return gender
    }

    /// Milliseconds since 1970; what is no date is the first day, as for the document's server.
    static let birthday = Field<Int64>(
        "birthday", Schema.text("1990-05-17", describing: "A month or a day of one digit may stand alone: 1990-5-7."),
        isRequired: false
    ) { (parameters) throws(ParameterError) in
        try parameters.text("birthday").flatMap { ISODate.milliseconds(padded($0)) } ?? 0
    }

    /// `1970-1-1`, as the document prints dates, as `1970-01-01`; any other text as it is.
    private static func padded(_ text: String) -> String {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ (1...4).contains($0.utf8.count) }) else { return text }
        return parts.map { $0.utf8.count == 1 ? "0" + $0 : String($0) }.joined(separator: "-")
    }

    static func text(
        _ name: String, _ schema: JSONValue, about text: String? = nil, isRequired: Bool = true
    ) -> Field<String> {
        Field(name, schema, about: text, isRequired: isRequired) { (parameters) throws(ParameterError) in
            try parameters.text(name) ?? ""
        }
    }
}

/// A part of a list in Leaf's API.
struct LeafPage: Sendable {
    /// From 1.
    var number: Int
    var size: Int
}
