import Rooms
import Store

/// What follows for a room when a commit of its changes is on disk.
struct AfterCommit {
    var host: RoomHost
    /// To be told.
    var events: [RoomEvent] = []
    var acknowledgements: [Acknowledgement]
    /// Runs whose blocks are to be read back then.
    var recalls: Set<RunReference> = []
    var checkpoints: [Checkpoint] = []
    /// The newest journal row when they were taken.
    var sequence: Int64 = 0
    /// The runs that are stored as records.
    var records: [FinishedRun] = []
    /// The keys of those of them that lacked markers which could not be read, when they were held back.
    var unread: Set<Int64> = []
    var waiters: [(LiveError?) -> Void] = []
    var isDeletion = false
    /// These are markers alone, for the log or out of it.
    var isLogged = false
}

/// Changes of a room that could not be stored, while those of others could: they are tried again by themselves, and what
/// has come to the room since waits for them.
struct HeldBack {
    var changes: RoomChanges
    var after: AfterCommit
    var error: StoreError
    /// How often it was tried.
    var tries: Int
    /// When it is tried again.
    var due: ContinuousClock.Instant
}
