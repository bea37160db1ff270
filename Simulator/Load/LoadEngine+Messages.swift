import Geo

// What members are told, and what they make of it.
extension LoadEngine {
    /// One whole text message; its bytes die with the call.
    @inline(__always)
    func didReceive(_ bytes: UnsafeRawBufferPointer, _ member: Member, _ now: Nanoseconds) {
        do throws(JSONError) {
            // What comes often is told by its first bytes.
            if FrameScanner.looksLikeFrame(bytes) {
                try receiveFrame(bytes, member, now)
            } else if let marker = MessagePrefix.number(in: bytes, after: MessagePrefix.ack) {
                receiveAck(marker, member, now)
            } else if let number = MessagePrefix.number(in: bytes, after: MessagePrefix.event) {
                try receiveEvent(bytes, number: number, member, now)
            } else {
                try receiveAny(bytes, member, now)
            }
        } catch {
            let beginning = String(decoding: bytes.prefix(60), as: UTF8.self)
            faults.add("\(member.name) got a message that is not the protocol's, at byte \(error.offset): \(beginning)")
        }
    }

    private func receiveAny(
        _ bytes: UnsafeRawBufferPointer, _ member: Member, _ now: Nanoseconds
    ) throws(JSONError) {
        switch try ServerMessage(bytes) {
        case .joined(let joined): receive(joined, member, now)
        case .frame: try receiveFrame(bytes, member, now)
        case .event(let event): try receiveEvent(bytes, number: event.number, member, now)
        case .ack(let marker): receiveAck(marker, member, now)
        case .error(let code, let message):
            // A member in between may find the room or the server full; the close code tells what to do.
            if member.isPresent { faults.add("\(member.name) was told \(code): \(message)") }
        case .pong: break
        case .cadence(let every):
            member.cadence = .milliseconds(Double(every))
            wakeAt[member.id] = min(wakeAt[member.id], now)
        case .unknown(let type): faults.add("\(member.name) got a message of the unknown type \(type)")
        }
    }

    // MARK: - Frames

    private func receiveFrame(
        _ bytes: UnsafeRawBufferPointer, _ member: Member, _ now: Nanoseconds
    ) throws(JSONError) {
        let room = member.room
        guard member.isPresent else { throw JSONError(offset: 0) }
        let frame = try room.board.frame(bytes) { locate($0, in: room, now) }
        counters.frames += 1
        counters.rows += frame.entries.count
        counters.frameBytes += bytes.count
        member.ledger.receive(frame: frame.time)
        // What a screen missed while it was dark is nobody's delay.
        let isMeasured = window.hasBegun && member.isLit
        for entry in frame.entries {
            let shown = member.screen.show(entry)
            guard entry.sighting.marker > shown.marker, entry.number != member.number, isMeasured else { continue }
            if shown.marker >= entry.sighting.previous {
                didShow(entry.sighting.intended, in: room, now)
            } else {
                recordAll(of: entry, after: shown.marker, room, now)
            }
        }
    }

    /// A screen has shown a marker that was taken at `intended`.
    @inline(__always)
    private func didShow(_ intended: Nanoseconds, in room: LoadRoom, _ now: Nanoseconds) {
        intervalLatencies.record(now - intended)
        if storm.hasBegun, room.isLive { storm.didShow(at: now, intended: intended) }
    }

    /// A screen that skipped markers shows the newest one; the others have then taken just as long to be made up for.
    ///
    /// Without them a server that stands still would be asked less while it does: the coordinated omission.
    private func recordAll(of entry: RoomBoard.Entry, after shown: Int32, _ room: LoadRoom, _ now: Nanoseconds) {
        guard let runner = room[entry.number], let run = runner.run else { return }
        var marker = entry.sighting.marker
        while marker > shown, marker > 0, Int(marker) < run.previousShown.count {
            didShow(runner.intended(marker, speed: settings.speed, seenAt: now), in: room, now)
            marker = run.previousShown[Int(marker)]
        }
    }

    /// Which marker of which runner a row shows.
    private func locate(_ row: ScreenRow, in room: LoadRoom, _ now: Nanoseconds) -> RoomBoard.Sighting {
        guard row.latitude != ScreenRow.nowhere, let runner = room[row.number], let run = runner.run else {
            return RoomBoard.Sighting()
        }
        let highest = runner.performance?.outbox.highestSent ?? run.plan.points.count
        let marker = run.marker(shownBy: row, upTo: highest, system: settings.system)
        guard marker > 0 else { return RoomBoard.Sighting() }
        return RoomBoard.Sighting(
            marker: marker, previous: run.previousShown[Int(marker)],
            intended: runner.intended(marker, speed: settings.speed, seenAt: now))
    }

    // MARK: - Joining

