/// A statement in the dialect that SQLite and PostgreSQL share, ready for the database at hand.
///
/// Parameters are written `$1`, `$2`, …, in PostgreSQL's way. SQLite would take `$1` for a *name*, so they become `?1`
/// here, once: keep statements of hot paths in a `static let`.
struct SQL: ExpressibleByStringLiteral, Sendable {
    /// The text for SQLite.
    let text: String

    init(stringLiteral text: String) { self.init(text) }

    init(_ text: String) {
        var bytes = Array(text.utf8)
        var isQuoted = false
        for index in bytes.indices {
            if bytes[index] == UInt8(ascii: "'") {
                isQuoted.toggle()  // twice at the '' inside a literal
            } else if !isQuoted, bytes[index] == UInt8(ascii: "$") {
                bytes[index] = UInt8(ascii: "?")
            }
        }
        self.text = Self.octetLengths(String(decoding: bytes, as: UTF8.self))
    }

    /// The size of a text in bytes, which SQLite has a function for from 3.43 on.
    private static func octetLengths(_ text: String) -> String {
        guard text.contains("OCTET_LENGTH") else { return text }
        return text.replacing(/OCTET_LENGTH\(([a-z_.]+)\)/) { "LENGTH(CAST(\($0.1) AS BLOB))" }
    }

    /// A statement that defines a table or an index.
    ///
    /// Tables become `STRICT`, which wants SQLite's own names of types: without it SQLite stores text in a column of
    /// numbers, which PostgreSQL refuses.
    init(definition text: String) {
        let named = text.replacing("BIGINT", with: "INTEGER")
            .replacing("DOUBLE PRECISION", with: "REAL")
            .replacing("BYTEA", with: "BLOB")
        self.text = Self.octetLengths(text.hasPrefix("CREATE TABLE") ? named + " STRICT" : named)
    }
}
