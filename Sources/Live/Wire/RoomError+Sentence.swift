public import Rooms

extension RoomError {
    /// For a program.
    public var code: String {
        switch self {
        case .roomFull: "room_full"
        case .roomClosed: "room_deleted"
        case .noSuchRunner: "no_such_runner"
        case .hasLeft: "has_left"
        case .alreadyRunning: "already_running"
        case .notRunning: "not_running"
        case .tooManyPauses: "too_many_pauses"
        case .notStarted: "not_started"
        case .alreadyFinished: "already_finished"
        case .runSettled: "run_settled"
        case .noSuchRun: "no_such_run"
        case .badCheer: "bad_cheer"
        case .tooManyMarkers: "too_many_markers"
        case .tooManyLateMarkers: "too_many_late_markers"
        case .tooManyLateCommands: "too_many_commands"
        }
    }

    /// For a person.
    public var sentence: String {
        switch self {
        case .roomFull: "The room is full."
        case .roomClosed: "The room was deleted."
        case .noSuchRunner(let number): "Nobody in this room has the number \(number)."
        case .hasLeft: "This runner has left the room."
        case .alreadyRunning: "The run is under way already."
        case .notRunning: "Nothing is running that could be paused."
        case .tooManyPauses: "The run has as many pauses as a run may: it goes on until its finish."
        case .notStarted: "The run has not been started."
        case .alreadyFinished: "The run is finished."
        case .runSettled: "That run is over, and its late markers are in."
        case .noSuchRun: "This runner has not begun so many runs."
        case .badCheer: "A cheer has 1 to 200 characters."
        case .tooManyMarkers: "The run holds as many markers as a run may."
        case .tooManyLateMarkers: "Too many markers came late into a long run. Send these again, more slowly."
        case .tooManyLateCommands:
            "A start or pause of so long ago has a long run measured anew; that is not possible now. Try again later."
        }
    }
}
