import Foundation

/// What a load has come to, in numbers that a report can keep.
struct LoadFigures: Codable, Sendable {
    /// Milliseconds; nil without a sample.
    struct Distribution: Codable, Sendable {
        var count = 0
        var p50: Double?
        var p90: Double?
        var p99: Double?
        var p999: Double?
        var max: Double?

        init(_ latencies: Latencies) {
            count = latencies.count
            p50 = latencies.milliseconds(percentile: 50)
            p90 = latencies.milliseconds(percentile: 90)
            p99 = latencies.milliseconds(percentile: 99)
            p999 = latencies.milliseconds(percentile: 99.9)
            max = latencies.milliseconds(percentile: 100)
        }
    }

    /// How those came who came late, and what the others felt of it.
    struct Storm: Codable, Sendable {
        var people: Int
        var joined: Int
        /// Seconds from the first wish to join until the last of them had joined; nil if some never did.
        var seconds: Double?
        /// From the wish to join until it was fulfilled.
        var join: Distribution
        /// From marker to screen in the rooms that were there before, meanwhile.
        var live: Distribution
        /// Cores of this program meanwhile.
        var ownCPU: Double?
    }

    /// What would grow if it were not flat.
    struct Course: Codable, Sendable {
        /// Of the time in which markers are sent: p99 from marker to screen in each of equally long parts, milliseconds.
        var p99: [Double?]
        /// Shares of that time, and the resident bytes of the server and of this program then.
        var shares: [Double]
        var serverBytes: [Int?]
        var ownBytes: [Int?]
    }

    /// Microseconds of the server's CPU.
    struct Cost: Codable, Sendable {
        var perFrame: Double?
        var perRow: Double?
        var perMarker: Double?
    }

    /// Seconds from the first connection to the end.
    var seconds = 0.0
    /// Of the measured window.
    var windowSeconds = 0.0
    var total = Counters()
    var window = Counters()
    var connections = 0
    var latency: Distribution
    var ack: Distribution
    var join: Distribution
    /// Cores, in the window.
    var serverCPU: Double?
    /// Why that is not known, though it was asked for.
    var serverTrouble: String?
    var ownCPU = 0.0
    var cost = Cost()
    /// The shares of the window for which the server and this program could have run but another program did.
    var serverWait: Double?
    var ownWait: Double?
    /// Of this program's own sending, milliseconds.
    var ownLateness: Distribution
    /// Why this program itself may have been the bottleneck.
    var bottleneck: String?
    var serverBytes: Int?
    var bytesPerIdleConnection: Double?
    var bytesPerActiveConnection: Double?
    /// How many screens were awake, where not all were: of them alone is ``latency``.
    var litScreens: Int?
    /// Nil if nobody came late.
    var storm: Storm?
    var course: Course?
    var closes: [String: Int] = [:]
    var notes: [String] = []

    /// Bytes of a frame, on the average.
    var bytesPerFrame: Double? {
        window.frames == 0 ? nil : Double(window.frameBytes) / Double(window.frames)
    }

