internal import HTTPTypes
internal import Limits

/// Turns one answer into the bytes of HTTP/1.1: a response goes in, pieces and decisions come out.
///
/// It knows no sockets, no files and no tasks: whoever has them does what ``next()`` says, one step after the other, and
/// reports what was fetched.
struct ResponseWriter {
    enum Step {
        /// Bytes for the socket; the head comes with a short body.
        case write([UInt8])
        /// The bytes of the file in this range are wanted; then ``took(read:)``.
        case read(Range<Int>)
        /// The next piece of a stream is wanted; then ``took(pulled:)``.
        case pull(@Sendable () async throws -> [UInt8]?)
        /// What is wanted has not come yet.
        case wait
        /// Everything has been handed out.
        case end
        /// What was announced cannot be kept, which only the end of the connection can tell the peer.
        case broken
    }

    private enum Source {
        case finished
        case broken
        case bytes([UInt8], position: Int)
        case file(Range<Int>)
        case stream(@Sendable () async throws -> [UInt8]?)
    }

    /// How much of a body is handed out at once.
    static let pieceBytes = Limit.HTTP.piece

    /// Whether another request may follow: neither side has said that this is the last.
    let keepsAlive: Bool
    private let isChunked: Bool
    private var source: Source
    /// What is ready for the socket.
    private var ready: [UInt8]
    /// A piece of a file or of a stream is being fetched.
    private var isFetching = false

    /// - Parameters:
    ///   - response: The answer; of a file, a range of it may be sent, or nothing.
    ///   - fileSize: Of the response's file, in bytes.
    ///   - request: What is answered; nil for what could not be read.
    ///   - keepsAlive: Whether the server goes on with the connection if the client does.
    ///   - refusal: The answer for a range that is not there.
    ///   - headWriter: Writes the head.
    init(
        _ response: HTTPResponse, fileSize: Int = 0, to request: ParsedHead?, keepsAlive: Bool,
        refusal: (HTTPTypes.HTTPResponse.Status) -> HTTPResponse, headWriter: inout ResponseHeadWriter
    ) {
        var response = response
        var range = 0..<fileSize
        if case .file(_, let etag) = response.body {
            let choice = FileChoice(request: request, status: response.status, size: fileSize, etag: etag)
            if choice.status == .rangeNotSatisfiable { response = refusal(choice.status) }
            for field in choice.headers { response.headers[field.name] = field.value }
            (response.status, range) = (choice.status, choice.range)
        }
        let minorVersion = request?.minorVersion ?? 1
        var framing: ResponseFraming
        switch response.body {
        case .none: (source, framing) = (.finished, .length(0))
        case .bytes(let bytes): (source, framing) = (.bytes(bytes, position: 0), .length(bytes.count))
        case .file: (source, framing) = (.file(range), .length(range.count))
        case .stream(let next): (source, framing) = (.stream(next), minorVersion == 0 ? .untilClose : .chunked)
        }
        // The end of the body is the end of the connection, also where the body is left out.
        self.keepsAlive = keepsAlive && request?.keepsAlive == true && framing != .untilClose
        let isBodiless =
            response.status == .noContent || response.status == .notModified || response.status.kind == .informational
        if isBodiless { framing = .none }
        if isBodiless || request?.method == .head { source = .finished }
        isChunked = framing == .chunked
        ready = headWriter.head(
            status: response.status, headers: response.headers, framing: framing, keepsAlive: self.keepsAlive,
            minorVersion: minorVersion)
        switch source {
        case .bytes(let bytes, _) where bytes.count <= Self.pieceBytes:
            ready += bytes
            source = .finished
        case .file(let range) where range.isEmpty: source = .finished
        default: break
        }
    }

    /// What whoever answers is waiting for, and not the peer.
    var isWaiting: Bool { isFetching && ready.isEmpty }

    /// What is to be done next.
    mutating func next() -> Step {
        if !ready.isEmpty {
            defer { ready = [] }
            return .write(ready)
        }
        if isFetching { return .wait }
        switch source {
        case .finished: return .end
        case .broken: return .broken
        case .bytes(let bytes, let position):
            let end = min(bytes.count, position + Self.pieceBytes)
            source = end == bytes.count ? .finished : .bytes(bytes, position: end)
            return .write(Array(bytes[position..<end]))
        case .file(let range):
            isFetching = true
            return .read(range.prefix(Self.pieceBytes))
        case .stream(let next):
            isFetching = true
            return .pull(next)
        }
    }

    /// - Parameter piece: The bytes of the range that was asked for, or of its beginning; nil when they cannot be read.
    mutating func took(read piece: [UInt8]?) {
        isFetching = false
        guard case .file(let range) = source, let piece, !piece.isEmpty else {
            source = .broken
            return
        }
        ready = piece
        let rest = range.dropFirst(piece.count)
        source = rest.isEmpty ? .finished : .file(rest)
    }

    /// - Parameter piece: The next of the stream, nil for its end; without the last chunk the peer knows that the answer
    ///   is not whole, which is how it hears of a failure.
    mutating func took(pulled piece: Result<[UInt8]?, any Error>) {
        isFetching = false
        switch piece {
        case .failure: source = .broken
        case .success(nil):
            source = .finished
            if isChunked { ready = Array("0\r\n\r\n".utf8) }
        case .success(let bytes?):
            // An empty chunk would be the last.
            if bytes.isEmpty { return }
            ready = isChunked ? Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + [13, 10] : bytes
        }
    }
}
