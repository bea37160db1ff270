public import Geo
public import Rooms
public import Store

/// A room as REST shows it.
public struct RoomView: Sendable {
    public struct RunnerView: Sendable {
        public var person: Person
        public var row: RunnerRow
        public var isInRoom: Bool
        public var isRunning: Bool
        /// Unix milliseconds.
        public var joinedAt: Int64
        /// When the present run began and ended, Unix milliseconds.
        public var start: Int64?
        public var end: Int64?
        /// As far as it may be seen.
        public var outline: [Coordinate]
    }

    public var key: Int64
    public var runID: String
    /// Unix milliseconds.
    public var createdAt: Int64
    public var updatedAt: Int64
    public var details: RoomDetails
    /// In the order of joining, without those whose accounts were deleted.
    public var runners: [RunnerView]
}

extension RoomView {
    /// A room at a moment; its standings must be up to date.
    ///
    /// - Parameters:
    ///   - room: It.
    ///   - key: The row's id in the database.
    ///   - createdAt: Unix milliseconds, as `updatedAt` and `now`.
    ///   - updatedAt: When something of it was stored last.
    ///   - details: What is said of it.
    ///   - now: The moment.
    ///   - viewer: The runner who is shown it, and sees where they are themselves; nil for everybody.
    init(
        of room: Room, key: Int64, createdAt: Int64, updatedAt: Int64, details: RoomDetails, at now: Int64,
        for viewer: Int? = nil
    ) {
        let runners = room.runnerNumbers.compactMap { number -> RunnerView? in
            guard let person = room.person(number), !person.isNobody,
                let row = room.row(of: number, at: now, for: viewer)
            else {
                return nil
            }
            let times = room.times(of: number)
            return RunnerView(
                person: person, row: row, isInRoom: room.isInRoom(number), isRunning: room.isRunning(number),
                joinedAt: room.joinedAt(number) ?? createdAt, start: times.start, end: times.end,
                outline: Array(room.outline(of: number, for: viewer).joined()))
        }
        self.init(
            key: key, runID: room.id, createdAt: createdAt, updatedAt: updatedAt, details: details, runners: runners)
    }

    /// A room that sleeps: what it would be if it woke.
    init(of loaded: LoadedRoom, at now: Int64) {
        self.init(
            of: loaded.room, key: loaded.key, createdAt: loaded.createdAt, updatedAt: loaded.updatedAt,
            details: loaded.details, at: now)
    }
}
