import Support

@testable import LWS

/// Frames one after the other: the same events whatever pieces they come in, and those that a plain reading of
/// RFC 6455 gives; nothing held beyond the limit.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzFrames(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = bytes(start, count)
    let cuttings = cuttings(of: bytes)
    for side in [FrameReader.Side.server, .client] {
        for takesBinary in [true, false] {
            let reference = Reference(side: side, takesBinary: takesBinary).events(of: bytes)
            for pieces in cuttings {
                let events = read(pieces, side: side, takesBinary: takesBinary)
                require(events == reference, "\(events), not \(reference)")
            }
        }
    }
    followText(bytes, cuttings)
    return 0
}

private let maxMessageBytes = 300

private enum Event: Equatable {
    case text([UInt8]), binary([UInt8]), ping([UInt8]), pong([UInt8])
    case close(UInt16, String), fragment, fault(UInt16)

    init(_ event: FrameReader.Event) {
        switch event {
        case .text(let bytes): self = .text(Array(bytes))
        case .binary(let bytes): self = .binary(Array(bytes))
        case .ping(let bytes): self = .ping(Array(bytes))
        case .pong(let bytes): self = .pong(Array(bytes))
        case .close(let code, let reason): self = .close(code, reason)
        case .fragment: self = .fragment
        case .fault(let code, _): self = .fault(code)
        }
    }
}

private func read(_ pieces: [ArraySlice<UInt8>], side: FrameReader.Side, takesBinary: Bool) -> [Event] {
    var reader = FrameReader(side: side, maxMessageBytes: maxMessageBytes, takesBinary: takesBinary)
    var events: [Event] = []
    for piece in pieces {
        withExactCopy(of: piece) { copy in
            reader.read(copy) {
                events.append(Event($0))
                return true
            }
        }
        require(reader.heldBytes <= maxMessageBytes + 125 + 14, "\(reader.heldBytes) bytes are held")
    }
    return events
}

/// The frames of a buffer, read at leisure: each fault is told where the standard lets it be known, which for text is
/// the first octet that no continuation can mend.
private struct Reference {
    var side: FrameReader.Side
    var takesBinary: Bool

    func events(of bytes: [UInt8]) -> [Event] {
        var events: [Event] = []
        var rest = bytes[...]
        var message: (opcode: UInt8, bytes: [UInt8])?
        while rest.count >= 2 {
            let (first, second) = (rest[rest.startIndex], rest[rest.startIndex + 1])
            let (opcode, isFinal, isMasked) = (first & 0x0f, first & 0x80 != 0, second & 0x80 != 0)
            let isControl = opcode >= 8
            guard first & 0x70 == 0, [0, 1, 2, 8, 9, 10].contains(opcode), isMasked == (side == .server),
                !isControl || (isFinal && second & 0x7f < 126), isControl || (opcode == 0) == (message != nil)
            else { return events + [.fault(1002)] }
            if opcode == 2, !takesBinary { return events + [.fault(1003)] }
            let lengthBytes = second & 0x7f == 126 ? 2 : second & 0x7f == 127 ? 8 : 0
            let headerBytes = 2 + lengthBytes + (isMasked ? 4 : 0)
            guard rest.count >= headerBytes else { return events }
            var length = lengthBytes == 0 ? UInt64(second & 0x7f) : 0
            for byte in rest.dropFirst(2).prefix(lengthBytes) { length = length << 8 | UInt64(byte) }
            guard length >= (lengthBytes == 2 ? 126 : lengthBytes == 8 ? 65_536 : 0), length < 1 << 63 else {
                return events + [.fault(1002)]
            }
            if !isControl, length > UInt64(maxMessageBytes - (message?.bytes.count ?? 0)) {
                return events + [.fault(1009)]
            }
            let mask = isMasked ? Array(rest.dropFirst(headerBytes - 4).prefix(4)) : []
            var payload = Array(rest.dropFirst(headerBytes).prefix(Int(length)))
            if isMasked { for index in payload.indices { payload[index] ^= mask[index & 3] } }
            let isComplete = payload.count == Int(length)
            rest = rest.dropFirst(headerBytes + payload.count)
            if isControl {
                guard isComplete else { return events }
                switch opcode {
                case 9: events.append(.ping(payload))
                case 10: events.append(.pong(payload))
                default: return events + [Self.close(payload)]
                }
                continue
            }
            let kind = message?.opcode ?? opcode
            let whole = (message?.bytes ?? []) + payload
            if kind == 1, !Self.mayBecomeText(whole, isWhole: isComplete && isFinal) { return events + [.fault(1007)] }
            guard isComplete else { return events }
            message = isFinal ? nil : (kind, whole)
            events.append(!isFinal ? .fragment : kind == 1 ? .text(whole) : .binary(whole))
        }
        return events
    }

    private static func close(_ payload: [UInt8]) -> Event {
        if payload.isEmpty { return .close(1005, "") }
        guard payload.count >= 2 else { return .fault(1002) }
        let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
        guard (1000...1003).contains(code) || (1007...1014).contains(code) || (3000...4999).contains(code) else {
            return .fault(1002)
        }
        guard let reason = String(validating: payload[2...], as: UTF8.self) else { return .fault(1007) }
        return .close(code, reason)
    }

    /// Whether something can be put behind the bytes, if anything may be, that makes them UTF-8: at most three octets.
    static func mayBecomeText(_ bytes: [UInt8], isWhole: Bool) -> Bool {
        if String(validating: bytes, as: UTF8.self) != nil { return true }
        if isWhole { return false }
        let endings: [[UInt8]] = [
            [0x80], [0xbf], [0x80, 0x80], [0xbf, 0x80], [0x80, 0x80, 0x80], [0xbf, 0x80, 0x80],
        ]
        return endings.contains { String(validating: bytes + $0, as: UTF8.self) != nil }
    }
}

/// UTF-8 that comes in pieces is judged as the standard library judges the whole.
private func followText(_ bytes: [UInt8], _ cuttings: [[ArraySlice<UInt8>]]) {
    let isText = String(validating: bytes, as: UTF8.self) != nil
    let mayBecome = isText || Reference.mayBecomeText(bytes, isWhole: false)
    for pieces in cuttings {
        var progress = UTF8Progress()
        let isGood = pieces.allSatisfy { withExactCopy(of: $0) { progress.accept(UnsafeRawBufferPointer($0)) } }
        require(isGood == mayBecome, "pieces of UTF-8: \(isGood)")
        require((isGood && progress.isAtBoundary) == isText, "whole UTF-8: \(isGood)")
    }
}
