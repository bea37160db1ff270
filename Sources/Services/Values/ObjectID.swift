import Store

/// An id as clients see it: 24 hexadecimal digits, in the form of a MongoDB ObjectId, which clients may look into for
/// the second of creation.
///
/// ```text
///  8 digits: seconds since 1970, as in the id itself     16 digits: the 63-bit id
/// ```
public enum ObjectID {
    /// The text of an id.
    public static func text(_ id: Int64) -> String {
        hexadecimal(UInt64(UInt32(truncatingIfNeeded: IDGenerator.milliseconds(of: id) / 1000)), digits: 8)
            + hexadecimal(UInt64(bitPattern: id), digits: 16)
    }

    /// The id of a text, or nil if the text is none that was ever made.
    ///
    /// Digits may be of either case.
    public static func id(_ text: some StringProtocol) -> Int64? {
        let digits = Array(text.utf8)
        guard digits.count == 24, digits.allSatisfy(isHexadecimal),
            let id = Int64(String(decoding: digits[8...], as: UTF8.self), radix: 16), id > 0
        else { return nil }
        return Self.text(id) == text.lowercased() ? id : nil
    }

    private static func isHexadecimal(_ digit: UInt8) -> Bool {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }

    private static func hexadecimal(_ value: UInt64, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
}