    private func receive(_ joined: ServerMessage.Joined, _ member: Member, _ now: Nanoseconds) {
        guard member.phase == .joining else {
            return faults.add("\(member.name) was told joined twice")
        }
        if stage.rawValue < Stage.finishing.rawValue { joinLatencies.record(now - member.wantedSince) }
        let isNew = member.ledger.epoch == nil
        if isNew, member.isLatecomer {
            storm.didJoin(at: now, wantedSince: member.wantedSince, ownCPU: OwnProcess.cpuSeconds)
        }
        member.backOff.reset()
        member.cadence = 0
        member.phase = .present
        wakeAt[member.id] = now
        scheduleDrop(member, now)
        member.ledger.receive(joined)
        member.room.heard(of: joined.event)
        if let number = joined.runner, member.isRunner {
            if member.number != 0, Int(member.number) != number {
                faults.add("\(member.name) was runner \(member.number) and is \(number) now")
            }
            member.number = Int32(clamping: number)
            member.room[member.number] = member
        } else if member.isRunner {
            faults.add("\(member.name) joined as a runner and got no number")
        }
        show(joined.runners, on: member, now)
        for event in joined.events {
            if member.room.contradicts(event) { contradicted(event.number, member) }
            happened(event, member, now)
        }
        if isNew, member.isLatecomer { return begin(member, now) }
        let state = joined.runners.first { $0.runner == joined.runner }?.state
        if member.performance?.isUnderWay == true, state == .finished, settings.keepsRunning {
            return endedByRoom(member)
        }
        defer { endForeignRun(of: member, state: state, now) }
        guard member.performance != nil else { return }
        if let fault = member.performance?.rejoin(state: state, stored: joined.marker, recovered: joined.recovered) {
            faults.add("\(member.name): \(fault)", promise: .acknowledgements)
        }
        if member.performance?.isConfirmed == true { finished(nil, member) }
    }

    /// Whoever had the account before has left a run behind: it ends before another begins.
    private func endForeignRun(of member: Member, state: RunnerRow.State?, _ now: Nanoseconds) {
        guard member.account?.isNew == false, member.performance?.hasBegun != true,
            state == .running || state == .paused
        else { return }
        send(ClientMessage.control(.finish, time: phoneTime(of: member, at: now)), from: member)
    }

    /// A whole new screen.
    ///
    /// What somebody missed by their own will is not the server's delay; what they missed because it was not there is.
    private func show(_ rows: [RunnerRow], on member: Member, _ now: Nanoseconds) {
        let before = member.screen
        member.screen = Screen()
        for row in rows {
            let row = ScreenRow(row)
            guard (1...RoomBoard.highestNumber).contains(row.number) else {
                faults.add("\(member.name) was told of a runner number \(row.number)")
                continue
            }
            let room = member.room
            let entry = room.board.entry(row) { locate($0, in: room, now) }
            _ = member.screen.show(entry)
            let shown = before[row.number].marker
            if !member.isAwayByChoice, member.isLit, before[row.number].serial > 0, entry.sighting.marker > shown,
                row.number != member.number, window.hasBegun
            {
                recordAll(of: entry, after: shown, room, now)
            }
        }
        member.isAwayByChoice = false
    }

    // MARK: - Events

    private func receiveEvent(
        _ bytes: UnsafeRawBufferPointer, number: Int, _ member: Member, _ now: Nanoseconds
    ) throws(JSONError) {
        guard member.isPresent else { throw JSONError(offset: 0) }
        counters.events += 1
        let (event, isContradiction) = try member.room.event(bytes, number: number)
        if isContradiction { contradicted(number, member) }
        member.ledger.receive(event: number)
        member.room.heard(of: number)
        happened(event, member, now)
    }

    private func contradicted(_ number: Int, _ member: Member) {
        faults.add("viewers of \(member.room.runID) were told different things of event \(number)")
    }

    private func happened(_ event: RoomEvent, _ member: Member, _ now: Nanoseconds) {
        if case .unknown(let kind) = event.kind { faults.add("an event was of the unknown kind \(kind)") }
        guard member.number != 0, event.runner == Int(member.number) else { return }
        guard member.performance != nil else { return }
        member.performance?.confirm(event.kind)
        wakeAt[member.id] = min(wakeAt[member.id], now)
        guard event.kind == .finished else { return }
        if member.performance?.isFinishing == true {
            finished(event, member)
        } else if member.performance?.isUnderWay == true, settings.keepsRunning {
            endedByRoom(member)
        }
    }

    // MARK: - Acknowledgements

    private func receiveAck(_ marker: Int, _ member: Member, _ now: Nanoseconds) {
        counters.acks += 1
        guard let before = member.performance?.outbox.acknowledged else { return }
        if let fault = member.performance?.acknowledge(marker) {
            faults.add("\(member.name): \(fault)", promise: .acknowledgements)
            return
        }
        if window.hasBegun, marker > before, marker - before < 100_000 {
            for id in before + 1...marker {
                let intended = member.intended(Int32(id), speed: settings.speed, seenAt: now)
                // What waited because it was not asked for was to go out when it did.
                ackLatencies.record(now - (member.cadence > 0 ? max(intended, member.lastMarkers) : intended))
            }
        }
        if member.performance?.outbox.isAllAcknowledged == true { wakeAt[member.id] = min(wakeAt[member.id], now) }
    }
}

/// The first bytes of messages that come often.
enum MessagePrefix {
    static let ack: StaticString = #"{"type":"ack","marker":"#
    static let event: StaticString = #"{"type":"event","event":"#

    /// The whole number behind a prefix; nil if the message begins otherwise, or an `ack` does not end with it.
    @inline(__always)
    static func number(in bytes: UnsafeRawBufferPointer, after prefix: StaticString) -> Int? {
        let count = prefix.utf8CodeUnitCount
        guard bytes.count > count + 1 else { return nil }
        for index in 0..<count where bytes[index] != prefix.utf8Start[index] { return nil }
        var position = count
        var value = 0
        while position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10, position - count < 15 {
            value = value * 10 + Int(bytes[position] - UInt8(ascii: "0"))
            position += 1
        }
        guard position > count, position < bytes.count else { return nil }
        switch bytes[position] {
        case UInt8(ascii: "}"): return position == bytes.count - 1 ? value : nil
        case UInt8(ascii: ","): return value
        default: return nil
        }
    }
}
