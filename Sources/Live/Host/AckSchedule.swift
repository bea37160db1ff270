/// Whom a room owes an `ack`: whoever has more on disk than they were told.
///
/// How far a runner's markers are on disk is the room's to know (`Room.durableMarker(of:)`); here is when that is said: with
/// the next tick, so that it goes with a frame, and each has at most one a tick.
/// ```text
///                                        grows: owed
///  came ──▶ committing ──▶ committed ───────────────▶ due ──take, at a tick──▶ told
/// ```
struct AckSchedule {
    /// What is known of a runner with a connection.
    private struct Runner {
        var waiting = WaitingMarkers()
        /// Is in `due`.
        var isOwed = false
    }

    /// By their numbers, which begin with 1 and have no gaps: asked for each marker.
    private var runners: [Runner?] = []
    /// To be told with the next tick.
    private var due: [Int] = []

    /// Somebody is to be told at the next tick.
    var isDue: Bool { !due.isEmpty }

    /// A runner has a connection from now on, or another one: nothing is owed to it.
    mutating func connected(_ runner: Int) {
        disconnected(runner)
        while runners.count < runner { runners.append(nil) }
        runners[runner - 1] = Runner()
    }

    private func isConnected(_ runner: Int) -> Bool { runner <= runners.count && runners[runner - 1] != nil }

    /// Who has gone is told with the next `joined`.
    mutating func disconnected(_ runner: Int) {
        guard isConnected(runner) else { return }
        runners[runner - 1] = nil
        due.removeAll { $0 == runner }
    }

    /// New markers have come.
    mutating func came(from runner: Int, at moment: Moment) {
        if runner <= runners.count { runners[runner - 1]?.waiting.came(at: moment) }
    }

    /// All that has come from a runner goes into a commit.
    mutating func committing(_ runner: Int) {
        if runner <= runners.count { runners[runner - 1]?.waiting.committed() }
    }

    /// A commit is on disk.
    ///
    /// - Parameters:
    ///   - runner: Whose markers were in it.
    ///   - hasGrown: Whether more is stored without a gap than before.
    ///   - moment: Now.
    /// - Returns: How many seconds the oldest of its markers waited for that.
    mutating func committed(_ runner: Int, hasGrown: Bool, at moment: Moment) -> Double? {
        guard isConnected(runner) else { return nil }
        if hasGrown, runners[runner - 1]?.isOwed == false {
            runners[runner - 1]?.isOwed = true
            due.append(runner)
        }
        return runners[runner - 1]?.waiting.settled(hasGrown: hasGrown, at: moment)
    }

    /// Takes out those who are told now, with how many seconds the oldest of their markers waited for it.
    ///
    /// A second one of them will be owed when more is stored.
    mutating func take(at moment: Moment) -> [(runner: Int, delay: Double?)] {
        defer { due.removeAll(keepingCapacity: true) }
        return due.map { runner in
            runners[runner - 1]?.isOwed = false
            return (runner, runners[runner - 1]?.waiting.told(at: moment))
        }
    }
}
