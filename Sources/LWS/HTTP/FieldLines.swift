/// Follows header or trailer fields octet by octet to the empty line behind them: the same grammar for both (RFC 9112,
/// section 5).
///
/// It judges each octet by those before it alone, so that what it says does not depend on the pieces in which they come.
struct FieldLines {
    private enum State {
        case lineStart, name, value, lineFeed, lastLineFeed
    }

    private let maxBytes: Int
    private let maxFields: Int
    private var state = State.lineStart
    private var byteCount = 0
    private var fieldCount = 0

    init(maxBytes: Int, maxFields: Int) {
        self.maxBytes = maxBytes
        self.maxFields = maxFields
    }

    /// Takes the next octet.
    ///
    /// - Returns: True with the last one, the line feed of the empty line.
    /// - Throws: `RequestFault`; nothing may follow.
    mutating func take(_ byte: UInt8) throws(RequestFault) -> Bool {
        byteCount += 1
        if byteCount > maxBytes { throw .headersTooLarge }
        switch state {
        case .lineStart:
            switch byte {
            case UInt8(ascii: "\r"): state = .lastLineFeed
            case UInt8(ascii: ":"): throw .malformed("A header field has no name")
            case _ where Octets.isBlank(byte): throw .malformed("A header line begins with a blank")
            default:
                fieldCount += 1
                if fieldCount > maxFields { throw .headersTooLarge }
                state = .name
                try checkName(byte)
            }
        case .name:
            if byte == UInt8(ascii: ":") { state = .value } else { try checkName(byte) }
        case .value:
            if byte == UInt8(ascii: "\r") {
                state = .lineFeed
            } else if byte == UInt8(ascii: "\n") {
                throw .bareLineFeed
            } else if Octets.isControl(byte), byte != 0x09 {
                throw .malformed("A header field holds a control character")
            }
        case .lineFeed:
            guard byte == UInt8(ascii: "\n") else { throw .bareCarriageReturn }
            state = .lineStart
        case .lastLineFeed:
            guard byte == UInt8(ascii: "\n") else { throw .bareCarriageReturn }
            return true
        }
        return false
    }

    private func checkName(_ byte: UInt8) throws(RequestFault) {
        if Octets.isToken(byte) { return }
        switch byte {
        case UInt8(ascii: "\r"): throw .malformed("A header line has no colon")
        case UInt8(ascii: "\n"): throw .bareLineFeed
        case _ where Octets.isBlank(byte):
            throw .malformed("A blank stands in the name of a header field, or behind it")
        default: throw .malformed("The name of a header field is not one")
        }
    }
}
