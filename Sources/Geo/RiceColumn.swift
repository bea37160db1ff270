/// A column of integers as the Rice codes of their differences.
///
/// Tracks are smooth and noisy: the differences of a column are small numbers of about one size, for which Rice's code
/// is within some per cent of the best there is, and half as long as bytewise varints. A column is
///
///     2 bits   order: 0 the values themselves, 1 their differences, 2 the differences of these; whichever is shortest
///     then for each block of 128 numbers (the last may be shorter), zigzag-coded, modulo 2⁶⁴
///     6 bits   k; 63 says that all are 0, and nothing follows: what never changes costs almost nothing
///     each     n >> k ones, a zero, and the k lowest bits of n; or, where n >> k is 12 or more,
///              12 ones, 6 bits for the width of n less 1, and n
enum RiceColumn {
    static let blockLength = 128
    private static let allZero = 63
    private static let escape = 12

    static func write(_ values: some RandomAccessCollection<Int64>, to writer: inout BitWriter) {
        if values.count == 1, let only = values.first { return write(only: only, to: &writer) }
        // What the orders cost, roughly: the bits of the numbers.
        var widths = (0, 0, 0)
        var walk = Prediction()
        for value in values {
            widths.0 += width(zigzag(value))
            widths.1 += width(zigzag(value &- walk.next(order: 1)))
            widths.2 += width(zigzag(value &- walk.next(order: 2)))
            walk.append(value)
        }
        var order = 0
        if widths.1 < widths.0 { order = 1 }
        if widths.2 < min(widths.0, widths.1) { order = 2 }
        writer.write(UInt64(order), count: 2)

        walk = Prediction()
        var block: [UInt64] = []
        block.reserveCapacity(min(blockLength, values.count))
        for value in values {
            block.append(zigzag(value &- walk.next(order: order)))
            walk.append(value)
            if block.count == blockLength {
                write(block: block, to: &writer)
                block.removeAll(keepingCapacity: true)
            }
        }
        if !block.isEmpty { write(block: block, to: &writer) }
    }

    /// A column of one value, as the journal has by the thousand: all orders are alike, and so is the choice of k.
    static func write(only value: Int64, to writer: inout BitWriter) {
        writer.write(0, count: 2)
        let number = zigzag(value)
        guard number != 0 else { return writer.write(UInt64(allZero), count: 6) }
        // The quotient is 1, or up to 3 where k cannot be larger.
        let k = min(width(number) - 1, allZero - 1)
        writer.write(UInt64(k), count: 6)
        write(number, k: k, to: &writer)
    }

    private static func write(block: [UInt64], to writer: inout BitWriter) {
        guard let k = parameter(for: block) else {
            writer.write(UInt64(allZero), count: 6)
            return
        }
        writer.write(UInt64(k), count: 6)
        for number in block { write(number, k: k, to: &writer) }
    }

    @inline(__always)
    private static func write(_ number: UInt64, k: Int, to writer: inout BitWriter) {
        let quotient = number >> UInt64(k)
        if quotient < UInt64(escape) {
            let ones = (UInt64(1) << quotient) - 1
            writer.write(ones, count: Int(quotient) + 1)
            writer.write(number & ((1 << UInt64(k)) - 1), count: k)
        } else {
            let width = width(number)
            writer.write((1 << UInt64(escape)) - 1, count: escape)
            writer.write(UInt64(width - 1), count: 6)
            writer.write(number, count: width)
        }
    }

    /// The k that makes a block short, reckoned from how many of its numbers have which width; nil if all are 0.
    private static func parameter(for block: [UInt64]) -> Int? {
        withUnsafeTemporaryAllocation(of: Int.self, capacity: 2 * 65) { memory in
            memory.initialize(repeating: 0)
            let counts = UnsafeMutableBufferPointer(rebasing: memory[..<65])
            // Of 65 widths few are there, and in a short block very few.
            let found = UnsafeMutableBufferPointer(rebasing: memory[65...])
            var foundCount = 0
            var widest = 0
            var narrowest = 64
            for number in block {
                let width = width(number)
                if counts[width] == 0 {
                    found[foundCount] = width
                    foundCount += 1
                }
                counts[width] += 1
                widest = max(widest, width)
                narrowest = min(narrowest, width)
            }
            guard widest > 0 else { return nil }

            var best = (k: 0, bits: Int.max)
            for k in max(0, narrowest - 2)...min(widest, allZero - 1) {
                var bits = 0
                for width in found[..<foundCount] {
                    // A number of k + d bits has a quotient of about 3/4 · 2ᵈ.
                    let excess = width - k
                    let each = excess <= 0 ? 1 + k : excess <= 4 ? 1 + k + (3 << excess) / 4 : escape + 6 + width
                    bits += counts[width] * each
                }
                if bits < best.bits { best = (k, bits) }
            }
            return best.k
        }
    }

    /// Reads `count` values.
    static func read(count: Int, from reader: inout BitReader) throws(TrackCodecError) -> [Int64] {
        let order = Int(reader.read(2))
        guard order < 3 else { throw .malformed }
        // The smallest column of that many blocks must be there before anything is allocated for it.
        guard (count + blockLength - 1) / blockLength * 6 <= reader.remaining else { throw .malformed }

        var values: [Int64] = []
        values.reserveCapacity(count)
        var walk = Prediction()
        while values.count < count {
            let length = min(blockLength, count - values.count)
            let k = Int(reader.read(6))
            if k == allZero {
                for _ in 0..<length {
                    let value = walk.next(order: order)
                    walk.append(value)
                    values.append(value)
                }
            } else {
                for _ in 0..<length {
                    let value = walk.next(order: order) &+ unzigzag(readNumber(k, from: &reader))
                    walk.append(value)
                    values.append(value)
                }
            }
            guard !reader.hasOverrun else { throw .malformed }
        }
        return values
    }

    @inline(__always)
    private static func readNumber(_ k: Int, from reader: inout BitReader) -> UInt64 {
        let bits = reader.peek()
        let quotient = (~bits).trailingZeroBitCount
        guard quotient < escape else {
            reader.skip(escape)
            let width = Int(reader.read(6)) + 1
            return reader.read(width)
        }
        if quotient + 1 + k <= 56 {
            reader.skip(quotient + 1 + k)
            let low = (bits >> UInt64(quotient + 1)) & ((1 << UInt64(k)) &- 1)
            return UInt64(quotient) << UInt64(k) | low
        }
        reader.skip(quotient + 1)
        return UInt64(quotient) << UInt64(k) | reader.read(k)
    }

    /// What comes next if nothing changes (order 1) or the change does not (order 2).
    ///
    /// The first value is expected to be 0, and the second to be like the first.
    private struct Prediction {
        private var last: Int64 = 0
        private var change: Int64 = 0
        private var isEmpty = true

        @inline(__always) func next(order: Int) -> Int64 {
            switch order {
            case 0: 0
            case 1: last
            default: last &+ change
            }
        }

        @inline(__always) mutating func append(_ value: Int64) {
            change = isEmpty ? 0 : value &- last
            last = value
            isEmpty = false
        }
    }

    @inline(__always) private static func zigzag(_ value: Int64) -> UInt64 {
        UInt64(bitPattern: (value << 1) ^ (value >> 63))
    }

    @inline(__always) private static func unzigzag(_ number: UInt64) -> Int64 {
        Int64(bitPattern: (number >> 1) ^ (0 &- (number & 1)))
    }

    @inline(__always) private static func width(_ number: UInt64) -> Int { 64 - number.leadingZeroBitCount }
}
