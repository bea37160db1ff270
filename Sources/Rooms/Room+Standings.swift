public import Geo

extension Room {
    /// Brings the places up to date.
    ///
    /// Finished runners come first, by finishing time; then the others by distance, ties by less time. Whoever has
    /// not come a metre has no place. Somebody whose place changed has a changed row.
    ///
    /// - Complexity: O(*n*) for *n* runners whose order hardly changed since the last call: insertion sort.
    public mutating func refreshStandings() {
        guard standingsAreStale else { return }
        standingsAreStale = false
        for position in standings.indices.dropFirst() {
            var hole = position
            let number = standings[position]
            while hole > 0, isAhead(number, standings[hole - 1]) {
                standings[hole] = standings[hole - 1]
                hole -= 1
            }
            standings[hole] = number
        }
        var place = 0
        for number in standings {
            let index = number - 1
            var mine: Int?
            if runners[index].run.meters >= 1 {
                place += 1
                mine = place
            }
            if runners[index].place != mine {
                runners[index].place = mine
                version += 1
                runners[index].version = version
            }
        }
    }

    private func isAhead(_ number: Int, _ other: Int) -> Bool {
        let one = number - 1
        let two = other - 1
        let hasPlace = runners[one].run.meters >= 1
        guard hasPlace == (runners[two].run.meters >= 1) else { return hasPlace }
        guard hasPlace else { return number < other }
        switch (runners[one].run.clock.ended, runners[two].run.clock.ended) {
        case (let first?, let second?) where first != second: return first < second
        case (_?, nil): return true
        case (nil, _?): return false
        default: break
        }
        let first = runners[one].run.meters
        let second = runners[two].run.meters
        if first != second { return first > second }
        // Equally far: less time of running when they were seen there, which stands still as they wait.
        let firstSeconds = runners[one].run.secondsAtLatest
        let secondSeconds = runners[two].run.secondsAtLatest
        return firstSeconds == secondSeconds ? number < other : firstSeconds < secondSeconds
    }

    /// The present row of a runner.
    ///
    /// - Parameters:
    ///   - number: Whose.
    ///   - now: Unix milliseconds by the server's clock.
    ///   - viewer: The runner who is to be shown it, and sees where they are themselves; nil for everybody.
    /// - Returns: Nil when nobody has the number.
    /// - Precondition: ``refreshStandings()`` has been called since the last command.
    /// - Complexity: O(log *m*) for *m* markers of the first runner.
    public func row(of number: Int, at now: Int64, for viewer: Int? = nil) -> RunnerRow? {
        isKnown(number) ? row(at: number - 1, leader: leader, now: now, for: viewer) : nil
    }

    /// The present rows of some runners, in the order of the numbers; numbers that nobody has are passed over.
    ///
    /// `viewer` is as in ``row(of:at:for:)``.
    ///
    /// - Precondition: ``refreshStandings()`` has been called since the last command.
    public func rows(of numbers: [Int], at now: Int64, for viewer: Int? = nil) -> [RunnerRow] {
        let leader = leader
        return numbers.lazy.filter(isKnown).map { row(at: $0 - 1, leader: leader, now: now, for: viewer) }
    }

    /// Whether a runner's row is still what it was at a version.
    public func isUnchanged(_ number: Int, since version: UInt64) -> Bool {
        isKnown(number) && runners[number - 1].version <= version
    }

    /// Notes that everybody has been told who a runner is: from now on ``rows(changedAfter:at:_:)`` has their row.
    public mutating func introduce(_ number: Int) {
        guard isKnown(number) else { return }
        runners[number - 1].isIntroduced = true
        touch(number - 1)
    }

    /// The rows of introduced runners that changed after a version, in the order of their numbers.
    ///
    /// A row changes with its own runner's markers, state, report or place; the gaps in it are those of that moment.
    /// The first runner's every step would otherwise be a change to everybody. Places are those that everybody may see.
    public func rows(changedAfter version: UInt64, at now: Int64, _ body: (RunnerRow) -> Void) {
        let leader = leader
        for index in runners.indices where runners[index].version > version && runners[index].isIntroduced {
            body(row(at: index, leader: leader, now: now, for: nil))
        }
    }

