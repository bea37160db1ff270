import Limits

/// What a marker must satisfy to count toward the distance (live protocol, section 4).
public struct MarkerFilter: Hashable, Sendable {
    /// Metres; a marker whose accuracy is worse does not count.
    public var worstAccuracy = 50.0
    /// Metres per second; what would need more is an error of the receiver, not a runner.
    public var topSpeed = 12.5
    /// Metres; what is farther from the last counted place is too far off however long the way there took.
    public var longestStep = 20_000.0
    /// Milliseconds; a marker that lies longer before its run's start, or after the last one that counted, does not
    /// count.
    ///
    /// With ``topSpeed`` it bounds the distance of a run, and so the work for each of its kilometres, by the time for
    /// which the run has really been under way.
    public var longestGap = Limit.Run.longestGap
    /// So many markers in a row that are too far off, but agree with each other, move the filter over to them.
    public var agreeingMarkers = 3
    /// How far apart these may be, in markers of the run: those between them cannot be judged.
    public var agreementSpan = 60
    /// Metres from the last counted place below which nothing is added: the jitter of somebody who stands.
    public var stillness = 4.0
    /// Milliseconds that a clock which goes back may run through again; what is run beyond them adds nothing.
    public var repeatedTime: Int64 = 10 * 60_000
    /// Milliseconds by which a marker's time may be ahead of the server's clock.
    public var clockTolerance: Int64 = 5_000

    public init() {}

    /// What is believed of somebody who does a sport, by its word: nobody runs as fast as another rides.
    public init(for sport: String?) {
        self.init()
        switch sport {
        case "cycling", "other": topSpeed = 35
        default: break
        }
    }
}
