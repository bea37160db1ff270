import Geo
import Testing

@testable import Rooms

extension Room {
    /// The invariants in the room's documentation, and that the standings are what their definition says.
    ///
    /// - Parameters:
    ///   - previous: the room before the last command, if it had no other part in between.
    ///   - now: the moment for which rows are asked.
    ///   - isThorough: also reckons every run anew, which takes time with each marker there is.
    ///   - blocks: those of a runner's present run that are on disk.
    /// - Returns: What does not hold, as sentences.
    func brokenInvariants(
        since previous: Room? = nil, at now: Int64, isThorough: Bool = false,
        blocks: (Int) -> [[UInt8]] = { _ in [] }
    ) -> [String] {
        var broken: [String] = []
        func demand(_ holds: Bool, _ sentence: @autoclosure () -> String) { if !holds { broken.append(sentence()) } }

        demand(runners.map(\.number) == Array(1..<(runners.count + 1)), "runners are numbered 1...n")
        demand(population <= settings.capacity, "the room is not over its capacity")
        demand(violation == nil, "what is looked at in production holds: \(violation.map(\.rawValue) ?? "")")
        for runner in runners where runner.person.isNobody {
            demand(
                runner.position == nil && runner.run.markerCount == 0 && runner.run.outline.points.isEmpty,
                "who is forgotten is nowhere")
            demand(!runner.isInRoom, "who is forgotten is not in the room")
        }
        checkEvents(demand)
        checkStandings(at: now, demand)
        for runner in runners {
            checkRun(of: runner, at: now, demand)
            // The blocks of a settled run are gone.
            if isThorough, !runner.run.isSettled {
                checkReckoning(of: runner, runner.run.allPoints(stored: blocks(runner.number)), demand)
            }
        }
        if let previous { checkProgress(since: previous, demand) }
        return broken
    }

    private func checkEvents(_ demand: (Bool, @autoclosure () -> String) -> Void) {
        let count = min(lastEvent, settings.recoverableEvents)
        let first = lastEvent - count + 1
        demand(firstRecoverableEvent == first, "the log holds the newest events")
        let events = events(after: first - 1, through: lastEvent)
        let named = events?.filter { event in
            event.kind.author.flatMap(person)?.isNobody ?? false && event.kind != event.kind.anonymous
        }
        demand(named?.isEmpty ?? false, "no event names who is forgotten")
        demand(events?.map(\.number) == Array(first..<(lastEvent + 1)), "events are numbered without a gap")
    }

    private func checkStandings(at now: Int64, _ demand: (Bool, @autoclosure () -> String) -> Void) {
        var room = self
        room.refreshStandings()
        demand(room.standings.sorted() == Array(1..<(runners.count + 1)), "everybody stands once in the standings")
        // As the page says it: those who have come a metre, finished first by finishing time, then by distance, ties
        // by less time.
        let ranked = runners.filter { $0.run.meters >= 1 }.sorted { one, two in
            let end = (one.run.clock.ended ?? .max, two.run.clock.ended ?? .max)
            if end.0 != end.1 { return end.0 < end.1 }
            if one.run.meters != two.run.meters { return one.run.meters > two.run.meters }
            let seconds = (one.run.secondsAtLatest, two.run.secondsAtLatest)
            return seconds.0 == seconds.1 ? one.number < two.number : seconds.0 < seconds.1
        }
        for runner in room.runners {
            let place = ranked.firstIndex { $0.number == runner.number }.map { $0 + 1 }
            demand(runner.place == place, "runner \(runner.number) is in place \(place ?? 0)")
            guard let row = room.row(of: runner.number, at: now) else { continue }
            demand(row.meters >= 0 && row.seconds >= 0, "metres and seconds are not negative")
            demand((row.gapMeters ?? 0) >= 0 && (row.gapSeconds ?? 0) >= 0, "gaps are not negative")
            demand(row.gapMeters == nil || row.place != nil, "only who has a place has a gap")
        }
    }

