import Foundation

/// A report as one page that needs nothing from elsewhere.
struct ReportPage {
    var report: LoadReport

    var html: String {
        let verdict =
            report.isPassed
            ? "<p class=ok>All checks passed.</p>" : "<p class=bad>Some checks failed.</p>"
        return Self.document(
            title: "RunRoom load",
            body: """
                <p><code>\(Self.escaped(report.command))</code><br>\(Self.escaped(report.date))</p>
                \(verdict)\(report.wasInterrupted ? "<p class=bad>It was interrupted.</p>" : "")
                \(plots)
                <h2>Figures</h2>
                <pre>\(Self.escaped(report.figures.lines.joined(separator: "\n")))</pre>
                \(report.floor.map { "<h2>The floor</h2><pre>\(Self.escaped($0.lines.joined(separator: "\n")))</pre>" } ?? "")
                <h2>Checks</h2>
                <table>\(report.checks.map(row).joined())</table>
                """)
    }

    /// A whole page around a body.
    static func document(title: String, body: String) -> String {
        """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"><title>\(title)</title>
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <style>
        body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
        h1, h2 { font-weight: 600 } h2 { margin: 2rem 0 .5rem; font-size: 1.1rem }
        code, pre { font: 13px/1.45 ui-monospace, monospace } pre { overflow-x: auto; background: #f5f5f3; padding: 1rem }
        table { border-collapse: collapse } td, th { text-align: left; padding: .2rem .8rem .2rem 0; vertical-align: top }
        .ok { color: #18713a } .bad { color: #b3261e } svg { width: 100%; height: auto; display: block }
        svg text { font: 11px system-ui, sans-serif; fill: #555 } ul { margin: .2rem 0 }
        </style></head><body>
        <h1>\(title)</h1>
        \(body)
        </body></html>
        """
    }

    private func row(_ check: LoadReport.Judgment) -> String {
        let failures =
            check.failures.isEmpty
            ? "" : "<ul>" + check.failures.prefix(5).map { "<li>\(Self.escaped($0))</li>" }.joined() + "</ul>"
        let verdict = check.isPassed ? "<td class=ok>ok</td>" : "<td class=bad>FAIL (\(check.failureCount))</td>"
        return "<tr>\(verdict)<td>\(Self.escaped(check.claim))\(failures)</td><td>\(check.cases)</td></tr>"
    }

    private var plots: String {
        let samples = report.samples
        func series(_ name: String, _ color: String, _ value: (LoadSample) -> Double?) -> LinePlot.Series {
            LinePlot.Series(
                name: name, color: color,
                points: samples.compactMap { sample in value(sample).map { (sample.time, $0) } })
        }
        let latency = LinePlot(
            unit: "ms", series: [series("p99", "#c2410c") { $0.p99 }, series("p50", "#1d4ed8") { $0.p50 }])
        let cpu = LinePlot(
            unit: "cores",
            series: [series("server", "#1d4ed8") { $0.serverCPU }, series("simulator", "#9ca3af") { $0.ownCPU }])
        let memory = LinePlot(
            unit: "MB",
            series: [
                series("server", "#1d4ed8") { $0.serverBytes.map { Double($0) / 1e6 } },
                series("simulator", "#9ca3af") { $0.ownBytes.map { Double($0) / 1e6 } },
            ])
        let traffic = LinePlot(
            unit: "/s",
            series: [
                series("frames", "#15803d") { $0.framesPerSecond },
                series("markers", "#7c3aed") { $0.markersPerSecond },
            ])
        return """
            <h2>Latency over time: from marker to screen, each second</h2>\(latency.svg)
            <h2>Latency histogram</h2>\(BarPlot(bars: report.histogram).svg)
            <h2>CPU</h2>\(cpu.svg)
            <h2>Memory</h2>\(memory.svg)
            <h2>Traffic</h2>\(traffic.svg)
            """
    }

    /// Writes a report as JSON and as a page.
    ///
    /// - Parameters:
    ///   - report: What becomes JSON.
    ///   - html: The page.
    ///   - file: Of the JSON; the page has the same name with `.html`.
    /// - Throws: ``SimulatorError/unwritableReport(file:reason:)``.
    static func write(_ report: some Encodable, html: String, to file: String) throws(SimulatorError) {
        let page = (file.hasSuffix(".json") ? String(file.dropLast(5)) : file) + ".html"
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try encoder.encode(report).write(to: URL(fileURLWithPath: file))
            try Data(html.utf8).write(to: URL(fileURLWithPath: page))
        } catch {
            throw .unwritableReport(file: file, reason: "\(error.localizedDescription)")
        }
    }

    /// Text as HTML shows it.
    static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }
}
