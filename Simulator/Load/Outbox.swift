/// What of a run has been sent and what of that is known to be on the server's disk.
///
/// A marker stays until it is acknowledged; a new connection begins after the highest stored one, whatever was sent on
/// the one before.
struct Outbox: Sendable {
    /// Markers up to this id are acknowledged.
    private(set) var acknowledged = 0
    /// The highest id that was ever sent.
    private(set) var highestSent = 0
    /// How many markers went out more than once.
    private(set) var resent = 0

    private let offsets: [Int64]
    /// The next id for the present connection.
    private var next = 1
    /// Ids held back as in a tunnel, to be sent after later ones.
    private var held: (ids: Range<Int>, until: Int64)?

    /// More than this many unacknowledged markers are not sent, so that a server that stands still is not flooded.
    static let window = 20_000

    /// - Parameter offsets: When each marker is taken, in milliseconds since the start, in order; ids begin at 1.
    init(offsets: [Int64]) { self.offsets = offsets }

    var count: Int { offsets.count }
    var isAllAcknowledged: Bool { acknowledged == count }

    /// The ids to send now, at most `limit`: what is due and was not sent on this connection.
    mutating func take(at offset: Int64, limit: Int) -> Range<Int>? {
        // At the end of the run the tunnel ends too.
        if let (ids, until) = held, until <= offset || next > count {
            held = nil
            highestSent = max(highestSent, ids.upperBound - 1)
            return ids
        }
        guard let ids = advance(to: offset, limit: limit) else { return nil }
        resent += max(0, min(highestSent + 1, ids.upperBound) - ids.lowerBound)
        highestSent = max(highestSent, ids.upperBound - 1)
        return ids
    }

    /// Holds back what is due now until a later offset, as a tunnel does.
    ///
    /// Does nothing while something is held already.
    mutating func hold(at offset: Int64, until release: Int64, limit: Int) {
        guard held == nil, let ids = advance(to: offset, limit: limit) else { return }
        held = (ids, release)
    }

    /// Whether every marker up to an offset went out on this connection or is held back.
    func isSent(through offset: Int64) -> Bool { next > count || offsets[next - 1] > offset }

    private mutating func advance(to offset: Int64, limit: Int) -> Range<Int>? {
        let start = next
        let end = min(start + limit, acknowledged + Self.window + 1)
        while next < end, next <= count, offsets[next - 1] <= offset { next += 1 }
        return start < next ? start..<next : nil
    }

    /// The offset at which there is something to send; nil when all was sent.
    var nextDue: Int64? {
        let marker = next <= count ? offsets[next - 1] : nil
        guard let held else { return marker }
        // At the end of the run the tunnel ends too.
        return min(marker ?? 0, held.until)
    }

    /// Takes an `ack`.
    ///
    /// - Returns: What is wrong with it, if anything.
    mutating func acknowledge(_ id: Int) -> String? {
        if id > highestSent { return "marker \(id) was acknowledged, of which only \(highestSent) had been sent" }
        if id < acknowledged { return "marker \(id) was acknowledged after \(acknowledged)" }
        acknowledged = id
        return nil
    }

    /// Begins anew on another connection, after the highest marker that the server says it has.
    ///
    /// - Returns: What is wrong with that marker, if anything.
    mutating func rejoin(stored: Int) -> String? {
        let before = acknowledged
        held = nil
        acknowledged = min(max(stored, 0), highestSent)
        next = acknowledged + 1
        if stored < before { return "marker \(stored + 1) was asked for again, though \(before) was acknowledged" }
        if stored > highestSent {
            return "the server has marker \(stored), of which only \(highestSent) had been sent"
        }
        return nil
    }
}
