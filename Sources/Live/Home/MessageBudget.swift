/// How many messages, or how much of something else, a client may cause: a token bucket.
struct MessageBudget {
    let perSecond: Double
    let burst: Double
    private var tokens: Double
    private var filled: Moment

    init(perSecond: Double, burst: Double, at now: Moment) {
        self.perSecond = perSecond
        self.burst = burst
        tokens = burst
        filled = now
    }

    /// Takes one message, or a number of whatever is counted.
    /// - Returns: False when it is more than the client may have; then nothing is taken.
    mutating func take(_ count: Double = 1, at now: Moment) -> Bool {
        tokens = min(burst, tokens + filled.seconds(to: now) * perSecond)
        filled = now
        guard tokens >= count else { return false }
        tokens -= count
        return true
    }
}
