/// A page with places to fill: `{{word title}}`, `{{file room.css}}`, `{{page}}`.
struct PageTemplate {
    /// Why a page cannot be made; a mistake in its files.
    struct Problem: Error, CustomStringConvertible {
        var description: String
    }

    /// What fills the places of one page in one language.
    struct Values {
        /// By their names in `words/*.json`; put in as text.
        var words: [String: String]
        /// What a file's name begins with when it is asked for.
        var filePrefix: String
        /// Names of files that there are.
        var files: Set<String>
        /// Put in as it is: HTML already.
        var parts: [String: String]
    }

    let text: String

    /// The page.
    ///
    /// - Throws: ``Problem`` for a place that nothing is known to fill.
    func filled(with values: Values) throws(Problem) -> String {
        var page = ""
        var rest = text[...]
        while let opening = rest.firstRange(of: "{{") {
            page += rest[..<opening.lowerBound]
            rest = rest[opening.upperBound...]
            guard let closing = rest.firstRange(of: "}}") else { throw Problem(description: "a place has no end") }
            page += try Self.value(of: rest[..<closing.lowerBound], values)
            rest = rest[closing.upperBound...]
        }
        return page + rest
    }

    private static func value(of place: Substring, _ values: Values) throws(Problem) -> String {
        let parts = place.split(separator: " ").map(String.init)
        switch (parts.first, parts.count) {
        case ("word", 2):
            if let word = values.words[parts[1]] { return escaped(word) }
        case ("file", 2):
            if values.files.contains(parts[1]) { return values.filePrefix + parts[1] }
        case (let name?, 1):
            if let part = values.parts[name] { return part }
        default: break
        }
        throw Problem(description: "nothing fills {{\(place)}}")
    }

    /// Text as HTML, in an element or an attribute.
    static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }
}
