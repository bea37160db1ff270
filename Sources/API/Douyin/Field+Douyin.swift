import Endpoints
import LWS
import Limits
import Services

/// What the parameters of the clip API have in common: 0 and an empty text are as good as none.
extension Field {
    /// Numbers and their digits stand for each other.
    private static var numberOrText: JSONValue { ["type": ["integer", "string"]] }

    private static func numberOrText(oneOf numbers: Int64...) -> JSONValue {
        let values = numbers.map { JSONValue.int($0) } + numbers.map { .string(String($0)) }
        return ["type": ["integer", "string"], "enum": .array(values)]
    }
}

extension Field where Value == Int64 {
    /// An id that has to be there.
    static func id(_ name: String, about text: String? = nil) -> Field {
        Field(name, ["type": ["integer", "string"], "examples": [1_000_000_000_000_001]], about: text) {
            (parameters) throws(ParameterError) in
            guard let number = try parameters.nonzero(name) else { throw .missing(name) }
            return number
        }
    }

    /// The only number that a parameter may be.
    static func only(_ name: String, _ number: Int64) -> Field {
        Field(name, numberOrText(oneOf: number)) { (parameters) throws(ParameterError) in
            guard let sent = try parameters.nonzero(name) else { throw .missing(name) }
            guard sent == number else { throw .wrongKind(name) }
            return sent
        }
    }
}

extension Field where Value == Int64? {
    /// A whole number; nil for none.
    static func anyNumber(_ name: String, about text: String? = nil) -> Field {
        Field(name, numberOrText, about: text, isRequired: false) { (parameters) throws(ParameterError) in
            try parameters.nonzero(name)
        }
    }

    /// Whose things are asked for.
    static var whose: Field { anyNumber("user_id", about: "Whose; the caller's if it is left out, empty or 0.") }
}

extension Field where Value == Bool {
    /// `1` to do something, `2` to undo it.
    static var isDone: Field {
        Field("action_type", numberOrText(oneOf: 1, 2), about: "1 to do it, 2 to undo it.") {
            (parameters) throws(ParameterError) in
            switch try parameters.nonzero("action_type") {
            case nil: throw .missing("action_type")
            case 1: return true
            case 2: return false
            default: throw .wrongKind("action_type")
            }
        }
    }
}

/// What is done about a comment.
enum DouyinCommentAction: Sendable {
    case write(String)
    case delete(Int64)
}

extension Field where Value == DouyinCommentAction {
    /// `1` with a text, or `2` with the id of the comment; the other one is not looked at.
    static var commentAction: Field {
        let isWritten = Field<Bool>.isDone
        let text = Field<String>.text("comment_text", Schema.text("第一", upTo: Limit.Content.comment))
        let id = Field<Int64>.id("comment_id")
        return Field(isWritten.members + text.optional.members + id.optional.members) {
            (parameters) throws(ParameterError) in
            try isWritten.read(parameters) ? .write(text.read(parameters)) : .delete(id.read(parameters))
        }
    }
}

/// A part of a list.
struct DouyinPage: Sendable {
    var offset: Int
    var limit: Int
}

extension Field where Value == DouyinPage {
    /// `page` from 1, of `page_size` entries; a larger page is one of as many as there may be.
    static var page: Field {
        let most = Limit.Lists.clips
        return Field([
            FormMember("page", ["type": "integer", "minimum": 1], about: "From 1.", isRequired: false),
            FormMember(
                "page_size", ["type": "integer", "minimum": 1],
                about: "Entries a page: \(most) at most, and unless it is given.", isRequired: false),
        ]) { (parameters) throws(ParameterError) in
            let page = try parameters.nonzero("page") ?? 1
            let size = try parameters.nonzero("page_size") ?? Int64(most)
            guard (1...1_000_000_000).contains(page) else { throw .wrongKind("page") }
            guard size >= 1 else { throw .wrongKind("page_size") }
            let limit = Int(min(size, Int64(most)))
            return DouyinPage(offset: Int(page - 1) * limit, limit: limit)
        }
    }
}

extension Field where Value == HTTPBody {
    /// The only video of a form.
    static func video(_ name: String) -> Field {
        let schema: JSONValue = [
            "type": "string", "format": "binary",
            "description": "MP4, QuickTime or WebM, as its first bytes must say.",
        ]
        return Field([FormMember(name, schema, isFile: true)], read: file(name).read)
    }
}

extension Parameters {
    /// A whole number; nil for none, nothing, or 0.
    fileprivate func nonzero(_ name: String) throws(ParameterError) -> Int64? {
        let number = try integer(name)
        return number == 0 ? nil : number
    }
}
