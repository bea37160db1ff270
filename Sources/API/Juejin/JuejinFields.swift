import Endpoints
import LWS
import Limits
import Services
import Store

/// What requests of the article API hold; most of it stands in the query, whatever the method.
enum JuejinFields {
    private static let elsewhere = "Also in a form or in JSON."
    private static let secret = Schema.text("secret", upTo: Limit.Accounts.password)

    static let username = Field.text("username", Schema.text("ana", upTo: 50), about: elsewhere)
    static let password = Field.text("password", secret, about: elsewhere)
    static let oldPassword = Field.text("old_password", secret, about: elsewhere)
    static let newPassword = Field.text("new_password", secret, about: elsewhere)

    static let picture = Field.file("head_image")
    /// The same, which may be left out, or be an empty text as a browser sends it; any other text in its place is none.
    static let pictureIfAny = Field<HTTPBody?>([
        FormMember("head_image", Schema.file, isRequired: false, isFile: true)
    ]) { (parameters) throws(ParameterError) in
        if parameters.files("head_image").isEmpty, (parameters["head_image"] ?? "") == "" { return nil }
        return try picture.read(parameters)
    }

    static let title = Field.text("title", Schema.text("title", upTo: Limit.Content.title), about: elsewhere)
    static let content = Field.text(
        "content", Schema.text("content"), about: "Up to 1,000,000 bytes; 64 KiB fit into a query.")
    static let comment = Field.text(
        "comment", Schema.text("Well done!", upTo: Limit.Content.comment), about: elsewhere)

    /// When something was written, by its author's clock.
    static func time(_ name: String) -> Field<String> {
        .text(name, Schema.text("2024/2/6 13:8:24", upTo: 64), about: "Shown as it is.")
    }

    /// The comment that another one replies to; nil for none.
    ///
    /// What it replies to decides where it stands; a level that says otherwise is a client's mistake.
    static let parent = Field<ForumKey?>([
        FormMember(
            "last_cid", ["type": "integer", "minimum": 0, "examples": [0]],
            about: "The comment that it replies to; 0 for none."),
        FormMember(
            "level", ["type": "integer", "minimum": 1, "examples": [1]],
            about: "1 for a comment, more for a reply."),
    ]) { (parameters) throws(ParameterError) in
        let parent = try parameters.requiredInteger("last_cid"), level = try parameters.requiredInteger("level")
        guard parent >= 0 else { throw .wrongKind("last_cid") }
        guard level >= 1, (level == 1) == (parent == 0) else { throw .wrongKind("level") }
        return parent == 0 ? nil : .number(parent)
    }

    /// What is to be.
    static let status = Field.text(
        "status", Schema.words(["1", "0"]), about: "What is to be; also in a form or in JSON."
    ).map { (text) throws(ParameterError) -> Bool in
        switch text {
        case "1": true
        case "0": false
        default: throw .wrongKind("status")
        }
    }

    // MARK: - Pages

    /// Which part of a list is wanted; neither of both means all of it.
    struct Page: Sendable {
        var page: Int?
        var size: Int?

        /// - Parameter most: Entries of a whole list.
        /// - Returns: Where the part begins, and how many entries it has at most.
        func part(ofAll most: Int) -> (offset: Int, limit: Int) {
            guard page != nil || size != nil else { return (0, most) }
            let limit = min(size ?? 20, 100)
            return (((page ?? 1) - 1) * limit, limit)
        }
    }

    private static let range = 1...1_000_000_000

    static let page = Field<Page>([
        member("page", about: "From 1."),
        member("page_size", about: "Articles a page: 20 if only `page` is given, 100 at most."),
    ]) { (parameters) throws(ParameterError) in
        Page(page: try positive("page", in: parameters), size: try positive("page_size", in: parameters))
    }

    private static func member(_ name: String, about text: String) -> FormMember {
        let schema: JSONValue = [
            "type": "integer", "minimum": .int(Int64(range.lowerBound)), "maximum": .int(Int64(range.upperBound)),
        ]
        return FormMember(name, schema, about: text, isRequired: false)
    }

    private static func positive(_ name: String, in parameters: Parameters) throws(ParameterError) -> Int? {
        guard let number = try parameters.integer(name) else { return nil }
        guard let number = Int(exactly: number), range.contains(number) else { throw .wrongKind(name) }
        return number
    }
}
