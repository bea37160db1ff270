internal import HTTPTypes
internal import LWS
internal import Synchronization

/// The handbook: a page for each file of Markdown, in the order in which these are listed.
///
/// Pages are made when somebody first asks, since there is more of them than of all others, and most servers are never asked.
final class Handbook: Sendable {
    private struct Key: Hashable {
        var name: String
        var language: Language
    }

    private struct Made {
        var pages: [(name: String, page: Markdown)]?
        var answers: [Key: SiteAnswer] = [:]
    }

    /// What the files of its pages are called after.
    static let name = "handbook"
    /// The name of the page at ``path`` itself.
    static let first = "index"
    /// Where its pages are.
    static let path = "/handbook"

    private let sources: [(name: String, text: String)]
    private let template: PageTemplate
    /// What fills the template beside the page itself.
    private let values: [Language: PageTemplate.Values]
    private let headers: HTTPFields
    private let finish: @Sendable (String) -> String
    private let made = Mutex(Made())

    /// The template is one that ``complete(_:_:_:)`` fills.
    ///
    /// - Parameters:
    ///   - files: Those of the pages' texts among others.
    ///   - template: The page around them.
    ///   - values: What fills it.
    ///   - headers: Of each answer.
    ///   - finish: What becomes of the text of a page in the end.
    init(
        files: [SiteFile], template: PageTemplate, values: [Language: PageTemplate.Values], headers: HTTPFields,
        finish: @escaping @Sendable (String) -> String
    ) {
        sources = files.filter { $0.name.hasSuffix(".md") }.map {
            (name: String($0.name.dropLast(3)), text: String(decoding: $0.bytes, as: UTF8.self))
        }
        self.template = template
        self.values = values
        self.headers = headers
        self.finish = finish
    }

    /// A page; nil where there is none of this name.
    func page(_ name: String, in language: Language) throws -> SiteAnswer? {
        guard sources.contains(where: { $0.name == name }) else { return nil }
        return try made.withLock { made in
            let key = Key(name: name, language: language)
            if let answer = made.answers[key] { return answer }
            let pages =
                made.pages ?? sources.map { (name: $0.name, page: Markdown($0.text, address: Self.address)) }
            made.pages = pages
            guard let values = values[language], let page = pages.first(where: { $0.name == name }) else { return nil }
            let text = finish(try template.filled(with: Self.complete(values, page, pages)))
            let answer = SiteAnswer(Array(text.utf8), headers: headers)
            made.answers[key] = answer
            return answer
        }
    }

    /// Where a page is, by the name of its file, which may have a section behind it; what is none stays as it is.
    private static func address(of link: String) -> String {
        let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        guard let file = parts.first, file.hasSuffix(".md"), !file.contains("/") else { return link }
        let section = parts.count > 1 ? "#" + parts[1] : ""
        return path(of: String(file.dropLast(3))) + section
    }

    private static func path(of name: String) -> String { name == first ? path : path + "/" + name }

    /// The values with what fills a page of the handbook; without one, with nothing in its places.
    static func complete(
        _ values: PageTemplate.Values, _ page: (name: String, page: Markdown)?,
        _ pages: [(name: String, page: Markdown)]
    ) -> PageTemplate.Values {
        var values = values
        values.parts["pageTitle"] = PageTemplate.escaped(page?.page.title ?? "")
        values.parts["article"] = page?.page.html ?? ""
        values.parts["contents"] = pages.map { contents(of: $0, isShown: $0.name == page?.name) }.joined()
        return values
    }

    /// A page's place in the list of all: its title, and those of its sections.
    private static func contents(of page: (name: String, page: Markdown), isShown: Bool) -> String {
        let path = path(of: page.name)
        func link(_ address: String, _ title: String, _ more: String = "") -> String {
            "<a href=\"\(PageTemplate.escaped(address))\"\(more)>\(PageTemplate.escaped(title))</a>"
        }
        let sections = page.page.sections.filter { $0.level == 2 }.map { section in
            "<li>" + link("\(path)#\(section.id)", section.title) + "</li>\n"
        }
        let list = sections.isEmpty ? "" : "<ul\(isShown ? "" : " hidden")>\n\(sections.joined())</ul>"
        return "<li>\(link(path, page.page.title, isShown ? " aria-current=\"page\"" : ""))\(list)</li>\n"
    }
}
