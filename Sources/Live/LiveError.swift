public import Rooms
public import Store

/// Why a command to a live room is refused.
public enum LiveError: Error, Sendable {
    case noSuchRoom
    case roomExists
    case wrongPassword
    /// The person is no runner of this room.
    case notInRoom
    case room(RoomError)
    /// More starts, pauses and returns of a runner came than one may cause.
    case tooManyCommands
    /// Nothing was stored. It may be tried again; until then nobody is told that it has happened.
    case store(StoreError)
    /// The server is stopping.
    case stopping
}
