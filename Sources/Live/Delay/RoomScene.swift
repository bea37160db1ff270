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

    /// Takes back where somebody was, and what they were called.
    mutating func withdraw(_ runner: Int, as person: Person) {
        people.withdraw(runner, as: person)
        if let row = rows[runner] { rows[runner] = row.withdrawn(as: person) }
        ways[runner] = nil
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

// MARK: - What may not be shown any more

extension RunnerRow {
    /// Of somebody of whom nothing is known.
    fileprivate var blank: RunnerRow {
        var row = self
        (row.position, row.isHidden, row.meters, row.seconds) = (nil, false, 0, 0)
        (row.state, row.place, row.gapMeters, row.gapSeconds) = (.ready, nil, nil, nil)
        return row
    }

    /// Without the place; of who is nobody any more, without anything.
    fileprivate func withdrawn(as person: Person) -> RunnerRow {
        guard !person.isNobody else { return blank }
        var row = self
        (row.position, row.isHidden) = (nil, false)
        return row
    }
}

extension [RunnerRow] {
    mutating func withdraw(_ runner: Int, as person: Person) {
        for index in indices where self[index].runner == runner { self[index] = self[index].withdrawn(as: person) }
    }
}

extension [(runner: Int, person: Person)] {
    mutating func withdraw(_ runner: Int, as person: Person) {
        for index in indices where self[index].runner == runner { self[index].person = person }
    }
}

extension RoomEvent {
    /// As it would have been told of who the runner is now.
    func withdrawing(_ runner: Int, as person: Person) -> RoomEvent {
        var event = self
        if person.isNobody, kind.author == runner {
            event.kind = kind.anonymous
        } else if case .joined(runner, _) = kind {
            event.kind = .joined(runner: runner, person: person)
        }
        return event
    }
}
