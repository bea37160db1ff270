import Glibc

/// The time of the load that is measured: everybody is there and runs, and nobody finishes yet.
struct MeasuredWindow {
    struct Edge {
        var at: Nanoseconds
        var counters: Counters
        /// Of the server, as far as it is known, about then: it says itself when.
        var server: ServerUsage?
        var ownCPU: Double
        /// Seconds for which this program could have run but another one did.
        var ownWait: Double?

        init(at moment: Nanoseconds, counters: Counters, server: ServerUsage? = nil) {
            at = moment
            self.counters = counters
            self.server = server
            ownCPU = OwnProcess.cpuSeconds
            ownWait = ProcessFiles.waitedSeconds(of: getpid())
        }
    }

    var start: Edge?
    var end: Edge?

    var hasBegun: Bool { start != nil }
    var isOpen: Bool { start != nil && end == nil }
}

/// Resident bytes of the server at the stages of a load.
struct MemoryReadings {
    var atStart: Int?
    var afterIdle: Int?
    var atWindowStart: Int?
    var atWindowEnd: Int?
}

/// One second of a load.
struct LoadSample: Sendable, Codable {
    /// Seconds since the first connection was begun.
    var time: Double
    var connections: Int
    var markersPerSecond: Double
    var framesPerSecond: Double
    /// Milliseconds from a marker to a screen in this second.
    var p50: Double?
    var p99: Double?
    /// Cores.
    var serverCPU: Double?
    var ownCPU: Double
    /// Resident.
    var serverBytes: Int?
    var ownBytes: Int?
}

/// What the next sample is a difference to.
struct SamplingState {
    var next: Nanoseconds = 0
    var at: Nanoseconds = 0
    var counters = Counters()
    var ownCPU = 0.0
    /// When the server's use was asked for last.
    var asked: Nanoseconds = 0
    /// The newest answer, and the one that the last sample with an answer had.
    var answer: ServerUsage?
    var sampled: ServerUsage?

    mutating func begin(at now: Nanoseconds) {
        at = now
        next = now + .seconds(1)
        ownCPU = OwnProcess.cpuSeconds
    }
}

extension LoadEngine {
    /// Once a second.
    func sample(_ now: Nanoseconds) {
        let elapsed = max(1e-3, (now - sampling.at).inSeconds)
        let difference = counters - sampling.counters
        let cpu = OwnProcess.cpuSeconds
        let p50 = intervalLatencies.milliseconds(percentile: 50)
        let p99 = intervalLatencies.milliseconds(percentile: 99)
        var sample = LoadSample(
            time: (now - began).inSeconds,
            connections: members.count(where: \.isPresent),
            markersPerSecond: Double(difference.markersSent) / elapsed,
            framesPerSecond: Double(difference.frames) / elapsed, p50: p50, p99: p99,
            ownCPU: (cpu - sampling.ownCPU) / elapsed)
        sample.ownBytes = ProcessFiles.usage(of: getpid())?.residentBytes
        // A meter that asks over the network is asked less often: its questions are work for the server too.
        if let meter, !meter.isWaiting, now - sampling.asked >= meter.interval {
            sampling.asked = now
            ask()
        }
        // An answer that came since the sample before is as good as this moment's.
        if let usage = sampling.answer, usage.at > sampling.sampled?.at ?? 0 {
            if let before = sampling.sampled { sample.serverCPU = usage.cores(since: before) }
            sample.serverBytes = usage.residentBytes
            sampling.sampled = usage
        }
        // Of what has no end nobody sees the course.
        if !settings.keepsRunning { samples.append(sample) }
        if samples.count > 20_000 { samples.removeFirst(10_000) }
        latencies.add(intervalLatencies)
        if let share = share(sampling.at), started > 0, sampling.at >= started, share < 1 {
            fifths[Int(share * Double(fifths.count))].add(intervalLatencies)
        }
        intervalLatencies.reset()
        sampling.at = now
        sampling.counters = counters
        sampling.ownCPU = cpu
        sampling.next = max(sampling.next + .seconds(1), now + .milliseconds(500))
        onProgress(
            ProgressLine.Progress(
                share: share(now), connections: sample.connections, people: members.count,
                markersPerSecond: sample.markersPerSecond, framesPerSecond: sample.framesPerSecond,
                median: p50 ?? latencies.milliseconds(percentile: 50),
                high: p99 ?? latencies.milliseconds(percentile: 99)))
    }

    /// How far it is, 0...1; nil if there is no end.
    private func share(_ now: Nanoseconds) -> Double? {
        if settings.keepsRunning { return nil }
        guard started > 0 else { return 0 }
        return min(1, (now - started).inSeconds / max(1, settings.plannedDuration))
    }

    /// Asks what the server has used; the answer may come later, and there may be none.
    func ask(_ use: @escaping (LoadEngine, ServerUsage?) -> Void = { _, _ in }) {
        meter?.ask { [weak self] usage in
            guard let self else { return }
            if let usage { sampling.answer = usage }
            // A first answer that comes late is the beginning of what is known of the window.
            if window.isOpen, window.start?.server == nil { window.start?.server = usage }
            use(self, usage)
        }
    }

    func beginWindow(_ now: Nanoseconds) {
        window.start = MeasuredWindow.Edge(at: now, counters: counters)
        ask { $0.memory.atWindowStart = $1?.residentBytes }
    }

    func endWindow(_ now: Nanoseconds) {
        guard window.isOpen else { return }
        // The last answer, unless a newer one comes.
        window.end = MeasuredWindow.Edge(at: now, counters: counters, server: sampling.answer)
        memory.atWindowEnd = sampling.answer?.residentBytes
        ask { engine, usage in
            guard let usage else { return }
            engine.window.end?.server = usage
            engine.memory.atWindowEnd = usage.residentBytes
        }
    }
}
