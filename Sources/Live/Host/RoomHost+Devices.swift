import Limits
import Rooms
import Store

/// What apps report that come with single requests.
extension RoomHost {
    func report(_ report: DeviceReport, of account: Int64, friends: Bool) async throws -> DeviceView {
        guard let number = room.number(of: account) else { throw LiveError.notInRoom }
        if let failureToStoreMore { throw LiveError.store(failureToStoreMore) }
        let moment = Moment.now
        let allowance = allowance(of: number, at: moment)
        if report.signal != nil, !allowance.commands.take(at: moment) { throw LiveError.tooManyCommands }
        guard mayWait(report.fixes.count), allowance.markers.take(Double(report.fixes.count), at: moment) else {
            throw LiveError.tooManyMarkers
        }
        var isLate = false
        let outcome: Room.DeviceOutcome
        do {
            outcome = try room.report(
                report, from: number, newRunKey: context.services.newID, at: context.clock.now()
            ) { _ in
                isLate = true
                return mayRemeasure(allowance, at: moment)
            }
        } catch {
            throw LiveError.room(error)
        }
        if isLate { context.spend(since: moment, allowance) }
        context.metrics.markersIn += report.fixes.count
        lastUsed = .now
        apply(outcome.decisions)
        markChanged()
        if !room.isInRoom(number) { dismiss(number) }
        guard outcome.isComplete else { throw LiveError.tooManyMarkers }
        try await markersStored()
        return DeviceView(
            runner: number, interval: room.reportInterval(of: number),
            friends: friends ? self.friends(of: number) : [])
    }

    /// Others who have a place, hidden or not, those next to a runner in the standings first.
    private func friends(of number: Int) -> [DeviceView.Friend] {
        room.refreshStandings()
        let now = context.clock.now()
        let place = room.row(of: number, at: now)?.place ?? 1
        let rows = room.rows(of: room.runnerNumbers.filter { $0 != number && room.isInRoom($0) }, at: now)
            .filter { $0.position.map { !$0.isNullIsland } ?? $0.isHidden }
            .sorted { (Self.distance($0, from: place), $0.runner) < (Self.distance($1, from: place), $1.runner) }
        return rows.prefix(Limit.Room.friends).compactMap { row in
            guard let person = room.person(row.runner), !person.isNobody else { return nil }
            return DeviceView.Friend(person: person, row: row, seenAt: room.lastHeard(of: row.runner) ?? now)
        }
    }

    /// In places; who has none comes last.
    private static func distance(_ row: RunnerRow, from place: Int) -> Int { row.place.map { abs($0 - place) } ?? .max }
}
