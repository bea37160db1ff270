import Rooms

/// The rooms in memory, by their names.
final class RoomTable {
    private var byName: [String: RoomHost] = [:]
    private let place: LoopPlace

    init(_ place: LoopPlace) { self.place = place }

    subscript(_ runID: String) -> RoomHost? { byName[runID] }

    var count: Int { byName.count }

    var hosts: [RoomHost] { Array(byName.values) }

    func insert(_ host: RoomHost) { byName[host.room.id] = host }

    /// Takes a host out, and not another one of a room of the same name, which may have been made since.
    func remove(_ host: RoomHost) {
        guard byName[host.room.id] === host else { return }
        byName[host.room.id] = nil
        place.release(host.room.id)
    }

    func removeAll() { byName.removeAll() }
}
