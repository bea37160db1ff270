/// CRC-32C (Castagnoli), RFC 3720 appendix B.4.
///
/// A checksum against rot and torn writes, not against forgery. About half a nanosecond a byte.
public struct CRC32C: Sendable {
    /// The checksum of all bytes so far.
    public private(set) var value: UInt32 = 0

    /// The checksum of no bytes: 0.
    public init() {}

    /// Appends bytes.
    ///
    /// Splitting them over several calls makes no difference.
    public mutating func update(_ bytes: some Sequence<UInt8>) {
        let isDone: Void? = bytes.withContiguousStorageIfAvailable { update(UnsafeRawBufferPointer($0)) }
        if isDone == nil { Array(bytes).withUnsafeBytes { update($0) } }
    }

    private mutating func update(_ bytes: UnsafeRawBufferPointer) {
        var state = ~value
        var index = 0
        Self.tables.withUnsafeBufferPointer { tables in
            // Eight bytes at a time: the table number n holds what a byte does to the state n bytes later.
            while index &+ 8 <= bytes.count {
                let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                let mixed = word ^ UInt64(state)
                state = 0
                for lane in 0..<8 {
                    let byte = Int(truncatingIfNeeded: (mixed >> UInt64(8 * lane)) & 0xff)
                    state ^= tables[(7 - lane) * 256 + byte]
                }
                index &+= 8
            }
            while index < bytes.count {
                state = tables[Int((state ^ UInt32(bytes[index])) & 0xff)] ^ (state >> 8)
                index &+= 1
            }
        }
        value = ~state
    }

    private static let tables: [UInt32] = {
        /// The generator polynomial 0x1EDC6F41, bits reversed.
        let polynomial: UInt32 = 0x82f6_3b78
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var state = UInt32(byte)
            for _ in 0..<8 { state = state & 1 == 1 ? (state >> 1) ^ polynomial : state >> 1 }
            tables[byte] = state
        }
        for index in 256..<(8 * 256) {
            let before = tables[index - 256]
            tables[index] = tables[Int(before & 0xff)] ^ (before >> 8)
        }
        return tables
    }()
}
