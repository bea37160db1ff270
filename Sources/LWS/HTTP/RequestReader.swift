import Limits

/// Reads the requests of one connection: bytes in, events out.
///
/// It knows nothing of sockets, keeps none of the bytes, and says the same whatever pieces they come in.
struct RequestReader {
    enum Event {
        /// The beginning of a request.
        case head(ParsedHead)
        /// Which of the bytes belong to its body.
        case body(Range<Int>)
        /// It is whole; the next begins with the next byte.
        case end
    }

    private enum State {
        case head(RequestHeadParser)
        case body(BodyDecoder)
    }

    /// Empty lines before a request, which some clients send behind a body (RFC 9112, section 2.2, asks for one).
    private static let maxEmptyLines = Limit.HTTP.emptyLines

    /// As it is before a head.
    private let parser: RequestHeadParser
    private var state: State
    private var emptyLines = 0

    /// - Parameter parser: With the limits for heads, unused.
    init(_ parser: RequestHeadParser) {
        self.parser = parser
        state = .head(parser)
    }

    /// A head has been read, and not yet the end of its request.
    var isWithinBody: Bool {
        if case .body = state { true } else { false }
    }

    /// Reads on.
    ///
    /// - Parameter bytes: Everything that was not taken, each time with what arrived since.
    /// - Returns: How many bytes were taken, from the front, and what they were; no event when there is more to come, of
    ///   which there may be none for an end.
    /// - Throws: What is wrong with the request; nothing may follow.
    mutating func next(in bytes: UnsafeRawBufferPointer) throws(RequestFault) -> (taken: Int, event: Event?) {
        switch state {
        case .head(var parser):
            let start = try skipEmptyLines(in: bytes)
            // Not even an empty line is whole.
            if start < bytes.count, bytes[start] == UInt8(ascii: "\r") { return (start, nil) }
            let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
            guard let count = try parser.endOfHead(in: rest) else {
                state = .head(parser)
                return (start, nil)
            }
            let head = try parser.parse(UnsafeRawBufferPointer(rebasing: rest[..<count]))
            state = .body(BodyDecoder(head.framing))
            emptyLines = 0
            return (start + count, .head(head))
        case .body(var decoder):
            let (taken, data) = try decoder.next(in: bytes)
            state = .body(decoder)
            if let data { return (taken, .body(data)) }
            guard decoder.isDone else { return (taken, nil) }
            state = .head(parser)
            return (taken, .end)
        }
    }

    /// - Returns: How many bytes of whole empty lines there are at the front.
    private mutating func skipEmptyLines(in bytes: UnsafeRawBufferPointer) throws(RequestFault) -> Int {
        var position = 0
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: "\n") { throw .bareLineFeed }
            guard bytes[position] == UInt8(ascii: "\r") else { break }
            // One byte more than the last empty line that may be.
            if emptyLines == Self.maxEmptyLines {
                throw .malformed("There is no end of empty lines before the request")
            }
            guard position + 1 < bytes.count else { break }
            guard bytes[position + 1] == UInt8(ascii: "\n") else { throw .bareCarriageReturn }
            emptyLines += 1
            position += 2
        }
        return position
    }
}
