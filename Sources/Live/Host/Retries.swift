/// What could not be read at the moment, and is tried again with growing pauses: runs whose older markers are to be read
/// back, or rooms.
struct Retries<Key: Hashable> {
    private struct Failure {
        /// How often it was tried.
        var tries: Int
        /// When it is tried again; nil while it is.
        var due: ContinuousClock.Instant?
    }

    private var failures: [Key: Failure] = [:]

    /// Notes that something could not be read.
    ///
    /// - Returns: Whether it is given up.
    mutating func failed(
        _ key: Key, _ settings: LiveSettings, at moment: ContinuousClock.Instant = .now
    ) -> Bool {
        let tries = (failures[key]?.tries ?? 0) + 1
        guard tries < settings.storeTries else {
            failures[key] = nil
            return true
        }
        failures[key] = Failure(tries: tries, due: moment + settings.wait(after: tries))
        return false
    }

    /// Notes that something was read, or need not be any more.
    mutating func ended(_ key: Key) { failures[key] = nil }

    /// What is to be tried now.
    mutating func takeDue(at moment: ContinuousClock.Instant) -> [Key] {
        let due = failures.filter { $0.value.due.map { $0 <= moment } ?? false }.map(\.key)
        for key in due { failures[key]?.due = nil }
        return due
    }
}
