import LWS
import Limits

/// A loop's place among those of a hub, and the way to the others.
struct LoopPlace: Sendable {
    /// Which of them it is.
    let index: Int
    let places: RoomPlaces
    let neighbours: Neighbours

    /// The place of a loop that has all rooms to itself.
    static var alone: LoopPlace { LoopPlace(index: 0, places: RoomPlaces(loops: 1), neighbours: Neighbours()) }

    /// Whether a room is at home here, or is to wake here.
    ///
    /// Who `hasMoved` here from another loop wakes a room that sleeps: where else it might wake, changes with all who are on
    /// their way.
    func has(_ runID: String, after hasMoved: Bool) -> Bool {
        guard places.loops > 1 else { return true }
        return (hasMoved ? places.home(of: runID) ?? index : places.place(of: runID)) == index
    }

    /// The loop where a room is at home, or would be if it woke; nil when there is none any more.
    func loop(of runID: String) -> EventLoop? { neighbours[places.place(of: runID)]?.loop }

    /// The loop of the room that a handshake says to be about to join; nil when it says nothing.
    ///
    /// It is only a hint, by which a connection need not move with its join: it may be wrong, and nobody is shown anything
    /// by it.
    func loop(hintedBy head: HTTPRequestHead) -> EventLoop? {
        guard places.loops > 1, let runID = head.queryValue("room"), runID.utf8.count <= Limit.Live.runID
        else { return nil }
        return loop(of: runID)
    }

    /// Whether what comes at a place of a list is for this loop, where all loops have the same list to share.
    func takes(_ offset: Int) -> Bool { places.place(ofListed: offset) == index }

    /// Makes a room at home here.
    ///
    /// - Throws: ``RoomIsElsewhere``.
    func claim(_ runID: String) throws(RoomIsElsewhere) {
        guard places.claim(runID, for: index) == index else { throw RoomIsElsewhere() }
    }

    func release(_ runID: String) { places.release(runID, from: index) }

    func note(viewers count: Int) { places.note(viewers: count, on: index) }

    /// The viewers of the loop on whose thread this is called; nil when it is none of the hub's.
    var edgeHere: LiveEdge? {
        neighbours.all.first { $0.loop.isCurrent }?.assumeIsolated { LoopLocal($0.edge, on: $0.loop) }.value
    }
}
