/// What is overwritten in a file, byte for byte: its length, and where everything else is, stay.
struct VideoEdits: Sendable {
    private struct Write: Sendable {
        let offset: Int
        let bytes: [UInt8]
    }

    /// Sorted, and apart from each other, once ``seal()`` was called.
    private var blanks: [Range<Int>] = []
    private var writes: [Write] = []

    /// Nothing is changed.
    init() {}

    /// How many there are.
    var count: Int { blanks.count + writes.count }

    /// Has zeros in place of a range.
    mutating func blank(_ range: Range<Int>) {
        if range.isEmpty { return }
        if let last = blanks.last, last.upperBound == range.lowerBound {
            blanks[blanks.count - 1] = last.lowerBound..<range.upperBound
        } else {
            blanks.append(range)
        }
    }

    /// Has bytes in place of those at an offset, also where there would be zeros.
    mutating func write(_ bytes: [UInt8], at offset: Int) { writes.append(Write(offset: offset, bytes: bytes)) }

    /// Brings them into the order in which a file is read.
    mutating func seal() {
        writes.sort { $0.offset < $1.offset }
        blanks.sort { $0.lowerBound < $1.lowerBound }
        var merged: [Range<Int>] = []
        for range in blanks {
            if let last = merged.last, last.upperBound >= range.lowerBound {
                merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        blanks = merged
    }

    /// Changes a piece of the file.
    ///
    /// - Parameters:
    ///   - piece: Some bytes of it, perhaps more than are of it.
    ///   - count: So many are.
    ///   - offset: Where they stand in the file.
    /// - Complexity: O(log n) for n edits, and what there is to change.
    func apply(to piece: inout [UInt8], count: Int, at offset: Int) {
        let end = offset + count
        var index = blanks.partitioningIndex { $0.upperBound > offset }
        while index < blanks.count, blanks[index].lowerBound < end {
            for position in blanks[index].clamped(to: offset..<end) { piece[position - offset] = 0 }
            index += 1
        }
        // None is longer than this.
        index = writes.partitioningIndex { $0.offset + 16 > offset }
        while index < writes.count, writes[index].offset < end {
            for (position, byte) in zip(writes[index].offset..., writes[index].bytes)
            where position >= offset && position < end {
                piece[position - offset] = byte
            }
            index += 1
        }
    }
}

extension Array {
    /// The first index whose element belongs to the second half, of an array whose elements of the first half all come
    /// before it.
    fileprivate func partitioningIndex(where belongsInSecondHalf: (Element) -> Bool) -> Int {
        var low = 0, high = count
        while low < high {
            let middle = low + (high - low) / 2
            if belongsInSecondHalf(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
