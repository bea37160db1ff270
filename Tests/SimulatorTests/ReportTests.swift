import Glibc
import Testing

@testable import Simulator

@Suite("Thresholds") struct ThresholdTests {
    @Test(
        "are a time, or so many times the floor",
        arguments: [
            ("250ms", .microseconds(250_000)), ("20us", .microseconds(20)), ("1.5s", .microseconds(1_500_000)),
            ("1.3x-floor", .timesFloor(1.3)), ("20µs", .microseconds(20)), ("250", nil), ("ms", nil), ("-1ms", nil),
            ("1.3xfloor", nil), ("", nil), ("infms", nil),
        ] as [(String, Threshold?)])
    func reading(text: String, threshold: Threshold?) {
        #expect(Threshold(text) == threshold)
    }

    @Test("pass up to their value, and never without one")
    func judging() {
        let time = Threshold.microseconds(20)
        #expect(time.check("x", value: 20).isPassed)
        #expect(!time.check("x", value: 20.1).isPassed)
        #expect(!time.check("x", value: nil).isPassed)
        let ratio = Threshold.timesFloor(1.3)
        #expect(ratio.check("x", value: 13, floor: 10).isPassed)
        #expect(!ratio.check("x", value: 13.1, floor: 10).isPassed)
        #expect(!ratio.check("x", value: 13, floor: nil).isPassed)
    }
}

@Suite("What a load looks like") struct ReportTests {
    @Test("the simulator says so when it was the bottleneck itself")
    func bottleneck() {
        #expect(LoadFigures.bottleneck(ownCPU: 0.5, lateness: 5) == nil)
        #expect(LoadFigures.bottleneck(ownCPU: 0.95, lateness: 5) != nil)
        #expect(LoadFigures.bottleneck(ownCPU: 0.5, lateness: 80) != nil)
        var figures = figures()
        #expect(!figures.lines.contains { $0.contains("bottleneck") })
        figures.bottleneck = LoadFigures.bottleneck(ownCPU: 0.95, lateness: 5)
        #expect(
            figures.lines.contains("WARNING: the simulator itself was the bottleneck: it used 0.95 of its one core."))
    }

    func figures() -> LoadFigures {
        let nothing = LoadFigures.Distribution(Latencies())
        return LoadFigures(latency: nothing, ack: nothing, join: nothing, ownLateness: nothing)
    }

    @Test("the summary says when the server's CPU is unknown, and why")
    func unknown() {
        var figures = figures()
        #expect(!figures.lines.contains { $0.hasPrefix("server CPU") })
        figures.serverTrouble = "/metrics: it does not answer"
        #expect(figures.lines.contains("server CPU            unknown: /metrics: it does not answer"))
    }

    @Test("the summary tells in numbers whether latency and memory stay flat")
    func course() {
        let samples = (0..<600).map { second in
            LoadSample(
                time: Double(second), connections: 1, markersPerSecond: 0, framesPerSecond: 0, ownCPU: 0,
                serverBytes: second % 5 == 0 ? second * 1_000_000 : nil, ownBytes: 1)
        }
        #expect(LoadFigures.Course.value(at: 63, in: samples, \.serverBytes) == 60_000_000)
        #expect(LoadFigures.Course.value(at: 599, in: samples, \.ownBytes) == 1)
        #expect(LoadFigures.Course.value(at: 700, in: samples, \.ownBytes) == nil)
        var figures = figures()
        figures.course = LoadFigures.Course(
            p99: [200, 201.25, nil, 203, 204], shares: [0.1, 0.5, 1], serverBytes: [60_000_000, nil, 61_000_000],
            ownBytes: [1_000_000, 1_000_000, 1_000_000])
        #expect(figures.lines.contains("p99 of each fifth     200.0, 201.2, -, 203.0, 204.0 ms"))
        #expect(figures.lines.contains("server memory         60.0 MB at 10 %, - MB at 50 %, 61.0 MB at 100 %"))
    }

    @Test("a plot has a line for each series and asks for nothing from elsewhere")
    func plot() {
        let svg = LinePlot(
            unit: "ms",
            series: [
                .init(name: "p99", color: "#c00", points: [(0, 1), (1, 30), (2, 20)]),
                .init(name: "p50", color: "#00c", points: [(0, 1), (1, 3), (2, 2)]),
            ]
        ).svg
        #expect(svg.split(separator: "<polyline").count == 3)
        #expect(!svg.contains("http"))
        #expect(LinePlot(unit: "", series: []).svg == "<p>Nothing was measured.</p>")
        let classes = LinePlot(
            unit: "µs", series: [.init(name: "a", color: "#c00", points: [(0, 1), (1, 2)])], labels: ["1", "1000"]
        ).svg
        #expect(classes.contains(">1000</text>") && !classes.contains(" s</text>"))
        #expect(BarPlot(bars: [.init(from: 0, count: 0)]).svg == "<p>Nothing was measured.</p>")
        #expect(BarPlot(bars: [.init(from: 0, count: 3), .init(from: 20, count: 9)]).svg.contains("from 20 ms: 9"))
    }

    @Test("axes end at round numbers", arguments: [(7.0, 8.0), (0.33, 0.4), (100, 100), (230, 300), (0, 1e-6)])
    func axis(highest: Double, top: Double) {
        #expect(abs(LinePlot.Axis(highest: highest).top - top) < top * 0.01 + 1e-9)
    }

    @Test("text is shown as it is, not as HTML")
    func escaping() {
        #expect(ReportPage.escaped("<b> & co") == "&lt;b&gt; &amp; co")
    }

    @Test("the line of progress has a bar, connections, rates and latencies")
    func progress() {
        let line = ProgressLine.line(
            .init(
                share: 0.5, connections: 9, people: 10, markersPerSecond: 10, framesPerSecond: 50, median: 100,
                high: 200))
        #expect(
            line == "[##########..........] 9/10 connected  10 markers/s  50 frames/s  p50 100 ms  p99 200 ms")
    }

    @Test("differences of counters are what happened in between")
    func counters() {
        var (earlier, later) = (Counters(), Counters())
        earlier.frames = 3
        later.frames = 10
        later.bytesSent = 5
        #expect((later - earlier).frames == 7)
        #expect((later - earlier).bytesSent == 5)
    }
}

