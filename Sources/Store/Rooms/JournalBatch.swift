/// What one commit writes, for any number of rooms.
///
/// A batch says what is to be *there* afterwards, keyed by room and number: committing it twice is the same as once, so
/// a caller that did not get an answer may commit it again.
public struct JournalBatch: Hashable, Sendable {
    /// Written in this order; each room comes once.
    public var rooms: [RoomChanges]

    /// Rows of the log of markers, as ``CommitResult/logged`` told them: they are removed.
    public var log: [Int64]
    /// Whether all that they have is in the journals by this batch; otherwise it is brought there.
    public var replacesLog: Bool
    /// Whether what the disk does not give of the log now is passed over like what is damaged.
    public var isLastTryOfLog = false

    public init(rooms: [RoomChanges] = [], log: [Int64] = [], replacesLog: Bool = false) {
        self.rooms = rooms
        self.log = log
        self.replacesLog = replacesLog
    }

    public var isEmpty: Bool { rooms.isEmpty && log.isEmpty }
}

/// What one commit writes of a room, all of it or nothing; of a room that is no longer there, the records alone.
public struct RoomChanges: Hashable, Sendable {
    public var room: Int64
    /// The term in which the room was taken by who writes this.
    public var term: Int64
    /// When the room last changed, in milliseconds since 1970; nil leaves it.
    public var updatedAt: Int64?
    /// Written before all else, so that events find them.
    public var records: [LiveRecord]
    /// Added, or replaced by the runner's number; `joinedAt` stays that of the first writing.
    public var people: [StoredPerson]
    /// Added, or replaced by number.
    public var events: [StoredEvent]
    /// Events with smaller numbers are removed, after the adding.
    public var eventsBelow: Int?
    /// Added to the log of the newest markers of all rooms, until a later commit has them in `journal`.
    public var logged: JournalRow?
    /// Added, or replaced by sequence.
    public var journal: [JournalRow]
    /// Journal rows with smaller sequences are removed, after the adding, as many as a commit may remove.
    public var journalBelow: Int64?
    /// Runners all of whose blocks are removed, before the adding, as many as a commit may remove.
    public var blocksRemoved: [Int]
    /// Added, or replaced by runner and number, in this order; number 0 takes the place of all that the runner had, and of
    /// the runner's mark.
    public var blocks: [StoredBlock]
    /// Take the place of those that the runners have, after the blocks; whoever is nobody gets none.
    public var marks: [StoredMark]
    /// The room is gone for everybody, after all else; records stay.
    ///
    /// What it had is for ``RoomRepository/removeLeavings(limit:)``.
    public var isDeleted: Bool

    public init(
        room: Int64, term: Int64, updatedAt: Int64? = nil, records: [LiveRecord] = [], people: [StoredPerson] = [],
        events: [StoredEvent] = [], eventsBelow: Int? = nil, logged: JournalRow? = nil, journal: [JournalRow] = [],
        journalBelow: Int64? = nil, blocksRemoved: [Int] = [], blocks: [StoredBlock] = [], marks: [StoredMark] = [],
        isDeleted: Bool = false
    ) {
        self.room = room
        self.term = term
        self.updatedAt = updatedAt
        self.records = records
        self.people = people
        self.events = events
        self.eventsBelow = eventsBelow
        self.logged = logged
        self.journal = journal
        self.journalBelow = journalBelow
        self.blocksRemoved = blocksRemoved
        self.blocks = blocks
        self.marks = marks
        self.isDeleted = isDeleted
    }
}

extension RoomChanges {
    /// Takes out what is to be removed and need not be.
    ///
    /// - Returns: Whether there was something.
    mutating func removeNothing() -> Bool {
        guard eventsBelow != nil || journalBelow != nil || !blocksRemoved.isEmpty else { return false }
        (eventsBelow, journalBelow, blocksRemoved) = (nil, nil, [])
        return true
    }
}

/// A run that this server measured, as its record is to be now: the first commit of a `runKey` adds the record and
/// gives it a run ID, later ones replace its figures and track.
public struct LiveRecord: Hashable, Sendable {
    /// Names the run; unique over all rooms and times, for instance from ``IDGenerator``.
    public var runKey: Int64
    public var account: Int64
    /// Finite, not negative.
    public var meters: Double
    /// Finite, not negative.
    public var seconds: Double
    /// Milliseconds since 1970.
    public var startAt: Int64
    /// Milliseconds since 1970.
    public var endAt: Int64
    /// When the run was finished, in milliseconds since 1970; counts at the first commit only.
    public var createdAt: Int64
    /// JSON text.
    public var splits: String?
    public var extra: String?
    /// Opaque here.
    public var track: [UInt8]

    public init(
        runKey: Int64, account: Int64, meters: Double, seconds: Double, startAt: Int64, endAt: Int64, createdAt: Int64,
        splits: String? = nil, extra: String? = nil, track: [UInt8]
    ) {
        self.runKey = runKey
        self.account = account
        self.meters = meters
        self.seconds = seconds
        self.startAt = startAt
        self.endAt = endAt
        self.createdAt = createdAt
        self.splits = splits
        self.extra = extra
        self.track = track
    }
}

/// What a commit found out.
public struct CommitResult: Hashable, Sendable {
    /// The run ID of each record of the batch, by run key; without those whose account no longer exists.
    public internal(set) var runIDs: [Int64: Int64] = [:]
    /// The rows of the log that have the markers of the batch: whoever has brought them into the journals removes them.
    public internal(set) var logged: [Int64] = []
    /// Rows of the log that stay, since what they have of some room cannot be brought into its journal, or the disk does
    /// not give them now.
    public internal(set) var unfolded: [Int64] = []
    /// The rooms of which nothing was written, and why; that of the others is there.
    public internal(set) var failures: [Int64: StoreError] = [:]
    /// What was to be removed and is still there, by room: it takes another commit.
    public internal(set) var unpurged: [Int64: Unpurged] = [:]

    public init() {}

    /// What one commit was not allowed to remove any more.
    public struct Unpurged: Hashable, Sendable {
        /// Runners of whom there are blocks.
        public internal(set) var blocks: [Int] = []
        public internal(set) var hasJournal = false
    }

    mutating func merge(_ other: CommitResult) {
        runIDs.merge(other.runIDs) { $1 }
        logged += other.logged
        failures.merge(other.failures) { $1 }
        unpurged.merge(other.unpurged) { $1 }
    }
}
