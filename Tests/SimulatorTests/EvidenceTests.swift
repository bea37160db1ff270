import Testing

@testable import Simulator

@Suite("The judgment") struct EvidenceTests {
    func row(_ runner: Int, latitude: Double = 40, meters: Double = 1000) -> RunnerRow {
        RunnerRow(
            runner: runner, latitude: latitude, longitude: 116, meters: meters, seconds: 300, state: .finished,
            place: 1,
            gapMeters: 0, gapSeconds: 0)
    }

    func result(stored: Double = 1000.02, event: Double = 1000, markers: Int = 2) -> RunResult {
        var result = RunResult(
            runner: "ana", room: "r", markers: 2, reckonedMeters: 1001, reckonedSeconds: 300)
        result.event = RoomEvent(number: 5, time: 0, kind: .finished, runner: 1, meters: event, seconds: 300, runID: 1)
        result.record = RESTClient.Record(
            runId: 1, meters: stored, seconds: 300.04,
            markers: Array(repeating: .init(id: 1, latitude: 1, longitude: 2), count: markers))
        result.recordCount = 1
        result.expectedRecordCount = 1
        result.finalRow = row(1)
        return result
    }

    func failed(_ results: [RunResult], viewers: [Evidence.Viewer] = []) -> [String] {
        Evidence(
            results: results, finishedRuns: results.count, expectedRuns: 1, viewers: [viewers], faults: FaultList(),
            figures: Figures()
        ).checks().filter { !$0.isPassed }.map(\.claim)
    }

    func viewer(_ name: String, _ row: RunnerRow) -> Evidence.Viewer {
        .init(name: name, isPresent: true, faults: [], rows: [row.runner: row])
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

    @Test("viewers may differ by the seventh decimal that only joined has, and by nothing else")
    func rows() {
        let first = viewer("a", row(1, latitude: 40.123_456))
        #expect(failed([result()], viewers: [first, viewer("b", row(1, latitude: 40.123_456_4))]).isEmpty)
        #expect(failed([result()], viewers: [first, viewer("b", row(1, latitude: 40.123_458))]).count == 1)
        #expect(failed([result()], viewers: [viewer("a", row(1)), viewer("b", row(1, meters: 999))]).count == 1)
        #expect(failed([result()], viewers: [first, viewer("b", row(2))]).count == 1)
    }
}
