import Synchronization

/// The rooms of all loops of a hub, as they know each other: by references that do not keep them.
///
/// From any thread.
final class Neighbours: Sendable {
    private struct Reference {
        weak var rooms: LiveRooms?
    }

    private let references = Mutex<[Reference]>([])

    /// Makes them known to each other; once, before any of them starts.
    func introduce(_ rooms: [LiveRooms]) {
        references.withLock { $0 = rooms.map { Reference(rooms: $0) } }
    }

    subscript(_ index: Int) -> LiveRooms? { references.withLock { $0.indices.contains(index) ? $0[index].rooms : nil } }

    /// All that are there.
    var all: [LiveRooms] { references.withLock { $0.compactMap(\.rooms) } }
}