    private func checkRun(
        of runner: Runner, at now: Int64, _ demand: (Bool, @autoclosure () -> String) -> Void
    ) {
        let run = runner.run
        demand(run.durable <= run.ids.contiguous, "nothing is promised that is not here")
        // The splits of a run that was put back without its markers stand in its record.
        demand(
            run.odometer.kilometers.count == (run.isWithoutMarkers ? 0 : Int(run.odometer.meters / 1000)),
            "each full kilometre has a split")
        demand(run.odometer.kilometers == run.odometer.kilometers.sorted(), "kilometres come one after the other")
        demand(run.announcedKilometers >= run.odometer.kilometers.count, "each split has been told")
        demand(run.clock.segments.allSatisfy { $0.end ?? .max >= $0.start }, "no time goes backwards")
        demand(runner.state != .running || run.clock.isRunning, "who is shown running runs")
        let held = run.history.entries.count
        let block = settings.blockLength
        demand(held < 3 * block || run.isRecalling, "no more is in memory than three blocks")
        demand(run.history.sealedCount == 0 || held >= block, "nor less than one, once there is so much")
    }

    private func checkReckoning(
        of runner: Runner, _ points: [TrackPoint], _ demand: (Bool, @autoclosure () -> String) -> Void
    ) {
        let run = runner.run
        let ids = points.map(\.id)
        demand(zip(ids, ids.dropFirst()).allSatisfy(<), "no marker is there twice")
        demand(ids.count == run.markerCount, "markers are counted")
        demand(ids.allSatisfy(run.ids.contains), "markers are known by their ids")
        demand(run.ids.newest == ids.last ?? 0, "the newest marker has the highest id")
        demand(
            run.ids.contiguous == Int32(zip(1..., ids).prefix { $0 == Int($1) }.count),
            "the contiguous marker is the last before a gap")
        let distances = run.history.entries.map(\.centimetres)
        demand(zip(distances, distances.dropFirst()).allSatisfy(<=), "distances never fall along a run")
        demand(run.outline.points.count <= TrackOutline.capacity, "the outline is bounded")
        // Until the blocks are there, what came late is not part of it.
        guard !run.isRecalling else { return }
        let anew = run.reckonedAtOnce(points)
        let odometer = anew.measurement.odometer
        demand(odometer.meters == run.odometer.meters, "reckoned anew, the distance of \(runner.number) is the same")
        demand(odometer.kilometers == run.odometer.kilometers, "reckoned anew, the splits are the same")
        demand(anew.measurement.latest == run.latest, "reckoned anew, the position is the same")
        demand(anew.measurement.outline.points == run.outline.points, "reckoned anew, the outline is the same")
        let window = anew.history.entries.suffix(distances.count)
        demand(window.map(\.centimetres) == distances, "reckoned anew, each marker's distance is the same")
        demand(
            window.map(\.isCounted) == run.history.entries.map(\.isCounted),
            "reckoned anew, the same markers count")
        let shares: [Double] = [0, 0.1, 0.3, 0.5, 0.8, 0.9, 0.99, 1]
        for share in shares {
            let metres = odometer.meters * share
            let exact = anew.history.timePassing(metres)
            let found = run.history.timePassing(metres)
            demand((exact == nil) == (found == nil), "\(metres) m were passed, or not")
            guard let exact, let found, let newest = points.last?.time else { continue }
            let tolerance: Double = 500 + abs(Double(newest) - exact) / 200
            demand(abs(exact - found) <= tolerance, "\(metres) m were passed at \(exact), not at \(found)")
        }
    }

    private func checkProgress(since previous: Room, _ demand: (Bool, @autoclosure () -> String) -> Void) {
        demand(lastEvent >= previous.lastEvent, "events only grow")
        demand(version >= previous.version, "the version only grows")
        demand(runners.count >= previous.runners.count, "nobody's number is taken away")
        for (before, after) in zip(previous.runners, runners) {
            demand(
                after.person.isNobody || before.person.account == after.person.account,
                "a number stays with its person")
            demand(!before.person.isNobody || after.person.isNobody, "who is forgotten stays forgotten")
            guard before.run.key == after.run.key else { continue }
            demand(before.run.durable <= after.run.durable, "a promise is not taken back")
            demand(before.run.ids.contiguous <= after.run.ids.contiguous, "no marker gets lost")
            demand(before.run.announcedKilometers <= after.run.announcedKilometers, "what was told stays told")
            demand(!before.run.isFinished || after.run.clock.ended == before.run.clock.ended, "a finish is final")
            demand(!before.run.isSettled || after.run.meters == before.run.meters, "a settled run stays as it is")
        }
    }
}
