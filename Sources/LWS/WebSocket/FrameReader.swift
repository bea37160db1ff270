/// Takes WebSocket frames apart that arrive piece by piece (RFC 6455, section 5): bytes in, events out.
///
/// Strict, where the standard says MUST: reserved bits and opcodes, frames that are masked or not as the other side's
/// must be, control frames that are long or in pieces, lengths that are written longer than they are, and text that is
/// no UTF-8, which is found as soon as it has come. After a fault nothing more is read.
///
/// A message that lies whole in one piece is handed out where it lies, without a copy. What is held of an unfinished
/// one is bounded by `maxMessageBytes`.
struct FrameReader {
    /// Who reads: what a server reads is masked, what a client reads is not.
    enum Side { case server, client }

    enum Event {
        /// A whole text message, valid UTF-8; the bytes die with the call.
        case text(UnsafeRawBufferPointer)
        /// A whole binary message; likewise.
        case binary(UnsafeRawBufferPointer)
        case ping(UnsafeRawBufferPointer)
        case pong(UnsafeRawBufferPointer)
        /// The last frame; 1005 when it had no code.
        case close(code: UInt16, reason: String)
        /// A frame of a message has come that is not its last one.
        case fragment
        /// The peer does not keep to the standard, or to the limits; the code is what a close frame is to say.
        case fault(code: UInt16, reason: String)
    }

    private enum Opcode: UInt8 {
        case continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10

        var isControl: Bool { rawValue >= 8 }
    }

    /// The frame whose payload is being read.
    private struct Frame {
        var opcode: Opcode
        var isFinal: Bool
        /// The first byte on the wire is the lowest; nil for a frame that is not masked.
        var mask: UInt32?
        var remaining: Int
        /// Of the payload's bytes that were read, modulo 4.
        var maskOffset = 0
    }

    private let side: Side
    private let maxMessageBytes: Int
    private let takesBinary: Bool

    /// Of a header that is not complete, 14 bytes at most.
    private var header: [UInt8] = []
    private var frame: Frame?
    /// The kind of the message that is under way.
    private var message: Opcode?
    /// What has come of it.
    private var partial: [UInt8] = []
    private var utf8 = UTF8Progress()
    /// What has come of a control frame, 125 bytes at most.
    private var control: [UInt8] = []
    /// Nothing is read after the close frame, or a fault.
    private(set) var isOver = false

    /// - Parameters:
    ///   - side: Who reads.
    ///   - maxMessageBytes: A larger message, all its fragments together, is fault 1009, as soon as it is announced.
    ///   - takesBinary: Whether binary messages are none of fault 1003.
    init(side: Side, maxMessageBytes: Int, takesBinary: Bool) {
        self.side = side
        self.maxMessageBytes = maxMessageBytes
        self.takesBinary = takesBinary
    }

    /// Bytes that are held of what is not complete.
    var heldBytes: Int { partial.count + control.count + header.count }

    /// Reads what has come.
    ///
    /// - Parameters:
    ///   - bytes: Unmasked in place.
    ///   - take: Gets each event, in order; false ends the reading, and what is left of `bytes` is dropped.
    mutating func read(_ bytes: UnsafeMutableRawBufferPointer, _ take: (Event) -> Bool) {
        var position = 0
        while !isOver {
            if frame == nil {
                guard let event = readHeader(bytes, &position) else {
                    guard frame != nil else { return }
                    continue
                }
                isOver = true
                _ = take(event)
                return
            }
            guard readPayload(bytes, &position, take) else { return }
        }
    }

    // MARK: - Headers

    /// Reads a frame's header, as far as it has come.
    ///
    /// - Returns: A fault; nil when the header is complete, and ``frame`` there, or when there is more to come.
    private mutating func readHeader(_ bytes: UnsafeMutableRawBufferPointer, _ position: inout Int) -> Event? {
        while position < bytes.count {
            // The usual header lies in one piece; a torn one is put together.
            header.append(bytes[position])
            position += 1
            if header.count == 2, let fault = judgeStart() { return fault }
            if header.count >= 2, header.count == headerLength { return beginFrame() }
        }
        return nil
    }

