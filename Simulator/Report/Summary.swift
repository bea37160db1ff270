import Foundation

/// The figures and the judgment as tables for the terminal.
struct Summary {
    var figures: LoadFigures
    var floor: LoadFigures?
    var checks: [Check]
    /// Each runner's result is told, as far as there are few.
    var results: [RunResult] = []
    var wasInterrupted: Bool

    /// More runners than this are summed up.
    static let maximumRows = 20

    var text: String {
        var lines = [""]
        if !results.isEmpty { lines += table }
        lines += figures.lines + [""]
        if let floor { lines += ["The floor:"] + floor.lines + ratios(to: floor) + [""] }
        lines += checks.flatMap(Self.lines)
        if wasInterrupted { lines.append("Interrupted: only what had ended by then was checked.") }
        return lines.joined(separator: "\n")
    }

    /// A check, with the first of what was wrong.
    static func lines(of check: Check) -> [String] {
        var lines = ["\(check.isPassed ? "ok  " : "FAIL")  \(check.claim) (\(check.cases))"]
        lines += check.failures.prefix(5).map { "        \($0)" }
        if check.failureCount > 5 { lines.append("        … \(check.failureCount) in all") }
        return lines
    }

    private func ratios(to floor: LoadFigures) -> [String] {
        var parts: [String] = []
        if let one = figures.cost.perFrame, let other = floor.cost.perFrame, other > 0 {
            parts.append(String(format: "CPU per frame %.2f × floor", one / other))
        }
        if let one = figures.cost.perMarker, let other = floor.cost.perMarker, other > 0 {
            parts.append(
                String(format: "CPU per marker %.2f × floor, %.2f µs beyond it", one / other, one - other))
        }
        return parts.isEmpty ? [] : ["Server to floor:      " + parts.joined(separator: "; ")]
    }

    private var table: [String] {
        let head = ["runner", "markers", "reckoned", "frame", "event", "record", "off by", "seconds", "place"]
        var rows = [head]
        for result in results.suffix(Self.maximumRows) {
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
        if results.count > Self.maximumRows {
            lines.append("… the last \(Self.maximumRows) of \(results.count)")
        }
        let deviations = results.compactMap(\.deviation)
        if let worst = deviations.max(by: { abs($0) < abs($1) }) {
            lines.append("Largest deviation from the own reckoning: \(number(worst, "%+.3f")) m")
        }
        return lines + [""]
    }

    private func number(_ value: Double?, _ format: String = "%.1f") -> String {
        value.map { String(format: format, $0) } ?? "-"
    }
}
