/// Takes the framing off a request body that arrives piece by piece.
struct BodyDecoder {
    private enum State: Equatable {
        /// Bytes of the body, or of the present chunk.
        case data(remaining: Int)
        /// The hexadecimal size of a chunk; what follows it on its line is skipped.
        case size(Int, digits: Int)
        case sizeExtension(Int)
        case sizeLineFeed(Int)
        /// The line end after a chunk.
        case chunkEnd(sawReturn: Bool)
        /// Trailer fields, which are dropped; how many bytes of them, and whether the line is empty so far.
        case trailer(count: Int, isEmptyLine: Bool)
        case done
    }

    private var state: State
    private let isChunked: Bool

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
            state = .size(0, digits: 0)
        }
    }

    var isDone: Bool { state == .done }

    /// Takes what belongs to the body from the front of `bytes`.
    ///
    /// - Parameters:
    ///   - bytes: What has arrived.
    ///   - sink: Gets the body's bytes, piece by piece.
    /// - Returns: How many bytes were taken; fewer than there are only when the body is done.
    /// - Throws: ``RequestFault/malformed`` for broken chunks, and what `sink` throws.
    mutating func decode(
        _ bytes: UnsafeRawBufferPointer, into sink: (UnsafeRawBufferPointer) throws(RequestFault) -> Void
    ) throws(RequestFault) -> Int {
        var position = 0
        while position < bytes.count, state != .done {
            if case .data(let remaining) = state {
                let count = min(remaining, bytes.count - position)
                try sink(UnsafeRawBufferPointer(rebasing: bytes[position..<position + count]))
                position += count
                state =
                    count < remaining
                    ? .data(remaining: remaining - count) : isChunked ? .chunkEnd(sawReturn: false) : .done
                continue
            }
            try advance(with: bytes[position])
            position += 1
        }
        return position
    }

    /// One byte of a chunk's frame; RFC 9112, section 7.1.
    private mutating func advance(with byte: UInt8) throws(RequestFault) {
        switch state {
        case .size(let size, let digits):
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                state = .size(size << 4 | Int(byte - UInt8(ascii: "0")), digits: digits + 1)
            case UInt8(ascii: "a")...UInt8(ascii: "f"):
                state = .size(size << 4 | Int(byte - UInt8(ascii: "a") + 10), digits: digits + 1)
            case UInt8(ascii: "A")...UInt8(ascii: "F"):
                state = .size(size << 4 | Int(byte - UInt8(ascii: "A") + 10), digits: digits + 1)
            case UInt8(ascii: "\r") where digits > 0: state = .sizeLineFeed(size)
            case UInt8(ascii: ";") where digits > 0, UInt8(ascii: " ") where digits > 0: state = .sizeExtension(size)
            default: throw .malformed
            }
            // Fifteen digits fit an Int; nobody sends such a chunk.
            if digits >= 15 { throw .bodyTooLarge }
        case .sizeExtension(let size):
            if byte == UInt8(ascii: "\r") { state = .sizeLineFeed(size) }
            if byte == UInt8(ascii: "\n") { throw .malformed }
        case .sizeLineFeed(let size):
            guard byte == UInt8(ascii: "\n") else { throw .malformed }
            state = size == 0 ? .trailer(count: 0, isEmptyLine: true) : .data(remaining: size)
        case .chunkEnd(let sawReturn):
            if !sawReturn, byte == UInt8(ascii: "\r") {
                state = .chunkEnd(sawReturn: true)
            } else if sawReturn, byte == UInt8(ascii: "\n") {
                state = .size(0, digits: 0)
            } else {
                throw .malformed
            }
        case .trailer(let count, let isEmptyLine):
            if count > 8192 { throw .headersTooLarge }
            if byte == UInt8(ascii: "\n") {
                state = isEmptyLine ? .done : .trailer(count: count + 1, isEmptyLine: true)
            } else {
                state = .trailer(count: count + 1, isEmptyLine: isEmptyLine && byte == UInt8(ascii: "\r"))
            }
        case .data, .done: break
        }
    }
}
