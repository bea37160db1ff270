import Geo
import LWS
import Rooms
import Store

/// A room where it lives: its state, its viewers, and what of it is still to be stored and told.
///
/// Touched on the loop of its ``LiveRooms`` only; it is a reference because viewers point to it.
final class Home {
    /// The row's id in the database.
    let key: Int64
    /// The one in which this home has the room: of another, nothing that it writes is taken.
    let term: Int64
    var room: Room
    let secret: RoomSecret
    let createdAt: Int64
    var updatedAt: Int64
    /// When in the tick this room is served: 0..<phases.
    let phase: Int

    var viewers: [Connection] = []
    var spectators = 0
    /// The one connection of each runner that has one.
    var connections: [Int: Connection] = [:]

    /// Rows up to this version are in a frame that was sent.
    var frameVersion: UInt64 = 0
    /// Waits for its phase of the tick.
    var isTicking = false
    var acks = AckSchedule()

    /// What each runner may still cause; of those who have caused something since the room woke.
    private var allowances: [Int: Allowance] = [:]

    /// What is the same for all who join within a tick, by ``RoomPicture/index(_:tracks:)``.
    private var pictures: [RoomPicture?] = Array(repeating: nil, count: RoomPicture.kinds)

    // What is to be stored.
    var unstored = Decisions()
    var isDirty = false
    var isUrgent = false
    /// A commit with changes of this room is under way.
    var isBeingStored = false
    var isDeleted = false
    /// Nothing of it is stored any more: the room has another home, or will have when somebody asks for it.
    var isOver = false
    /// What could not be stored while the changes of others could.
    var heldBack: HeldBack?
    /// Runners whose blocks are of no use any more, and whether journal rows are: they are removed some at a time.
    var blocksToRemove: Set<Int> = []
    var hasJournalToRemove = false
    /// Runs whose records lack markers that could not be read, by their keys.
    var unread: [Int64: UnreadRun] = [:]
    /// Answers that wait until all this is stored.
    var waiters: [@Sendable (LiveError?) -> Void] = []

    /// Events up to this number are stored and told.
    var releasedEvent: Int
    var nextSequence: Int64
    /// The first journal row that holds markers of a run.
    var firstSequence: [Int64: Int64]

    /// When `Room.advance` is due, by the server's clock.
    var deadline: Int64?
    var lastUsed = ContinuousClock.now

    init(
        key: Int64, term: Int64, room: Room, secret: RoomSecret, createdAt: Int64, updatedAt: Int64, phase: Int,
        nextSequence: Int64, firstSequence: [Int64: Int64]
    ) {
        self.key = key
        self.term = term
        self.room = room
        self.secret = secret
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.phase = phase
        self.nextSequence = nextSequence
        self.firstSequence = firstSequence
        releasedEvent = room.lastEvent
        deadline = room.nextDeadline
    }

    /// Nobody is here and nothing is left to do.
    var mayDoze: Bool {
        viewers.isEmpty && connections.isEmpty && !isDirty && !isBeingStored && waiters.isEmpty
            && unread.isEmpty && room.isQuiescent
    }

    /// The first journal row that is still needed.
    var firstNeeded: Int64 { firstSequence.values.min() ?? nextSequence }

    func allowance(of runner: Int, _ settings: LiveSettings) -> Allowance {
        if let known = allowances[runner] { return known }
        let new = Allowance(settings, at: .now)
        allowances[runner] = new
        return new
    }

