/// What the crowd does beside running.
enum LoadProfile: String, CaseIterable, Sendable {
    /// People arrive one after the other and run on.
    case steady
    /// Everybody joins at once, and everybody starts at once.
    case raceStart = "race-start"
    /// In the middle everybody's connection is cut, and everybody comes back.
    case reconnectStorm = "reconnect-storm"
    /// Everybody loses signal for a minute (or a third of the time, if that is less) and then sends the backlog.
    case tunnel

    /// When everybody is cut off, and for how long, in seconds of a load of so many.
    func outage(in duration: Double) -> (start: Double, length: Double)? {
        switch self {
        case .steady, .raceStart: nil
        case .reconnectStorm: (duration / 2, 0)
        case .tunnel: (duration / 3, min(60, duration / 3))
        }
    }
}
