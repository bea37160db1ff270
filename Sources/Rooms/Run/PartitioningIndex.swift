extension RandomAccessCollection {
    /// The first place whose element satisfies a condition that, once true, stays true; the end when none does.
    ///
    /// - Complexity: O(log *n*).
    func partitioningIndex(where isReached: (Element) -> Bool) -> Index {
        var low = startIndex
        var count = count
        while count > 0 {
            let half = count / 2
            let middle = index(low, offsetBy: half)
            if isReached(self[middle]) {
                count = half
            } else {
                low = index(after: middle)
                count -= half + 1
            }
        }
        return low
    }
}
