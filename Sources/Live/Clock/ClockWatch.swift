import Logging

/// Has the server's clock follow the machine's, slowly, and says so when somebody has set it.
struct ClockWatch {
    let clock: ServerClock
    let logger: Logger
    private var lastReport: Int64 = 0

    init(_ clock: ServerClock, _ logger: Logger) {
        self.clock = clock
        self.logger = logger
    }

    /// To be called each second.
    mutating func follow() {
        clock.follow()
        let drift = clock.drift
        guard abs(drift - lastReport) > 5_000 else { return }
        lastReport = drift
        logger.warning(
            "the machine's clock was set; this one follows it slowly", metadata: ["milliseconds": "\(drift)"])
    }
}
