public import Geo

/// That somebody calls for help, or did.
public struct Alarm: Hashable, Sendable, Identifiable {
    /// Where somebody was, and when.
    public struct Place: Hashable, Sendable {
        public let coordinate: Coordinate
        /// Milliseconds since 1970; so all times.
        public let time: Int64

        public init(_ coordinate: Coordinate, at time: Int64) {
            self.coordinate = coordinate
            self.time = time
        }
    }

    public let id: Int64
    /// Who calls.
    public let account: Int64
    public let username: String
    public let nickname: String
    /// Whether nobody has called, and they run and do not move.
    public let isStill: Bool
    /// The room in which they run; nil for none.
    public let runID: String?
    public let raisedAt: Int64
    /// The last place that is known; nil for none, and when all is clear.
    public let place: Place?
    /// When somebody said that all is clear; nil while it is not.
    public let clearedAt: Int64?
    /// What others call who said so.
    public let clearedBy: String?
}
