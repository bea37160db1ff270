/// What is known of the clock of one connection's phone.
///
/// It belongs to the connection, not to the person: another phone has another clock, and one that was set right has new
/// samples.
public struct PhoneClock: Hashable, Sendable {
    /// What to add to the phone's clock to get the server's, in milliseconds; nil without a sample.
    public private(set) var offset: Int64?

    public init() {}

    /// Takes a sample: the server's time at arrival less the phone's time at sending, in milliseconds.
    ///
    /// What the message spent on the way only adds to it, so the smallest of the samples is the best.
    public mutating func sample(_ offset: Int64) {
        // Beyond 200 years it is no clock's, and would only lead to overflows.
        guard offset.magnitude < 200 * 366 * 86_400_000 else { return }
        self.offset = min(self.offset ?? .max, offset)
    }
}
