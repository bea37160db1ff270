/// WebSocket frames as a client writes them, good ones and bad; RFC 6455, section 5.2.
package enum ClientFrame {
    /// The bytes of a frame.
    ///
    /// - Parameters:
    ///   - opcode: 0 is a continuation, 1 text, 2 binary, 8 close, 9 ping, 10 pong.
    ///   - payload: What it carries.
    ///   - isFinal: Whether it ends its message.
    ///   - isMasked: Whether it is masked, as a client's must be.
    ///   - reserved: The reserved bits, in their place.
    /// - Returns: The frame, as long as it is, good or bad.
    package static func bytes(
        opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true, isMasked: Bool = true, reserved: UInt8 = 0
    ) -> [UInt8] {
        var frame: [UInt8] = [(isFinal ? 0x80 : 0) | reserved | opcode]
        let mask: UInt8 = isMasked ? 0x80 : 0
        switch payload.count {
        case ..<126: frame.append(mask | UInt8(payload.count))
        case ..<65_536: frame += [mask | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xff)]
        default: frame += [mask | 127] + (0..<8).reversed().map { UInt8(payload.count >> ($0 * 8) & 0xff) }
        }
        guard isMasked else { return frame + payload }
        let key: [UInt8] = [0x37, 0xfa, 0x21, 0x3d]
        // Indices into a buffer, since tests are not optimised and some have megabytes of it.
        var masked = payload
        masked.withUnsafeMutableBufferPointer { bytes in
            var index = 0
            while index < bytes.count {
                bytes[index] ^= key[index & 3]
                index += 1
            }
        }
        return frame + key + masked
    }
}
