/// A script with all that it imports in one file, so that a page waits for its scripts once rather than for some after the
/// others: a browser asks for six files at a time, and on a phone each turn costs a tenth of a second.
///
/// It is for scripts as ours are written and not for any other: what is imported and exported is declared at the beginning
/// of a line, by its name, and not again (`import { a, b as c } from './x.js';`, `export class`, `function`, `const`).
/// Modules become functions that are called in the order in which a browser runs them; those of others stay imported.
/// ```text
/// import * as $x0 from './leaflet.js';
/// const $0 = (() => { … return { clock, word }; })();      format.js
/// { const { clock, word } = $0; … }                        room.js
/// ```
struct ScriptBundle {
    /// The modules in it, in the order in which they run; the last is the script itself.
    private(set) var modules: [String] = []
    /// Those that stay files of their own.
    private(set) var external: [String] = []
    private var parts: [String] = []
    private var exported: [String: Set<Substring>] = [:]
    private let files: [String: SiteFile]
    private let foreign: Set<String>
    /// The modules that import each other down to the one that is looked at.
    private var path: [String] = []

    /// - Parameters:
    ///   - entry: The script's file.
    ///   - files: All files, by name.
    ///   - foreign: Modules that are not ours.
    /// - Throws: ``SiteError`` for a module that is missing, imports itself by others, or is written in another way.
    init(_ entry: String, files: [String: SiteFile], foreign: Set<String>) throws(SiteError) {
        self.files = files
        self.foreign = foreign
        try add(entry, isEntry: true)
    }

    var bytes: [UInt8] {
        let imports = external.enumerated().map { "import * as $x\($0.offset) from './\($0.element)';\n" }
        return Array((imports + parts).joined().utf8)
    }

    private mutating func add(_ name: String, isEntry: Bool = false) throws(SiteError) {
        guard !modules.contains(name) else { return }
        guard !path.contains(name) else {
            throw SiteError(description: "\(name) imports itself by \(path.joined(separator: ", "))")
        }
        guard let file = files[name] else { throw SiteError(description: "\(name) is missing") }
        path.append(name)
        var body = "", exports: [Substring] = []
        let text = String(decoding: file.bytes, as: UTF8.self)
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
        while var line = lines.popFirst() {
            if line.hasPrefix("import ") {
                var statement = String(line)
                while !statement.hasSuffix(";"), let next = lines.popFirst() { statement += " " + next }
                body += try taking(statement, in: name)
                continue
            }
            if line.hasPrefix("export ") {
                line = line.dropFirst("export ".count)
                guard let declared = Self.nameDeclared(by: line) else {
                    throw SiteError(description: "\(name) exports in a way that is not known here: \(line)")
                }
                exports.append(declared)
            }
            body += line + "\n"
        }
        path.removeLast()
        parts.append(
            isEntry
                ? "{\n\(body)}\n"
                : "const $\(modules.count) = (() => {\n\(body)return { \(exports.joined(separator: ", ")) };\n})();\n")
        modules.append(name)
        exported[name] = Set(exports)
    }

    /// What stands in the place of an import.
    private mutating func taking(_ statement: String, in name: String) throws(SiteError) -> String {
        let pieces = statement.split(separator: "'", omittingEmptySubsequences: false)
        guard pieces.count == 3, pieces[1].hasPrefix("./"), pieces[2] == ";" else {
            throw SiteError(description: "\(name) imports in a way that is not known here: \(statement)")
        }
        let names = pieces[0].dropFirst("import ".count)
        guard names.isEmpty || names.hasPrefix("{") && names.hasSuffix("} from ") else {
            throw SiteError(description: "\(name) imports in a way that is not known here: \(statement)")
        }
        let imported = String(pieces[1].dropFirst(2))
        let module: String
        if foreign.contains(imported) {
            if !external.contains(imported) { external.append(imported) }
            module = "$x\(external.firstIndex(of: imported) ?? 0)"
        } else {
            try add(imported)
            module = "$\(modules.firstIndex(of: imported) ?? 0)"
            let wanted = names.dropFirst().prefix { $0 != "}" }.split(whereSeparator: { ", \n".contains($0) })
            // Of `a as b` it is the first.
            for (index, word) in wanted.enumerated() where word != "as" && (index == 0 || wanted[index - 1] != "as") {
                guard exported[imported]?.contains(word) ?? false else {
                    throw SiteError(description: "\(imported) exports no \(word), which \(name) imports")
                }
            }
        }
        return names.isEmpty
            ? "" : "const \(names.dropLast(" from ".count).replacing(" as ", with: ": ")) = \(module);\n"
    }

    /// The name of what a line declares; nil where it declares nothing, or more than one.
    private static func nameDeclared(by line: Substring) -> Substring? {
        let kinds = ["async function* ", "async function ", "function* ", "function ", "class ", "const "]
        guard let kind = kinds.first(where: line.hasPrefix) else { return nil }
        let name = line.dropFirst(kind.count).prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "$" }
        return name.isEmpty ? nil : name
    }
}
