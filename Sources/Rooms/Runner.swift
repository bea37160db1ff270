public import Geo

/// A person who runs in a room, as the room keeps them.
struct Runner: Sendable {
    // In this order because there are ten thousand of them, as in the run.

    /// 1, 2, 3, … in the order of joining; stable while the room exists.
    let number: Int
    /// The room's version when this runner's row last changed.
    var version: UInt64 = 0
    /// 1-based; nil before the first metre.
    var place: Int?
    /// The others have been told who this is; rows before that would speak of a stranger.
    var isIntroduced = false
    var isInRoom = true
    var isConnected = false
    /// Shown as offline: the grace after the connection dropped is over.
    var isOffline = false
    /// A place reported without a marker: by a poller who is not running.
    var reportedPlace: Coordinate?
    /// When the room last heard of them, Unix milliseconds by the server's clock.
    var lastHeard: Int64
    var run: Run
    /// Which of this runner's runs in the room it is: 1, 2, 3, ….
    var runNumber = 1
    /// The finished run before it, while its late markers are taken or something of it is still to be told; at most
    /// one.
    var earlier: [Run] = []
    /// What is known of a phone of theirs that comes with single requests; at most one.
    var device: [DeviceState] = []
    /// Of somebody for whom others are called when they do not move; at most one.
    var stillness: [StillnessWatch] = []
    /// How long that may be silent, in milliseconds; nil for somebody who has none.
    var deviceGrace: Int64?
    /// `run` is the earlier one for the moment.
    var isEarlierRunUp = false
    var joinedAt: Int64
    /// The link by which they came in this time; nil for who needed none.
    var link: Int64?
    var person: Person

    var position: Coordinate? { reportedPlace ?? run.latest }

    /// What the others may see of where they are and have been.
    var privacy: PrivacyFilter { PrivacyFilter(person.zones, run: run.key) }

    /// The number of `run` if it is not the present one.
    var numberOfEarlierRun: Int? { isEarlierRunUp ? runNumber - 1 : nil }

    /// Begins another run, whose markers count from 1 again.
    mutating func beginRun(key: Int64, settings: RoomSettings) {
        let announced = run.announced
        run = Run(key: key, settings: settings)
        // So many kilometres at once of a runner, in however many runs.
        run.announced = announced
        runNumber += 1
    }

    var state: RunnerState {
        if !isInRoom { return .left }
        if run.isFinished { return .finished }
        if isOffline { return .offline }
        if !run.hasStarted { return .ready }
        return run.clock.isRunning ? .running : .paused
    }
}

/// What a runner is doing, as everybody in the room sees it.
public enum RunnerState: String, Sendable, CaseIterable {
    case ready, running, paused, offline, finished, left
}

/// A runner's whole present state: what one row of a frame says.
public struct RunnerRow: Hashable, Sendable {
    public var runner: Int
    /// Nil until the first position is known, and while it is hidden.
    public var position: Coordinate?
    /// The position is known and not for whom the row is made for.
    public var isHidden = false
    /// Not rounded.
    public var meters: Double
    public var seconds: Double
    public var state: RunnerState
    /// 1-based, by distance, finished runners first by finishing time; nil before the first metre.
    public var place: Int?
    /// Metres behind the runner in place 1; nil without a place.
    public var gapMeters: Double?
    /// Seconds since the runner in place 1 passed the distance where this one is now; nil without a place, or when
    /// the first runner's way is not known there.
    public var gapSeconds: Double?
}

/// All of a runner that must survive a restart beside the markers: what is stored with each change of state.
public struct RunnerSnapshot: Hashable, Sendable, Codable {
    /// Times end at ±2⁵² milliseconds, so that no difference of two overflows.
    static let farthestTime: UInt64 = 1 << 52
    /// Metres and seconds are less than this, so that centimetres and milliseconds of them can be counted.
    static let largestAmount = 1e13

