internal import HTTPTypes

// HTTP is made of octets, not of characters: a letter with a mark on it is no letter, a comma with one is a comma, and
// the sign for Kelvin is no k.

/// Kinds of octets.
enum Octets {
    /// What method, field names and other tokens are made of (RFC 9110, section 5.6.2).
    static func isToken(_ byte: UInt8) -> Bool { tokens[Int(byte)] }

    /// Controls of ASCII, the tab among them.
    static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7f }

    /// A space or a tab.
    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    static func isDigit(_ byte: UInt8) -> Bool { 0x30...0x39 ~= byte }

    static func lowercased(_ byte: UInt8) -> UInt8 { 0x41...0x5a ~= byte ? byte | 0x20 : byte }

    static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }

    private static let tokens: [Bool] = (UInt8.min ... .max).map { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}

extension BidirectionalCollection<UInt8> {
    /// Without spaces and tabs at both ends.
    var trimmingBlanks: SubSequence {
        let start = drop(while: Octets.isBlank)
        guard let last = start.lastIndex(where: { !Octets.isBlank($0) }) else {
            return start[start.startIndex..<start.startIndex]
        }
        return start[...last]
    }
}

extension StringProtocol {
    /// Without spaces and tabs at both ends.
    package var trimmingBlanks: String { String(decoding: Array(utf8).trimmingBlanks, as: UTF8.self) }

    /// The pieces between octets of a kind, without spaces and tabs at their ends; empty ones too.
    package func splitOctets(at separator: Unicode.Scalar) -> [String] {
        utf8.split(separator: UInt8(ascii: separator), omittingEmptySubsequences: false)
            .map { String(decoding: Array($0).trimmingBlanks, as: UTF8.self) }
    }

    /// Whether both are the same octets, and do not only look or mean the same.
    package func isSameOctets(as other: some StringProtocol) -> Bool { utf8.elementsEqual(other.utf8) }

    /// With the letters of ASCII in their small form, and everything else as it is.
    package var asciiLowercased: String { String(decoding: utf8.map(Octets.lowercased), as: UTF8.self) }

    /// A request target without its query.
    var pathOnly: String {
        String(decoding: utf8.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }, as: UTF8.self)
    }
}

/// A word of HTTP that is compared octet by octet, letters of ASCII without regard to their case.
package struct HTTPToken: Hashable, ExpressibleByStringLiteral {
    private let bytes: [UInt8]

    package init(_ bytes: some Sequence<UInt8>) { self.bytes = bytes.map(Octets.lowercased) }

    package init(stringLiteral: StaticString) {
        self.init(stringLiteral.withUTF8Buffer { Array($0) })
    }
}

extension HTTPToken {
    /// The elements of a comma-separated list; empty ones are left out (RFC 9110, section 5.6.1.2).
    static func list(_ value: some BidirectionalCollection<UInt8>) -> [HTTPToken] {
        value.split(separator: UInt8(ascii: ",")).map(\.trimmingBlanks).filter { !$0.isEmpty }.map { HTTPToken($0) }
    }
}

extension HTTPFields {
    /// The elements of the lists in all fields of that name.
    func tokens(of name: HTTPField.Name) -> [HTTPToken] {
        self[fields: name].flatMap { $0.withUnsafeBytesOfValue { HTTPToken.list($0) } }
    }
}
