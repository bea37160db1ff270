import Foundation

/// The one line on stderr that tells how far it is.
final class ProgressLine {
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private var lastPrinted: ContinuousClock.Instant?

    /// How far the whole is.
    struct Progress: Sendable {
        /// 0...1; nil if there is no end.
        var share: Double?
        var connections: Int
        var people: Int
        var markersPerSecond: Double
        var framesPerSecond: Double
        /// Milliseconds from a marker to a screen.
        var median: Double?
        var high: Double?
    }

    /// Writes over the line on a terminal; elsewhere adds one every ten seconds.
    func show(_ progress: Progress) {
        let now = ContinuousClock.now
        let text = Self.line(progress)
        if isTerminal { return write("\r\u{1b}[K" + text) }
        if let lastPrinted, now - lastPrinted < .seconds(10) { return }
        lastPrinted = now
        write(text + "\n")
    }

    /// Leaves the line.
    func end() { if isTerminal { write("\r\u{1b}[K") } }

    static func line(_ progress: Progress) -> String {
        var text = ""
        if let share = progress.share {
            let full = Int((max(0, min(1, share)) * 20).rounded())
            text = "[" + String(repeating: "#", count: full) + String(repeating: ".", count: 20 - full) + "] "
        }
        text += "\(progress.connections)/\(progress.people) connected"
        text += String(
            format: "  %.0f markers/s  %.0f frames/s", progress.markersPerSecond, progress.framesPerSecond)
        if let median = progress.median, let high = progress.high {
            text += String(format: "  p50 %.0f ms  p99 %.0f ms", median, high)
        }
        return text
    }

    /// Tells of accounts being made.
    func showPreparation(_ done: Int, of count: Int) {
        if isTerminal { write("\r\u{1b}[Kmaking rooms and accounts: \(done)/\(count)") }
    }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
