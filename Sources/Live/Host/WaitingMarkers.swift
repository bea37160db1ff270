/// Since when a client's markers wait for their `ack`: the oldest of those that came, of those in a commit, and of those
/// on disk.
struct WaitingMarkers {
    private var arrived: Moment?
    private var committing: Moment?
    private var stored: Moment?

    /// New markers have come.
    mutating func came(at moment: Moment) {
        if arrived == nil { arrived = moment }
    }

    /// All that came goes to the disk.
    mutating func committed() {
        committing = committing ?? arrived
        arrived = nil
    }

    /// The commit is on disk.
    ///
    /// - Parameters:
    ///   - hasGrown: Whether more is stored without a gap than before.
    ///   - moment: Now.
    /// - Returns: How many seconds the oldest of its markers waited for it.
    mutating func settled(hasGrown: Bool, at moment: Moment) -> Double? {
        defer { committing = nil }
        // What waits for the client to fill a gap is not the server's delay.
        if hasGrown { stored = stored ?? committing }
        return committing?.seconds(to: moment)
    }

    /// The `ack` is sent.
    /// - Returns: How many seconds the oldest of its markers waited for it.
    mutating func told(at moment: Moment) -> Double? {
        defer { stored = nil }
        return stored?.seconds(to: moment)
    }
}
