extension Simulation {
    /// What there is to judge by, now.
    func evidence() -> Evidence {
        let rowsByRoom = rooms.map { room in
            room.people.map { id in
                let person = people[id]
                return Evidence.Viewer(
                    name: name(of: person), isPresent: person.isPresent, faults: person.ledger.faults,
                    rows: person.ledger.rows)
            }
        }
        var results = results
        for index in results.indices {
            guard let person = people.first(where: { $0.account?.username == results[index].runner }),
                let number = person.number, !settings.keepsRunning
            else { continue }
            results[index].finalRow = person.ledger.rows[number]
        }
        let isWhole = !settings.keepsRunning && !wasInterrupted
        return Evidence(
            results: results, finishedRuns: finishedRuns,
            expectedRuns: isWhole ? people.count { $0.lane != nil } : nil, viewers: rowsByRoom, faults: faults,
            figures: figures)
    }

    /// How far it is.
    func progress() -> ProgressLine.Progress {
        let runners = people.filter { $0.lane != nil }
        let shares = runners.map { person -> Double in
            if person.isDone || person.isGone { return 1 }
            guard let outbox = person.performance?.outbox else { return person.runs > 0 ? 1 : 0 }
            return Double(outbox.acknowledged) / Double(max(1, outbox.count))
        }
        return ProgressLine.Progress(
            share: settings.keepsRunning ? nil : shares.reduce(0, +) / Double(max(1, shares.count)),
            connections: people.count(where: \.isPresent), people: people.count, figures: figures)
    }
}
