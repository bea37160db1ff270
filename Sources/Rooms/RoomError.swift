/// Why a room refuses a command.
///
/// Nothing has changed when one is thrown.
public enum RoomError: Error, Hashable, Sendable {
    /// As many runners as the room takes are in it.
    case roomFull
    /// The room was deleted.
    case roomClosed
    /// Nobody in this room has that runner number.
    case noSuchRunner(Int)
    /// The runner has left the room.
    case hasLeft
    /// `start` while the run is under way.
    case alreadyRunning
    /// `pause` while nothing is running.
    case notRunning
    /// The run has as many pauses as a run may.
    case tooManyPauses
    /// `finish` before a start.
    case notStarted
    /// `finish`, `pause` or markers after the run has ended (and its late markers are in).
    case alreadyFinished
    /// What is meant is a run that ended before the last one, or so long ago that its late markers are in.
    case runSettled
    /// The runner has not begun so many runs.
    case noSuchRun
    /// A cheer must have 1-200 characters.
    case badCheer
    /// The run holds as many markers as a run may.
    case tooManyMarkers
    /// A marker came late, and the run may not be measured anew at the moment.
    case tooManyLateMarkers
    /// A start or pause of long ago, for which the run may not be measured anew at the moment.
    case tooManyLateCommands
}
