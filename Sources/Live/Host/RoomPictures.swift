import Geo
import Rooms

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
}

/// The newest pictures of a room: they differ by coordinate system and by whether they have the ways.
struct RoomPictures {
    private var pictures: [RoomPicture?] = Array(repeating: nil, count: 4)

    private func index(_ system: CoordinateSystem, tracks: Bool) -> Int {
        (system == .wgs84 ? 0 : 2) + (tracks ? 1 : 0)
    }

    subscript(_ system: CoordinateSystem, tracks hasTracks: Bool) -> RoomPicture? {
        get { pictures[index(system, tracks: hasTracks)] }
        set { pictures[index(system, tracks: hasTracks)] = newValue }
    }

    /// Lets go of pictures that nobody is shown any more: some hundred kilobytes each, of every room that somebody joined.
    ///
    /// - Parameter tick: For how long a picture may be shown.
    mutating func forget(from tick: Duration) {
        let moment = Moment.now
        for index in pictures.indices where pictures[index].map({ moment >= $0.made + tick }) ?? false {
            pictures[index] = nil
        }
    }

    /// What they take.
    var bytes: Int { pictures.reduce(0) { $0 + ($1?.bytes.count ?? 0) } }
}
