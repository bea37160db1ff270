/// What words a script may ask for, by what stands in it: names in quotes, `'forum.write'`, and the beginnings, up to a dot,
/// of names that it makes, `` `problem.${code}` ``.
///
/// That is more than it asks for, since a text in quotes may be a word's name by chance, and never less.
struct ScriptWords: Sendable {
    private var names: Set<String> = []
    private var beginnings: Set<String> = []

    /// - Parameter script: Its text.
    init(_ script: [UInt8]) {
        // Where a text begins and where one ends is all the same: what is between is looked at, too.
        for piece in script.split(whereSeparator: { $0 == UInt8(ascii: "'") || $0 == UInt8(ascii: "`") }) {
            let name = piece.prefix(while: Self.isOfName)
            let rest = piece.dropFirst(name.count)
            if rest.isEmpty {
                names.insert(String(decoding: name, as: UTF8.self))
            } else if name.last == UInt8(ascii: "."), rest.starts(with: "${".utf8) {
                beginnings.insert(String(decoding: name, as: UTF8.self))
            }
        }
    }

    /// Whether it may ask for a word by its name in `words/*.json`.
    func mayAsk(for word: String) -> Bool {
        names.contains(word) || beginnings.contains { word.hasPrefix($0) }
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