    public var number: Int
    public var joinedAt: Int64
    public var isInRoom: Bool
    public var lastHeard: Int64
    public var isOffline: Bool
    public var runKey: Int64
    /// Which of the runner's runs it is; nil where that is not known, which is as good as the first.
    public var runNumber: Int?
    /// How many of the run's first markers are a poller's, once others have come; negative before that, nil where that is
    /// not known.
    public var polledMarkers: Int32?
    public var clock: RunClock
    public var announcedKilometers: Int
    public var reportedMeters: Double?
    public var reportedSeconds: Double?
    public var finishArrived: Int64?
    /// Its `finished` event is still to come; nil otherwise.
    public var isFinishUntold: Bool?
    public var isSettled: Bool
    /// True of a run in which its runner has not shown who they are; nil otherwise, and where that is not known.
    public var isUnauthenticated: Bool?
    /// What a settled run came to, for when its record with the markers is gone.
    public var finalMeters: Double?
    public var finalSeconds: Double?
    /// Degrees times 10⁷, for a place that came without a marker.
    public var latitudeE7: Int32?
    public var longitudeE7: Int32?
    /// The highest marker id before those that are numbered by their times; nil when there are none.
    public var bridgedAbove: Int32?
    /// For how long a phone may be silent that comes with single requests, in milliseconds; nil without one.
    public var deviceGrace: Int64?
    /// The link by which they came in; nil for who needed none.
    public var link: Int64?

    /// Whether a runner can have come to this: what is read from disk is not believed otherwise.
    public var isPossible: Bool {
        let times = [joinedAt, lastHeard, finishArrived ?? 0]
        let amounts = [reportedMeters, reportedSeconds, finalMeters, finalSeconds].compactMap(\.self)
        return times.allSatisfy { $0.magnitude <= Self.farthestTime }
            && amounts.allSatisfy { (0...Self.largestAmount).contains($0) }
            && (0...(1 << 32)).contains(announcedKilometers) && (1...(1 << 40)).contains(runNumber ?? 1)
            && (finishArrived == nil || clock.ended != nil)
            && (0...MarkerHistory.largestID).contains(bridgedAbove ?? 0)
            && (0...Int64(Self.farthestTime)).contains(deviceGrace ?? 0)
    }

    public init(
        number: Int, joinedAt: Int64, isInRoom: Bool, lastHeard: Int64, isOffline: Bool,
        runKey: Int64, runNumber: Int? = nil, polledMarkers: Int32? = nil, clock: RunClock, announcedKilometers: Int,
        reportedMeters: Double? = nil,
        reportedSeconds: Double? = nil, finishArrived: Int64? = nil, isFinishUntold: Bool? = nil, isSettled: Bool,
        isUnauthenticated: Bool? = nil, finalMeters: Double? = nil,
        finalSeconds: Double? = nil, latitudeE7: Int32? = nil, longitudeE7: Int32? = nil, bridgedAbove: Int32? = nil,
        deviceGrace: Int64? = nil, link: Int64? = nil
    ) {
        self.number = number
        self.joinedAt = joinedAt
        self.isInRoom = isInRoom
        self.lastHeard = lastHeard
        self.isOffline = isOffline
        self.runKey = runKey
        self.runNumber = runNumber
        self.polledMarkers = polledMarkers
        self.clock = clock
        self.announcedKilometers = announcedKilometers
        self.reportedMeters = reportedMeters
        self.reportedSeconds = reportedSeconds
        self.finishArrived = finishArrived
        self.isFinishUntold = isFinishUntold
        self.isSettled = isSettled
        self.isUnauthenticated = isUnauthenticated
        self.finalMeters = finalMeters
        self.finalSeconds = finalSeconds
        self.latitudeE7 = latitudeE7
        self.longitudeE7 = longitudeE7
        self.bridgedAbove = bridgedAbove
        self.deviceGrace = deviceGrace
        self.link = link
    }
}
