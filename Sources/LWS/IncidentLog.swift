public import Limits
public import Logging
internal import Synchronization

/// Which of many alike incidents is worth a line in the log: the first of a kind from an address, and after a while the
/// next one, which says how many there were meanwhile.
///
/// Whoever is refused may come back a thousand times a second, and must not be able to fill a disk or to hide somebody
/// else's line: there are at most ``capacity`` lines in each ``interval``. A value: whoever shares it guards it.
public struct IncidentLog: Sendable {
    private struct Key: Hashable {
        var kind: String
        /// Empty for all those for whom there is no room.
        var address: String
    }

    private struct Entry {
        var lastLine: ContinuousClock.Instant
        var unsaid = 0
    }

    /// The least time between two lines about the same.
    public let interval: Duration
    /// Kinds and addresses that are told apart; the incidents of others count as one address for each kind.
    public let capacity: Int
    private var entries: [Key: Entry] = [:]
    private var nextSweep: ContinuousClock.Instant?

    /// - Parameters:
    ///   - interval: The least time between two lines about the same.
    ///   - capacity: About 200 bytes each.
    public init(interval: Duration = Limit.Connections.incidentInterval, capacity: Int = Limit.Connections.incidents) {
        self.interval = interval
        self.capacity = capacity
    }

    /// How many are told apart at present.
    public var count: Int { entries.count }

    /// Counts an incident.
    ///
    /// - Parameters:
    ///   - kind: One of a few dozen: nothing that a client chooses.
    ///   - address: Who it was.
    ///   - now: Not before the last call's.
    /// - Returns: Nil when it is worth no line; else how many of them had none since the last one.
    public mutating func note(_ kind: String, from address: String, at now: ContinuousClock.Instant) -> Int? {
        var key = Key(kind: kind, address: address)
        if entries[key] == nil, entries.count >= capacity {
            sweep(at: now)
            if entries.count >= capacity { key.address = "" }
        }
        if var entry = entries[key] {
            guard entry.lastLine.duration(to: now) >= interval else {
                entry.unsaid += 1
                entries[key] = entry
                return nil
            }
            entries[key] = Entry(lastLine: now)
            return entry.unsaid
        }
        entries[key] = Entry(lastLine: now)
        return 0
    }

    /// Forgets those who have been quiet; not more often than ten times in an interval.
    private mutating func sweep(at now: ContinuousClock.Instant) {
        if let nextSweep, now < nextSweep { return }
        nextSweep = now + interval / 10
        entries = entries.filter { $0.value.lastLine.duration(to: now) < interval }
    }
}

/// Writes an ``IncidentLog``'s lines; from any thread.
public final class IncidentReporter: Sendable {
    private let log: Mutex<IncidentLog>
    private let logger: Logger

    /// - Parameters:
    ///   - logger: Gets the lines, at info level.
    ///   - log: With its limits.
    public init(logger: Logger, log: IncidentLog = IncidentLog()) {
        self.logger = logger
        self.log = Mutex(log)
    }

    /// Reports a failure that lies with the server, and that clients can meet as often as they like: at error level, once
    /// in an interval for each kind.
    ///
    /// - Parameters:
    ///   - message: What failed.
    ///   - place: Where, if that makes another kind of it; nothing that a client chooses.
    ///   - metadata: What else the line says.
    public func failed(_ message: String, at place: String = "", metadata: Logger.Metadata) {
        guard let unsaid = log.withLock({ $0.note("\(message) \(place)", from: "", at: .now) }) else { return }
        var metadata = metadata
        if unsaid > 0 { metadata["more"] = "\(unsaid)" }
        logger.error("\(message)", metadata: metadata)
    }

    /// Reports that somebody was refused for a cause that lies with them.
    ///
    /// - Parameters:
    ///   - kind: What for: one of a few dozen, nothing that a client chooses.
    ///   - address: Whom.
    public func refused(_ kind: String, from address: String) {
        guard let unsaid = log.withLock({ $0.note(kind, from: address, at: .now) }) else { return }
        var metadata: Logger.Metadata = ["kind": "\(kind)", "address": "\(address)"]
        if unsaid > 0 { metadata["more"] = "\(unsaid)" }
        logger.info("refused", metadata: metadata)
    }
}
