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
