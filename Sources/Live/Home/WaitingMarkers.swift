/// Since when a client's markers wait for their `ack`: the oldest of those that came, of those in a commit, and of those
/// on disk.
struct WaitingMarkers {
    private var arrived: ContinuousClock.Instant?
    private var committing: ContinuousClock.Instant?
    private var stored: ContinuousClock.Instant?

    /// New markers have come.
    mutating func came() {
        if arrived == nil { arrived = .now }
    }

    /// All that came goes to the disk.
    mutating func committed() {
        committing = committing ?? arrived
        arrived = nil
    }

    /// The commit is on disk.
    /// - Parameter isAckDue: whether more is stored without a gap than before.
    mutating func settled(isAckDue: Bool) {
        // What waits for the client to fill a gap is not the server's delay.
        if isAckDue { stored = stored ?? committing }
        committing = nil
    }

    /// The `ack` is sent.
    /// - Returns: How long the oldest of its markers waited for it.
    mutating func told(at moment: ContinuousClock.Instant) -> Duration? {
        defer { stored = nil }
        return stored?.duration(to: moment)
    }
}
