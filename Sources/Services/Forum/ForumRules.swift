import Limits
import Text

/// What posts and comments may say.
enum ForumRules {
    static func checkTitle(_ title: String, upTo limit: Int = Limit.Content.title) throws(ServicesError) {
        try checkLength(title, as: "title", named: "The title", upTo: limit, bytes: limit * 16)
        guard !title.unicodeScalars.contains(where: isControl) else {
            throw .invalid(field: "title", message: "The title must not contain control characters.")
        }
    }

    static func checkContent(_ content: String) throws(ServicesError) {
        // By bytes only: counting the characters of a megabyte is work.
        guard content.utf8.count <= Forum.maxContentBytes else {
            throw .invalid(
                field: "content", message: "The content must have at most \(Forum.maxContentBytes) bytes.")
        }
        try checkText(content, named: "The content")
    }

    static func checkComment(_ content: String) throws(ServicesError) {
        try checkLength(
            content, as: "content", named: "The content", upTo: Limit.Content.comment,
            bytes: Limit.Content.commentBytes)
        try checkText(content, named: "The content")
    }

    /// The words of a client for a time, whatever they mean: shown again, never read.
    static func checkTime(_ text: String) throws(ServicesError) {
        try checkLength(
            text, as: "time", named: "The time", upTo: Limit.Content.timeText, bytes: Limit.Content.timeTextBytes)
        guard !text.unicodeScalars.contains(where: isControl) else {
            throw .invalid(field: "time", message: "The time must not contain control characters.")
        }
    }

    private static func checkLength(
        _ text: String, as field: String, named name: String, upTo limit: Int, bytes: Int
    ) throws(ServicesError) {
        // A character may carry any number of combining marks, hence the limit in bytes.
        guard !text.isEmpty, text.utf8.count <= bytes, text.count <= limit,
            !text.isInvisible
        else { throw .invalid(field: field, message: "\(name) must have 1 to \(limit) characters and not be blank.") }
    }

    /// Several lines; nothing that a screen could not show.
    private static func checkText(_ text: String, named name: String) throws(ServicesError) {
        guard !text.isInvisible else {
            throw .invalid(field: "content", message: "\(name) must not be empty or blank.")
        }
        guard !text.unicodeScalars.contains(where: { isControl($0) && !isLayout($0) }) else {
            throw .invalid(field: "content", message: "\(name) must not contain control characters.")
        }
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control
    }

    private static func isLayout(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "\n" || scalar == "\r" || scalar == "\t"
    }
}
