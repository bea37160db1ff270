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

    /// Forgets what was recorded of the room: something of it may not be shown any more.
    func forgetRecording() {
        guard let delayed else { return }
        room.refreshStandings()
        delayed.beginAnew(with: room, event: releasedEvent, at: context.clock.now())
    }

    /// Has everybody who comes later learn what somebody is called now, and nobody any more where they now hide, or what
    /// name they hide.
    func update(_ person: Person) {
        let before = room.number(of: person.account).flatMap(room.person)
        room.update(person)
        if person.zones != before?.zones || person.username != before?.username { forgetRecording() }
        markChanged()
    }
}
