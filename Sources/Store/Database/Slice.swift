import Limits

/// One transaction's part of a deletion that may be of any size.
///
/// Whoever deletes something large removes what hangs on it first, row by row, and stops when the slice is over: then
/// no foreign key has anything left to cascade to, and the writer is free for others before the next slice. What is left
/// after a slice is whole: every count is that of the rows.
struct Slice {
    /// Bytes and rows that a slice may have at most, each: see ``Limit/Store``.
    struct Bounds: Sendable {
        var rows = Limit.Store.sliceRows
        var bytes = Limit.Store.sliceBytes
    }

    /// What removing one thing writes at most: the thing itself, its counts, and of a post its images and its video.
    private static let rowsOfOne = 16

    let session: Session
    private let bounds: Bounds
    private var rows = 0
    private var bytes = 0
    /// Hashes of pictures and videos that are gone, whose files are to be removed.
    private(set) var files: Set<[UInt8]> = []

    init(_ session: Session, _ bounds: Bounds = Bounds()) {
        self.session = session
        self.bounds = bounds
    }

    /// Whether there is no room left for one more thing, whatever it is.
    var isOver: Bool { rows + Self.rowsOfOne > bounds.rows || bytes >= bounds.bytes }

    /// Runs a statement, and counts the rows that it has changed.
    @discardableResult
    mutating func execute<each Value: SQLValue>(_ sql: SQL, _ values: repeat each Value) throws(StoreError) -> Int {
        let changed = try session.execute(sql, repeat each values)
        rows += changed
        return changed
    }

    /// Counts rows that were changed in another way.
    mutating func count(_ changed: Int) { rows += changed }

    /// Takes what is removed from the count of whose it was.
    mutating func giveBack(_ share: AccountQuota.Share) throws(StoreError) {
        try AccountQuota.giveBack([share], in: session)
        rows += 1
    }

    /// Makes room for a blob or a long text.
    ///
    /// - Returns: False when it is for another slice; one that is larger than a slice has one for itself.
    mutating func take(bytes size: Int) -> Bool {
        guard bytes == 0 || bytes + size <= bounds.bytes else {
            bytes = bounds.bytes
            return false
        }
        bytes += size
        return true
    }

    /// Removes those of some pictures and videos that nothing refers to any more.
    mutating func removeMedia(_ ids: [Int64]) throws(StoreError) {
        let hashes = try MediaRepository.deleteUnreferencedMedia(ids: ids, in: session)
        rows += ids.count
        files.formUnion(hashes)
    }

    /// Removes one by one what a query finds, until it finds nothing or the slice is over.
    ///
    /// - Parameters:
    ///   - query: Of the parameters `$1`, which is `value`, and `$2`, how many rows are wanted; it does not find again
    ///     what is removed.
    ///   - value: Of what.
    ///   - row: Reads a row.
    ///   - remove: Removes it; false if the slice has no room for it.
    /// - Returns: Whether nothing is left.
    /// - Throws: What the database says, and `remove`.
    mutating func drain<Found>(
        _ query: SQL, of value: Int64, as row: (SQLRow) throws -> Found,
        _ remove: (inout Slice, Found) throws(StoreError) -> Bool
    ) throws(StoreError) -> Bool {
        while !isOver {
            let found = try session.rows(query, value, 100, as: row)
            if found.isEmpty { return true }
            for one in found {
                guard !isOver, try remove(&self, one) else { return false }
            }
        }
        return false
    }
}
