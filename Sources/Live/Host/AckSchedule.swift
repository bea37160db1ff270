/// Whom a room owes an `ack`: whoever has more on disk than they were told.
///
/// How far a runner's markers are on disk is the room's to know (`Room.durableMarker(of:)`); here is when that is said: with
/// the next tick, so that it goes with a frame, and each has at most one a tick. Nobody looks at a phone that takes no
/// frames, and each message wakes its radio: it is told of many markers together, or after a while.
/// ```text
///                                        grows: owed
///  came ──▶ committing ──▶ committed ───────────────▶ due ──take, at a tick──▶ told
///                                                      │ quiet, told lately
///                                                      └──▶ waits for more, for its time, or for the phone to wake
/// ```
struct AckSchedule {
    /// How long who takes no frames waits for the next `ack`, at most.
    struct Quiet {
        let interval: Duration
        /// So many new markers are told at once.
        let markers: Int32
    }

    /// What is known of a runner with a connection.
    private struct Runner {
        var waiting = WaitingMarkers()
        /// Is in `due`.
        var isOwed = false
        /// Takes no frames.
        var isQuiet = false
        /// Is not made to wait, until it sends markers again.
        var isHastened = false
        /// On disk without a gap.
        var stored: Int32 = 0
        /// When it was told last, and of what.
        var told: (moment: Moment, marker: Int32)?
    }

    private let quiet: Quiet
    /// By their numbers, which begin with 1 and have no gaps: asked for each marker.
    private var runners: [Runner?] = []
    /// To be told, with the next tick or with a later one.
    private var due: [Int] = []
    /// Nobody of them is told before this moment.
    private var earliest = Moment.distantPast

    init(quiet: Quiet) { self.quiet = quiet }

    /// Somebody is to be told, at the next tick or at a later one.
    var isDue: Bool { !due.isEmpty }

    /// Somebody may be told at a moment.
    func isDue(at moment: Moment) -> Bool { isDue && earliest <= moment }

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

    /// Whether a runner has a connection that takes no frames.
    func isQuiet(_ runner: Int) -> Bool { runner <= runners.count && runners[runner - 1]?.isQuiet == true }

    /// A runner's connection takes frames from now on, or takes none.
    mutating func takesFrames(_ runner: Int, _ takesFrames: Bool) {
        guard isConnected(runner) else { return }
        runners[runner - 1]?.isQuiet = !takesFrames
        earliest = .distantPast
    }

    /// Has a runner told of what has come by now as soon as it is on disk.
    mutating func hasten(_ runner: Int) {
        guard isConnected(runner) else { return }
        runners[runner - 1]?.isHastened = true
        earliest = .distantPast
    }

    /// New markers have come; how long those of a connection that takes no frames wait is no delay.
    mutating func came(from runner: Int, at moment: Moment) {
        guard runner <= runners.count, let isQuiet = runners[runner - 1]?.isQuiet else { return }
        if isQuiet { runners[runner - 1]?.isHastened = false } else { runners[runner - 1]?.waiting.came(at: moment) }
    }

    /// All that has come from a runner goes into a commit.
    mutating func committing(_ runner: Int) {
        if runner <= runners.count { runners[runner - 1]?.waiting.committed() }
    }

    /// A commit is on disk.
    ///
    /// - Parameters:
    ///   - runner: Whose markers were in it.
    ///   - marker: Up to which all are stored now; nil where that is no more than before.
    ///   - moment: Now.
    /// - Returns: How many seconds the oldest of its markers waited for that.
    mutating func committed(_ runner: Int, upTo marker: Int32?, at moment: Moment) -> Double? {
        guard isConnected(runner), var state = runners[runner - 1] else { return nil }
        if let marker {
            state.stored = marker
            if !state.isOwed {
                state.isOwed = true
                due.append(runner)
            }
            earliest = min(earliest, self.moment(of: state))
        }
        let delay = state.waiting.settled(hasGrown: marker != nil, at: moment)
        runners[runner - 1] = state
        return delay
    }

    /// Takes out those who are told now, with how many seconds the oldest of their markers waited for it.
    ///
    /// A second one of them will be owed when more is stored.
    mutating func take(at moment: Moment) -> [(runner: Int, delay: Double?)] {
        guard isDue(at: moment) else { return [] }
        earliest = .distantFuture
        var told: [(runner: Int, delay: Double?)] = []
        var kept = 0
        for index in due.indices {
            let runner = due[index]
            guard var state = runners[runner - 1] else { continue }
            let own = self.moment(of: state)
            guard own <= moment else {
                earliest = min(earliest, own)
                due[kept] = runner
                kept += 1
                continue
            }
            state.isOwed = false
            state.told = (moment, state.stored)
            told.append((runner, state.waiting.told(at: moment)))
            runners[runner - 1] = state
        }
        due.removeSubrange(kept...)
        return told
    }

    /// From when on who is owed something is told it.
    private func moment(of runner: Runner) -> Moment {
        guard runner.isQuiet, !runner.isHastened, let told = runner.told, told.marker <= runner.stored,
            runner.stored - told.marker < quiet.markers
        else { return .distantPast }
        return told.moment + quiet.interval
    }
}
