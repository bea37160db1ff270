import Geo
import Limits
import Rooms

/// A room as everybody might see it at a moment: who is there, how they stand, and where they came along.
struct RoomScene {
    /// Unix milliseconds.
    private(set) var time: Int64
    /// The newest event that had been told.
    private(set) var event: Int
    private(set) var people: [(runner: Int, person: Person)]
    private(set) var rows: [Int: RunnerRow] = [:]
    private var ways: [Int: SeenWay] = [:]

    init(at time: Int64, event: Int, people: [(runner: Int, person: Person)], rows: [RunnerRow] = []) {
        (self.time, self.event, self.people) = (time, event, people)
        for row in rows { take(row) }
    }

    /// The same people of whom nothing is known, at a moment: what may be shown before there is anything old enough.
    func withoutPlaces(at time: Int64) -> RoomScene {
        RoomScene(
            at: time, event: event, people: people,
            rows: rows.values.map(\.blank))
    }

    /// Takes back what may not be shown of somebody any more.
    mutating func take(_ withdrawal: Withdrawal) {
        withdrawal.change(&people)
        guard withdrawal.hasPlaces else { return }
        if var row = rows[withdrawal.runner] {
            withdrawal.change(&row)
            rows[withdrawal.runner] = row
        }
        ways[withdrawal.runner] = nil
    }

    /// Goes on to what was recorded next.
    mutating func apply(_ step: RoomRecording.Step) {
        (time, event) = (step.time, step.event)
        if let people = step.people { self.people = people }
        for row in step.rows { take(row) }
    }

    /// Time goes on and nothing has changed.
    mutating func wait(until time: Int64) { self.time = max(self.time, time) }

    private mutating func take(_ row: RunnerRow) {
        rows[row.runner] = row
        ways[row.runner, default: SeenWay()].append(row.position)
    }

    /// The rows of those who are there, in the order of their numbers.
    var shownRows: [RunnerRow] { people.compactMap { rows[$0.runner] } }

    /// The ways of those who are there, as far as they were seen.
    var shownWays: [(runner: Int, pieces: [[Coordinate]])] {
        people.compactMap { runner, _ in ways[runner].map { (runner, $0.pieces.filter { !$0.isEmpty }) } }
    }
}

/// Where somebody was seen, one place after the other, in pieces between which they were hidden.
private struct SeenWay {
    private(set) var pieces: [[Coordinate]] = [[]]
    private var count = 0

    mutating func append(_ place: Coordinate?) {
        guard let place else {
            if !pieces[pieces.count - 1].isEmpty { pieces.append([]) }
            return
        }
        guard pieces[pieces.count - 1].last != place else { return }
        pieces[pieces.count - 1].append(place)
        count += 1
        if count > Limit.Live.recordedWay { thin() }
    }

    /// Leaves every second place of a piece out, but for its ends; pieces that are a single place, but for the newest.
    private mutating func thin() {
        let newest = pieces.removeLast()
        pieces = pieces.filter { $0.count > 1 }.map(Self.thinned) + [Self.thinned(newest)]
        count = pieces.reduce(0) { $0 + $1.count }
    }

    private static func thinned(_ piece: [Coordinate]) -> [Coordinate] {
        piece.indices.filter { $0 % 2 == 0 || $0 == piece.count - 1 }.map { piece[$0] }
    }
}

extension RunnerRow {
    /// Of somebody of whom nothing is known.
    var blank: RunnerRow {
        var row = self
        (row.position, row.isHidden, row.meters, row.seconds) = (nil, false, 0, 0)
        (row.state, row.place, row.gapMeters, row.gapSeconds) = (.ready, nil, nil, nil)
        return row
    }
}
