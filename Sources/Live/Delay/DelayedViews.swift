import Limits
import Rooms

/// The recording of a room, and those who are shown it later, by how much later.
///
/// An object, since a socket that takes nothing more may end, and ask for it, while something is shown.
///
/// Touched on its loop only.
final class DelayedViews {
    private(set) var recording: RoomRecording
    /// Those in which somebody is.
    private(set) var views: [DelayedView] = []

    init(_ recording: RoomRecording) { self.recording = recording }

    var audiences: [Audience] { views.map(\.audience) }

    /// Nobody sees the room later.
    var isEmpty: Bool { views.allSatisfy { $0.audience.isEmpty } }

    /// Whether somebody wants to see what happens, later.
    var isWatched: Bool { views.contains { $0.audience.takers > 0 } }

    /// There is a link that shows the room so many milliseconds later.
    func keep(for delay: Int64) { recording.keep(for: delay) }

    /// Whom somebody is shown the room by who sees it so many milliseconds later; later still where there are as many
    /// delays as there may be, and nil where none of them is long enough.
    func view(of host: RoomHost, delay: Int64, at now: Int64) -> DelayedView? {
        if let view = views.first(where: { $0.delay == delay }) { return view }
        guard views.count < Limit.Live.delayedViews else {
            return views.filter { $0.delay > delay }.min { $0.delay < $1.delay }
        }
        let view = DelayedView(of: host, recording, delay: delay, at: now)
        views.append(view)
        return view
    }

    /// Keeps events that are told now.
    func take(told events: [RoomEvent], of room: Room, event: Int, at now: Int64) {
        recording.take(told: events, of: room, event: event, at: now)
    }

    /// Once a second: keeps what has changed of a room whose standings are up to date, and shows what is old enough.
    func advance(with room: Room, event: Int, at now: Int64) {
        views.removeAll { $0.audience.isEmpty }
        recording.take(room, event: event, at: now)
        show(at: now)
    }

    /// Takes back what may not be shown of somebody any more.
    func take(_ withdrawal: Withdrawal) {
        recording.take(withdrawal)
        for view in views { view.take(withdrawal) }
    }

    private func show(at now: Int64) {
        for view in views { view.follow(recording, at: now) }
        // Behind what all have been shown.
        recording.fold(at: now)
    }
}
