import Foundation

/// Values over time, or over classes, as SVG.
struct LinePlot {
    struct Series {
        var name: String
        var color: String
        var points: [(x: Double, y: Double)]
    }

    var unit: String
    var series: [Series]
    /// What stands below x = 0, 1, 2, …; nil for seconds.
    var labels: [String]?

    static let width = 900.0
    static let height = 220.0
    static let left = 62.0
    static let bottom = 26.0
    static let top = 14.0

    var svg: String {
        let points = series.flatMap(\.points)
        guard let last = points.map(\.x).max(), let first = points.map(\.x).min(), let highest = points.map(\.y).max()
        else { return "<p>Nothing was measured.</p>" }
        let axis = Axis(highest: highest)
        let span = max(1e-9, last - first)
        func x(_ value: Double) -> Double { Self.left + (value - first) / span * (Self.width - Self.left - 10) }
        func y(_ value: Double) -> Double {
            Self.height - Self.bottom - value / axis.top * (Self.height - Self.bottom - Self.top)
        }
        var parts = [axis.grid(unit: unit, y: y)]
        let ticks =
            labels.map { zip(0..., $0).map { (Double($0), ReportPage.escaped($1)) } }
            ?? Axis.ticks(from: first, to: last).map { ($0, "\(Axis.label($0)) s") }
        for (tick, label) in ticks {
            parts.append(
                "<text x='\(Self.text(x(tick)))' y='\(Self.height - 8)' text-anchor='middle'>\(label)</text>")
        }
        for one in series {
            let path = one.points.map { "\(Self.text(x($0.x))),\(Self.text(y($0.y)))" }.joined(separator: " ")
            parts.append("<polyline points='\(path)' fill='none' stroke='\(one.color)' stroke-width='1.5'/>")
        }
        for (index, one) in series.enumerated() where series.count > 1 {
            let position = Self.width - 90 * Double(series.count - index)
            parts.append("<text x='\(position)' y='12' style='fill:\(one.color)'>\(one.name)</text>")
        }
        return Self.frame(parts)
    }

    static func frame(_ parts: [String]) -> String {
        "<svg viewBox='0 0 \(Int(width)) \(Int(height))' role='img'>\(parts.joined(separator: "\n"))</svg>"
    }

    static func text(_ value: Double) -> String { String(format: "%.1f", value) }

    /// A vertical axis from 0 to a round number.
    struct Axis {
        /// Where it ends.
        let top: Double
        private let step: Double

        init(highest: Double) {
            step = Self.step(for: max(highest, 1e-6), count: 4)
            top = max(step, (max(highest, 1e-6) / step).rounded(.up) * step)
        }

        /// 1, 2 or 5 times a power of ten, such that about `count` steps make a span.
        static func step(for span: Double, count: Double) -> Double {
            let power = pow(10, (log10(span / count)).rounded(.down))
            let factor = span / count / power
            return (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10) * power
        }

        static func ticks(from first: Double, to last: Double) -> [Double] {
            let step = step(for: max(1e-9, last - first), count: 8)
            return Array(stride(from: (first / step).rounded(.up) * step, through: last, by: step))
        }

        static func label(_ value: Double) -> String {
            value == value.rounded() && abs(value) < 1e9 ? String(Int(value)) : String(format: "%.3g", value)
        }

        func grid(unit: String, y: (Double) -> Double) -> String {
            stride(from: 0, through: top + step / 2, by: step).map { value in
                """
                <line x1='\(LinePlot.left)' x2='\(LinePlot.width - 10)' y1='\(LinePlot.text(y(value)))' \
                y2='\(LinePlot.text(y(value)))' stroke='#e5e5e2'/>\
                <text x='\(LinePlot.left - 6)' y='\(LinePlot.text(y(value) + 4))' text-anchor='end'>\
                \(Self.label(value)) \(unit)</text>
                """
            }.joined(separator: "\n")
        }
    }
}

/// How many there are in each class, as SVG.
struct BarPlot {
    var bars: [LoadReport.Bar]

    var svg: String {
        guard let last = bars.lastIndex(where: { $0.count > 0 }) else { return "<p>Nothing was measured.</p>" }
        let shown = bars[...last]
        let axis = LinePlot.Axis(highest: Double(shown.map(\.count).max() ?? 1))
        func y(_ value: Double) -> Double {
            LinePlot.height - LinePlot.bottom - value / axis.top
                * (LinePlot.height - LinePlot.bottom - LinePlot.top)
        }
        let width = (LinePlot.width - LinePlot.left - 10) / Double(shown.count)
        var parts = [axis.grid(unit: "", y: y)]
        let labelled = max(1, shown.count / 10)
        for (index, bar) in shown.enumerated() {
            let x = LinePlot.left + Double(index) * width
            parts.append(
                """
                <rect x='\(LinePlot.text(x + 0.5))' y='\(LinePlot.text(y(Double(bar.count))))' \
                width='\(LinePlot.text(max(1, width - 1)))' \
                height='\(LinePlot.text(LinePlot.height - LinePlot.bottom - y(Double(bar.count))))' fill='#1d4ed8'>\
                <title>from \(LinePlot.Axis.label(bar.from)) ms: \(bar.count)</title></rect>
                """)
            if index % labelled == 0 {
                parts.append(
                    "<text x='\(LinePlot.text(x))' y='\(LinePlot.height - 8)'>\(LinePlot.Axis.label(bar.from)) ms</text>"
                )
            }
        }
        return LinePlot.frame(parts)
    }
}
