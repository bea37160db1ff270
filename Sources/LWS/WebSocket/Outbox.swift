internal import DequeModule
public import Limits

/// How much may wait for one peer that does not read, and for how long.
///
/// Frames that are only the newest state are never among it: ``WebSocket/send(_:)`` refuses them while
/// anything is on its way.
public struct BacklogLimits: Sendable, Hashable {
    /// Bytes of messages behind the one that is being written.
    ///
    /// That one may be of any size: there is only one of it, and who joins a large room must be able to get it.
    public var bytes: Int
    /// How long the oldest of them may wait, or the one that is being written go on without the peer taking a byte of it.
    public var age: Duration

    /// - Parameters:
    ///   - bytes: More than a peer that reads at all could leave.
    ///   - age: Longer than a phone is without signal as a rule.
    public init(bytes: Int = Limit.Live.backlog, age: Duration = Limit.Live.slow) {
        self.bytes = bytes
        self.age = age
    }
}

/// What must arrive at one peer of a WebSocket and has to wait, in order.
///
/// It is judged when something is put into it, so that it is never larger than it may be, whoever looks how often; and
/// by its age, which grows by itself, from time to time.
///
/// A value: the socket writes what it is given back (``WebSocket``).
struct Outbox {
    private let limits: BacklogLimits
    private var messages: Deque<(message: OutgoingMessage, since: ContinuousClock.Instant)> = []
    /// Of the messages that wait, without the one that is being written.
    private(set) var bytes = 0
    /// Since when the peer has taken nothing of a message that must arrive and is being written.
    private var stuckSince: ContinuousClock.Instant?

    init(_ limits: BacklogLimits) { self.limits = limits }

    /// Nothing waits behind the message that is being written.
    var isEmpty: Bool { messages.isEmpty }

    /// Puts a message behind the others.
    ///
    /// - Returns: False when too much waits by it, or has waited too long: the peer is too slow.
    mutating func put(_ message: OutgoingMessage, at now: ContinuousClock.Instant) -> Bool {
        messages.append((message, now))
        bytes += message.count
        return bytes <= limits.bytes && !isTooOld(at: now)
    }

    /// The message that is next, which is taken out.
    mutating func next() -> OutgoingMessage? {
        guard let first = messages.popFirst() else { return nil }
        bytes -= first.message.count
        return first.message
    }

    /// The socket has not taken all of a message that must arrive.
    mutating func isWriting(at now: ContinuousClock.Instant) { stuckSince = now }

    /// The socket has taken some more of what is being written.
    mutating func hasProgressed(at now: ContinuousClock.Instant) { if stuckSince != nil { stuckSince = now } }

    /// The socket has taken all that it was given.
    mutating func hasWritten() { stuckSince = nil }

    /// Whether something has waited for longer than it may.
    func isTooOld(at now: ContinuousClock.Instant) -> Bool {
        guard let oldest = [stuckSince, messages.first?.since].compactMap({ $0 }).min() else { return false }
        return oldest.duration(to: now) > limits.age
    }

    /// Drops what waits; what is being written goes on.
    mutating func removeAll() {
        messages = []
        bytes = 0
    }
}

/// What the connections of a server together hold for peers that do not read.
///
/// When it is more than the server may spend on them, those go that hold the most: that frees the most memory for the
/// fewest people, and who holds the most is the furthest behind. Whoever happens to bring the last byte may be somebody
/// who has only just fallen behind. More go than would have to, so that the next byte does not ask for the next one.
struct BacklogLedger<ID: Hashable> {
    let limit: Int
    private(set) var total = 0
    private var held: [ID: Int] = [:]

    init(limit: Int) { self.limit = limit }

    /// All that hold something.
    var holders: [ID] { Array(held.keys) }

    /// Notes how much a connection holds from now on.
    mutating func note(_ id: ID, holds bytes: Int) {
        total += bytes - (held[id] ?? 0)
        held[id] = bytes == 0 ? nil : bytes
    }

    /// Who has to go; nobody while the total is within its limit.
    ///
    /// - Complexity: O(*n* log *n*) in the connections that hold something, once an eighth of the limit.
    var surplus: [ID] {
        guard total > limit else { return [] }
        var rest = total
        return Array(
            held.sorted { $0.value > $1.value }.prefix { holder in
                guard rest > limit / 8 * 7 else { return false }
                rest -= holder.value
                return true
            }.map(\.key))
    }
}