@Suite("What a server has used") struct ServerUsageTests {
    @Test("is read from /proc whatever the program is called")
    func files() throws {
        let stat = "12 (a) b (c)) S 1 12 12 0 -1 4194304 1 2 3 4 250 50 0 0 20 0 3 0 1 2 3"
        let usage = try #require(ProcessFiles.usage(stat: stat, statm: "1000 25 3 4 0 5 0"))
        #expect(usage.cpuSeconds == 3)
        #expect(usage.residentBytes == 25 * 4096)
        #expect(ProcessFiles.usage(stat: "12", statm: "") == nil)
        #expect(ProcessFiles.usage(of: getpid()) != nil)
    }

    @Test("is read from a page of metrics")
    func metrics() throws {
        let page = """
            # HELP process_cpu_seconds_total User and system CPU time in seconds.
            process_cpu_seconds_total 12.5
            process_resident_memory_bytes 1048576
            """
        let usage = try #require(MetricsMeter.usage(in: page))
        #expect(usage.cpuSeconds == 12.5)
        #expect(usage.residentBytes == 1 << 20)
        #expect(MetricsMeter.usage(in: "") == nil)
    }

    @Test("is asked for without waiting: a server that does not answer is unknown, and nobody stands still for it")
    func silence() throws {
        // Connections are made by the system, and nobody ever answers.
        let (listener, port) = try TCP.listen()
        defer { close(listener) }
        let meter = try MetricsMeter(
            address: try SocketAddress(host: "127.0.0.1", port: port), timeout: .milliseconds(100))
        var answers: [Int?] = []
        meter.ask { answers.append($0?.residentBytes) }
        meter.pump(milliseconds: 0)
        #expect(answers.isEmpty && meter.isWaiting && meter.trouble == nil)
        let end = Nanoseconds.now + .seconds(30)
        while meter.isWaiting, Nanoseconds.now < end { meter.pump(milliseconds: 10) }
        #expect(answers == [nil])
        #expect(meter.trouble == "/metrics: it does not answer")
    }

    @Test("between two moments is a rate, unless the process is another or no time went by")
    func rate() {
        let first = ServerUsage(at: .seconds(10), cpuSeconds: 3, residentBytes: 0)
        #expect(ServerUsage(at: .seconds(14), cpuSeconds: 5, residentBytes: 0).cores(since: first) == 0.5)
        #expect(ServerUsage(at: .seconds(14), cpuSeconds: 1, residentBytes: 0).cores(since: first) == nil)
        #expect(first.cores(since: first) == nil)
    }

    @Test("is known to less than a hundredth of a second")
    func resolution() throws {
        // Whole hundredths are all that `/proc` has.
        let readings = try (0..<10).map { _ in try #require(ProcessFiles.usage(of: getpid())).cpuSeconds * 100 }
        #expect(readings.contains { abs($0 - $0.rounded()) > 1e-4 })
    }
}

@Suite("Profiles") struct LoadProfileTests {
    @Test("cut everybody off in the middle, or for a minute at most")
    func outages() {
        #expect(LoadProfile.steady.outage(in: 60) == nil)
        #expect(LoadProfile.raceStart.outage(in: 60) == nil)
        #expect(LoadProfile.reconnectStorm.outage(in: 60)! == (30, 0))
        #expect(LoadProfile.tunnel.outage(in: 60)! == (20, 20))
        #expect(LoadProfile.tunnel.outage(in: 600)! == (200, 60))
        #expect(LoadProfile(rawValue: "race-start") == .raceStart)
    }
}
