import Rooms
import Store

/// A room as it came from the disk: ready to go on, and in no place of the memory yet.
struct LoadedRoom: Sendable {
    var key: Int64
    var term: Int64
    var room: Room
    var details: RoomDetails
    var secret: RoomSecret
    var createdAt: Int64
    var updatedAt: Int64
    /// The longest of the links that show the room later, in milliseconds; 0 without any.
    var longestDelay: Int64
    /// With journal rows and runners' blocks that nothing needs any more: whoever purged did not come to them.
    var ledger: RoomLedger
    var damage: [Damage]
    /// Runners whose runs are over, and had to be measured from their records.
    var unsavedWays: [Int]
    /// Runners of whom it is not known who they are, since their rows cannot be read: they are nobody here for now, and
    /// what is on the disk of them stays.
    var unreadable: Set<Int>
    /// Runners whose accounts may not be used.
    var disabled: [Int]
    /// Whether the journal has markers of somebody who has no account any more.
    var holdsMarkersOfNobodies: Bool
    /// What came of ``finish(newRunKey:at:)``.
    private(set) var decisions = Decisions()

    /// A row that cannot be used, or not as it is.
    struct Damage: Sendable {
        enum Row: Sendable, CustomStringConvertible {
            case journal(sequence: Int64)
            case runner(Int)
            case event(Int)
            case track(runner: Int)
            case mark(runner: Int)
            case block(runner: Int, number: Int)
            case links

            var description: String {
                switch self {
                case .journal(let sequence): "journal \(sequence)"
                case .runner(let number): "runner \(number)"
                case .event(let number): "event \(number)"
                case .track(let runner): "track of runner \(runner)"
                case .mark(let runner): "mark of runner \(runner)"
                case .block(let runner, let number): "block \(number) of runner \(runner)"
                case .links: "links"
                }
            }
        }

        var row: Row
        var reason: String
    }

    /// Ends the restoring, and takes those out who may not be here, or are nobody any more: it came to that while the
    /// room was nowhere but on disk.
    mutating func finish(newRunKey: () -> Int64, at now: Int64) {
        room.restored(at: now)
        for number in room.runnerNumbers where !unreadable.contains(number) {
            if room.person(number)?.isNobody ?? false {
                decisions.merge(room.forget(number, newRunKey: newRunKey(), at: now))
            } else if disabled.contains(number), room.isInRoom(number), let left = try? room.leave(number, at: now) {
                // What is in the room can leave it.
                decisions.merge(left)
            }
        }
    }
}
