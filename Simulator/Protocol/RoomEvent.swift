/// What happened in a room and must not be missed.
struct RoomEvent: Hashable, Sendable {
    /// 1, 2, 3, … in the room.
    var number: Int
    /// Unix milliseconds by the server's clock.
    var time: Int64
    var kind: Kind
    /// Whom it is about.
    var runner: Int?
    /// Of `finished`.
    var meters: Double?
    var seconds: Double?
    var place: Int?
    /// Of `finished`: the number under which REST returns the record.
    var runID: Int?
    /// Of `split`.
    var kilometer: Int?
    /// Of `corrected`, the metres before and after; of `cheer`, the runners' numbers.
    var from: Double?
    var to: Double?

    enum Kind: Hashable, Sendable {
        case joined, left, started, paused, finished, split, offline, online, cheer, corrected, closed
        /// A kind that the protocol does not have.
        case unknown(String)

        private static let byName: [String: Kind] = [
            "joined": .joined, "left": .left, "started": .started, "paused": .paused, "finished": .finished,
            "split": .split, "offline": .offline, "online": .online, "cheer": .cheer, "corrected": .corrected,
            "closed": .closed,
        ]

        init(name: String) { self = Self.byName[name] ?? .unknown(name) }
    }
}

extension RoomEvent {
    init(from reader: inout JSONReader) throws(JSONError) {
        var number: Int?
        var time: Int64?
        var kind: Kind?
        var event = RoomEvent(number: 0, time: 0, kind: .closed)
        try reader.object { name, reader throws(JSONError) in
            switch name {
            case "event": number = try reader.integer()
            case "time": time = Int64(try reader.integer())
            case "kind": kind = Kind(name: try reader.string())
            case "runner": event.runner = try reader.optional { reader throws(JSONError) in try reader.integer() }
            case "meters": event.meters = try reader.number()
            case "seconds": event.seconds = try reader.number()
            case "place": event.place = try reader.optional { reader throws(JSONError) in try reader.integer() }
            case "runId": event.runID = try reader.integer()
            case "kilometer": event.kilometer = try reader.integer()
            case "from": event.from = try reader.optional { reader throws(JSONError) in try reader.number() }
            case "to": event.to = try reader.optional { reader throws(JSONError) in try reader.number() }
            default: try reader.skip()
            }
        }
        guard let number, let time, let kind else { throw reader.failure }
        event.number = number
        event.time = time
        event.kind = kind
        self = event
    }
}
