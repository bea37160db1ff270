import Foundation

/// The evidence and the judgment as a table for the terminal.
struct Summary {
    var evidence: Evidence
    var wasInterrupted: Bool

    var isPassed: Bool { evidence.checks().allSatisfy(\.isPassed) }

    /// More runners than this are summed up.
    static let maximumRows = 20

    var text: String {
        var lines = [""]
        lines += results
        lines += figures
        for check in evidence.checks() {
            lines.append("\(check.isPassed ? "ok  " : "FAIL")  \(check.claim) (\(check.cases))")
            for failure in check.failures.prefix(5) { lines.append("        \(failure)") }
            if check.failureCount > 5 { lines.append("        … \(check.failureCount) in all") }
        }
        if wasInterrupted { lines.append("Interrupted: only what had ended by then was checked.") }
        return lines.joined(separator: "\n")
    }

    private var results: [String] {
        guard !evidence.results.isEmpty else { return ["No run ended."] }
        let head = ["runner", "markers", "reckoned", "frame", "event", "record", "off by", "seconds", "place"]
        var rows = [head]
        for result in evidence.results.suffix(Self.maximumRows) {
            rows.append([
                result.runner, String(result.markers), number(result.reckonedMeters), number(result.finalRow?.meters),
                number(result.event?.meters), number(result.record?.meters), number(result.deviation, "%+.3f"),
                number(result.record?.seconds), result.event?.place.map(String.init) ?? "-",
            ])
        }
        let widths = head.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        var lines = rows.map { row in
            row.indices.map { column in
                let blanks = String(repeating: " ", count: widths[column] - row[column].count)
                return column == 0 ? row[column] + blanks : blanks + row[column]
            }.joined(separator: "  ")
        }
        if evidence.results.count > Self.maximumRows {
            lines.append("… the last \(Self.maximumRows) of \(evidence.results.count)")
        }
        let deviations = evidence.results.compactMap(\.deviation)
        if let worst = deviations.max(by: { abs($0) < abs($1) }) {
            lines.append("Largest deviation from the own reckoning: \(number(worst, "%+.3f")) m")
        }
        return lines + [""]
    }

    private var figures: [String] {
        let figures = evidence.figures
        let seconds = max(0.001, figures.duration / .seconds(1))
        func rate(_ count: Int) -> String { number(Double(count) / seconds, "%.0f") }
        var lines = [
            "\(number(seconds)) s, \(figures.connects) connections, \(figures.reconnects) reconnects",
            "sent \(figures.markersSent) markers (\(rate(figures.markersSent))/s) in \(figures.messagesSent) messages, \(figures.cheersSent) cheers; \(evidence.results.map(\.resent).reduce(0, +)) markers sent again",
            "received \(figures.frames) frames (\(rate(figures.frames))/s) with \(figures.rows) rows, \(figures.events) events, \(figures.acks) acks, \(figures.bytesReceived) bytes",
        ]
        if let median = figures.latency(percentile: 50), let high = figures.latency(percentile: 99),
            let highest = figures.latency(percentile: 100)
        {
            lines.append(
                "marker to screen: p50 \(number(median)) ms, p99 \(number(high)) ms, max \(number(highest)) ms (\(figures.latencyCount) samples)"
            )
        }
        return lines + [""]
    }

    private func number(_ value: Double?, _ format: String = "%.1f") -> String {
        value.map { String(format: format, $0) } ?? "-"
    }
}
