import Geo
import LWS
import Rooms

extension RoomHost: RoomSource {
    var version: UInt64 { room.version }

    var now: Int64 { context.clock.now() }

    func rows(changedAfter version: UInt64, at now: Int64, _ body: (RunnerRow) -> Void) {
        room.rows(changedAfter: version, at: now, body)
    }

    func row(ofSelf runner: Int, at now: Int64) -> RunnerRow? { room.row(of: runner, at: now, for: runner) }

    func joined(by join: ClientMessage.Join, as runner: Int?, shown: UInt64) -> (OutgoingMessage, version: UInt64) {
        var missed: [RoomEvent]?
        if let since = join.since, since.epoch == room.epoch {
            missed = room.events(after: since.event, through: releasedEvent)
        }
        let picture = picture(in: join.system, tracks: join.wantsTracks, as: runner, shown: shown)
        let message = ServerMessages.joined(
            ServerMessages.Joined(
                runID: room.id, epoch: room.epoch, event: releasedEvent, isRecovered: missed != nil, runner: runner,
                run: runner.flatMap(room.runNumber), marker: runner.map(room.durableMarker) ?? 0, time: picture.time,
                picture: picture.bytes, events: (missed ?? []).map(EventCoding.encode)))
        return (message, picture.version)
    }

    /// The room as it is shown to somebody who joins now.
    ///
    /// A crowd that comes back together gets the same bytes: what was written within the tick is taken again, unless the
    /// people or the told events are others by now, viewers have seen more, or the joiner's own row is another. So
    /// nobody's picture is older than a frame may be, and a frame brings what has changed since. A runner of whom something
    /// is hidden from the others now gets one of their own, in which it is shown.
    func picture(
        in system: CoordinateSystem, tracks hasTracks: Bool, as runner: Int? = nil, shown: UInt64 = 0
    ) -> RoomPicture {
        let (now, moment) = (context.clock.now(), Moment.now)
        let hider = runner.flatMap { room.hidesPlace(of: $0) ? $0 : nil }
        if hider == nil, let known = pictures[system, tracks: hasTracks], moment < known.made + context.settings.tick,
            known.peopleVersion == room.peopleVersion, known.event == releasedEvent, known.version >= shown,
            runner.map({ room.isUnchanged($0, since: known.version) }) ?? true
        {
            return known
        }
        room.refreshStandings()
        let numbers = room.numbersToShow(at: now)
        let picture = RoomPicture(
            version: room.version, peopleVersion: room.peopleVersion, event: releasedEvent, time: now, made: moment,
            bytes: ServerMessages.picture(
                people: room.people(numbers), rows: room.rows(of: numbers, at: now, for: hider),
                tracks: hasTracks ? room.outlines(at: now, for: hider) : nil, in: system))
        if hider == nil { pictures[system, tracks: hasTracks] = picture }
        return picture
    }

    /// Whom to tell now how far their markers are on disk.
    func takeAcks() -> [(runner: Int, marker: Int32)] {
        guard acks.isDue else { return [] }
        var told: [(runner: Int, marker: Int32)] = []
        for (runner, delay) in acks.take(at: .now) where audience.isWatching(runner) {
            let marker = room.durableMarker(of: runner)
            // A new run has begun since: its markers count from 1, and none is stored yet.
            guard marker > 0 else { continue }
            told.append((runner, marker))
            context.metrics.acksOut += 1
            if let delay { context.metrics.ackDelay.record(delay) }
        }
        return told
    }
}
