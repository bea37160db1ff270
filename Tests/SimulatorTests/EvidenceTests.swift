import Testing

@testable import Simulator

@Suite("The judgment") struct EvidenceTests {
    func result(stored: Double = 1000.02, event: Double = 1000, markers: Int = 2) -> RunResult {
        var result = RunResult(
            runner: "ana", room: "r", markers: 2, reckonedMeters: 1001, reckonedSeconds: 300)
        result.event = RoomEvent(number: 5, time: 0, kind: .finished, runner: 1, meters: event, seconds: 300, runID: 1)
        result.record = REST.Record(runID: 1, meters: stored, seconds: 300.04, markers: markers)
        result.recordCount = 1
        result.expectedRecordCount = 1
        result.finalRow = .init(meters: 1000, seconds: 300, state: .finished)
        return result
    }

    func failed(_ results: [RunResult], rowFaults: [String] = []) -> [String] {
        Evidence(
            results: results, finishedRuns: results.count, expectedRuns: 1, viewers: 1, eventFaults: [], rows: 1,
            rowFaults: rowFaults, faults: FaultList(), messages: 10
        ).checks().filter { !$0.isPassed }.map(\.claim)
    }

    @Test("a run that everybody agrees on passes")
    func agreement() {
        #expect(failed([result()]).isEmpty)
    }

    @Test("metres beyond 1 % of the own reckoning fail")
    func deviation() {
        #expect(
            failed([result(stored: 1020, event: 1020)]).contains { $0.contains("simulator's own, within 1 % or 2 m") })
    }

    @Test("an event that differs from the record fails")
    func disagreement() {
        #expect(failed([result(event: 1000.2)]) == ["frame, event and record say the same metres and seconds"])
    }

    @Test("a marker that is missing in the record, a second record and no end at all fail")
    func storage() {
        #expect(failed([result(markers: 1)]) == ["each run is stored once, with every marker"])
        var twice = result()
        twice.recordCount = 2
        #expect(failed([twice]) == ["each run is stored once, with every marker"])
        #expect(failed([]) == ["every run ended and was stored"])
    }

    @Test("a latecomer who never joined fails")
    func latecomers() {
        var evidence = Evidence(
            results: [result()], finishedRuns: 1, expectedRuns: 1, viewers: 1, eventFaults: [], rows: 1,
            rowFaults: [], latecomers: 3, faults: FaultList(), messages: 10)
        #expect(!evidence.checks().contains { !$0.isPassed })
        evidence.absentLatecomers = ["ben"]
        #expect(evidence.checks().filter { !$0.isPassed }.map(\.claim) == ["everybody who came late joined"])
    }

    @Test("a wrong row on one screen fails")
    func rows() {
        #expect(
            failed([result()], rowFaults: ["ben sees ana elsewhere"])
                == ["every viewer's last row of every runner is that runner's last state"])
    }
}
