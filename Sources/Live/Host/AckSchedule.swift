/// Whom a room owes an `ack`, and when it may be told: at most once a second each, and only when all that had come is on
/// disk.
///
/// How far a runner's markers are on disk is the room's to know (`Room.durableMarker(of:)`); here is when that is said.
/// ```text
///                                        grows: owed                                 a second after the last
///  came ──▶ committing ──▶ committed ───────────────▶ stored ──allCommitted──▶ due ──ready──▶ told
/// ```
/// One for what a commit of events has stored would have to be followed by a second of silence, in which the next commit
/// of everything ends: so they wait for that one.
struct AckSchedule {
    /// What is known of a runner with a connection.
    private struct Runner {
        var waiting = WaitingMarkers()
        /// Before this moment there is no further `ack`.
        var next: Moment?
        /// Is in `stored` or in `due`.
        var isOwed = false
    }

    private var runners: [Int: Runner] = [:]
    /// To be told after the next commit of everything.
    private var stored: [Int] = []
    /// To be told now, or a second after the last.
    private var due: [Int] = []

    /// Somebody is to be told at the next tick.
    var isDue: Bool { !due.isEmpty }

    /// Somebody waits for a commit of everything.
    var waitsForAll: Bool { !stored.isEmpty }

    /// A runner has a connection from now on, or another one: nothing is owed to it.
    mutating func connected(_ runner: Int) {
        disconnected(runner)
        runners[runner] = Runner()
    }

    /// Who has gone is told with the next `joined`.
    mutating func disconnected(_ runner: Int) {
        guard let known = runners.removeValue(forKey: runner), known.isOwed else { return }
        stored.removeAll { $0 == runner }
        due.removeAll { $0 == runner }
    }

    /// New markers have come.
    mutating func came(from runner: Int, at moment: Moment) { runners[runner]?.waiting.came(at: moment) }

    /// All that has come from a runner goes into a commit.
    mutating func committing(_ runner: Int) { runners[runner]?.waiting.committed() }

    /// A commit is on disk.
    ///
    /// - Parameters:
    ///   - runner: Whose markers were in it.
    ///   - hasGrown: Whether more is stored without a gap than before.
    mutating func committed(_ runner: Int, hasGrown: Bool) {
        guard var known = runners[runner] else { return }
        known.waiting.settled(hasGrown: hasGrown)
        if hasGrown, !known.isOwed {
            known.isOwed = true
            stored.append(runner)
        }
        runners[runner] = known
    }

    /// All that had come is on disk.
    mutating func allCommitted() {
        due += stored
        stored.removeAll(keepingCapacity: true)
    }

    /// Takes out those who may be told now.
    ///
    /// To each that is, ``told(_:at:again:)`` follows; who is not will be owed one when more is stored.
    mutating func ready(at moment: Moment) -> [Int] {
        var ready: [Int] = []
        due.removeAll { runner in
            if let next = runners[runner]?.next, moment < next { return false }
            ready.append(runner)
            return true
        }
        for runner in ready { runners[runner]?.isOwed = false }
        return ready
    }

    /// An `ack` is sent.
    ///
    /// - Parameters:
    ///   - runner: To whom.
    ///   - moment: When.
    ///   - next: When there may be another.
    /// - Returns: How many seconds the oldest of its markers waited for it.
    mutating func told(_ runner: Int, at moment: Moment, again next: Moment) -> Double? {
        runners[runner]?.next = next
        return runners[runner]?.waiting.told(at: moment)
    }
}
