/// When the next commit begins, and what it is of: as soon as something waits and the last one has ended, but with
/// markers at most so many a second, and of everything once a second.
///
/// What takes longer gathers more: there is never more than one under way, and none waits in line.
/// ```text
///  eventsWait ──2 ms──┐                     ┌──▶ those rooms
///  markersWait ─20 ms─┼─▶ due ──begin──▶ ───┼──▶ the markers that have come
///  changesWait ──1 s──┘    ▲                └──▶ everything
///                          └─────ended──────
/// ```
struct CommitRhythm {
    /// What a commit takes.
    struct Round: Equatable {
        /// All of the rooms where events, or somebody, wait.
        var hasEvents = false
        /// The markers that are not on disk.
        var hasMarkers = false
        /// All that there is of all rooms.
        var isEverything = false
    }

    private let gathering: Duration
    private let markerInterval: Duration
    private let interval: Duration

    private var events: Moment?
    private var markers: Moment?
    private var everything: Moment?
    /// Before this moment there is no further commit of markers.
    private var nextMarkers: Moment?
    private(set) var isUnderWay = false

    init(gathering: Duration, markerInterval: Duration, interval: Duration) {
        self.gathering = gathering
        self.markerInterval = markerInterval
        self.interval = interval
    }

    /// Events of a room, or somebody who asked, wait for the disk.
    mutating func eventsWait(at now: Moment) {
        if events == nil { events = now + gathering }
    }

    /// Markers wait for the disk.
    mutating func markersWait(at now: Moment) {
        if markers == nil { markers = max(now + gathering, nextMarkers ?? now) }
    }

    /// Something of a room is to be stored.
    mutating func changesWait(at now: Moment) {
        if everything == nil { everything = now + interval }
    }

    /// Everything is to be stored at once.
    mutating func hurry(at now: Moment) { everything = now }

    /// When there is something to begin; nil when nothing waits, and while a commit is under way.
    var next: Moment? { isUnderWay ? nil : [events, markers, everything].compactMap(\.self).min() }

    /// Begins what is due.
    ///
    /// - Returns: Nil when nothing is.
    mutating func begin(at now: Moment) -> Round? {
        guard let next, next <= now else { return nil }
        let isEverything = everything.map { $0 <= now } ?? false
        // Events that are only gathered yet share the sync.
        let round = Round(
            hasEvents: isEverything || events != nil, hasMarkers: isEverything || markers.map { $0 <= now } ?? false,
            isEverything: isEverything)
        events = nil
        if round.hasMarkers { (markers, nextMarkers) = (nil, now + markerInterval) }
        if isEverything { everything = nil }
        isUnderWay = true
        return round
    }

    /// What was begun is on disk, or there was nothing.
    mutating func ended() { isUnderWay = false }
}
