public import Geo

/// Something that happened in a room and must not be missed.
public struct RoomEvent: Hashable, Sendable {
    /// 1, 2, 3, … within the room and epoch.
    public var number: Int
    /// Unix milliseconds by the server's clock.
    public var time: Int64
    public var kind: Kind

    public init(number: Int, time: Int64, kind: Kind) {
        self.number = number
        self.time = time
        self.kind = kind
    }

    public enum Kind: Hashable, Sendable {
        case joined(runner: Int, person: Person)
        case left(runner: Int)
        /// The beginning of a run, or its resumption after a pause.
        ///
        /// `run` is its number among its runner's runs; nil in events that were stored without one.
        case started(runner: Int, run: Int? = nil)
        case paused(runner: Int)
        case finished(Finish)
        /// A full kilometre. `seconds` is the time for this one, `total` the running time since the start.
        ///
        /// Here and in `corrected`, `run` is the run's number when it is not its runner's present one.
        case split(runner: Int, kilometer: Int, seconds: Double, total: Double, run: Int? = nil)
        case offline(runner: Int)
        case online(runner: Int)
        /// `from` is nil when a spectator cheers, `to` when the whole room is meant.
        case cheer(from: Int?, to: Int?, text: String)
        /// Late or filtered markers changed the distance, in metres.
        ///
        /// With those of its full kilometres that were told and are different now.
        case corrected(runner: Int, from: Double, to: Double, splits: [Split] = [], run: Int? = nil)
        case closed
    }

    /// The runners who are meant by an event.
    public var runners: [Int] {
        switch kind {
        case .joined(let runner, _), .left(let runner), .started(let runner, _), .paused(let runner),
            .split(let runner, _, _, _, _), .offline(let runner), .online(let runner),
            .corrected(let runner, _, _, _, _):
            [runner]
        case .finished(let finish): [finish.runner]
        case .cheer(let sender, let receiver, _): [sender, receiver].compactMap(\.self)
        case .closed: []
        }
    }

    /// The end of a run.
    public struct Finish: Hashable, Sendable {
        public var runner: Int
        public var meters: Double
        public var seconds: Double
        /// Nil before the first metre.
        public var place: Int?
        /// The run's identity, under which its record is stored once.
        public var runKey: Int64
        /// Whether the run becomes a record; a run of fewer than two markers that nobody ended does not.
        public var isRecorded: Bool
        /// The record's number among its runner's records; known when the record is stored.
        public var runID: Int?

        public init(
            runner: Int, meters: Double, seconds: Double, place: Int?, runKey: Int64, isRecorded: Bool,
            runID: Int? = nil
        ) {
            self.runner = runner
            self.meters = meters
            self.seconds = seconds
            self.place = place
            self.runKey = runKey
            self.isRecorded = isRecorded
            self.runID = runID
        }
    }
}

/// Who a runner is, as everybody in the room sees them, and where they are not to be seen.
public struct Person: Hashable, Sendable {
    public var account: Int64
    public var username: String
    public var nickname: String
    /// Where the picture is, relative to the server.
    public var avatar: String
    /// Where only they themselves are told their places.
    ///
    /// Part of who somebody is, so that nobody comes into a room without them.
    public var zones: [PrivacyZone]
    /// Whether others are to be called when they run and do not move.
    public var callsWhenStill: Bool

    public init(
        account: Int64, username: String, nickname: String, avatar: String, zones: [PrivacyZone],
        callsWhenStill: Bool = false
    ) {
        self.account = account
        self.username = username
        self.nickname = nickname
        self.avatar = avatar
        self.zones = zones
        self.callsWhenStill = callsWhenStill
    }
}
