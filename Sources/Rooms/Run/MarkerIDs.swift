/// Which markers of a run have come: a few bytes however many there are, and eight more for each gap between them.
struct MarkerIDs: Sendable {
    /// The highest id such that it and all below it have come; 0 when the first is missing.
    private(set) var contiguous: Int32 = 0
    /// Those after the first gap.
    private var beyond = RangeSet<Int32>()

    /// The highest id that has come; 0 when none has.
    private(set) var newest: Int32 = 0

    /// - Complexity: O(log *g*) for *g* gaps.
    func contains(_ id: Int32) -> Bool { id <= contiguous || id <= newest && beyond.contains(id) }

    /// - Parameter id: positive; one that has come already is not an error.
    /// - Complexity: O(1) for the next one, O(*g*) for one that fills a gap.
    mutating func insert(_ id: Int32) {
        newest = max(newest, id)
        if id > contiguous + 1 {
            beyond.insert(contentsOf: id..<(id + 1))
        } else if id == contiguous + 1 {
            contiguous = id
            guard !beyond.isEmpty, let next = beyond.ranges.first, next.lowerBound == id + 1 else { return }
            contiguous = next.upperBound - 1
            beyond.remove(contentsOf: next)
        }
    }
}
