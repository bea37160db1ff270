extension Simulation {
    /// What there is to judge by, now.
    func evidence() -> Evidence {
        // Others may be in a shared room too, and still running.
        let rowsByRoom = rooms.map { room in
            room.people.map { id in
                let person = people[id]
                return Evidence.Viewer(
                    name: name(of: person), isPresent: person.isPresent, faults: person.ledger.faults,
                    rows: person.ledger.rows.filter { room.personByNumber[$0.key] != nil })
            }
        }
        var results = results
        // The newest row; where runs follow each other it is that of another run by now.
        for index in results.indices where !settings.keepsRunning {
            let person = people[results[index].person]
            results[index].finalRow = person.number.flatMap { person.ledger.rows[$0] }
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
