internal import CLibwebsockets

/// A text message with the room in front that libwebsockets needs, so that the same bytes go to any number of sockets.
///
/// The frame header that is written into that room is the same for each socket of a server, so one message may be sent
/// to thousands of sockets of one loop without a copy.
///
/// `@unchecked`: the text is never changed after `init`; the room in front is written to by `WebSocket.send` alone,
/// on the thread of the loop whose sockets it is sent to, always with the same bytes. A message belongs to one loop.
public final class OutgoingMessage: @unchecked Sendable {
    /// The bytes of the text.
    public let count: Int
    private let buffer: UnsafeMutableRawPointer

    public init(_ text: String) {
        var text = text
        buffer = text.withUTF8 { utf8 in
            let buffer = Self.allocate(utf8.count)
            if let source = utf8.baseAddress {
                (buffer + CLibwebsockets_PRE).copyMemory(from: source, byteCount: utf8.count)
            }
            return buffer
        }
        count = text.utf8.count
    }

    /// Makes a message in place.
    ///
    /// - Parameters:
    ///   - capacity: The most that `fill` writes; memory for all of it is held as long as the message lives.
    ///   - fill: Writes valid UTF-8 into the buffer of `capacity` bytes and returns how many it wrote.
    public init(capacity: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Int) {
        buffer = Self.allocate(capacity)
        count = fill(UnsafeMutableRawBufferPointer(start: buffer + CLibwebsockets_PRE, count: capacity))
        precondition((0...capacity).contains(count), "a message cannot hold more than its capacity")
    }

    deinit { buffer.deallocate() }

    private static func allocate(_ capacity: Int) -> UnsafeMutableRawPointer {
        UnsafeMutableRawPointer.allocate(byteCount: CLibwebsockets_PRE + max(1, capacity), alignment: 16)
    }

    /// The text; the bytes die with the message.
    public func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try body(UnsafeRawBufferPointer(start: buffer + CLibwebsockets_PRE, count: count))
    }

    /// Where the text begins, with room in front.
    var payload: UnsafeMutablePointer<UInt8> {
        (buffer + CLibwebsockets_PRE).assumingMemoryBound(to: UInt8.self)
    }
}