    /// The room as it is shown to somebody who joins now.
    ///
    /// A crowd that comes back together gets the same bytes: what was written within the tick is taken again, unless the
    /// people or the told events are others by now, viewers have seen more, or the joiner's own row is another. So
    /// nobody's picture is older than a frame may be, and a frame brings what has changed since.
    ///
    /// - Parameters:
    ///   - system: What the joiner's map speaks.
    ///   - wantsTracks: Whether the ways are wanted.
    ///   - runner: The joiner's number; nil for a spectator.
    ///   - now: By the server's clock.
    ///   - tick: For how long a picture may be shown.
    /// - Returns: The picture, which is shared with all who have asked for the like within the tick.
    func picture(
        in system: CoordinateSystem, tracks wantsTracks: Bool, for runner: Int?, at now: Int64, within tick: Duration
    ) -> RoomPicture {
        let moment = Moment.now
        let index = RoomPicture.index(system, tracks: wantsTracks)
        if let known = pictures[index], moment < known.made + tick, known.peopleVersion == room.peopleVersion,
            known.event == releasedEvent, known.version >= frameVersion,
            runner.map({ room.isUnchanged($0, since: known.version) }) ?? true
        {
            return known
        }
        room.refreshStandings()
        let numbers = room.numbersToShow(at: now)
        let picture = RoomPicture(
            version: room.version, peopleVersion: room.peopleVersion, event: releasedEvent, time: now, made: moment,
            bytes: ServerMessages.picture(
                people: room.people(numbers), rows: room.rows(of: numbers, at: now),
                tracks: wantsTracks ? room.outlines(at: now) : nil, in: system))
        pictures[index] = picture
        return picture
    }

    /// Lets go of pictures that nobody is shown any more: some hundred kilobytes each, of every room that somebody joined.
    ///
    /// - Parameter tick: For how long a picture may be shown.
    func forgetPictures(from tick: Duration) {
        let moment = Moment.now
        for index in pictures.indices where pictures[index].map({ moment >= $0.made + tick }) ?? false {
            pictures[index] = nil
        }
    }

    /// What the pictures of the room take.
    var pictureBytes: Int { pictures.reduce(0) { $0 + ($1?.bytes.count ?? 0) } }

    /// Makes a connection the one of its runner.
    func attach(_ connection: Connection, as runner: Int) {
        connections[runner] = connection
        acks.connected(runner)
    }

    /// Takes the connection of a runner away.
    ///
    /// - Returns: It, if there is one.
    @discardableResult func release(_ runner: Int) -> Connection? {
        acks.disconnected(runner)
        return connections.removeValue(forKey: runner)
    }

    func add(_ viewer: Connection) {
        viewer.viewerIndex = viewers.count
        viewers.append(viewer)
    }

    func remove(_ viewer: Connection) {
        guard let index = viewer.viewerIndex else { return }
        viewer.viewerIndex = nil
        let last = viewers.removeLast()
        guard index < viewers.count else { return }
        viewers[index] = last
        last.viewerIndex = index
    }
}

/// What a commit will have done for a room, to be told when it is on disk.
struct Promise {
    var home: Home
    var events: [RoomEvent]
    var acknowledgements: [Acknowledgement]
    /// Runs whose blocks are to be read back then.
    var recalls: Set<RunReference>
    /// The runs that are stored as records.
    var records: [FinishedRun]
    var waiters: [@Sendable (LiveError?) -> Void]
    var isDeletion: Bool
}

/// Changes of a room that could not be stored, while those of others could: they are tried again by themselves, and what
/// has come to the room since waits for them.
struct HeldBack {
    var changes: RoomChanges
    var promise: Promise
    var error: StoreError
    /// How often it was tried.
    var tries: Int
    /// When it is tried again.
    var due: ContinuousClock.Instant
}

/// A run whose record is stored, without markers that could not be read.
struct UnreadRun {
    var run: FinishedRun
    /// How often it was tried.
    var tries: Int
    /// When it is tried again.
    var due: ContinuousClock.Instant
}

/// What `joined` says of a room and its people, written once for all who join within a tick.
struct RoomPicture {
    /// The room's when it was written.
    var version: UInt64
    var peopleVersion: Int
    /// The newest event that had been told.
    var event: Int
    /// By the server's clock.
    var time: Int64
    var made: Moment
    /// As ``ServerMessages/picture(people:rows:tracks:in:)`` wrote them.
    var bytes: [UInt8]

    /// Pictures differ by coordinate system and by whether they have the ways.
    static let kinds = 4

    static func index(_ system: CoordinateSystem, tracks: Bool) -> Int {
        (system == .wgs84 ? 0 : 2) + (tracks ? 1 : 0)
    }
}

/// A room's password as it is kept: salted and hashed.
public struct RoomSecret: Sendable, Hashable {
    public var salt: [UInt8]
    public var hash: [UInt8]

    public init(salt: [UInt8], hash: [UInt8]) {
        self.salt = salt
        self.hash = hash
    }
}
