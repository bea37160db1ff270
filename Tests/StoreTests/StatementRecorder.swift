import Foundation
import Synchronization

@testable import Store

/// The statements that a database has carried out, each once, with blanks and line ends as one blank.
final class StatementRecorder: Sendable {
    private let texts = Mutex<Set<String>>([])

    var all: [String] { texts.withLock { $0.sorted() } }

    func record(_ text: String) {
        let text = Self.normalized(text)
        texts.withLock { _ = $0.insert(text) }
    }

    static func normalized(_ text: String) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}

/// A statement as it stands in a source file: what is between the parts is put in when it is used.
struct WrittenStatement: CustomStringConvertible {
    let file: String
    let parts: [String]

    var description: String { "\(file): \(parts.joined(separator: "…"))" }

    /// Whether it is this text, or part of it.
    func isIn(_ text: String) -> Bool {
        var rest = text[...]
        for part in parts {
            guard let range = rest.range(of: part) else { return false }
            rest = rest[range.upperBound...]
        }
        return true
    }

    /// All in a Swift file: the string literals that begin with a word of SQL that reads or changes rows.
    static func all(in file: URL) throws -> [WrittenStatement] {
        let text = try String(contentsOf: file, encoding: .utf8)
        let literal = /"""\n(?<long>[\s\S]*?)"""|"(?<short>(?:[^"\\\n]|\\.)*)"/
        return text.matches(of: literal).compactMap { match in
            let text = match.output.long ?? match.output.short ?? ""
            let words = StatementRecorder.normalized(String(text).replacing("\\\n", with: ""))
            guard words.prefixMatch(of: #/(SELECT|INSERT|UPDATE|DELETE|WITH) /#) != nil else { return nil }
            return WrittenStatement(file: file.lastPathComponent, parts: split(SQL(words).text))
        }
    }

    /// The parts around interpolations.
    private static func split(_ text: String) -> [String] {
        var parts = [""], depth = 0, wasBackslash = false
        for character in text {
            switch (depth, character) {
            case (0, "(") where wasBackslash:
                depth = 1
                parts[parts.endIndex - 1].removeLast()
                parts.append("")
            case (0, _): parts[parts.endIndex - 1].append(character)
            case (_, "("): depth += 1
            case (_, ")"): depth -= 1
            default: break
            }
            wasBackslash = character == "\\"
        }
        return parts.map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }
}
