/// What one commit writes, for any number of rooms.
///
/// A batch says what is to be *there* afterwards, keyed by room and number: committing it twice is the same as once, so
/// a caller that did not get an answer may commit it again.
public struct JournalBatch: Hashable, Sendable {
    /// Written in this order; a room may come more than once.
    public var rooms: [RoomChanges]
    /// Written before the rooms, so that events find them.
    public var records: [LiveRecord]
    /// Rooms to remove with their people, events and journal, after all else; records stay.
    public var deletedRooms: [Int64]

    public init(rooms: [RoomChanges] = [], records: [LiveRecord] = [], deletedRooms: [Int64] = []) {
        self.rooms = rooms
        self.records = records
        self.deletedRooms = deletedRooms
    }

    public var isEmpty: Bool { rooms.isEmpty && records.isEmpty && deletedRooms.isEmpty }
}

/// What one commit writes of a room; skipped as a whole when the room is no longer there.
public struct RoomChanges: Hashable, Sendable {
    public var room: Int64
    /// When the room last changed, in milliseconds since 1970; nil leaves it.
    public var updatedAt: Int64?
    /// Added, or replaced by the runner's number; `joinedAt` stays that of the first writing.
    public var people: [StoredPerson]
    /// Added, or replaced by number.
    public var events: [StoredEvent]
    /// Events with smaller numbers are removed, after the adding.
    public var eventsBelow: Int?
    /// Added, or replaced by sequence.
    public var journal: [JournalRow]
    /// Journal rows with smaller sequences are removed, after the adding.
    public var journalBelow: Int64?
    /// Runners all of whose blocks are removed, before the adding.
    public var blocksRemoved: [Int]
    /// Added, or replaced by runner and number, in this order; number 0 takes the place of all that the runner had.
    public var blocks: [StoredBlock]

    public init(
        room: Int64, updatedAt: Int64? = nil, people: [StoredPerson] = [], events: [StoredEvent] = [],
        eventsBelow: Int? = nil, journal: [JournalRow] = [], journalBelow: Int64? = nil, blocksRemoved: [Int] = [],
        blocks: [StoredBlock] = []
    ) {
        self.room = room
        self.updatedAt = updatedAt
        self.people = people
        self.events = events
        self.eventsBelow = eventsBelow
        self.journal = journal
        self.journalBelow = journalBelow
        self.blocksRemoved = blocksRemoved
        self.blocks = blocks
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
    public let runIDs: [Int64: Int64]

    public init(runIDs: [Int64: Int64]) { self.runIDs = runIDs }
}
