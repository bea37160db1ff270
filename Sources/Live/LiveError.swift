public import Rooms
public import Store

/// Why a command to a live room is refused.
public enum LiveError: Error, Sendable {
    case noSuchRoom
    case roomExists
    case wrongPassword
    /// Too many wrong passwords for this room came from this address; in so many seconds one is heard again.
    case tooManyGuesses(retryAfter: Int)
    /// The person is no runner of this room.
    case notInRoom
    case room(RoomError)
    /// More starts, pauses and returns of a runner came than one may cause.
    case tooManyCommands
    /// More markers came at once, or later, than can be measured at the moment; they may be sent again.
    case tooManyMarkers
    /// Nothing was stored. It may be tried again; until then nobody is told that it has happened.
    case store(StoreError)
    /// The server is stopping.
    case stopping
}
