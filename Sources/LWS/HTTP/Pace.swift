/// How slowly a peer may move what is large: it has a second more for each so many bytes, and is never more than a
/// while ahead.
///
/// So a slow network has the time that it takes, and who was quick may not fall silent for as long as a slow one would
/// have taken.
struct Pace: Sendable {
    /// Who keeps to this is in time.
    var bytesPerSecond: Int
    /// The longest time that bytes can buy, from when they came on.
    var longest: Duration

    /// The deadline when some bytes more have moved.
    ///
    /// - Parameters:
    ///   - deadline: The one before.
    ///   - count: Of the bytes.
    ///   - now: When they moved.
    /// - Returns: Not before the deadline that there was.
    func deadline(
        _ deadline: ContinuousClock.Instant, after count: Int, at now: ContinuousClock.Instant
    ) -> ContinuousClock.Instant {
        max(deadline, min(deadline + .microseconds(count * 1_000_000 / bytesPerSecond), now + longest))
    }
}
