import HTTPTypes
import Services

/// The OpenAPI document as a page for people: plain HTML, made once, without scripts and outside resources.
package struct DocumentPage {
    package let bytes: [UInt8]

    package init(_ document: OpenAPIDocument) {
        var page = """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>RunRoom API</title>
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <style>
            body { font: 16px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem; }
            details { border: 1px solid #8886; border-radius: 6px; margin: .4rem 0; padding: .3rem .8rem; }
            summary { cursor: pointer; } code, pre { font: 14px/1.4 ui-monospace, monospace; }
            pre { background: #8881; padding: .6rem; border-radius: 4px; overflow-x: auto; }
            table { border-collapse: collapse; } td { padding: .1rem 1rem .1rem 0; vertical-align: top; }
            .method { display: inline-block; width: 4.5rem; font-weight: 600; }
            </style></head><body>

            """
        let info = document.json["info"]
        page += "<h1>\(Self.escaped(info?["title"]?.string ?? ""))</h1>"
        page += "<p>\(Self.escaped(info?["summary"]?.string ?? ""))</p>"
        page += "<p>\(Self.escaped(info?["description"]?.string ?? ""))</p>"
        page += "<p>For programs: <a href=\"/openapi.json\">openapi.json</a> (OpenAPI 3.1).</p>\n"
        for tag in document.json["tags"]?.array ?? [] {
            let group = tag["name"]?.string ?? ""
            page += "<h2>\(Self.escaped(group))</h2>\n"
            for operation in document.operations where operation.group == group {
                page += Self.section(operation, document.json)
            }
        }
        page += "<h2>Schemas</h2>\n"
        for schema in document.json["components"]?["schemas"]?.object?.members ?? [] {
            page += "<details id=\"\(Self.escaped(schema.name))\"><summary>\(Self.escaped(schema.name))</summary>"
            page += Self.preformatted(schema.value) + "</details>\n"
        }
        bytes = Array((page + "</body></html>\n").utf8)
    }

    private static func section(_ operation: Operation, _ document: JSONValue) -> String {
        let method = operation.method.rawValue
        let json = document["paths"]?[operation.pattern]?[method.lowercased()] ?? [:]
        var text = "<details><summary><span class=\"method\">\(escaped(method))</span> "
        text += "<code>\(escaped(operation.pattern))</code> \(escaped(operation.summary))</summary>"
        if let description = operation.description { text += "<p>\(escaped(description))</p>" }
        switch operation.access {
        case .open: break
        case .token: text += "<p>Needs a token.</p>"
        case .optionalToken: text += "<p>A token may be sent.</p>"
        }
        if !operation.query.isEmpty {
            text += "<p>Query:</p><table>"
            for parameter in operation.query {
                text +=
                    "<tr><td><code>\(escaped(parameter.name))</code></td><td>\(escaped(parameter.description))</td></tr>"
            }
            text += "</table>"
        }
        for content in json["requestBody"]?["content"]?.object?.members ?? [] {
            text += "<p>Body, <code>\(escaped(content.name))</code>:</p>"
            text += preformatted(content.value["example"] ?? content.value["schema"] ?? nil)
        }
        text += "<p>Answers:</p><table>"
        for answer in json["responses"]?.object?.members ?? [] {
            text += "<tr><td>\(escaped(answer.name))</td><td>\(escaped(answer.value["description"]?.string ?? ""))"
            if answer.name.hasPrefix("2"),
                let schema = answer.value["content"]?.object?.members.first?.value["schema"], schema != Schema.text
            {
                text += preformatted(schema)
            }
            text += "</td></tr>"
        }
        return text + "</table></details>\n"
    }

    private static func preformatted(_ value: JSONValue) -> String {
        "<pre>\(escaped(indented(value, by: 0)))</pre>"
    }

    /// JSON with a member a line, small values in one.
    private static func indented(_ value: JSONValue, by depth: Int) -> String {
        let flat = String(decoding: value.bytes, as: UTF8.self)
        guard flat.utf8.count > 60 else { return flat }
        let inner = String(repeating: "  ", count: depth + 1), outer = String(repeating: "  ", count: depth)
        switch value {
        case .array(let elements):
            let lines = elements.map { inner + indented($0, by: depth + 1) }
            return "[\n" + lines.joined(separator: ",\n") + "\n\(outer)]"
        case .object(let object):
            let lines = object.members.map { member in
                inner + "\"\(member.name)\": " + indented(member.value, by: depth + 1)
            }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(outer)}"
        case .null, .bool, .int, .double, .string: return flat
        }
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }
}
