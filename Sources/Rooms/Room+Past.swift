/// Who left long ago: their number, name and figures stay, and so does where they ended.
extension Room {
    func isPast(_ index: Int, at now: Int64) -> Bool {
        !runners[index].isInRoom && runners[index].run.isSettled
            && now - runners[index].lastHeard > settings.pastAfter
    }

    /// Lets go of the ways of those who are past, which nobody is sent any more.
    ///
    /// To be called now and then: nothing is told or stored by it. Of who is first it stays known when they passed which
    /// distance, by which the others' gaps are reckoned.
    ///
    /// - Complexity: O(*n*) for *n* runners, once a minute; O(1) in between.
    public mutating func forgetPastWays(at now: Int64) {
        guard now >= nextForgetting else { return }
        nextForgetting = now + 60_000
        for index in runners.indices where isPast(index, at: now) && runners[index].earlier.isEmpty {
            runners[index].run.forgetWay(butPassings: runners[index].place == 1)
        }
    }
}

extension Run {
    /// Keeps of a settled run what it came to and where it ended.
    ///
    /// - Parameter keepsPassings: When it passed which distance stays known too.
    fileprivate mutating func forgetWay(butPassings keepsPassings: Bool) {
        // What is still to be told of it needs more.
        guard unannouncedKilometers == 0, let way = settledWay else { return }
        let passings = keepsPassings ? way.passings : []
        guard markerCount > 0 || !way.outline.isEmpty || way.passings.count > passings.count else { return }
        keep(
            SettledWay(
                latest: way.latest, outline: [], lastCountedTime: way.lastCountedTime, passings: passings,
                durable: way.durable),
            meters: odometer.meters)
    }
}
