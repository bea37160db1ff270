/// What no command can bring a room to: a flaw of the program, or of the machine's memory.
///
/// The raw value is a label for `/metrics`.
public enum RoomViolation: String, Sendable, CaseIterable {
    /// Runners are not numbered 1...n, or not all of them stand once in the standings.
    case runners
    /// The log does not end with the newest event, or holds more than may be recovered.
    case events
    /// More is promised to be on disk than has come.
    case promise
    /// A distance is negative or no number, or its full kilometres are not those that were noted.
    case distance
    /// A run's clock was told something out of its order.
    case clock
    /// A marker came into a run's window out of its order, or the window is larger than it may be.
    case window
}

extension Room {
    /// The first invariant that does not hold; nil as long as the program is right.
    ///
    /// These are the cheap ones, looked at in production before anything of a room is stored: who finds one throws the
    /// room out of memory, and what is on disk is still right. The tests have the others, and look after each command.
    ///
    /// - Complexity: O(*n*) for *n* runners, some comparisons for each.
    public var violation: RoomViolation? { violation(among: runners.indices) }

    /// As ``violation``, of those runners alone of whom markers have come since they were last taken.
    ///
    /// - Complexity: O(*k*) for *k* messages with markers.
    public var freshViolation: RoomViolation? { violation(among: fresh) }

    private func violation(among indices: some Sequence<Int>) -> RoomViolation? {
        guard standings.count == runners.count, numberByAccount.count <= runners.count else { return .runners }
        guard isLogSound else { return .events }
        for index in indices {
            guard runners[index].number == index + 1 else { return .runners }
            if let broken = runners[index].run.violation(settings) { return broken }
        }
        return nil
    }
}

extension Run {
    fileprivate func violation(_ settings: RoomSettings) -> RoomViolation? {
        if durable > ids.contiguous { return .promise }
        let meters = odometer.meters
        guard meters >= 0, meters.isFinite else { return .distance }
        // Of a settled run that was put back, or whose way was let go, the kilometres have been told long ago.
        guard isWithoutMarkers || odometer.kilometers.count == Int(meters / 1000) else { return .distance }
        if clock.isBroken { return .clock }
        guard !history.isBroken, isRecalling || history.entries.count <= 3 * settings.blockLength else {
            return .window
        }
        return nil
    }
}
