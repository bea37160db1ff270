/// Ends the process, which the fuzzer reports with the bytes that led here.
public func require(_ condition: Bool, _ sentence: @autoclosure () -> String) {
    if !condition { fatalError(sentence()) }
}

/// The input of one run.
///
/// The bytes lie alone in memory of their exact size, so that the address sanitizer sees each look beyond them.
public func bytes(_ start: UnsafePointer<UInt8>?, _ count: Int) -> [UInt8] {
    Array(UnsafeBufferPointer(start: start, count: count))
}

/// A copy in memory of the exact size, for the time of a call.
public func withExactCopy<Result>(
    of bytes: some Collection<UInt8>, _ body: (UnsafeMutableRawBufferPointer) -> Result
) -> Result {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
    defer { memory.deallocate() }
    memory.copyBytes(from: bytes)
    return body(memory)
}

/// Some ways to cut bytes into pieces: not at all, into single bytes, and in a way that the bytes themselves decide, with
/// empty pieces among them.
public func cuttings(of bytes: [UInt8]) -> [[ArraySlice<UInt8>]] {
    var state = bytes.reduce(UInt64(14_695_981_039_346_656_037)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
    var pieces: [ArraySlice<UInt8>] = []
    var position = 0
    while position < bytes.count {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let most = [2, 5, 17, 90][Int(state >> 62)]
        let count = min(Int(state >> 32) % most, bytes.count - position)
        pieces.append(bytes[position..<position + count])
        position += count
    }
    return [[bytes[...]], bytes.indices.map { bytes[$0...$0] }, pieces]
}

/// Takes values off bytes, zeros at the end of them: inputs that are structured rather than read.
public struct ByteSource {
    private var rest: ArraySlice<UInt8>

    public init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    public var isEmpty: Bool { rest.isEmpty }

    public mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    /// An integer of up to eight bytes, small ones as likely as large ones.
    public mutating func integer() -> Int64 {
        let count = Int(byte() & 0x0f)
        var value: UInt64 = 0
        for _ in 0..<min(count, 8) { value = value << 8 | UInt64(byte()) }
        return count > 8 ? ~Int64(bitPattern: value) : Int64(bitPattern: value)
    }
}
