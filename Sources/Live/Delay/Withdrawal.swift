import Rooms

/// What may not be shown of somebody any more, who was recorded for those who see the room later: what they were called,
/// and perhaps where they were.
struct Withdrawal {
    let runner: Int
    /// Who they are now.
    let person: Person
    /// Whether their places and their way go, too; of who is nobody any more, everything does.
    let hasPlaces: Bool

    init(of runner: Int, now person: Person, hasPlaces: Bool) {
        self.runner = runner
        self.person = person
        self.hasPlaces = hasPlaces || person.isNobody
    }

    func changed(_ row: RunnerRow) -> RunnerRow {
        guard row.runner == runner, hasPlaces else { return row }
        if person.isNobody { return row.blank }
        var row = row
        (row.position, row.isHidden) = (nil, false)
        return row
    }

    func changed(_ people: [(runner: Int, person: Person)]) -> [(runner: Int, person: Person)] {
        people.map { $0.runner == runner ? (runner, person) : $0 }
    }

    /// As it would have been told of who they are now.
    func changed(_ event: RoomEvent) -> RoomEvent {
        var event = event
        if person.isNobody, event.kind.author == runner {
            event.kind = event.kind.anonymous
        } else if case .joined(runner, _) = event.kind {
            event.kind = .joined(runner: runner, person: person)
        }
        return event
    }
}
