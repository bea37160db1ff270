import Foundation

/// What a runner costs a server, by how many there are.
struct CostCurve: Codable, Sendable {
    /// Loads in which each runner makes the same work.
    enum Row: String, Codable, CaseIterable {
        /// More and more runners in rooms of one size.
        case runners
        /// More and more rooms, and small ones.
        case rooms
    }

    struct Shape: Codable, Equatable {
        var row: Row
        var rooms: Int
        /// In each room.
        var runners: Int

        /// What grows along the row.
        var size: Int {
            switch row {
            case .runners: rooms * runners
            case .rooms: rooms
            }
        }
    }

    struct Point: Codable, Sendable {
        var shape: Shape
        var markersPerSecond: Double
        var framesPerSecond: Double
        /// Cores.
        var serverCPU: Double?
        /// Microseconds of the server's CPU.
        var cost: LoadFigures.Cost
        /// From marker to screen, milliseconds.
        var p50: Double?
        var p99: Double?
        /// Why the simulator itself may have been the bottleneck.
        var bottleneck: String?
        /// The checks of the load that failed.
        var failures: [String]

        init(shape: Shape, figures: LoadFigures, checks: [Check]) {
            self.shape = shape
            let seconds = max(1e-3, figures.windowSeconds)
            markersPerSecond = Double(figures.window.markersSent) / seconds
            framesPerSecond = Double(figures.window.frames) / seconds
            serverCPU = figures.serverCPU
            cost = figures.cost
            p50 = figures.latency.p50
            p99 = figures.latency.p99
            bottleneck = figures.bottleneck
            failures = checks.filter { !$0.isPassed }.map(\.claim)
        }

        /// A line of the table below ``CostCurve/head``.
        var line: String {
            func text(_ value: Double?, _ format: String) -> String { value.map { String(format: format, $0) } ?? "-" }
            var verdict = failures.isEmpty ? "ok" : "FAIL: " + failures.joined(separator: "; ")
            if let bottleneck { verdict += "; the simulator was the bottleneck: \(bottleneck)" }
            return CostCurve.line([
                String(shape.rooms), String(shape.rooms * shape.runners), text(markersPerSecond, "%.0f"),
                text(framesPerSecond, "%.0f"), text(serverCPU, "%.3f"), text(cost.perMarker, "%.1f"),
                text(cost.perFrame, "%.2f"), text(cost.perRow, "%.3f"), text(p50, "%.0f"), text(p99, "%.0f"), verdict,
            ])
        }
    }

    var command: String
    var date: String
    var points: [Point] = []

    static let head = line([
        "rooms", "runners", "markers/s", "frames/s", "cores", "µs/marker", "µs/frame", "µs/row", "p50 ms", "p99 ms",
        "checks",
    ])

    private static func line(_ cells: [String]) -> String {
        cells.enumerated().map { index, cell in
            index == cells.count - 1 ? cell : String(repeating: " ", count: max(0, 9 - cell.count)) + cell
        }.joined(separator: "  ")
    }

    // MARK: - Judgment

    /// By how much more a marker costs at the dearest shape of a row than at its first; nil if there are not two.
    func growth(along row: Row) -> (first: Shape, dearest: Shape, times: Double)? {
        let known = points.filter { $0.shape.row == row }.compactMap { point in
            point.cost.perMarker.map { (shape: point.shape, cost: $0) }
        }
        guard let first = known.first, first.cost > 0,
            let dearest = known.dropFirst().max(by: { $0.cost < $1.cost })
        else { return nil }
        return (first.shape, dearest.shape, dearest.cost / first.cost)
    }

    /// A sentence for each row.
    var verdicts: [String] {
        Row.allCases.compactMap { row in
            growth(along: row).map {
                String(
                    format: "From %d %@ on a marker costs at most %.2f times as much, which it does at %d.",
                    $0.first.size, row.rawValue, $0.times, $0.dearest.size)
            }
        }
    }

    /// A check for each row of which there is something.
    ///
    /// - Parameter limit: So many times the cost at the first shape; nil for no check.
    /// - Returns: None without a limit.
    func growthChecks(limit: Double?) -> [Check] {
        guard let limit else { return [] }
        return Row.allCases.filter { row in points.contains { $0.shape.row == row } }.map { row in
            let claim = String(
                format: "the cost of a marker grows with the %@ to at most %.2f times", row.rawValue, limit)
            guard let growth = growth(along: row) else {
                return Check(claim, cases: 0, failures: ["it was not measured"])
            }
            return Check(
                claim, cases: points.count { $0.shape.row == row },
                failures: growth.times <= limit
                    ? [] : [String(format: "it is %.2f times at %d", growth.times, growth.dearest.size)])
        }
    }

    // MARK: - Report

    /// Writes the report, and the page beside it.
    ///
    /// - Parameter file: Of the JSON; the page has the same name with `.html`.
    /// - Throws: ``SimulatorError/unwritableReport(file:reason:)``.
    func write(to file: String) throws(SimulatorError) { try ReportPage.write(self, html: html, to: file) }

    var html: String {
        let plots = Row.allCases.map { row in
            let shown = points.filter { $0.shape.row == row }
            return shown.isEmpty ? "" : Self.plots(of: shown, over: row)
        }
        return ReportPage.document(
            title: "What a runner costs",
            body: """
                <p><code>\(ReportPage.escaped(command))</code><br>\(ReportPage.escaped(date))</p>
                \(verdicts.map { "<p>\(ReportPage.escaped($0))</p>" }.joined(separator: "\n"))
                \(plots.joined(separator: "\n"))
                <h2>Figures</h2>
                <pre>\(ReportPage.escaped(([Self.head] + points.map(\.line)).joined(separator: "\n")))</pre>
                """)
    }

    private static func plots(of points: [Point], over row: Row) -> String {
        func plot(_ unit: String, _ lines: [(String, String, (Point) -> Double?)]) -> String {
            LinePlot(
                unit: unit,
                series: lines.map { name, color, value in
                    LinePlot.Series(
                        name: name, color: color,
                        points: points.enumerated().compactMap { index, point in
                            value(point).map { (Double(index), $0) }
                        })
                }, labels: points.map { String($0.shape.size) }
            ).svg
        }
        let size = points[0].shape.runners
        return """
            <h2>By the number of \(row.rawValue), \(size) runners in a room: the server's CPU</h2>
            \(plot("µs", [("a marker", "#7c3aed", { $0.cost.perMarker }), ("a frame", "#15803d", { $0.cost.perFrame })]))
            \(plot("µs", [("a row", "#1d4ed8", { $0.cost.perRow })]))
            <h2>Latency from marker to screen</h2>
            \(plot("ms", [("p99", "#c2410c", { $0.p99 }), ("p50", "#1d4ed8", { $0.p50 })]))
            """
    }
}
