import Geo

/// What is to be simulated.
struct LoadSettings: Sendable {
    var rooms = 1
    /// In each room.
    var runners = 8
    /// In each room.
    var spectators = 0
    /// People who join rooms in which nothing happens, and say nothing.
    var idle = 0
    /// Runners who come to rooms of their own while the others run.
    var latecomers = 0
    /// Seconds after the start at which the first of them comes; nil for half of the time.
    var latecomersAt: Double?
    /// Seconds in which they come.
    var latecomersWithin = 5.0
    /// The one room to use, instead of new ones.
    var room: (runID: String, password: String)?
    /// How much faster than life.
    var speed = 1.0
    /// Markers a second of each runner.
    var rate = 1.0
    /// Seconds on the wall for which markers are sent; nil for as long as a recorded track takes.
    var duration: Double?
    /// The share of the people who drop and come back, a minute.
    var churn = 0.0
    var profile = LoadProfile.steady
    /// Connections that are begun in a second.
    var connectRate = 1000.0
    /// Seconds that everybody may take to arrive after the last was to begin.
    var patience = 30.0
    /// The most by which a phone's clock is wrong, in seconds.
    var clockError = 0.0
    /// What the clients speak.
    var system = CoordinateSystem.wgs84
    /// Runs follow each other until somebody stops the program.
    var keepsRunning = false
    /// Whether people cheer, pause and lose signal now and then.
    var isLively = false
    /// Who runs in the one room, and how, so that it looks like life; nil for anybody anyhow.
    var club: Club?
    /// Decides everything that is random.
    var seed: UInt64 = 1
    /// Tracks to run instead of invented ones.
    var recorded: [RunPlan] = []
    /// Where invented ones are, WGS-84 degrees.
    var places: [(latitude: Double, longitude: Double)] = LoadSettings.parks
    /// Mean seconds between cuts of a runner's connection; nil for none but the network's own.
    var dropInterval: Double?
    /// Nothing is judged, nor are runs finished: the other side is a floor, not a server.
    var isFloor = false
    /// The share of the screens that are awake, at ``litRate``, while the others take no frames; nil for all of them, at
    /// each tick.
    var lit: Double?
    /// The screens that are awake are all those of as many rooms, so that nobody looks at the others; otherwise somebody
    /// looks at each.
    var isLitTogether = false
    /// Whether handshakes say which room is meant.
    var givesHint = true

    /// Parks that people run in: Beijing's Olympic Forest, Chaoyang, Hyde Park, Central Park.
    static let parks: [(latitude: Double, longitude: Double)] = [
        (40.0170, 116.3900), (39.9445, 116.4760), (51.5073, -0.1657), (40.7745, -73.9712),
    ]

    /// Frames a second of a screen that is awake, where not all are.
    static let litRate = 1.0
    /// The longest run that the server believes: `start` reaches at most 24 h back.
    static let longestRun: Int64 = 23 * 3_600_000
    /// Idle people of one room.
    static let idlersPerRoom = 1000
    /// More invented runs than these are shared by several runners: ten thousand of them for an hour would not fit.
    static let distinctRuns = 1024
    /// Seconds within which people start.
    ///
    /// Phones do not tick together; and a start is told to everybody in the room, so that ten thousand in one second
    /// would be a storm. In a race it is.
    var startSpread: Double {
        if club != nil { return Club.startSpread }
        return profile == .raceStart ? 0 : min(plannedDuration / 5, max(0.5, Double(rooms * runners) / 1000))
    }

    /// Seconds between the end of a run and the next, where runs follow each other.
    var rests: ClosedRange<Double> { club == nil ? 5...25 : Club.rests }

    /// When somebody in a room cheers; nil for never.
    var cheers: Occasions? {
        if club != nil { return Club.cheers }
        guard isLively else { return nil }
        // The more there are, the oftener.
        let people = Double(runners + spectators)
        return Occasions(first: 3 / people...60 / people, then: 20 / people...90 / people)
    }

    /// When somebody in a room loses the connection, one at a time; nil for never.
    var signalLosses: Occasions? { club == nil ? nil : Club.signalLosses }

    /// Seconds without any connection after which the server is not expected back; nil for never.
    var serverPatience: Double? { club == nil ? nil : Club.patience }

    /// How much of the beginning, in seconds, is not measured: not everybody runs yet, and the work of their starts is
    /// under way.
    var warmUp: Double { startSpread + min(3, plannedDuration / 5) }

    /// Whether a screen is awake: evenly spread among all, or among the rooms.
    func lights(_ member: Int, in room: Int) -> Bool {
        guard let lit else { return true }
        let number = Double(isLitTogether ? room : member)
        return ((number + 1) * lit).rounded(.down) > (number * lit).rounded(.down)
    }

    /// Everybody who will be connected.
    var connections: Int { rooms * (runners + spectators) + idle + latecomers }
    /// Everybody who runs, those who come late included; ``roomSize`` of them are in a room.
    var allRunners: Int { rooms * runners + latecomers }
    /// Runners of a room that is full.
    var roomSize: Int { max(1, runners) }
    /// Rooms of latecomers: as large as the others, and beside them.
    var lateRooms: Int { (latecomers + roomSize - 1) / roomSize }
    var idleRooms: Int { (idle + Self.idlersPerRoom - 1) / Self.idlersPerRoom }
    var allRooms: Int { rooms + lateRooms + idleRooms }
    /// Seconds after the start at which the first latecomer comes.
    var latecomersStart: Double { latecomersAt ?? plannedDuration / 2 }
    /// Seconds for which a latecomer runs: so long that nobody finishes before the end of the time.
    var latecomersDuration: Double { plannedDuration - latecomersStart }
    /// Seconds for which markers are sent, as far as it is known beforehand.
    var plannedDuration: Double {
        duration ?? recorded.map { Double($0.length) / 1000 / speed }.max() ?? 60
    }

    /// The plan of one runner's run, of which 0 is the first.
    func plan(room: Int, runner: Int, run: Int, isLate: Bool = false) throws(CoordinateError) -> RunPlan {
        if let club { return try club.plan(of: runner, run: run, interval: 1 / rate) }
        let duration = isLate ? latecomersDuration : duration
        let stream = UInt64(room) << 40 | UInt64(runner) << 20 | UInt64(run)
        var generator = SeededGenerator(seed: seed, stream: stream)
        if !recorded.isEmpty {
            let plan = recorded[(room * runners + runner + run) % recorded.count]
            let limit = duration.map { Int64($0 * speed * 1000) } ?? Self.longestRun
            return plan.prefix(min(limit, Self.longestRun))
        }
        let place = places[room % places.count]
        var length = (duration ?? 60) * speed
        if keepsRunning { length = .random(in: 240...900, using: &generator) }
        var run = SyntheticRun(
            latitude: place.latitude, longitude: place.longitude, length: min(length, Double(Self.longestRun) / 1000))
        run.interval = 1 / rate
        run.hasPause = isLively && (keepsRunning ? generator.chance(0.5) : runner % 4 == 3)
        return try run.plan(using: &generator)
    }
}
