/// Bits one after the other, the first in the lowest place of the first byte.
struct BitWriter {
    private(set) var bytes: [UInt8] = []
    /// Bits not yet in `bytes`, fewer than eight between calls.
    private var pending: UInt64 = 0
    private var pendingCount = 0

    init(reservingCapacity count: Int) { bytes.reserveCapacity(count) }

    /// Appends the lowest `count` bits of a value that has no others.
    mutating func write(_ value: UInt64, count: Int) {
        guard count <= 56 else {
            write(value & 0xffff_ffff, count: 32)
            write(value >> 32, count: count - 32)
            return
        }
        pending |= value << UInt64(pendingCount)
        pendingCount += count
        while pendingCount >= 8 {
            bytes.append(UInt8(truncatingIfNeeded: pending))
            pending >>= 8
            pendingCount -= 8
        }
    }

    /// Fills the last byte with zeros and returns everything.
    consuming func finish() -> [UInt8] {
        if pendingCount > 0 { bytes.append(UInt8(truncatingIfNeeded: pending)) }
        return bytes
    }
}

/// Reads what `BitWriter` wrote.
///
/// Behind the end there are zeros without end, so that reading needs no check for each value; `hasOverrun` tells
/// afterwards, and loops are bounded by counts that were checked.
struct BitReader {
    /// Valid as long as the closure that made the reader runs.
    private let bytes: UnsafeRawBufferPointer
    private(set) var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var remaining: Int { bytes.count * 8 - position }
    var hasOverrun: Bool { remaining < 0 }

    /// At least the next 56 bits, from the lowest place up.
    @inline(__always) func peek() -> UInt64 {
        let start = position >> 3
        let word: UInt64
        if start &+ 8 <= bytes.count {
            word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self))
        } else {
            var last: UInt64 = 0
            var index = start
            while index < bytes.count {
                last |= UInt64(bytes[index]) << UInt64((index - start) * 8)
                index += 1
            }
            word = last
        }
        return word >> UInt64(position & 7)
    }

    @inline(__always) mutating func skip(_ count: Int) { position &+= count }

    @inline(__always) mutating func read(_ count: Int) -> UInt64 {
        guard count <= 56 else {
            let low = read(32)
            return low | read(count - 32) << 32
        }
        let value = peek() & ((1 << UInt64(count)) &- 1)
        skip(count)
        return value
    }
}
