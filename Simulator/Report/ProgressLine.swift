import Foundation

/// The one line on stderr that tells how far it is.
struct ProgressLine {
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private var previous: (figures: Figures, at: ContinuousClock.Instant)?
    private var lastPrinted: ContinuousClock.Instant?

    /// How far the whole is.
    struct Progress: Sendable {
        /// 0...1; nil if there is no end.
        var share: Double?
        var connections: Int
        var people: Int
        var figures: Figures
    }

    /// Writes over the line on a terminal; elsewhere adds one every ten seconds.
    mutating func show(_ progress: Progress) {
        let now = ContinuousClock.now
        let text = line(progress, now)
        previous = (progress.figures, now)
        if isTerminal { return write("\r\u{1b}[K" + text) }
        if let lastPrinted, now - lastPrinted < .seconds(10) { return }
        lastPrinted = now
        write(text + "\n")
    }

    /// Leaves the line.
    func end() { if isTerminal { write("\r\u{1b}[K") } }

    func line(_ progress: Progress, _ now: ContinuousClock.Instant) -> String {
        var text = ""
        if let share = progress.share {
            let full = Int((max(0, min(1, share)) * 20).rounded())
            text = "[" + String(repeating: "#", count: full) + String(repeating: ".", count: 20 - full) + "] "
        }
        text += "\(progress.connections)/\(progress.people) connected"
        if let previous {
            let seconds = max(0.001, (now - previous.at) / .seconds(1))
            let markers = Double(progress.figures.markersSent - previous.figures.markersSent) / seconds
            let frames = Double(progress.figures.frames - previous.figures.frames) / seconds
            text += String(format: "  %.0f markers/s  %.0f frames/s", markers, frames)
        }
        if let median = progress.figures.latency(percentile: 50), let high = progress.figures.latency(percentile: 99) {
            text += String(format: "  p50 %.0f ms  p99 %.0f ms", median, high)
        }
        return text
    }

    /// Tells of accounts being made.
    func showPreparation(_ done: Int, of count: Int) {
        if isTerminal { write("\r\u{1b}[Kregistering runners: \(done)/\(count)") }
    }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
