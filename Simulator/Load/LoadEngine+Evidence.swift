import Foundation

// What is left at the end: for judgment, and as figures.
extension LoadEngine {
    /// What there is to judge by, now.
    func evidence() -> Evidence {
        let isWhole = !settings.keepsRunning && !wasInterrupted
        let (rows, rowFaults) = isWhole ? judgeRows() : (0, [])
        var results = results
        for index in results.indices where !settings.keepsRunning {
            results[index].finalRow = finalRow(of: results[index].runner)
        }
        return Evidence(
            results: results, finishedRuns: finishedRuns,
            expectedRuns: isWhole ? members.count(where: \.isRunner) : nil, viewers: members.count,
            eventFaults: members.flatMap { member in member.ledger.faults.prefix(2).map { "\(member.name): \($0)" } }
                + (isWhole ? missedEvents() : []),
            rows: rows, rowFaults: rowFaults, latecomers: isWhole ? storm.people : 0,
            absentLatecomers: members.filter { $0.isLatecomer && $0.ledger.epoch == nil }.map(\.name), faults: faults,
            messages: counters.acks + counters.frames + counters.events)
    }

    /// Who does not hold the last events of their room, which others were told of.
    private func missedEvents() -> [String] {
        rooms.flatMap { room in
            room.members.filter { $0.isPresent && $0.ledger.lastEvent < room.highestEvent }.map {
                "\($0.name) holds events up to \($0.ledger.lastEvent), the last one of \(room.runID) was \(room.highestEvent)"
            }
        }
    }

    /// What a runner's own screen shows of them.
    private func finalRow(of name: String) -> RunResult.FinalRow? {
        guard let member = membersByName[name] else { return nil }
        let shown = member.screen[member.number]
        guard let row = member.room.board.row(of: member.number, serial: shown.serial) else { return nil }
        return RunResult.FinalRow(
            meters: Double(row.distance) / 10, seconds: Double(row.time) / 10, state: row.state)
    }

    private var membersByName: [String: Member] {
        if byName.isEmpty {
            for member in members where member.isRunner { byName[member.name] = member }
        }
        return byName
    }

    /// Whether everybody is there, holds all events of the room, and sees every runner of it at the end.
    var isSettled: Bool {
        rooms.allSatisfy { room in
            var judged: [UInt64: Bool] = [:]
            return room.members.allSatisfy { viewer in
                // Who is gone is not coming; the idle may come back or not.
                guard viewer.isPresent else { return viewer.isGone || isIdle(viewer) }
                guard viewer.ledger.lastEvent >= room.highestEvent else { return false }
                return room.members.allSatisfy { runner in
                    guard runner.finish != nil else { return true }
                    let serial = viewer.screen[runner.number].serial
                    let key = UInt64(UInt32(bitPattern: runner.number)) << 32 | UInt64(UInt32(bitPattern: serial))
                    if let known = judged[key] { return known }
                    let isRight = rowFault(runner, serial: serial, room) == nil
                    judged[key] = isRight
                    return isRight
                }
            }
        }
    }

    /// Looks at every row of every screen.
    ///
    /// - Returns: How many there were, and what was wrong, viewer by viewer.
    private func judgeRows() -> (Int, [String]) {
        var count = 0
        var failures: [String] = []
        for room in rooms {
            let runners = room.members.filter { $0.isRunner && $0.number > 0 }
            // Nearly all viewers hold the same row of a runner: each is judged once.
            var judged: [UInt64: String?] = [:]
            var first: (viewer: Member, places: [ScreenRow?])?
            for viewer in room.members {
                guard viewer.isPresent else {
                    if viewer.isRunner || !runners.isEmpty {
                        failures.append("\(viewer.name) was not there at the end")
                    }
                    continue
                }
                for runner in runners where runner.finish != nil {
                    count += 1
                    let serial = viewer.screen[runner.number].serial
                    let key = UInt64(UInt32(bitPattern: runner.number)) << 32 | UInt64(UInt32(bitPattern: serial))
                    let fault: String?
                    if let known = judged[key] {
                        fault = known
                    } else {
                        fault = rowFault(runner, serial: serial, room)
                        judged[key] = .some(fault)
                    }
                    if let fault { failures.append("\(viewer.name) \(fault)") }
                }
                let rows = runners.map { room.board.row(of: $0.number, serial: viewer.screen[$0.number].serial) }
                if let first {
                    for (one, other) in zip(rows, first.places) {
                        guard let one, let other, !one.says(theSameAs: other) else { continue }
                        failures.append("\(viewer.name) sees \(one), \(first.viewer.name) sees \(other)")
                        break
                    }
                } else {
                    first = (viewer, rows)
                }
            }
        }
        return (count, failures)
    }

    /// What is wrong with a row as the last one of a runner who has finished.
    private func rowFault(_ runner: Member, serial: Int32, _ room: LoadRoom) -> String? {
        guard let (event, lastShown) = runner.finish, let run = runner.run else { return nil }
        guard let row = room.board.row(of: runner.number, serial: serial) else {
            return "has not seen the last rows of \(runner.name)"
        }
        let place = lastShown > 0 ? run.plan.points[Int(lastShown) - 1].place : nil
        return FinalRowJudge(
            name: runner.name, meters: event.meters, seconds: event.seconds, reckonedMeters: run.meters,
            place: place, system: settings.system
        ).fault(of: row)
    }
}
