internal import HTTPTypes
internal import Synchronization

/// The files that pages have in place of many: one style and one script for each page, made when they are asked for.
final class PageBundles: Sendable {
    /// Raised whenever other bundles are made of the same files: browsers keep them for as long as their address is the same.
    static let revision = 1

    private enum Parts: Sendable {
        case styles([String])
        case script(String)
    }

    private struct Made {
        var parts: [String: Parts] = [:]
        var answers: [String: SiteAnswer] = [:]
    }

    private let files: [String: SiteFile]
    private let foreign: Set<String>
    /// What files' addresses begin with.
    private let prefix: String
    private let made = Mutex(Made())

    /// - Parameters:
    ///   - files: All files, by name.
    ///   - foreign: Modules that are not ours, and stay files of their own.
    ///   - prefix: What files' addresses begin with.
    init(_ files: [String: SiteFile], foreign: Set<String>, below prefix: String) {
        self.files = files
        self.foreign = foreign
        self.prefix = prefix
    }

    /// The names of all bundles.
    var names: [String] { made.withLock { $0.parts.keys.sorted() } }

    /// Has a page ask for one style and one script, called `room.page.css` and `room.page.js`.
    ///
    /// - Parameters:
    ///   - page: A page whose head has a line for each style, each script that is loaded beforehand, and the one script.
    ///   - name: The page's name.
    /// - Returns: The page with them in place of the others.
    func bundled(_ page: String, named name: String) -> String {
        let script = "<script type=\"module\" src=\"\(prefix)"
        let style = "<link rel=\"stylesheet\" href=\"\(prefix)"
        let early = "<link rel=\"modulepreload\" href=\"\(prefix)"
        let lines = page.split(separator: "\n", omittingEmptySubsequences: false)
        func file(_ line: Substring, _ beginning: String) -> String? {
            guard line.hasPrefix(beginning) else { return nil }
            return String(line.dropFirst(beginning.count).prefix { $0 != "\"" })
        }
        var kept: [Substring] = [], sheets: [String] = [], entry: String?
        for line in lines {
            if let sheet = file(line, style) {
                if sheets.isEmpty { kept.append("\(style)\(name).page.css\">") }
                sheets.append(sheet)
            } else if let module = file(line, early) {
                if foreign.contains(module) { kept.append(line) }
            } else if let module = file(line, script), entry == nil {
                entry = module
                kept.append("\(script)\(name).page.js\"></script>")
            } else {
                kept.append(line)
            }
        }
        made.withLock { made in
            if !sheets.isEmpty { made.parts[name + ".page.css"] = .styles(sheets) }
            if let entry { made.parts[name + ".page.js"] = .script(entry) }
        }
        return kept.joined(separator: "\n")
    }

    /// A bundle; nil where there is none of this name.
    ///
    /// - Throws: What ``ScriptBundle`` does.
    func answer(_ name: String, _ headers: (SiteFile) -> HTTPFields) throws -> SiteAnswer? {
        try made.withLock { made in
            if let answer = made.answers[name] { return answer }
            guard let parts = made.parts[name] else { return nil }
            var bytes: [UInt8] = []
            switch parts {
            case .script(let entry): bytes = try ScriptBundle(entry, files: files, foreign: foreign).bytes
            case .styles(let sheets):
                for sheet in sheets {
                    guard let sheet = files[sheet] else { throw SiteError(description: "\(sheet) is missing") }
                    bytes += sheet.bytes + [UInt8(ascii: "\n")]
                }
            }
            let answer = SiteAnswer(bytes, headers: headers(SiteFile(name: name, bytes: bytes)))
            made.answers[name] = answer
            return answer
        }
    }
}
