internal import CLibwebsockets

/// A message as one WebSocket frame of a server, so that the same bytes go to any number of sockets.
///
/// A server's frames are not masked: one header serves all of its sockets, and is written once, in front of the text.
/// Several messages may be joined into one, frame behind frame, which a socket takes in one system call. Messages are text unless they are said to be binary.
///
/// `@unchecked`: the bytes are never changed after `init`.
public final class OutgoingMessage: @unchecked Sendable {
    /// The bytes of the message without its header; of joined messages, of their frames.
    public let count: Int
    private let buffer: UnsafeMutableRawPointer
    /// The bytes of the frame's header; none in front of joined messages, which have theirs.
    private let headerCount: Int

    let isBinary: Bool

    public init(_ text: String) {
        isBinary = false
        var text = text
        buffer = text.withUTF8 { utf8 in
            let buffer = Self.allocate(utf8.count)
            if let source = utf8.baseAddress {
                (buffer + CLibwebsockets_PRE).copyMemory(from: source, byteCount: utf8.count)
            }
            return buffer
        }
        count = text.utf8.count
        headerCount = Self.writeHeader(count, before: buffer + CLibwebsockets_PRE)
    }

    /// Makes a binary message.
    public init(binary bytes: UnsafeRawBufferPointer) {
        isBinary = true
        buffer = Self.allocate(bytes.count)
        if let source = bytes.baseAddress {
            (buffer + CLibwebsockets_PRE).copyMemory(from: source, byteCount: bytes.count)
        }
        count = bytes.count
        headerCount = Self.writeHeader(count, isBinary: true, before: buffer + CLibwebsockets_PRE)
    }

    /// Makes a text message in place.
    ///
    /// - Parameters:
    ///   - capacity: The most that `fill` writes; memory for all of it is held as long as the message lives.
    ///   - fill: Writes valid UTF-8 into the buffer of `capacity` bytes and returns how many it wrote.
    public init(capacity: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Int) {
        isBinary = false
        buffer = Self.allocate(capacity)
        count = fill(UnsafeMutableRawBufferPointer(start: buffer + CLibwebsockets_PRE, count: capacity))
        precondition((0...capacity).contains(count), "a message cannot hold more than its capacity")
        headerCount = Self.writeHeader(count, before: buffer + CLibwebsockets_PRE)
    }

    /// Joins messages of a server, to be sent in this order.
    ///
    /// A client's socket does not take it.
    public init(joining messages: [OutgoingMessage]) {
        isBinary = false
        count = messages.reduce(0) { $0 + $1.frame.count }
        buffer = Self.allocate(count)
        headerCount = 0
        var end = buffer + CLibwebsockets_PRE
        for message in messages {
            let frame = message.frame
            if let source = frame.baseAddress { end.copyMemory(from: source, byteCount: frame.count) }
            end += frame.count
        }
    }

    /// Writes the header of a final frame that is not masked; RFC 6455, section 5.2.
    ///
    /// - Returns: Its length.
    private static func writeHeader(_ count: Int, isBinary: Bool = false, before payload: UnsafeMutableRawPointer)
        -> Int
    {
        let length =
            switch count {
            case ..<126: 2
            case ..<65_536: 4
            default: 10
            }
        let header = UnsafeMutableRawBufferPointer(start: payload - length, count: length)
        header[0] = isBinary ? 0x82 : 0x81
        if length == 2 {
            header[1] = UInt8(count)
            return length
        }
        header[1] = length == 4 ? 126 : 127
        // Big-endian.
        for index in 2..<length { header[index] = UInt8(truncatingIfNeeded: count >> (8 * (length - 1 - index))) }
        return length
    }

    deinit { buffer.deallocate() }

    private static func allocate(_ capacity: Int) -> UnsafeMutableRawPointer {
        UnsafeMutableRawPointer.allocate(byteCount: CLibwebsockets_PRE + max(1, capacity), alignment: 16)
    }

    /// The message; the bytes die with the message.
    public func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try body(UnsafeRawBufferPointer(start: buffer + CLibwebsockets_PRE, count: count))
    }

    /// What goes over a server's socket.
    var frame: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: buffer + CLibwebsockets_PRE - headerCount, count: headerCount + count)
    }

    /// Without a header of its own: no text that a client could mask.
    var isJoined: Bool { headerCount == 0 }
}
