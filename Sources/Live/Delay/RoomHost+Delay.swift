import Rooms

extension RoomHost {
    /// All who are shown the room, now or later.
    var audiences: [Audience] { [audience] + (delayed?.audiences ?? []) }

    /// Has the room recorded, for links that show it so many milliseconds later at most: more than 0.
    @discardableResult func record(for delay: Int64) -> DelayedViews {
        if let delayed {
            delayed.keep(for: delay)
            return delayed
        }
        room.refreshStandings()
        let now = context.clock.now()
        // A room in which nobody is has been as it is for a while.
        let since = room.isQuiescent ? min(updatedAt, now) : now
        let new = DelayedViews(RoomRecording(of: room, event: releasedEvent, since: since, for: delay))
        delayed = new
        return new
    }

    /// Through whom a spectator is shown the room who sees it so many milliseconds later; nil where there is no place for
    /// another such delay.
    func audience(delayedBy delay: Int64) -> Audience? {
        guard delay > 0 else { return audience }
        return record(for: delay).view(of: self, delay: delay, at: context.clock.now())?.audience
    }

    /// Once a second: goes on with what is shown later.
    func advanceDelayed(at now: Int64) {
        guard let delayed else { return }
        room.refreshStandings()
        delayed.advance(with: room, event: releasedEvent, at: now)
    }

    /// Takes back what was recorded of somebody: where they were, and what they were called, may not be shown any more.
    func withdraw(_ runner: Int) {
        if let delayed, let person = room.person(runner) { delayed.withdraw(runner, as: person) }
    }

    /// Has everybody who comes later learn what somebody is called now, and nobody any more where they now hide, or what
    /// name they hide.
    func update(_ person: Person) {
        let number = room.number(of: person.account)
        let before = number.flatMap(room.person)
        room.update(person)
        if let number, person.zones != before?.zones || person.username != before?.username { withdraw(number) }
        markChanged()
    }
}
