/// Which markers of a run have come: a few bytes however many there are, and eight more for each gap between them.
struct MarkerIDs: Sendable {
    /// The highest id that has come; 0 when none has.
    private(set) var newest: Int32 = 0
    init() {}

    /// All up to one have come.
    init(through newest: Int32) { self.newest = newest }

    /// What is missing below it, ascending.
    ///
    /// An array, since a `RangeSet` here would make a runner a type whose size is known at run time only: each of its
    /// properties would then be read from a copy.
    private var gaps: [Range<Int32>] = []

    /// The highest id such that it and all below it have come; 0 when the first is missing.
    var contiguous: Int32 { gaps.first.map { $0.lowerBound - 1 } ?? newest }

    /// - Complexity: O(log *g*) for *g* gaps.
    func contains(_ id: Int32) -> Bool { id <= newest && gap(with: id) == nil }

    /// - Parameter id: positive; one that has come already is not an error.
    /// - Complexity: O(1) for the next one, O(*g*) for one in a gap.
    mutating func insert(_ id: Int32) {
        if id > newest {
            if id > newest + 1 { gaps.append(newest + 1..<id) }
            newest = id
            return
        }
        guard let index = gap(with: id) else { return }
        let before = gaps[index].lowerBound..<id
        let after = id + 1..<gaps[index].upperBound
        gaps.replaceSubrange(index...index, with: [before, after].filter { !$0.isEmpty })
    }

    /// The place of the gap in which an id is missing.
    private func gap(with id: Int32) -> Int? {
        let index = gaps.partitioningIndex { $0.upperBound > id }
        return index < gaps.count && gaps[index].contains(id) ? index : nil
    }
}

// MARK: - Bytes

extension MarkerIDs {
    /// How many ids have come.
    var count: Int { gaps.reduce(Int(newest)) { $0 - $1.count } }

    /// Those up to one.
    func prefix(through last: Int32) -> MarkerIDs {
        var ids = MarkerIDs(through: min(last, newest))
        ids.gaps = gaps.lazy.filter { $0.lowerBound <= last }.map { $0.clamped(to: 1..<last + 1) }
        // A gap at the end is none: what is behind it has not come.
        while let gap = ids.gaps.last, gap.upperBound > ids.newest {
            ids.newest = gap.lowerBound - 1
            ids.gaps.removeLast()
        }
        return ids
    }

    /// Nil when there are more gaps than a mark may have.
    func write(to writer: inout MarkWriter) -> Bool {
        guard gaps.count <= RunMark.mostGaps else { return false }
        writer.write(newest)
        writer.write(gaps.count)
        var last: Int32 = 0
        for gap in gaps {
            writer.write(gap.lowerBound - last)
            writer.write(Int32(gap.count))
            last = gap.upperBound
        }
        return true
    }

    init(from reader: inout MarkReader) throws(RunMark.Damage) {
        newest = try reader.read(in: 1...MarkerHistory.largestID + MarkerHistory.mostPolled)
        var last: Int32 = 0
        for _ in 0..<(try reader.read(in: 0...RunMark.mostGaps)) {
            let start = last + (try reader.read(in: 1...newest))
            guard start < newest else { throw .malformed }
            last = start + (try reader.read(in: 1...newest))
            guard last <= newest else { throw .malformed }
            gaps.append(start..<last)
        }
    }
}
