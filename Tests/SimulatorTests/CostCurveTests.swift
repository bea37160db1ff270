import Testing

@testable import Simulator

@Suite("The curve of costs") struct CostCurveTests {
    func point(_ row: CostCurve.Row, rooms: Int, _ cost: Double?, failed: Bool = false) -> CostCurve.Point {
        var figures = LoadFigures(
            latency: .init(Latencies()), ack: .init(Latencies()), join: .init(Latencies()),
            ownLateness: .init(Latencies()))
        figures.cost.perMarker = cost
        return CostCurve.Point(
            shape: .init(row: row, rooms: rooms, runners: 50), figures: figures,
            checks: [Check("rows are right", cases: 1, failures: failed ? ["no"] : [])])
    }

    func curve(_ costs: Double?...) -> CostCurve {
        CostCurve(
            command: "simulator curve <x>", date: "today",
            points: costs.enumerated().map { point(.runners, rooms: 20 << $0, $1) })
    }

    @Test("grows by the dearest shape against the first")
    func growth() throws {
        let growth = try #require(curve(40, 50, 44).growth(along: .runners))
        #expect(growth.times == 1.25 && growth.dearest.size == 2000 && growth.first.size == 1000)
        #expect(curve(40, 30, 36).growth(along: .runners)?.times == 0.9)
        #expect(curve(40).growth(along: .runners) == nil)
        #expect(curve(40, 50).growth(along: .rooms) == nil)
    }

    @Test("fails beyond its limit, and when it was not measured")
    func limit() {
        #expect(curve(40, 50).growthChecks(limit: 1.3).flatMap(\.failures).isEmpty)
        #expect(curve(40, 53).growthChecks(limit: 1.3).flatMap(\.failures) == ["it is 1.32 times at 2000"])
        #expect(curve(40, nil).growthChecks(limit: 1.3).flatMap(\.failures) == ["it was not measured"])
        #expect(curve(40, 400).growthChecks(limit: nil).isEmpty)
    }

    @Test("has a line and a plot for what it measured, and asks for nothing from elsewhere")
    func page() {
        let html = curve(40, 50).html
        #expect(html.contains(">1000</text>") && html.contains(">2000</text>"))
        #expect(html.contains("&lt;x&gt;") && !html.contains("http"))
        #expect(html.contains("at most 1.25 times as much, which it does at 2000"))
        #expect(point(.rooms, rooms: 7, 40.06).line.hasPrefix("        7        350"))
        #expect(point(.rooms, rooms: 7, 40.06).line.contains("40.1"))
        #expect(point(.rooms, rooms: 7, 1, failed: true).line.hasSuffix("FAIL: rows are right"))
    }

    @Test(
        "its sizes are whole numbers that rise",
        arguments: [
            ("1,10,100", [1, 10, 100]), ("5", [5]), ("0", []), ("", nil), ("1,1", nil), ("10,1", nil), ("1,,2", nil),
            ("-1", nil), ("x", nil),
        ] as [(String, [Int]?)])
    func sizes(text: String, values: [Int]?) {
        #expect(CurveSizes(argument: text)?.values == values)
    }
}
