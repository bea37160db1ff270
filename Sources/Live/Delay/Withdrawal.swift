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

    /// Takes it out of one of their rows.
    func change(_ row: inout RunnerRow) {
        guard row.runner == runner, hasPlaces else { return }
        if person.isNobody { row = row.blank } else { (row.position, row.isHidden) = (nil, false) }
    }

    func change(_ people: inout [(runner: Int, person: Person)]) {
        for index in people.indices where people[index].runner == runner { people[index].person = person }
    }

    /// Has an event say who they are now.
    func change(_ event: inout RoomEvent) {
        if person.isNobody, event.kind.author == runner {
            event.kind = event.kind.anonymous
        } else if case .joined(runner, _) = event.kind {
            event.kind = .joined(runner: runner, person: person)
        }
    }
}