    /// What the first two bytes say of the header's length.
    private var headerLength: Int {
        let length =
            switch header[1] & 0x7f {
            case 126: 4
            case 127: 10
            default: 2
            }
        return length + (header[1] & 0x80 != 0 ? 4 : 0)
    }

    private func judgeStart() -> Event? {
        guard header[0] & 0x70 == 0 else { return .protocolFault("reserved bits are set") }
        guard let opcode = Opcode(rawValue: header[0] & 0x0f) else { return .protocolFault("unknown opcode") }
        let isMasked = header[1] & 0x80 != 0
        guard isMasked == (side == .server) else {
            return .protocolFault(side == .server ? "frames must be masked" : "frames must not be masked")
        }
        let isFinal = header[0] & 0x80 != 0
        if opcode.isControl {
            guard isFinal else { return .protocolFault("a control frame in fragments") }
            guard header[1] & 0x7f <= 125 else { return .protocolFault("a control frame of more than 125 bytes") }
            return nil
        }
        switch (opcode, message) {
        case (.continuation, nil): return .protocolFault("nothing is to be continued")
        case (.text, .some), (.binary, .some): return .protocolFault("the message before is not complete")
        case (.binary, nil) where !takesBinary: return .fault(code: 1003, reason: "text only")
        default: return nil
        }
    }

    private mutating func beginFrame() -> Event? {
        guard let opcode = Opcode(rawValue: header[0] & 0x0f) else { return nil }
        let short = header[1] & 0x7f
        let lengthBytes = short == 126 ? 2 : short == 127 ? 8 : 0
        var length = lengthBytes == 0 ? UInt64(short) : 0
        for byte in header[2..<2 + lengthBytes] { length = length << 8 | UInt64(byte) }
        let shortest: UInt64 = lengthBytes == 2 ? 126 : lengthBytes == 8 ? 65_536 : 0
        guard length >= shortest, length <= UInt64(Int64.max) else {
            return .protocolFault("a length that is not written in the shortest way")
        }
        // What is announced counts, so that no memory is spent on a message that will be refused.
        if !opcode.isControl, length > UInt64(max(0, maxMessageBytes - partial.count)) {
            return .fault(code: 1009, reason: "message too big")
        }
        var frame = Frame(opcode: opcode, isFinal: header[0] & 0x80 != 0, remaining: Int(length))
        if header[1] & 0x80 != 0 {
            frame.mask = header.suffix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }
        self.frame = frame
        header.removeAll(keepingCapacity: true)
        if opcode == .text || opcode == .binary {
            message = opcode
            utf8 = UTF8Progress()
        }
        return nil
    }

    // MARK: - Payloads

    /// Reads what has come of a frame's payload.
    ///
    /// - Returns: Whether to go on.
    private mutating func readPayload(
        _ bytes: UnsafeMutableRawBufferPointer, _ position: inout Int, _ take: (Event) -> Bool
    ) -> Bool {
        guard var frame else { return false }
        let count = min(frame.remaining, bytes.count - position)
        guard count > 0 || frame.remaining == 0 else { return false }
        let piece = UnsafeMutableRawBufferPointer(rebasing: bytes[position..<position + count])
        if let mask = frame.mask {
            Self.unmask(piece, mask, from: frame.maskOffset)
            frame.maskOffset = (frame.maskOffset + count) & 3
        }
        position += count
        frame.remaining -= count
        self.frame = frame.remaining == 0 ? nil : frame
        let isComplete = frame.remaining == 0
        let payload = UnsafeRawBufferPointer(piece)
        return frame.opcode.isControl
            ? takeControl(frame.opcode, payload, isComplete, take) : takeData(frame, payload, isComplete, take)
    }

