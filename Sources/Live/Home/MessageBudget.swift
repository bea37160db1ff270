/// How many messages a client may send: a token bucket.
struct MessageBudget {
    let perSecond: Double
    let burst: Double
    private var tokens: Double
    private var filled: ContinuousClock.Instant

    init(perSecond: Double, burst: Double, at now: ContinuousClock.Instant) {
        self.perSecond = perSecond
        self.burst = burst
        tokens = burst
        filled = now
    }

    /// Takes one message.
    /// - Returns: False when the client has sent more than it may.
    mutating func take(at now: ContinuousClock.Instant) -> Bool {
        tokens = min(burst, tokens + filled.duration(to: now).inSeconds * perSecond)
        filled = now
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }
}
