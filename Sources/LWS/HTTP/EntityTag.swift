/// The tag of one state of a resource (RFC 9110, section 8.8.3).
public struct EntityTag: Hashable, Sendable, CustomStringConvertible {
    /// What stands between the quotes: printable without quotes and spaces, or above ASCII.
    public let opaque: String
    /// Weak tags (`W/"…"`) name states that mean the same, strong ones states that are the same to the byte.
    public let isWeak: Bool

    /// A tag as a field has it, quotes included; nil if it is not one.
    public init?(_ text: some StringProtocol) {
        var parser = Parser(text)
        guard let tag = parser.tag(), parser.isAtEnd else { return nil }
        self = tag
    }

    private init(opaque: String, isWeak: Bool) {
        self.opaque = opaque
        self.isWeak = isWeak
    }

    /// As in a field.
    public var description: String { (isWeak ? "W/" : "") + "\"" + opaque + "\"" }

    /// Whether both name the same bytes, being equal and neither weak: what ranges need.
    public func matchesStrongly(_ other: EntityTag) -> Bool { !isWeak && !other.isWeak && matchesWeakly(other) }

    /// Whether both name states that mean the same: what `If-None-Match` needs.
    public func matchesWeakly(_ other: EntityTag) -> Bool { opaque.isSameOctets(as: other.opaque) }

    /// Whether the field `If-None-Match` says that the client has this state already.
    ///
    /// The answer to GET and HEAD is then 304 (RFC 9110, section 13.1.2). “*” means any state. A field that cannot be read is as none: the client gets the content.
    public func isNoneMatch(_ field: some StringProtocol) -> Bool {
        var parser = Parser(field)
        parser.skipSpace()
        if parser.skip(UInt8(ascii: "*")) {
            parser.skipSpace()
            return parser.isAtEnd
        }
        var isMatch = false
        while !parser.isAtEnd {
            // Empty list elements are allowed to be there (section 5.6.1.2).
            if parser.skip(UInt8(ascii: ",")) || parser.skipSpace() { continue }
            guard let tag = parser.tag() else { return false }
            if matchesWeakly(tag) { isMatch = true }
            parser.skipSpace()
            guard parser.isAtEnd || parser.skip(UInt8(ascii: ",")) else { return false }
        }
        return isMatch
    }

    private struct Parser {
        private var rest: ArraySlice<UInt8>

        init(_ text: some StringProtocol) { rest = Array(text.utf8)[...] }

        var isAtEnd: Bool { rest.isEmpty }

        mutating func skip(_ byte: UInt8) -> Bool {
            guard rest.first == byte else { return false }
            rest.removeFirst()
            return true
        }

        @discardableResult mutating func skipSpace() -> Bool {
            let count = rest.count
            rest = rest.drop { $0 == 0x20 || $0 == 0x09 }
            return rest.count < count
        }

        mutating func tag() -> EntityTag? {
            let isWeak = rest.starts(with: "W/".utf8)
            if isWeak { rest.removeFirst(2) }
            guard skip(UInt8(ascii: "\"")), let end = rest.firstIndex(of: UInt8(ascii: "\"")) else { return nil }
            let opaque = rest[..<end]
            guard opaque.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else { return nil }
            rest = rest[(end + 1)...]
            return EntityTag(opaque: String(decoding: opaque, as: UTF8.self), isWeak: isWeak)
        }
    }
}
