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

    /// Takes back what was recorded of who is nobody any more.
    func withdraw(_ runner: Int) {
        guard let person = room.person(runner) else { return }
        delayed?.take(Withdrawal(of: runner, now: person, hasPlaces: true))
    }

    /// Has everybody who comes later learn what somebody is called now, and nobody any more where they now hide, or what
    /// name they hide.
    ///
    /// Does nothing for who has never been here, or is known to be so.
    func update(_ person: Person) {
        guard let number = room.number(of: person.account), let before = room.person(number), before != person else {
            return
        }
        room.update(person)
        if person.zones != before.zones || person.username != before.username {
            delayed?.take(Withdrawal(of: number, now: person, hasPlaces: person.zones != before.zones))
        }
        markChanged()
    }
}
