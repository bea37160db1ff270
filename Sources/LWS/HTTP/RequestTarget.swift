/// The target of a request taken apart: `/users/ana%2Fb?tab=runs` (RFC 9112, section 3.2.1: the origin form).
///
/// Strict, since what is decoded here names routes, accounts and files further in: nothing is repaired that two programs
/// in the way of a request might repair differently. An encoded slash is a character of its segment. Characters beyond
/// ASCII may stand there as they are, which careless clients do, as long as they are UTF-8.
public struct RequestTarget: Sendable {
    /// The decoded name and value of one part of a query or form; the value is empty where there was no “=”.
    public typealias Field = (name: String, value: String)

    /// Percent-decoded segments.
    ///
    /// `/` has none, and a slash at the end adds none: `/a/b/` is `/a/b`.
    ///
    /// Two slashes side by side enclose an empty segment, which no route matches.
    public let path: [String]
    /// The decoded fields of the query in order, names possibly repeated.
    public let query: [Field]

    /// Takes a target apart.
    ///
    /// - Throws: `RequestTargetError`. An empty query, or a field without a name or value, is not an error; neither are
    ///   encoded line breaks and tabs in a query, in which some clients send whole articles.
    public init(_ target: some StringProtocol) throws(RequestTargetError) {
        let bytes = Array(target.utf8)
        guard bytes.first == UInt8(ascii: "/") else { throw .notOriginForm }
        let mark = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.endIndex
        // A browser keeps the fragment to itself; in a target it is a client's mistake, or somebody's trick.
        guard !bytes.contains(UInt8(ascii: "#")) else { throw .invalidCharacter }

        var path: [String] = []
        for segment in bytes[1..<mark].split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            let decoded = try PercentDecoding.decode(segment, isField: false)
            guard decoded != ".", decoded != ".." else { throw .dotSegment }
            path.append(decoded)
        }
        if path.last == "" { path.removeLast() }
        self.path = path
        query = mark == bytes.endIndex ? [] : try Self.fields(bytes[(mark + 1)...])
    }

    /// The fields of a body of the type `application/x-www-form-urlencoded`, in order, names possibly repeated.
    ///
    /// - Throws: `RequestTargetError` as for a query.
    public static func form(_ bytes: some Sequence<UInt8>) throws(RequestTargetError) -> [Field] {
        try fields(Array(bytes)[...])
    }

    private static func fields(_ bytes: ArraySlice<UInt8>) throws(RequestTargetError) -> [Field] {
        var fields: [Field] = []
        for pair in bytes.split(separator: UInt8(ascii: "&")) {
            let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            fields.append(
                (
                    name: try PercentDecoding.decode(pair[..<equals], isField: true),
                    value: try PercentDecoding.decode(pair[equals...].dropFirst(), isField: true)
                ))
        }
        return fields
    }
}

/// Why a target, or a form, is not understood; each is the client's mistake (400).
public enum RequestTargetError: Error, Hashable, Sendable {
    /// It does not begin with a slash.
    case notOriginForm
    /// A percent sign without two hexadecimal digits behind it.
    case badPercentEncoding
    /// What was decoded is not UTF-8.
    case invalidUTF8
    /// A control character, NUL among them, encoded or not; or a plain space, or “#”.
    case invalidCharacter
    /// A segment `.` or `..`, encoded or not.
    case dotSegment
}

/// Percent-encoding, RFC 3986 section 2.1.
enum PercentDecoding {
    /// The text that was encoded.
    ///
    /// - Parameters:
    ///   - bytes: The encoded text.
    ///   - isField: Whether it is of a query or a form, where `+` is a space and line breaks may be.
    /// - Returns: The text.
    /// - Throws: Any `RequestTargetError` but ``RequestTargetError/notOriginForm`` and
    ///   ``RequestTargetError/dotSegment``.
    static func decode(_ bytes: ArraySlice<UInt8>, isField: Bool) throws(RequestTargetError) -> String {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            var byte = bytes[index]
            switch byte {
            case UInt8(ascii: "%"):
                guard bytes.endIndex - index >= 3, let high = Octets.hexadecimal(bytes[index + 1]),
                    let low = Octets.hexadecimal(bytes[index + 2])
                else { throw .badPercentEncoding }
                byte = high << 4 | low
                index += 2
                let isLineBreak = byte == 0x0a || byte == 0x0d || byte == 0x09
                guard !Octets.isControl(byte) || (isField && isLineBreak) else { throw .invalidCharacter }
            case UInt8(ascii: "+") where isField:
                byte = UInt8(ascii: " ")
            default:
                guard !Octets.isControl(byte), byte != UInt8(ascii: " ") else { throw .invalidCharacter }
            }
            decoded.append(byte)
            index += 1
        }
        guard let text = String(validating: decoded, as: UTF8.self) else { throw .invalidUTF8 }
        // C1 controls are two bytes in UTF-8.
        guard !text.unicodeScalars.contains(where: { 0x80...0x9f ~= $0.value }) else { throw .invalidCharacter }
        return text
    }
}
