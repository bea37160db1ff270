import Geo

@testable import Rooms

/// Unix milliseconds at which the tests begin.
let noon: Int64 = 1_732_350_000_000

/// In milliseconds.
let second: Int64 = 1_000
let minute: Int64 = 60_000
let hour: Int64 = 3_600_000
let day: Int64 = 86_400_000

/// A place so many metres east along the equator from 30° E.
///
/// Along the equator a geodesic is an arc of the circle with the ellipsoid's greater half axis, so that the metres of
/// two places' distance are known without the code under test: 6378137 π / 180 · 10⁻⁷ for each 10⁻⁷ degrees. Rounding
/// to these leaves at most 6 mm.
func east(_ metres: Double) -> Coordinate {
    let unit = 6_378_137 * Double.pi / 180 / 1e7
    return place(0, 300_000_000 + Int32((metres / unit).rounded()))
}

/// A place in units of 10⁻⁷ degrees; a mistake in a test's own numbers ends the test.
func place(_ latitudeE7: Int32, _ longitudeE7: Int32) -> Coordinate {
    guard let place = try? Coordinate(latitudeE7: latitudeE7, longitudeE7: longitudeE7) else {
        preconditionFailure("no such place")
    }
    return place
}

/// A marker on the equator.
func marker(_ id: Int32, _ metres: Double, at time: Int64, accuracy: Double? = nil) -> IncomingMarker {
    IncomingMarker(id: id, coordinate: east(metres), time: time, accuracy: accuracy)
}

func makePerson(_ name: String, account: Int64, zones: [PrivacyZone] = []) -> Person {
    Person(
        account: account, username: name, nickname: name.capitalized, avatar: "/api/users/profilepic/\(name)",
        zones: zones)
}

extension String {
    fileprivate var capitalized: String { prefix(1).uppercased() + dropFirst() }
}

/// A room and the people who meet in it, with a clock that moves when a test says so.
struct Meeting {
    var room: Room
    var now = noon
    /// Of those phones that tell what time they think it is.
    private var clocks: [Int: PhoneClock] = [:]
    private var lastKey: Int64 = 0

    init(_ settings: RoomSettings = RoomSettings()) {
        room = Room(id: "159", epoch: "e1", settings: settings)
    }

    mutating func newKey() -> Int64 {
        lastKey += 1
        return lastKey
    }

    /// A sample of the clock of a runner's phone.
    mutating func clockSample(_ offset: Int64, from number: Int) {
        clocks[number, default: PhoneClock()].sample(offset)
    }

    /// The runner's phone is another one now, or was set right: nothing is known of its clock.
    mutating func newPhone(_ number: Int) { clocks[number] = nil }

    mutating func wait(_ milliseconds: Int64) { now += milliseconds }

    /// Joins with the next account and a connection.
    mutating func join(_ name: String = "ana") throws -> Int {
        try join(makePerson(name, account: Int64(room.runnerNumbers.count + 1))).number
    }

    @discardableResult
    mutating func join(_ person: Person) throws -> (number: Int, decisions: Decisions) {
        let key = newKey()
        var joined = try room.join(person, newRunKey: key, at: now)
        joined.decisions.merge(try room.connected(joined.number, at: now))
        room.introduce(joined.number)
        return joined
    }

    /// Joins and starts at once.
    mutating func runner(_ name: String = "ana") throws -> Int {
        let number = try join(name)
        try start(number)
        return number
    }

    @discardableResult
    mutating func start(_ number: Int, time: Int64? = nil) throws -> Decisions {
        let key = newKey()
        var decisions = try room.start(
            number, time: time, offset: clocks[number]?.offset, newRunKey: key, at: now)
        decisions.merge(room.authenticated(number))
        return decisions
    }

    @discardableResult
    mutating func pause(_ number: Int, run: Int? = nil, time: Int64? = nil) throws -> Decisions {
        try room.pause(number, run: run, time: time, offset: clocks[number]?.offset, at: now)
    }

    @discardableResult
    mutating func finish(_ number: Int, run: Int? = nil, time: Int64? = nil) throws -> Decisions {
        var decisions = try room.finish(number, run: run, time: time, offset: clocks[number]?.offset, at: now)
        answerRecalls(&decisions)
        return decisions
    }

    @discardableResult
    mutating func leave(_ number: Int) throws -> Decisions { try room.leave(number, at: now) }

    @discardableResult
    mutating func send(_ number: Int, _ markers: [IncomingMarker], run: Int? = nil) throws -> Decisions {
        var decisions = try room.markers(markers, from: number, run: run, offset: clocks[number]?.offset, at: now)
        answerRecalls(&decisions)
        return decisions
    }

    /// Gives the room back the blocks that it asked for, at once.
    private mutating func answerRecalls(_ decisions: inout Decisions) {
        for reference in decisions.recalls {
            guard let runner = room.runner(reference.runner),
                let run = ([runner.run] + runner.earlier).first(where: { $0.key == reference.runKey }),
                let recalled = room.recall(run.sealedPoints(), of: runner.number, runKey: run.key, at: now)
            else { preconditionFailure("these are all markers of all blocks") }
            decisions.merge(recalled)
        }
        decisions.recalls = []
    }

    @discardableResult
    mutating func report(_ number: Int, _ report: PollReport) throws -> Decisions {
        let key = newKey()
        return try room.report(report, from: number, newRunKey: { key }, at: now)
    }

    /// Passes these metres, one marker a second, each sent as it is taken.
    @discardableResult
    mutating func run(_ number: Int, _ metres: [Double], accuracy: Double? = nil) throws -> Decisions {
        var decisions = Decisions()
        for place in metres {
            wait(second)
            decisions.merge(try send(number, [marker(nextID(number), place, at: now, accuracy: accuracy)]))
        }
        return decisions
    }

    /// Runs from one distance to another at 10 m/s.
    @discardableResult
    mutating func run(_ number: Int, from: Double, to: Double) throws -> Decisions {
        try run(number, Array(stride(from: from, through: to, by: 10)))
    }

    func nextID(_ number: Int) -> Int32 { (room.runner(number)?.run.ids.newest ?? 0) + 1 }

    func meters(_ number: Int) -> Double { room.runner(number)?.run.meters ?? .nan }

    /// Which markers of the present run count, by id.
    func counted(_ number: Int) -> [Int32] {
        guard let run = room.runner(number)?.run else { return [] }
        return run.reckonedAtOnce(run.allPoints()).history.entries.filter(\.isCounted).map(\.id)
    }

    func row(_ number: Int) -> RunnerRow? {
        var room = room
        room.refreshStandings()
        return room.row(of: number, at: now)
    }

    func state(_ number: Int) -> RunnerState? { room.runner(number)?.state }
}

extension Decisions {
    var kinds: [RoomEvent.Kind] { events.map(\.kind) }

    var finish: RoomEvent.Finish? {
        for event in events {
            if case .finished(let finish) = event.kind { return finish }
        }
        return nil
    }

    var corrections: [(from: Double, to: Double)] {
        events.compactMap { event in
            guard case .corrected(_, let from, let to, _, _) = event.kind else { return nil }
            return (from, to)
        }
    }

    var splits: [Split] {
        events.compactMap { event in
            guard case .split(_, let kilometer, let seconds, let total, _) = event.kind else { return nil }
            return Split(kilometer: kilometer, seconds: seconds, total: total)
        }
    }
}

extension Double {
    /// Whether this is a number within a tolerance of another; for metres on the equator, by default.
    func isNear(_ other: Double, within tolerance: Double = 0.03) -> Bool { abs(self - other) <= tolerance }
}
