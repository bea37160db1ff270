import LWS
import Logging

// What people are told, and what they make of it.
extension Simulation {
    func didReceive(_ message: Result<ServerMessage, JSONError>, count: Int, person id: Int, connection: Int) {
        let person = people[id]
        guard connection == person.connection else { return }
        figures.bytesReceived += count
        switch message {
        case .success(let message): receive(message, person)
        case .failure(let error):
            faults.add("\(name(of: person)) got a message that is not the protocol's, at byte \(error.offset)")
        }
    }

    private func receive(_ message: ServerMessage, _ person: Person) {
        switch message {
        case .joined(let joined): receive(joined, person)
        case .frame(let frame): receive(frame, person)
        case .event(let event):
            figures.events += 1
            person.ledger.receive(event)
            happened(event, person)
        case .ack(let marker):
            figures.acks += 1
            if let fault = person.performance?.acknowledge(marker) {
                faults.add("\(name(of: person)): \(fault)", promise: .acknowledgements)
            }
        case .error(let code, let message):
            // A person in between two reconnects may find the room or the server full; the close code tells what to do.
            logger.debug("error", metadata: ["code": "\(code)", "message": "\(message)"])
            if person.isPresent { faults.add("\(name(of: person)) was told \(code): \(message)") }
        case .pong: break
        case .unknown(let type): faults.add("\(name(of: person)) got a message of the unknown type \(type)")
        }
    }

    private func receive(_ joined: ServerMessage.Joined, _ person: Person) {
        person.backOff.reset()
        person.phase = .present
        person.ledger.receive(joined)
        if let number = person.number, joined.runner != number {
            faults.add(
                "\(name(of: person)) was runner \(number) and is \(joined.runner.map(String.init) ?? "none") now")
        }
        person.number = joined.runner
        if let number = joined.runner {
            rooms[person.room].personByNumber[number] = person.id
        } else if person.lane != nil {
            faults.add("\(name(of: person)) joined as a runner and got no number")
        }
        for event in joined.events { happened(event, person) }
        guard var performance = person.performance else { return }
        let state = joined.runners.first { $0.runner == joined.runner }?.state
        let fault = performance.rejoin(state: state, stored: joined.marker, recovered: joined.recovered)
        person.performance = performance
        if let fault { faults.add("\(name(of: person)): \(fault)", promise: .acknowledgements) }
    }

    private func receive(_ frame: ServerMessage.Frame, _ person: Person) {
        figures.frames += 1
        figures.rows += frame.runners.count
        for row in frame.runners {
            guard let index = rooms[person.room].personByNumber[row.runner], index != person.id else { continue }
            let before = person.ledger.rows[row.runner]
            // The same place in a later row says nothing about how long it took to get here.
            if before?.latitude == row.latitude, before?.longitude == row.longitude { continue }
            if let sent = people[index].sent(row) { figures.record(latency: .now - sent) }
        }
        person.ledger.receive(frame)
    }

    private func happened(_ event: RoomEvent, _ person: Person) {
        compare(event, person)
        guard let number = person.number, event.runner == number else { return }
        person.performance?.confirm(event.kind)
        if event.kind == .finished { finished(event, person) }
    }

    /// Every viewer is told the same.
    private func compare(_ event: RoomEvent, _ person: Person) {
        let index = person.room
        if let known = rooms[index].events[event.number] {
            if known != event {
                faults.add("viewers of \(rooms[index].runID) were told different things of event \(event.number)")
            }
            return
        }
        rooms[index].events[event.number] = event
        rooms[index].newestEvent = max(rooms[index].newestEvent, event.number)
        if rooms[index].events.count > 2000 {
            let oldest = rooms[index].newestEvent - 1000
            rooms[index].events = rooms[index].events.filter { $0.key > oldest }
        }
    }

    // MARK: - Records

    private func finished(_ event: RoomEvent, _ person: Person) {
        guard let performance = person.performance, performance.isFinishing, let account = person.account else {
            return
        }
        let reckoning = performance.plan.reckoning(start: performance.start)
        var result = RunResult(
            runner: account.username, room: rooms[person.room].runID, markers: performance.outbox.count,
            reckonedMeters: reckoning.meters, reckonedSeconds: reckoning.seconds)
        result.person = person.id
        result.event = event
        result.resent = performance.outbox.resent
        person.performance = nil
        if settings.keepsRunning {
            person.restsUntil = .now + .seconds(Double.random(in: 5...25, using: &generator))
        } else {
            // Nothing is begun again before the record is there, and then nothing at all.
            person.restsUntil = .now + .seconds(365 * 86_400)
        }
        let expectedRecords = person.runs
        Task { await fetchRecord(result, expectedRecords: expectedRecords, person: person.id) }
    }

    private func fetchRecord(_ result: RunResult, expectedRecords: Int, person id: Int) async {
        var result = result
        let person = people[id]
        if let account = person.account {
            do throws(SimulatorError) {
                guard let runID = result.event?.runID else {
                    throw .unexpectedAnswer(what: "finished, without a runId")
                }
                result.record = try await rest.record(runID, of: account.username, token: account.token)
                if !settings.keepsRunning {
                    result.recordCount = try await rest.records(of: account.username, token: account.token).count
                    result.expectedRecordCount = expectedRecords
                }
            } catch {
                result.failure = error.description
            }
        }
        result.finalRow = person.number.flatMap { person.ledger.rows[$0] }
        finishedRuns += 1
        results.append(result)
        if settings.keepsRunning, results.count > 200 { results.removeFirst(100) }
        person.isDone = true
    }
}
