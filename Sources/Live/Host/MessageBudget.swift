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
        fill(at: now)
        guard tokens >= count else { return false }
        tokens -= count
        return true
    }

    /// Whether anything is left, where it shows only afterwards how much it takes.
    mutating func isLeft(at now: Moment) -> Bool {
        fill(at: now)
        return tokens > 0
    }

    /// Takes what something has cost, more than is left if it was more.
    mutating func spend(_ count: Double) { tokens -= count }

    private mutating func fill(at now: Moment) {
        tokens = min(burst, tokens + filled.seconds(to: now) * perSecond)
        filled = now
    }
}
