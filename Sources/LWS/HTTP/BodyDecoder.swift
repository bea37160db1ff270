import Limits

/// Takes the framing off a request body that arrives piece by piece.
///
/// As strict with the lines of chunks as ``RequestHeadParser`` is with those of heads (RFC 9112, section 7.1).
struct BodyDecoder {
    private enum State: Equatable {
        /// Bytes of the body, or of the present chunk.
        case data(remaining: Int)
        /// The hexadecimal size of a chunk.
        case size
        /// Blanks between a size and a semicolon, or between parts of an extension.
        case blanksBeforeSemicolon
        case blanksBeforeName, name, blanksBeforeEquals, blanksBeforeValue, value, quoted, escaped, afterQuote
        case sizeLineFeed
        /// The line end after a chunk.
        case chunkReturn, chunkLineFeed
        case trailers
        case done
    }

    /// A line of a chunk has a few bytes; signatures in extensions, which some clients send, have a hundred.
    private static let maxExtensionBytes = Limit.HTTP.chunkExtension
    /// What all extensions of a body may have, beyond as many bytes as there are of the body itself.
    private static let freeExtensionBytes = Limit.HTTP.chunkExtensions
    private static let maxTrailerBytes = Limit.HTTP.trailers
    private static let maxTrailers = Limit.HTTP.trailerFields
    /// Fourteen digits, and every sum of them that comes, fit an Int; nobody sends such a chunk.
    private static let maxDigits = 14

    private var state: State
    private let isChunked: Bool
    /// Of the present chunk.
    private var size = 0
    private var digits = 0
    private var extensionBytes = 0
    /// Of the whole body.
    private var allExtensionBytes = 0
    private var dataBytes = 0
    private var trailers = FieldLines(maxBytes: maxTrailerBytes, maxFields: maxTrailers)

    init(_ framing: BodyFraming) {
        switch framing {
        case .none:
            isChunked = false
            state = .done
        case .length(let count):
            isChunked = false
            state = .data(remaining: count)
        case .chunked:
            isChunked = true
            state = .size
        }
    }

    var isDone: Bool { state == .done }

    /// Looks for the next bytes of the body.
    ///
    /// - Parameter bytes: What has arrived and was not taken.
    /// - Returns: How many bytes were taken, and which of them are the body's, the last of those taken; nil when there
    ///   is more to come, or the body is done.
    /// - Throws: `RequestFault`; nothing may follow.
    mutating func next(in bytes: UnsafeRawBufferPointer) throws(RequestFault) -> (taken: Int, data: Range<Int>?) {
        var position = 0
        while position < bytes.count, state != .done {
            if case .data(let remaining) = state {
                let count = min(remaining, bytes.count - position)
                dataBytes += count
                state = count < remaining ? .data(remaining: remaining - count) : isChunked ? .chunkReturn : .done
                return (position + count, position..<position + count)
            }
            try advance(with: bytes[position])
            position += 1
        }
        return (position, nil)
    }

    /// One byte of a chunk's frame.
    private mutating func advance(with byte: UInt8) throws(RequestFault) {
        switch state {
        case .data, .done: break
        case .size:
            if let digit = Octets.hexadecimal(byte) {
                digits += 1
                if digits > Self.maxDigits { throw .bodyTooLarge }
                size = size << 4 | Int(digit)
            } else {
                guard digits > 0 else { throw .malformed("The size of a chunk is not a hexadecimal number") }
                try endSize(with: byte)
                if state != .sizeLineFeed { try countExtension() }
            }
        case .sizeLineFeed:
            guard byte == UInt8(ascii: "\n") else { throw .bareCarriageReturn }
            state = size == 0 ? .trailers : .data(remaining: size)
            (size, digits, extensionBytes) = (0, 0, 0)
        case .chunkReturn:
            guard byte == UInt8(ascii: "\r") else { throw .malformed("A chunk does not end where its size says") }
            state = .chunkLineFeed
        case .chunkLineFeed:
            guard byte == UInt8(ascii: "\n") else { throw .bareCarriageReturn }
            state = .size
        case .trailers:
            if try trailers.take(byte) { state = .done }
        case .blanksBeforeSemicolon, .blanksBeforeName, .name, .blanksBeforeEquals, .blanksBeforeValue, .value, .quoted,
            .escaped, .afterQuote:
            try advanceExtension(with: byte)
        }
    }

    /// What follows a size, or a whole extension.
    private mutating func endSize(with byte: UInt8) throws(RequestFault) {
        switch byte {
        case UInt8(ascii: "\r"): state = .sizeLineFeed
        case UInt8(ascii: "\n"): throw .bareLineFeed
        case UInt8(ascii: ";"): state = .blanksBeforeName
        case _ where Octets.isBlank(byte): state = .blanksBeforeSemicolon
        default: throw .malformed("Something that is no extension stands behind the size of a chunk")
        }
    }

    /// Extensions mean nothing here and are dropped.
    private mutating func advanceExtension(with byte: UInt8) throws(RequestFault) {
        try countExtension()
        let isBlank = Octets.isBlank(byte)
        switch state {
        case .blanksBeforeSemicolon where isBlank, .blanksBeforeName where isBlank, .blanksBeforeEquals where isBlank,
            .blanksBeforeValue where isBlank:
            break
        case .blanksBeforeSemicolon where byte == UInt8(ascii: ";"),
            .blanksBeforeEquals where byte == UInt8(ascii: ";"):
            state = .blanksBeforeName
        case .blanksBeforeName where Octets.isToken(byte), .name where Octets.isToken(byte): state = .name
        case .name where isBlank: state = .blanksBeforeEquals
        case .name where byte == UInt8(ascii: "="), .blanksBeforeEquals where byte == UInt8(ascii: "="):
            state = .blanksBeforeValue
        case .blanksBeforeValue where byte == UInt8(ascii: "\""): state = .quoted
        case .blanksBeforeValue where Octets.isToken(byte), .value where Octets.isToken(byte): state = .value
        case .name, .value: try endSize(with: byte)
        case .quoted where byte == UInt8(ascii: "\""): state = .afterQuote
        case .quoted where byte == UInt8(ascii: "\\"): state = .escaped
        case .quoted where !Octets.isControl(byte) || byte == 0x09: break
        case .escaped where !Octets.isControl(byte) || byte == 0x09: state = .quoted
        case .afterQuote: try endSize(with: byte)
        default: throw byte == UInt8(ascii: "\n") ? .bareLineFeed : .malformed("An extension of a chunk is broken")
        }
    }

    private mutating func countExtension() throws(RequestFault) {
        extensionBytes += 1
        allExtensionBytes += 1
        if extensionBytes > Self.maxExtensionBytes || allExtensionBytes > Self.freeExtensionBytes + dataBytes {
            throw .malformed("The extensions of the chunks are too long")
        }
    }
}
