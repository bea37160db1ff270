import DequeModule

/// Lets so many do something at once; the others wait, and come in the order in which they asked.
///
/// Touched on its loop only.
final class ReadingTurns {
    private var free: Int
    private var waiting: Deque<CheckedContinuation<Void, Never>> = []

    init(_ count: Int) { free = count }

    /// Returns when it is the caller's turn; ``give()`` ends it.
    func take() async {
        guard free == 0 else { return free -= 1 }
        await withCheckedContinuation { waiting.append($0) }
    }

    func give() {
        if let next = waiting.popFirst() { next.resume() } else { free += 1 }
    }
}
