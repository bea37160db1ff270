import Geo
import LWS

/// Somebody in a room, a runner or a spectator.
///
/// Lives on the simulation's loop.
final class Person {
    /// How far the connection has come.
    enum Phase {
        /// Not connected; tries at that time.
        case away(until: ContinuousClock.Instant)
        case connecting
        /// Connected, and `join` is on its way.
        case joining
        /// In the room.
        case present
        /// Will not come back.
        case gone(String)
    }

    let id: Int
    let room: Int
    /// The position among the room's runners; nil for a spectator.
    let lane: Int?
    let account: Preparation.Account?

    var phase: Phase
    var socket: WebSocket?
    /// Counts connections, so that the last words of an old one are not taken for those of the present one.
    var connection = 0
    var backOff = BackOff()
    /// When this person cuts the connection to see what happens.
    var dropsAt: ContinuousClock.Instant?

    var ledger = ViewerLedger()
    /// The runner's number in the room.
    var number: Int?

    /// The present run.
    var performance: Performance?
    /// When the present run's replay began.
    var begun: ContinuousClock.Instant?
    /// When the next run may begin.
    var restsUntil: ContinuousClock.Instant?
    var runs = 0
    var lastMessage: ContinuousClock.Instant?
    var nextCheer: ContinuousClock.Instant
    /// The places most lately sent, as a viewer would be shown them.
    var sentPlaces: [(latitude: Double, longitude: Double, at: ContinuousClock.Instant)] = []
    /// Whether the record of the only run was fetched, or never will be.
    var isDone: Bool

    init(
        id: Int, room: Int, lane: Int?, account: Preparation.Account?, begin: ContinuousClock.Instant
    ) {
        self.id = id
        self.room = room
        self.lane = lane
        self.account = account
        phase = .away(until: begin)
        nextCheer = begin
        isDone = lane == nil
    }

    var isPresent: Bool { if case .present = phase { true } else { false } }
    var isGone: Bool { if case .gone = phase { true } else { false } }

    /// Remembers a place that is about to be shown to others.
    func show(_ degrees: (latitude: Double, longitude: Double), at instant: ContinuousClock.Instant) {
        if sentPlaces.count == 32 { sentPlaces.removeFirst(16) }
        sentPlaces.append((degrees.latitude, degrees.longitude, instant))
    }

    /// When what a row shows was sent, if it is one of the last places.
    func sent(_ row: RunnerRow) -> ContinuousClock.Instant? {
        guard let latitude = row.latitude, let longitude = row.longitude else { return nil }
        return sentPlaces.last { place in
            abs(place.latitude - latitude) < 1.5e-6 && abs(place.longitude - longitude) < 1.5e-6
        }?.at
    }
}
