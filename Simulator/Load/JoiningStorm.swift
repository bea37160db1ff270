/// Those who come late, all within a few seconds, and what the rooms that were there before feel of it.
///
/// It lasts from the first wish to join until the last of them has joined.
struct JoiningStorm {
    /// How many are to come.
    let people: Int
    private(set) var joined = 0
    /// When the first of them wanted to join; the end of time before.
    private(set) var began = Nanoseconds.max
    /// When the last of them had joined; the end of time before.
    private(set) var ended = Nanoseconds.max
    /// From the wish to join until it was fulfilled.
    private(set) var joinLatencies = Latencies()
    /// From marker to screen in the live rooms, of everything that was taken or shown meanwhile.
    private(set) var liveLatencies = Latencies()
    /// CPU seconds of this program at the beginning and at the end.
    private var ownCPU: (began: Double, ended: Double) = (0, 0)

    init(people: Int) { self.people = people }

    var hasBegun: Bool { began < .max }
    var isOver: Bool { ended < .max }
    /// Nanoseconds from its beginning to its end; nil before the end.
    var length: Nanoseconds? { isOver ? ended - began : nil }
    /// Cores that this program took for it; nil before the end.
    var ownCores: Double? { length.map { (ownCPU.ended - ownCPU.began) / max(1e-3, $0.inSeconds) } }

    mutating func begin(at now: Nanoseconds, ownCPU: Double) {
        began = now
        self.ownCPU.began = ownCPU
    }

    /// One of them has joined for the first time.
    mutating func didJoin(at now: Nanoseconds, wantedSince: Nanoseconds, ownCPU: @autoclosure () -> Double) {
        joined += 1
        joinLatencies.record(now - wantedSince)
        if joined == people {
            ended = now
            self.ownCPU.ended = ownCPU()
        }
    }

    /// Takes what a screen of a live room has shown.
    ///
    /// - Parameters:
    ///   - now: When it did.
    ///   - intended: When the marker was taken. One taken meanwhile counts however late it is shown.
    @inline(__always)
    mutating func didShow(at now: Nanoseconds, intended: Nanoseconds) {
        if now >= began, intended <= ended { liveLatencies.record(now - intended) }
    }
}
