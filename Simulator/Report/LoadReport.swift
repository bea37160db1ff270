import Foundation

/// Everything that is known of a load at its end, for programs (JSON) and for people (a page).
struct LoadReport: Codable, Sendable {
    struct Judgment: Codable, Sendable {
        var claim: String
        var cases: Int
        var failures: [String]
        var failureCount: Int
        var isPassed: Bool
    }

    struct Bar: Codable, Sendable {
        /// Milliseconds from which on it counts.
        var from: Double
        var count: Int
    }

    var command: String
    var date: String
    var isPassed: Bool
    var wasInterrupted: Bool
    var figures: LoadFigures
    var floor: LoadFigures?
    var checks: [Judgment]
    /// From marker to screen.
    var histogram: [Bar]
    var samples: [LoadSample]

    init(command: String, engine: LoadEngine, figures: LoadFigures, floor: LoadFigures?, checks: [Check]) {
        self.command = command
        date = Date().formatted(.iso8601)
        isPassed = checks.allSatisfy(\.isPassed)
        wasInterrupted = engine.wasInterrupted
        self.figures = figures
        self.floor = floor
        self.checks = checks.map {
            Judgment(
                claim: $0.claim, cases: $0.cases, failures: Array($0.failures.prefix(20)),
                failureCount: $0.failureCount, isPassed: $0.isPassed)
        }
        var latencies = engine.latencies
        latencies.add(engine.intervalLatencies)
        let bounds = Self.bounds
        histogram = zip(bounds, latencies.counts(from: bounds)).map { Bar(from: $0, count: $1) }
        samples = engine.samples
    }

    /// Classes of 20 ms up to half a second, and wider ones up to a minute.
    private static let bounds: [Double] =
        Array(stride(from: 0.0, to: 500, by: 20)) + Array(stride(from: 500.0, to: 1000, by: 100))
        + [1000, 1500, 2000, 3000, 5000, 10_000, 20_000, 40_000]

    /// Writes the report, and the page beside it.
    ///
    /// - Parameter file: Of the JSON; the page has the same name with `.html`.
    /// - Throws: ``SimulatorError/unwritableReport(file:reason:)``.
    func write(to file: String) throws(SimulatorError) {
        try ReportPage.write(self, html: ReportPage(report: self).html, to: file)
    }
}
