/// How often a viewer takes frames, and where it stands among those who do.
struct FrameTurn {
    /// Ticks from one frame to the next at least; 0 while it wants none.
    fileprivate(set) var interval: Int32
    /// The list that it stands in.
    fileprivate var list = FrameTurn.outside
    fileprivate var index: Int32 = 0

    /// Takes a frame at each tick, or so many ticks after another; 0 for none.
    init(interval: Int32 = 1) { self.interval = interval }

    fileprivate static let outside: Int32 = -1
    fileprivate static let ready: Int32 = -2
}

/// Who takes turns.
protocol FrameTaker: AnyObject {
    var turn: FrameTurn { get set }
}

/// Whose turn for a frame it is: of thousands of viewers, only those are touched who may have one.
///
/// ```text
///            add                    took, not one for each tick
///  outside ──────▶ ready ─────────────────────────────────────────▶ waiting
///     ▲ │            │  ▲──────────── its tick has come ───────────────│ ▲
///     │ └────────────┼───── wants frames again: at the next tick ──────┼─┘
///     └──────────────┴──────────────── quiet, gone ────────────────────┘
/// ```
/// A tick costs as much as there are viewers whose turn comes with it. Those who have the same rate and took a frame at
/// the same tick take the next one together, too, so that one encoding is for all of them.
struct FrameTurns<Viewer: FrameTaker> {
    /// Those who take the next frame that there is.
    private(set) var ready: [Viewer] = []
    /// Those who wait, by the tick that they wait for, modulo the number of lists; made when somebody waits.
    private var waiting: [[Viewer]] = []
    private var waitingCount = 0
    private var tick = 0
    private let longest: Int

    /// - Parameter longest: The longest interval of a viewer, in ticks.
    init(longest: Int32) { self.longest = Int(longest) }

    /// How many take frames at all.
    var takers: Int { ready.count + waitingCount }

    /// Whether there is somebody for whom the ticks must go on.
    var isAnyoneWaiting: Bool { waitingCount > 0 }

    /// Whether a viewer takes the next frame that there is.
    func isReady(_ viewer: Viewer) -> Bool { viewer.turn.list == FrameTurn.ready }

    /// Takes a viewer in, which has been shown the present.
    mutating func add(_ viewer: Viewer) {
        if viewer.turn.interval > 0 { makeReady(viewer) }
    }

    /// Takes a viewer out, if it is in.
    mutating func remove(_ viewer: Viewer) {
        let (list, index) = (viewer.turn.list, Int(viewer.turn.index))
        guard list != FrameTurn.outside else { return }
        viewer.turn.list = FrameTurn.outside
        if list == FrameTurn.ready {
            Self.take(index, out: &ready)
        } else {
            Self.take(index, out: &waiting[Int(list)])
            waitingCount -= 1
        }
    }

    /// Changes how often a viewer takes frames.
    ///
    /// Who wants more than before has its turn at the next tick.
    mutating func change(_ viewer: Viewer, to interval: Int32) {
        let before = viewer.turn.interval
        viewer.turn.interval = interval
        if interval == 0 { return remove(viewer) }
        // Whoever may have the next frame may have it now as well.
        guard interval != before, !isReady(viewer) else { return }
        let isFaster = before == 0 || interval < before
        let wait = isFaster ? 1 : left(of: viewer) + Int(interval - before)
        remove(viewer)
        have(viewer, wait: wait)
    }

    /// Another tick.
    ///
    /// - Returns: The part of ``ready`` whose turn has come with it: they may have missed something. The others have not,
    ///   unless their sockets are busy.
    mutating func advance() -> Range<Int> {
        tick += 1
        let first = ready.count
        guard waitingCount > 0 else { return first..<first }
        let slot = tick % waiting.count
        waitingCount -= waiting[slot].count
        for viewer in waiting[slot] { makeReady(viewer) }
        waiting[slot].removeAll(keepingCapacity: true)
        return first..<ready.count
    }

    /// A viewer has taken a frame.
    ///
    /// In ``ready``, nothing else changes than that its last viewer may come to stand where this one stood.
    mutating func took(_ viewer: Viewer) {
        guard viewer.turn.interval > 1 else { return }
        remove(viewer)
        have(viewer, wait: Int(viewer.turn.interval))
    }

    private mutating func makeReady(_ viewer: Viewer) {
        (viewer.turn.list, viewer.turn.index) = (FrameTurn.ready, Int32(ready.count))
        ready.append(viewer)
    }

    private mutating func have(_ viewer: Viewer, wait ticks: Int) {
        if waiting.isEmpty { waiting = Array(repeating: [], count: longest + 1) }
        let slot = (tick + min(ticks, longest)) % waiting.count
        (viewer.turn.list, viewer.turn.index) = (Int32(slot), Int32(waiting[slot].count))
        waiting[slot].append(viewer)
        waitingCount += 1
    }

    /// How many ticks a viewer still waits.
    private func left(of viewer: Viewer) -> Int {
        (Int(viewer.turn.list) - tick % waiting.count + waiting.count) % waiting.count
    }

    private static func take(_ index: Int, out list: inout [Viewer]) {
        let last = list.removeLast()
        guard index < list.count else { return }
        list[index] = last
        last.turn.index = Int32(index)
    }
}
