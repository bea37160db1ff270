/// Frames that are made for one socket (RFC 6455, section 5.2); what goes to many is an ``OutgoingMessage``.
enum OutgoingFrame {
    enum Kind: UInt8 {
        case text = 1, binary = 2, close = 8, ping = 9, pong = 10
    }

    /// A final frame.
    ///
    /// - Parameters:
    ///   - kind: Of a control frame the payload has at most 125 bytes.
    ///   - payload: The content.
    ///   - masked: As a client's must be, with a key that nobody can foresee.
    /// - Returns: Header and payload.
    static func bytes(_ kind: Kind, _ payload: UnsafeRawBufferPointer, masked: Bool) -> [UInt8] {
        var frame: [UInt8] = []
        frame.reserveCapacity(payload.count + 14)
        frame.append(0x80 | kind.rawValue)
        let mask: UInt8 = masked ? 0x80 : 0
        switch payload.count {
        case ..<126: frame.append(mask | UInt8(payload.count))
        case ..<65_536: frame += [mask | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xff)]
        default:
            frame.append(mask | 127)
            for shift in stride(from: 56, through: 0, by: -8) {
                frame.append(UInt8(truncatingIfNeeded: payload.count >> shift))
            }
        }
        guard masked else { return frame + payload }
        let key = (0..<4).map { _ in UInt8.random(in: .min ... .max) }
        frame += key
        for (index, byte) in payload.enumerated() { frame.append(byte ^ key[index & 3]) }
        return frame
    }

    /// A close frame; empty without a code.
    static func close(_ code: UInt16?, _ reason: String, masked: Bool) -> [UInt8] {
        let payload = code.map { [UInt8($0 >> 8), UInt8($0 & 0xff)] + Array(reason.utf8) } ?? []
        return payload.withUnsafeBytes { bytes(.close, $0, masked: masked) }
    }
}
