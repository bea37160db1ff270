import Rooms

/// The rooms in memory, by their names.
final class RoomTable {
    private var byName: [String: RoomHost] = [:]

    subscript(_ runID: String) -> RoomHost? { byName[runID] }

    var count: Int { byName.count }

    var hosts: [RoomHost] { Array(byName.values) }

    func insert(_ host: RoomHost) { byName[host.room.id] = host }

    /// Takes a host out, and not another one of a room of the same name, which may have been made since.
    func remove(_ host: RoomHost) {
        if byName[host.room.id] === host { byName[host.room.id] = nil }
    }

    func removeAll() { byName.removeAll() }
}