    // By index below: a runner is large, and its copy would retain each of its arrays.

    /// Where the runner in place 1 is.
    private var leader: Int? {
        guard let first = standings.first, runners[first - 1].place == 1 else { return nil }
        return first - 1
    }

    /// The only way by which a place leaves the room, with ``outline(of:for:)`` and ``outlines(at:for:)``.
    private func row(at index: Int, leader: Int?, now: Int64, for viewer: Int?) -> RunnerRow {
        let meters = runners[index].run.meters
        var row = RunnerRow(
            runner: runners[index].number, position: runners[index].position, meters: meters,
            seconds: runners[index].run.seconds(at: now), state: runners[index].state, place: runners[index].place)
        if let position = row.position, row.runner != viewer, runners[index].privacy.hides(position) {
            (row.position, row.isHidden) = (nil, true)
        }
        guard let leader, row.place != nil else { return row }
        if leader == index {
            row.gapMeters = 0
            row.gapSeconds = 0
        } else {
            // A finished runner is first even when somebody has since come farther.
            row.gapMeters = max(0, runners[leader].run.meters - meters)
            row.gapSeconds = gapSeconds(at: index, behind: leader)
        }
        return row
    }

    /// “Now” is the moment of the runner's newest counted marker: both times are then measured alike, and the gap
    /// does not flicker with the age of the marker or a replay's distance from the present.
    private func gapSeconds(at index: Int, behind leader: Int) -> Double? {
        guard runners[leader].run.report == nil, runners[index].run.report == nil,
            let now = runners[index].run.odometer.lastCountedTime
        else { return nil }
        let meters = runners[index].run.meters
        if meters >= runners[leader].run.meters { return 0 }
        guard let passed = runners[leader].run.history.timePassing(meters) else { return nil }
        return max(0, (Double(now) - passed) / 1000)
    }

    /// A runner's way so far in at most ``TrackOutline/capacity`` points, oldest first, in pieces between which it is
    /// hidden.
    ///
    /// `viewer` is as in ``row(of:at:for:)``.
    public func outline(of number: Int, for viewer: Int? = nil) -> [[Coordinate]] {
        isKnown(number) ? outline(at: number - 1, for: viewer) : []
    }

    /// The ways of those who are not past, in the order of their numbers, each in pieces as of ``outline(of:for:)``.
    public func outlines(at now: Int64, for viewer: Int? = nil) -> [(runner: Int, pieces: [[Coordinate]])] {
        runners.indices.filter { !isPast($0, at: now) }.map { ($0 + 1, outline(at: $0, for: viewer)) }
    }

    private func outline(at index: Int, for viewer: Int?) -> [[Coordinate]] {
        let points = runners[index].run.outline.points
        if runners[index].number == viewer { return points.isEmpty ? [] : [points] }
        return runners[index].privacy.pieces(of: points)
    }

    /// Whether something of where somebody is, or was, is hidden from the others.
    ///
    /// - Complexity: O(n) in the points of the outline for who has zones, as long as they are outside.
    public func hidesPlace(of number: Int) -> Bool {
        guard isKnown(number), !runners[number - 1].privacy.isClear else { return false }
        let privacy = runners[number - 1].privacy
        return runners[number - 1].position.map(privacy.hides) ?? false
            || runners[number - 1].run.outline.points.contains(where: privacy.hides)
    }

    /// When a runner's present run began and ended, Unix milliseconds.
    public func times(of number: Int) -> (start: Int64?, end: Int64?) {
        (runner(number)?.run.clock.start, runner(number)?.run.clock.ended)
    }

    /// Whether a runner is running now, seen or not.
    public func isRunning(_ number: Int) -> Bool {
        runner(number).map { $0.isInRoom && $0.run.clock.isRunning } ?? false
    }
}