    /// One paragraph for the terminal.
    var lines: [String] {
        func rate(_ count: Int) -> String { String(format: "%.0f", Double(count) / Swift.max(1e-3, windowSeconds)) }
        func text(_ value: Double?, _ format: String = "%.1f") -> String {
            value.map { String(format: format, $0) } ?? "-"
        }
        func row(_ name: String, _ value: String) -> String {
            name + String(repeating: " ", count: Swift.max(1, 22 - name.count)) + value
        }
        func distribution(_ name: String, _ values: Distribution) -> String {
            row(
                name,
                "p50 \(text(values.p50))  p90 \(text(values.p90))  p99 \(text(values.p99))  p99.9 \(text(values.p999))  max \(text(values.max)) ms  (\(values.count))"
            )
        }
        var lines = [
            row(
                "connections",
                "\(connections); \(total.connects) made, \(total.reconnects) again, \(total.refusals) refused, \(total.lostConnections) lost"
            ),
            row("measured", "\(text(windowSeconds)) s of \(text(seconds)) s"),
            row(
                "sent",
                "\(rate(window.markersSent)) markers/s in \(rate(window.messagesSent)) messages/s; in all \(total.markersSent), \(total.markersResent) of them again"
            ),
            row(
                "received",
                "\(rate(window.frames)) frames/s, \(rate(window.rows)) rows/s, \(text(Double(window.bytesReceived) / Swift.max(1e-3, windowSeconds) / 1e6)) MB/s; in all \(total.events) events, \(total.acks) acks"
            ),
            distribution(litScreens == nil ? "marker to screen" : "marker to lit screen", latency),
            distribution("marker to ack", ack),
            distribution("wish to joined", join),
        ]
        if let litScreens {
            lines.append(row("lit screens", "\(litScreens), at one frame a second; the others took none"))
        }
        if let serverCPU {
            lines.append(row("server CPU", String(format: "%.3f cores", serverCPU)))
            lines.append(
                row(
                    "server CPU per",
                    "frame \(text(cost.perFrame, "%.2f")) µs, row \(text(cost.perRow, "%.2f")) µs, marker \(text(cost.perMarker, "%.1f")) µs"
                ))
        } else if let serverTrouble {
            lines.append(row("server CPU", "unknown: \(serverTrouble)"))
        }
        if let serverBytes {
            var text = String(format: "%.1f MB", Double(serverBytes) / 1e6)
            if let bytes = bytesPerIdleConnection { text += String(format: "; %.0f bytes an idle connection", bytes) }
            if let bytes = bytesPerActiveConnection { text += String(format: "; %.0f bytes an active one", bytes) }
            lines.append(row("server memory at end", text))
        }
        lines.append(
            row("simulator", String(format: "%.3f cores, late by p99 %@ ms", ownCPU, text(ownLateness.p99))))
        if let storm {
            lines.append(
                row(
                    "latecomers",
                    "\(storm.joined) of \(storm.people) joined, "
                        + (storm.seconds.map { String(format: "the last after %.1f s", $0) } ?? "the last never")))
            lines.append(distribution("their wish to joined", storm.join))
            lines.append(distribution("live rooms meanwhile", storm.live))
        }
        if let course {
            func megabytes(_ values: [Int?]) -> String {
                zip(course.shares, values).map { share, bytes in
                    "\(text(bytes.map { Double($0) / 1e6 })) MB at \(Int(share * 100)) %"
                }.joined(separator: ", ")
            }
            lines.append(row("p99 of each fifth", course.p99.map { text($0) }.joined(separator: ", ") + " ms"))
            lines.append(row("server memory", megabytes(course.serverBytes)))
            lines.append(row("simulator memory", megabytes(course.ownBytes)))
        }
        if let ownWait {
            let server = serverWait.map { String(format: "the server %.0f %%, ", $0 * 100) } ?? ""
            lines.append(
                row(
                    "kept waiting",
                    server + String(format: "the simulator %.0f %% of the time by others", ownWait * 100)))
        }
        if !closes.isEmpty {
            lines.append(
                row(
                    "connections ended",
                    closes.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")))
        }
        lines += notes.map { row("note", $0) }
        if Swift.max(serverWait ?? 0, ownWait ?? 0) > 0.1 {
            lines.append("WARNING: other programs took so much of the machine that latencies and costs say little.")
        }
        if let bottleneck { lines.append("WARNING: the simulator itself was the bottleneck: \(bottleneck).") }
        return lines
    }
}

extension LoadFigures {
    /// What an engine has counted.
    init(_ engine: LoadEngine) {
        var latencies = engine.latencies
        latencies.add(engine.intervalLatencies)
        latency = Distribution(latencies)
        ack = Distribution(engine.ackLatencies)
        join = Distribution(engine.joinLatencies)
        ownLateness = Distribution(engine.lateness)
        seconds = (Nanoseconds.now - engine.began).inSeconds
        total = engine.counters
        connections = engine.members.count
        if engine.settings.lit != nil {
            litScreens = engine.members.count { $0.isLit && !engine.isIdle($0) }
        }
        closes = engine.closes
        notes = engine.notes
        if let start = engine.window.start, let end = engine.window.end {
            windowSeconds = (end.at - start.at).inSeconds
            window = end.counters - start.counters
            ownCPU = (end.ownCPU - start.ownCPU) / Swift.max(1e-3, windowSeconds)
            if let before = start.ownWait, let after = end.ownWait { ownWait = (after - before) / windowSeconds }
            if let before = start.server, let after = end.server {
                if let one = before.waitedSeconds, let other = after.waitedSeconds, other >= one, after.at > before.at {
                    serverWait = (other - one) / (after.at - before.at).inSeconds
                }
                serverCPU = after.cores(since: before)
                func microseconds(_ count: Int) -> Double? {
                    serverCPU.flatMap { count > 0 ? $0 * windowSeconds * 1e6 / Double(count) : nil }
                }
                cost = Cost(
                    perFrame: microseconds(window.frames), perRow: microseconds(window.rows),
                    perMarker: microseconds(window.markersSent))
                serverBytes = after.residentBytes
            }
        }
        if serverCPU == nil, let meter = engine.meter {
            serverTrouble = meter.trouble ?? "it was not asked twice, or started anew"
        }
        let memory = engine.memory
        let idle = engine.settings.idle
        let active = engine.activeCount
        if let start = memory.atStart, let after = memory.afterIdle, idle > 0 {
            bytesPerIdleConnection = Double(after - start) / Double(idle)
        }
        if let before = memory.afterIdle, let after = memory.atWindowEnd, active > 0, engine.settings.latecomers == 0 {
            bytesPerActiveConnection = Double(after - before) / Double(active)
        }
        let storm = engine.storm
        if storm.people > 0 {
            self.storm = Storm(
                people: storm.people, joined: storm.joined, seconds: storm.length?.inSeconds,
                join: Distribution(storm.joinLatencies), live: Distribution(storm.liveLatencies),
                ownCPU: storm.ownCores)
        }
        if engine.started > 0, !engine.settings.keepsRunning { course = Course(engine) }
        bottleneck = Self.bottleneck(
            ownCPU: Swift.max(ownCPU, storm.ownCores ?? 0), lateness: ownLateness.p99)
    }

    /// - Parameters:
    ///   - ownCPU: Cores in the window, or while latecomers came if that is more; everything here is on one thread.
    ///   - lateness: By how many milliseconds one message in a hundred went out too late.
    /// - Returns: A reason, or nil if it was none.
    static func bottleneck(ownCPU: Double, lateness: Double?) -> String? {
        if ownCPU > 0.9 { return String(format: "it used %.2f of its one core", ownCPU) }
        if let lateness, lateness > 50 {
            return String(format: "one message in a hundred went out %.0f ms late", lateness)
        }
        return nil
    }
}

extension LoadFigures.Course {
    init(_ engine: LoadEngine) {
        p99 = engine.fifths.map { $0.milliseconds(percentile: 99) }
        shares = [0.1, 0.5, 1]
        let start = (engine.started - engine.began).inSeconds
        let moments = shares.map { start + $0 * engine.settings.plannedDuration }
        serverBytes = moments.map { Self.value(at: $0, in: engine.samples, \.serverBytes) }
        ownBytes = moments.map { Self.value(at: $0, in: engine.samples, \.ownBytes) }
    }

    /// The newest value up to a moment, in seconds since the first connection; nil if there is none of the ten seconds
    /// before.
    static func value(at moment: Double, in samples: [LoadSample], _ value: (LoadSample) -> Int?) -> Int? {
        samples.last { $0.time <= moment + 0.5 && $0.time >= moment - 10 && value($0) != nil }.flatMap(value)
    }
}
