import Foundation
import Geo

// How members run.
extension LoadEngine {
    /// The least time between two messages of one member: at most ten a second, half of what the protocol allows,
    /// unless the rate wants more.
    private var messageInterval: Nanoseconds { min(.milliseconds(100), .seconds(0.4 / settings.rate)) }

    /// The start of everything: everybody runs from now on, or a little later.
    func beginRuns(_ now: Nanoseconds) {
        started = now
        for member in members where member.isRunner && !member.isGone {
            // While the latecomers come there is no time to invent their runs.
            if member.isLatecomer { plan(member) } else { begin(member, now) }
        }
        let duration = settings.plannedDuration
        if let outage = settings.profile.outage(in: duration) {
            self.outage = (now + .seconds(outage.start), .seconds(outage.length))
        }
        if settings.latecomers > 0 { latecomersArrival = now + .seconds(settings.latecomersStart) }
        for member in members where member.isPresent { scheduleDrop(member, now) }
        beginLife(now)
    }

    /// Gives a member the next run.
    private func plan(_ member: Member) {
        do throws(CoordinateError) {
            member.run = try plannedRun(for: member)
        } catch {
            member.phase = .gone
            faults.add("\(member.name) has no way to run: \(error)")
        }
    }

    /// A member's next run begins now, or a little later if it is the first.
    func begin(_ member: Member, _ now: Nanoseconds) {
        if !(member.isLatecomer && member.runs == 0) { plan(member) }
        guard let run = member.run, !member.isGone else { return }
        // In hours the machine may sleep, which the monotonic clock does not notice, or have its clock set.
        if settings.keepsRunning { clock = WallClock() }
        member.runs += 1
        let bound = member.isLatecomer ? settings.latecomersWithin : settings.startSpread
        let spread = member.runs == 1 && bound > 0 ? Double.random(in: 0..<bound, using: &generator) : 0
        member.begun = now + .seconds(spread)
        member.performance = Performance(
            plan: run.plan,
            start: Performance.start(
                now: phoneTime(of: member, at: member.begun), length: run.plan.length, speed: settings.speed))
        if member.runs > 1 { for other in member.room.members { other.screen.forgetMarker(of: member.number) } }
        wakeAt[member.id] = member.isPresent ? member.begun : wakeAt[member.id]
    }

    private func plannedRun(for member: Member) throws(CoordinateError) -> PlannedRun {
        guard case .runner(let lane) = member.role else { preconditionFailure("only runners run") }
        let room = member.room.index
        let isLate = member.isLatecomer
        guard settings.allRunners > LoadSettings.distinctRuns else {
            return PlannedRun(try settings.plan(room: room, runner: lane, run: member.runs, isLate: isLate))
        }
        let place = room % settings.places.count
        let count = LoadSettings.distinctRuns / settings.places.count
        let number = (room / settings.places.count * settings.runners + lane) % count
        let key = (isLate ? LoadSettings.distinctRuns : 0) + place * count + number
        if let known = plannedRuns[key] { return known }
        let run = PlannedRun(try settings.plan(room: place, runner: number, run: 0, isLate: isLate))
        plannedRuns[key] = run
        return run
    }

    // MARK: - Sending

    /// One message of a member who is in the room, if one is due.
    func step(_ member: Member, _ now: Nanoseconds) {
        guard member.output.isEmpty else {
            wakeAt[member.id] = now + .milliseconds(20)
            return
        }
        if now >= member.dropsAt {
            return drop(member, now, away: .seconds(Double.random(in: 0.2...15, using: &generator)))
        }
        if now < member.lastMessage + messageInterval {
            wakeAt[member.id] = member.lastMessage + messageInterval
            return
        }
        guard member.performance != nil else { return rest(member, now) }
        guard now >= member.begun else {
            wakeAt[member.id] = member.begun
            return
        }
        let scheduled = wakeAt[member.id]
        let offset = Int64(Double(now - member.begun) / 1e6 * settings.speed)
        if settings.isLively, member.performance?.hasBegun == true, generator.chance(0.003) {
            member.performance?.loseSignal(at: offset, until: offset + Int64(4000 * settings.speed))
        }
        if now < member.lastMarkers + member.cadence, member.performance?.isUrgent(at: offset) == false {
            return schedule(member, now)
        }
        let resentBefore = member.performance?.outbox.resent ?? 0
        switch member.performance?.next(at: offset) {
        case .markers(let ids):
            guard let performance = member.performance else { return }
            counters.markersSent += ids.count
            counters.markersResent += performance.outbox.resent - resentBefore
            if window.isOpen { lateness.record(now - scheduled) }
            send(
                ClientMessage.markers(
                    ids.lazy.map { performance.plan.marker($0, start: performance.start) }, system: settings.system),
                from: member)
            (member.lastMessage, member.lastMarkers) = (now, now)
        case .control(let control, let time):
            if control == .start {
                // By it and the join the server knows how wrong this phone's clock is.
                send(ClientMessage.ping(time: phoneTime(of: member, at: .now)), from: member)
            }
            send(ClientMessage.control(control, time: time), from: member)
            member.lastMessage = now
        case nil: break
        }
        schedule(member, now)
    }

