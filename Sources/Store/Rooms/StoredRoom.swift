public import Geo

/// What a list of rooms shows of one.
public struct RoomSummary: Hashable, Sendable, Identifiable {
    public let id: Int64
    /// The name that runners know the room by.
    public let runID: String
    /// Milliseconds since 1970.
    public let createdAt: Int64
    /// Milliseconds since 1970.
    public let updatedAt: Int64
    public let details: RoomDetails

    public init(
        id: Int64, runID: String, createdAt: Int64, updatedAt: Int64, details: RoomDetails = RoomDetails()
    ) {
        self.id = id
        self.runID = runID
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.details = details
    }
}

/// A room with all that is stored of it, as of one moment.
public struct StoredRoom: Hashable, Sendable, Identifiable {
    public let summary: RoomSummary
    public let passwordSalt: [UInt8]
    public let passwordHash: [UInt8]
    /// Names this numbering of events.
    public let epoch: String
    /// How often it has been taken by ``RoomRepository/takeRoom(runID:)``.
    public let term: Int64
    /// Ascending by runner.
    public let people: [StoredPerson]
    /// Ascending by number.
    public let events: [StoredEvent]
    /// Ascending by sequence.
    public let journal: [JournalRow]

    public var id: Int64 { summary.id }
    public var runID: String { summary.runID }

    public init(
        summary: RoomSummary, passwordSalt: [UInt8], passwordHash: [UInt8], epoch: String, term: Int64,
        people: [StoredPerson] = [], events: [StoredEvent] = [], journal: [JournalRow] = []
    ) {
        self.summary = summary
        self.passwordSalt = passwordSalt
        self.passwordHash = passwordHash
        self.epoch = epoch
        self.term = term
        self.people = people
        self.events = events
        self.journal = journal
    }
}

/// A runner of a room.
public struct StoredPerson: Hashable, Sendable {
    /// The runner's number in the room.
    public var runner: Int
    /// nil once the account is deleted, whatever was written here; then place and way are gone too.
    public var account: Int64?
    /// Milliseconds since 1970.
    public var joinedAt: Int64
    /// Where the runner was seen without a marker, in degrees times 10⁷.
    public var latitudeE7: Int32?
    public var longitudeE7: Int32?
    /// Where the runner's last run led, if it is over; opaque here.
    public var way: [UInt8]?
    /// What the older markers of the runner's run had come to; opaque here, and written by ``RoomChanges/marks``.
    public var mark: [UInt8]?
    /// The runner's state, opaque here; nothing of it tells who or where somebody is.
    public var state: [UInt8]
    /// What the account says now, nil once it is deleted.
    ///
    /// Filled in by the store; what is written here is ignored.
    public var owner: Owner?
    /// What of the row could not be read; nil for nothing.
    public var damage: Damage?

    /// What is damaged of a row.
    public enum Damage: Hashable, Sendable {
        /// Some of its columns, which have stand-ins; so the state may be empty.
        case columns
        /// All but the runner's number, or the account whose it is: nobody knows who that was, and it is not to be written.
        case row
    }

    /// Of somebody's account what a room needs.
    public struct Owner: Hashable, Sendable {
        public var username: String
        public var nickname: String
        /// The account may not be used.
        public var isDisabled: Bool
        /// Where only they themselves are told their places.
        public var zones: [PrivacyZone]
        /// Whether others are to be called when they run and do not move.
        public var callsWhenStill: Bool
        /// What is shown in place of the username; nil for who shows it.
        public var alias: String?

        public init(
            username: String, nickname: String, isDisabled: Bool = false, zones: [PrivacyZone] = [],
            callsWhenStill: Bool = false, alias: String? = nil
        ) {
            self.username = username
            self.nickname = nickname
            self.isDisabled = isDisabled
            self.zones = zones
            self.callsWhenStill = callsWhenStill
            self.alias = alias
        }
    }

    public init(
        runner: Int, account: Int64?, joinedAt: Int64, latitudeE7: Int32? = nil, longitudeE7: Int32? = nil,
        way: [UInt8]? = nil, state: [UInt8], owner: Owner? = nil
    ) {
        self.runner = runner
        self.account = account
        self.joinedAt = joinedAt
        self.latitudeE7 = latitudeE7
        self.longitudeE7 = longitudeE7
        self.way = way
        self.state = state
        self.owner = owner
    }
}

/// A numbered event of a room.
public struct StoredEvent: Hashable, Sendable {
    /// 1, 2, 3, … per room.
    public var number: Int
    /// Milliseconds since 1970.
    public var time: Int64
    /// JSON text, opaque here.
    public var body: String
    /// The run whose record the event tells of.
    public var recordKey: Int64?
    /// That record's run ID, filled in by the store; what is written here is ignored.
    public var recordRunID: Int64?
    /// Whose name or words the body tells, if anybody's; not read back.
    public var author: Author?

    /// Somebody whom an event would go on naming when their account is deleted.
    public struct Author: Hashable, Sendable {
        public var account: Int64
        /// What takes the place of the body with the account, or at once if that is gone already.
        public var anonymousBody: String

        public init(account: Int64, anonymousBody: String) {
            self.account = account
            self.anonymousBody = anonymousBody
        }
    }

    public init(
        number: Int, time: Int64, body: String, recordKey: Int64? = nil, recordRunID: Int64? = nil,
        author: Author? = nil
    ) {
        self.number = number
        self.time = time
        self.body = body
        self.author = author
        self.recordKey = recordKey
        self.recordRunID = recordRunID
    }
}

/// What the older markers of a runner's run that is not over have come to.
public struct StoredMark: Hashable, Sendable {
    /// The runner's number in the room.
    public var runner: Int
    /// Opaque here.
    public var bytes: [UInt8]

    public init(runner: Int, bytes: [UInt8]) {
        self.runner = runner
        self.bytes = bytes
    }
}

/// Older markers of the run of a runner that is not over.
public struct StoredBlock: Hashable, Sendable {
    /// The runner's number in the room.
    public var runner: Int
    /// Names the run; 0 in what was written when that was not noted.
    public var runKey: Int64
    /// 0, 1, 2 and so on along the run.
    public var number: Int
    /// Opaque here; none of one that cannot be read.
    public var bytes: [UInt8]

    public init(runner: Int, runKey: Int64 = 0, number: Int, bytes: [UInt8]) {
        self.runner = runner
        self.runKey = runKey
        self.number = number
        self.bytes = bytes
    }
}

/// What came into a room between two commits.
public struct JournalRow: Hashable, Sendable {
    /// Ascending per room; gaps are allowed.
    public var sequence: Int64
    /// Milliseconds since 1970.
    public var time: Int64
    /// Opaque here; none of one that cannot be read.
    public var bytes: [UInt8]

    public init(sequence: Int64, time: Int64, bytes: [UInt8]) {
        self.sequence = sequence
        self.time = time
        self.bytes = bytes
    }
}
