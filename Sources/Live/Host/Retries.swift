import Rooms

/// Runs whose older markers could not be read back at the moment, and are tried again with growing pauses.
struct RecallRetries {
    private struct Failure {
        /// How often it was tried.
        var tries: Int
        /// When it is tried again; nil while it is.
        var due: ContinuousClock.Instant?
    }

    private var failures: [RunReference: Failure] = [:]

    /// Notes that the markers of a run could not be read.
    ///
    /// - Returns: Whether it is given up.
    mutating func failed(
        _ run: RunReference, _ settings: LiveSettings, at moment: ContinuousClock.Instant = .now
    ) -> Bool {
        let tries = (failures[run]?.tries ?? 0) + 1
        guard tries < settings.storeTries else {
            failures[run] = nil
            return true
        }
        failures[run] = Failure(tries: tries, due: moment + settings.wait(after: tries))
        return false
    }

    /// Notes that a run needs nothing any more.
    mutating func ended(_ run: RunReference) { failures[run] = nil }

    /// The runs that are to be tried now.
    mutating func takeDue(at moment: ContinuousClock.Instant) -> [RunReference] {
        let due = failures.filter { $0.value.due.map { $0 <= moment } ?? false }.map(\.key)
        for run in due { failures[run]?.due = nil }
        return due
    }
}
