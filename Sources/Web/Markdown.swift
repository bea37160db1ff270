internal import CCmark
internal import Foundation

/// A page of Markdown, in GitHub's flavour with its tables, as HTML.
struct Markdown: Sendable {
    /// A heading that an address may end with.
    struct Section: Sendable, Hashable {
        /// As GitHub makes them, so that links hold there as well: `first-steps` of “First steps”.
        var id: String
        var title: String
        /// 1 for the page's own.
        var level: Int
    }

    /// All headings, from the top.
    let sections: [Section]
    /// HTML of the page's own text; what HTML there is in it is left out.
    let html: String

    /// What the page is called.
    var title: String { sections.first?.title ?? "" }

    /// - Parameters:
    ///   - text: The Markdown.
    ///   - address: Where a link leads, made of where it says that it does.
    init(_ text: String, address: (String) -> String) {
        Self.extensions
        let parser = cmark_parser_new(CMARK_OPT_DEFAULT)
        defer { cmark_parser_free(parser) }
        cmark_parser_attach_syntax_extension(parser, cmark_find_syntax_extension("table"))
        cmark_parser_feed(parser, text, text.utf8.count)
        let document = cmark_parser_finish(parser)
        defer { cmark_node_free(document) }
        let sections = Self.visit(document, address)
        let rendered = cmark_render_html(document, CMARK_OPT_DEFAULT, cmark_parser_get_syntax_extensions(parser))
        defer { free(rendered) }
        self.sections = sections
        html = Self.completed(rendered.map { String(cString: $0) } ?? "", sections)
    }

    /// Made known once: the library's own way is not for several threads.
    private static let extensions: Void = cmark_gfm_core_extensions_ensure_registered()

    /// Has links lead where they shall, and finds the headings.
    private static func visit(
        _ document: OpaquePointer?, _ address: (String) -> String
    ) -> [Section] {
        let iterator = cmark_iter_new(document)
        defer { cmark_iter_free(iterator) }
        var sections: [Section] = []
        var isInHeading = false
        while true {
            let event = cmark_iter_next(iterator)
            if event == CMARK_EVENT_DONE { break }
            let node = cmark_iter_get_node(iterator)
            let isEntered = event == CMARK_EVENT_ENTER
            switch cmark_node_get_type(node) {
            case CMARK_NODE_HEADING:
                isInHeading = isEntered
                if isEntered {
                    sections.append(Section(id: "", title: "", level: Int(cmark_node_get_heading_level(node))))
                } else {
                    name(&sections)
                }
            case CMARK_NODE_TEXT, CMARK_NODE_CODE:
                if isInHeading, let text = cmark_node_get_literal(node) {
                    sections[sections.count - 1].title += String(cString: text)
                }
            case CMARK_NODE_LINK:
                if isEntered, let url = cmark_node_get_url(node) {
                    cmark_node_set_url(node, address(String(cString: url)))
                }
            default: break
            }
        }
        return sections
    }

    /// Gives the last section an id that none before it has.
    private static func name(_ sections: inout [Section]) {
        let words = sections[sections.count - 1].title.lowercased().filter { character in
            character.isLetter || character.isNumber || "-_ ".contains(character)
        }
        let id = words.replacing(" ", with: "-")
        let others = Set(sections.dropLast().map(\.id))
        var unique = id
        var number = 1
        while others.contains(unique) {
            unique = "\(id)-\(number)"
            number += 1
        }
        sections[sections.count - 1].id = unique
    }

    /// Headings with their ids; tables without the empty heads that Markdown wants of them; and what may be wider than a
    /// phone scrolls by itself, by keys, too.
    private static func completed(_ html: String, _ sections: [Section]) -> String {
        var page = ""
        var rest = html[...]
        var id: String?
        for section in sections {
            guard let heading = rest.firstRange(of: "<h\(section.level)>") else { continue }
            page += scrolling(rest[..<heading.lowerBound], under: id)
            let own = PageTemplate.escaped(section.id)
            page += "<h\(section.level) id=\"\(own)\">"
            rest = rest[heading.upperBound...]
            id = own
        }
        let emptyHead = /<thead>\s*<tr>(?:\s*<th[^>]*><\/th>)+\s*<\/tr>\s*<\/thead>\s*/
        return (page + scrolling(rest, under: id)).replacing(emptyHead, with: "")
    }

    /// What stands below a heading; who cannot see it hears the heading's name where it scrolls.
    private static func scrolling(_ html: Substring, under id: String?) -> Substring {
        let name = id.map { " aria-labelledby=\"\($0)\"" } ?? ""
        return html.replacing("<pre>", with: "<pre tabindex=\"0\">")
            .replacing("<table>", with: "<div class=\"table\" role=\"group\"\(name) tabindex=\"0\"><table>")
            .replacing("</table>", with: "</table></div>")
    }
}