    private func schedule(_ member: Member, _ now: Nanoseconds) {
        guard member.isPresent else { return }
        var next = member.dropsAt
        if let due = member.performance?.nextDue {
            func moment(of offset: Int64) -> Nanoseconds {
                member.begun + (settings.speed == 1 ? offset * 1_000_000 : Int64(Double(offset) * 1e6 / settings.speed))
            }
            // Markers wait until they are asked for, and go with a start, a pause or a finish at the latest.
            let urgent = member.performance?.nextUrgent.map(moment) ?? .max
            let moment = max(moment(of: due), min(urgent, member.lastMarkers + member.cadence))
            // What is due is sent as soon as messages may follow each other again.
            next = min(next, max(moment, member.lastMessage + messageInterval))
        }
        wakeAt[member.id] = max(next, now + 1)
    }

    /// Somebody who does not run, or not yet again.
    private func rest(_ member: Member, _ now: Nanoseconds) {
        if settings.keepsRunning, member.isRunner, stage == .running, member.runs > 0 {
            if now >= member.restsUntil { return begin(member, now) }
            wakeAt[member.id] = min(member.restsUntil, member.dropsAt)
        } else {
            wakeAt[member.id] = member.dropsAt
        }
    }

    /// When a member drops the connection next.
    func scheduleDrop(_ member: Member, _ now: Nanoseconds) {
        member.dropsAt = .max
        guard stage == .running, !isIdle(member) else { return }
        if let interval = settings.dropInterval, member.isRunner {
            member.dropsAt = now + .seconds(interval * Double.random(in: 0.5...1.5, using: &generator))
        } else if settings.churn > 0 {
            // Each at their own time: a Poisson process.
            let wait = -log(Double.random(in: 1e-9..<1, using: &generator)) * 60 / settings.churn
            member.dropsAt = now + .seconds(min(wait, 1e6))
        }
        wakeAt[member.id] = min(wakeAt[member.id], member.dropsAt)
    }

    // MARK: - Records

    /// A member's run has ended; its record is fetched.
    ///
    /// - Parameters:
    ///   - event: The room's word; nil when it was lost with a connection and could not be recovered.
    ///   - member: Whose run it was.
    func finished(_ event: RoomEvent?, _ member: Member) {
        guard let performance = member.performance, let run = member.run, let account = member.account else { return }
        var result = RunResult(
            runner: account.username, room: member.room.runID, markers: performance.outbox.count,
            reckonedMeters: run.meters, reckonedSeconds: run.seconds)
        result.event = event
        result.resent = performance.outbox.resent
        member.performance = nil
        if let event { member.finish = (event, run.lastShown) }
        member.restsUntil = .now + .seconds(.random(in: settings.rests, using: &generator))
        guard let lane else { return }
        let wantsAll = !settings.keepsRunning || event?.runID == nil
        if wantsAll, !account.isNew {
            // Which of the account's records this is, is not known, nor how many there are from before.
            finishedRuns += 1
            return
        }
        let expected = member.runs
        let make = { (account: Account) in REST.records(of: account, runID: wantsAll ? nil : event?.runID) }
        call(for: member, on: lane, make) { [weak self] answer in
            var result = result
            if let records = REST.records(in: answer) {
                result.record = records.first { $0.runID == event?.runID } ?? (event == nil ? records.last : nil)
                if wantsAll {
                    result.recordCount = records.count
                    result.expectedRecordCount = expected
                }
            } else {
                result.failure =
                    REST.failure(answer, what: "show the records of \(account.username)", lane: lane).description
            }
            self?.add(result, of: member)
        }
    }

    /// The room has ended a run that was still to go on, as it does with one of which it has not heard for long: a
    /// machine that slept has runners who did not move for hours.
    func endedByRoom(_ member: Member) {
        member.performance = nil
        member.restsUntil = .now + .seconds(.random(in: settings.rests, using: &generator))
        wakeAt[member.id] = min(wakeAt[member.id], .now)
    }

    private func add(_ result: RunResult, of member: Member) {
        finishedRuns += 1
        results.append(result)
        if settings.keepsRunning, results.count > 200 { results.removeFirst(100) }
        member.isDone = true
    }
}