    /// Takes the mask off; eight bytes at a time.
    private static func unmask(_ bytes: UnsafeMutableRawBufferPointer, _ mask: UInt32, from offset: Int) {
        let turn = UInt32(8 * offset)
        let key = turn == 0 ? mask : mask >> turn | mask << (32 - turn)
        let wide = UInt64(key) << 32 | UInt64(key)
        var index = 0
        while index + 8 <= bytes.count {
            let value = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)) ^ wide
            bytes.storeBytes(of: value.littleEndian, toByteOffset: index, as: UInt64.self)
            index += 8
        }
        while index < bytes.count {
            bytes[index] ^= UInt8(truncatingIfNeeded: key >> UInt32(8 * (index & 3)))
            index += 1
        }
    }

    private mutating func takeData(
        _ frame: Frame, _ payload: UnsafeRawBufferPointer, _ isComplete: Bool, _ take: (Event) -> Bool
    ) -> Bool {
        guard let kind = message else { return false }
        let isWhole = isComplete && frame.isFinal
        if isWhole, partial.isEmpty, utf8.isAtBoundary {
            message = nil
            guard kind == .binary || payload.isValidUTF8 else { return fail(.invalidText, take) }
            return take(kind == .text ? .text(payload) : .binary(payload))
        }
        if kind == .text, !utf8.accept(payload) { return fail(.invalidText, take) }
        partial.append(contentsOf: payload)
        guard isWhole else { return isComplete ? take(.fragment) : true }
        message = nil
        if kind == .text, !utf8.isAtBoundary { return fail(.invalidText, take) }
        // Taken out first: whoever gets it may end all this.
        let whole = partial
        partial = []
        return whole.withUnsafeBytes { take(kind == .text ? .text($0) : .binary($0)) }
    }

    private mutating func takeControl(
        _ opcode: Opcode, _ payload: UnsafeRawBufferPointer, _ isComplete: Bool, _ take: (Event) -> Bool
    ) -> Bool {
        guard isComplete else {
            control.append(contentsOf: payload)
            return true
        }
        if control.isEmpty { return takeControl(opcode, whole: payload, take) }
        let whole = control + payload
        control = []
        return whole.withUnsafeBytes { takeControl(opcode, whole: $0, take) }
    }

    private mutating func takeControl(
        _ opcode: Opcode, whole payload: UnsafeRawBufferPointer, _ take: (Event) -> Bool
    ) -> Bool {
        switch opcode {
        case .ping: return take(.ping(payload))
        case .pong: return take(.pong(payload))
        default: return takeClose(payload, take)
        }
    }

    /// RFC 6455, section 5.5.1.
    private mutating func takeClose(_ payload: UnsafeRawBufferPointer, _ take: (Event) -> Bool) -> Bool {
        guard !payload.isEmpty else {
            isOver = true
            return take(.close(code: 1005, reason: ""))
        }
        guard payload.count >= 2 else { return fail(.protocolFault("a close frame of one byte"), take) }
        let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
        let reason = UnsafeRawBufferPointer(rebasing: payload[2...])
        guard Self.mayBeSent(code) else { return fail(.protocolFault("no close code"), take) }
        guard reason.isValidUTF8 else { return fail(.invalidText, take) }
        isOver = true
        return take(.close(code: code, reason: String(decoding: reason, as: UTF8.self)))
    }

    /// Close codes that may stand in a frame: those that are given out (IANA's registry of them, 2024), and the ranges
    /// for libraries and applications.
    static func mayBeSent(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }

    private mutating func fail(_ event: Event, _ take: (Event) -> Bool) -> Bool {
        isOver = true
        partial = []
        _ = take(event)
        return false
    }
}

extension FrameReader.Event {
    fileprivate static func protocolFault(_ reason: String) -> Self { .fault(code: 1002, reason: reason) }
    fileprivate static var invalidText: Self { .fault(code: 1007, reason: "invalid UTF-8") }
}
