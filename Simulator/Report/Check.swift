import Foundation

/// One thing that must hold, and whether it did.
struct Check: Sendable, Equatable {
    var claim: String
    /// How many cases were looked at.
    var cases: Int
    /// In words, as far as they are kept.
    var failures: [String]
    /// How many there were in all.
    var failureCount: Int

    init(_ claim: String, cases: Int, failures: [String], failureCount: Int? = nil) {
        self.claim = claim
        self.cases = cases
        self.failures = failures
        self.failureCount = failureCount ?? failures.count
    }

    var isPassed: Bool { failureCount == 0 }
}

/// Everything that a simulation leaves behind for judgment.
struct Evidence: Sendable {
    var results: [RunResult]
    /// Runs that ended, of which `results` has the last.
    var finishedRuns: Int
    /// Runs that were to end.
    var expectedRuns: Int?
    var viewers: Int
    /// What viewers' ledgers of events hold against the server.
    var eventFaults: [String]
    /// How many rows of how many screens were looked at in the end, and what was wrong with them.
    var rows: Int
    var rowFaults: [String]
    /// How many were to come late.
    var latecomers = 0
    /// Those of them who never joined.
    var absentLatecomers: [String] = []
    var faults: FaultList
    /// How many messages were looked at.
    var messages: Int
}

extension Evidence {
    /// The judgment.
    ///
    /// What could not be seen to its end (an interrupted run) is not held against the server.
    func checks() -> [Check] {
        var checks = [reckoningCheck, agreementCheck, secondsCheck, storageCheck, eventCheck]
        if expectedRuns != nil { checks.append(rowCheck) }
        if latecomers > 0 {
            checks.append(
                Check("everybody who came late joined", cases: latecomers, failures: absentLatecomers))
        }
        checks.append(faultCheck("acknowledged markers were sent, and never asked for again", .acknowledgements))
        checks.append(faultCheck("the server kept to the protocol", .conduct))
        if let expectedRuns {
            checks.append(
                Check(
                    "every run ended and was stored", cases: expectedRuns,
                    failures: finishedRuns == expectedRuns ? [] : ["\(finishedRuns) of \(expectedRuns) ended"],
                    failureCount: expectedRuns - finishedRuns))
        }
        return checks
    }

    private var reckoningCheck: Check {
        Check(
            "stored metres are the simulator's own, within 1 % or 2 m", cases: results.count,
            failures: results.filter { $0.record != nil && !$0.isReckoningConfirmed }.map {
                "\($0.runner): stored \(meters($0.record?.meters)), reckoned \(meters($0.reckonedMeters))"
            })
    }

    private var agreementCheck: Check {
        var failures: [String] = []
        for result in results {
            guard let event = result.event, let record = result.record else { continue }
            if !agree(event.meters, record.meters) || !agree(event.seconds, record.seconds) {
                failures.append(
                    "\(result.runner): event \(meters(event.meters)) in \(seconds(event.seconds)), record \(meters(record.meters)) in \(seconds(record.seconds))"
                )
            }
            if let row = result.finalRow, row.state == .finished,
                !agree(row.meters, event.meters) || !agree(row.seconds, event.seconds)
            {
                failures.append(
                    "\(result.runner): frame \(meters(row.meters)) in \(seconds(row.seconds)), event \(meters(event.meters)) in \(seconds(event.seconds))"
                )
            }
        }
        return Check(
            "frame, event and record say the same metres and seconds", cases: results.count, failures: failures)
    }

    private var secondsCheck: Check {
        Check(
            "stored seconds are the simulator's own, within 1 % or 2 s", cases: results.count,
            failures: results.compactMap { result in
                guard let stored = result.record?.seconds else { return nil }
                let isConfirmed = abs(stored - result.reckonedSeconds) <= max(2, result.reckonedSeconds * 0.01)
                return isConfirmed
                    ? nil : "\(result.runner): stored \(seconds(stored)), reckoned \(seconds(result.reckonedSeconds))"
            })
    }

    private var storageCheck: Check {
        Check(
            "each run is stored once, with every marker", cases: results.count,
            failures: results.compactMap { result in
                if let failure = result.failure { return "\(result.runner): \(failure)" }
                if let count = result.recordCount, count != result.expectedRecordCount {
                    return "\(result.runner) has \(count) records"
                }
                guard let record = result.record else { return "\(result.runner) has no record" }
                guard record.markers == result.markers else {
                    return "\(result.runner): \(record.markers) of \(result.markers) markers are stored"
                }
                return nil
            })
    }

    private var eventCheck: Check {
        Check("each viewer got events 1, 2, 3, … without a gap, to the last one", cases: viewers, failures: eventFaults)
    }

    private var rowCheck: Check {
        Check(
            "every viewer's last row of every runner is that runner's last state", cases: rows, failures: rowFaults)
    }

    private func faultCheck(_ claim: String, _ promise: FaultList.Promise) -> Check {
        Check(
            claim, cases: messages, failures: faults.examples[promise] ?? [],
            failureCount: faults.counts[promise] ?? 0)
    }

    /// Equal at one decimal.
    private func agree(_ first: Double?, _ second: Double?) -> Bool {
        guard let first, let second else { return false }
        return abs(first - second) <= 0.05 + 1e-6
    }

    private func meters(_ value: Double?) -> String { value.map { String(format: "%.1f m", $0) } ?? "nothing" }
    private func seconds(_ value: Double?) -> String { value.map { String(format: "%.1f s", $0) } ?? "nothing" }
}
