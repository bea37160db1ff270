import Limits

/// Closes the door of a mail address after three failed logins, to whoever has failed there.
///
/// Leaf's document has three failures for one address close it for half an hour, wherever they come from. If that were
/// all, a stranger could keep the owner out for ever with three guesses every half-hour. So whoever has not failed there
/// within that time, by ``AddressKey``, is heard however many others have, once: a failure of theirs is one more, and the
/// door is closed to them too.
///
/// - Note: Bounded: so many mail addresses, and of each so many of who have failed; of more, the oldest are forgotten.
struct MailLock: Sendable {
    private struct Door {
        /// The newest failures, in order, as many as close the door, and none that are older than the span.
        var failures: [Int64] = []
        /// When each has failed last.
        var failed: [AddressKey: Int64] = [:]
    }

    private let limit: Int
    private let span: Int64
    private let capacity: Int
    private let guessers: Int
    private var doors: [String: Door] = [:]

    /// Nobody has failed.
    ///
    /// - Parameters:
    ///   - limit: So many failures close the door.
    ///   - span: In milliseconds: within which they count, and for how long it is closed after the last.
    ///   - capacity: Of so many mail addresses it is known.
    ///   - guessers: Of so many who have failed at one.
    init(
        limit: Int = Limit.Accounts.mailFailures, span: Int64 = Limit.Accounts.mailLock,
        capacity: Int = Limit.Accounts.remembered, guessers: Int = Limit.Accounts.mailGuessers
    ) {
        self.limit = limit
        self.span = span
        self.capacity = capacity
        self.guessers = guessers
    }

    /// How many mail addresses somebody has failed at.
    var count: Int { doors.count }

    /// Whether the door of a mail address is closed to somebody.
    func isClosed(_ email: String, to address: AddressKey, at time: Int64) -> Bool {
        guard let door = doors[email], door.failures.count >= limit, let last = door.failures.last, time < last + span,
            let failed = door.failed[address]
        else { return false }
        return time < failed + span
    }

    /// Counts a failure.
    ///
    /// - Returns: Whether it was heard: not if others have closed the door meanwhile, after which nobody may learn
    ///   whether a guess was right.
    mutating func recordFailure(at email: String, by address: AddressKey, at time: Int64) -> Bool {
        guard !isClosed(email, to: address, at: time) else { return false }
        if doors[email] == nil, doors.count >= capacity { prune(at: time) }
        var door = doors[email] ?? Door()
        door.failures = (door.failures.filter { $0 > time - span } + [time]).suffix(limit)
        if door.failed.count >= guessers, door.failed[address] == nil {
            door.failed = door.failed.filter { $0.value > time - span }
            if door.failed.count >= guessers {
                let median = door.failed.values.sorted()[door.failed.count / 2]
                door.failed = door.failed.filter { $0.value > median }
            }
        }
        door.failed[address] = time
        doors[email] = door
        return true
    }

    /// Forgets all failures at a mail address.
    mutating func clear(_ email: String) { doors[email] = nil }

    private mutating func prune(at time: Int64) {
        doors = doors.filter { ($0.value.failures.last ?? 0) > time - span }
        guard doors.count >= capacity else { return }
        let median = doors.values.map { $0.failures.last ?? 0 }.sorted()[doors.count / 2]
        doors = doors.filter { ($0.value.failures.last ?? 0) > median }
    }
}
