public import Foundation

/// Weeks or months up to now, and what was run in each.
public struct RunningPeriods: Hashable, Sendable {
    /// How long one is; weeks begin on Monday.
    public enum Unit: Sendable {
        case week, month

        fileprivate var component: Calendar.Component { self == .week ? .weekOfYear : .month }
    }

    public struct Period: Hashable, Sendable {
        /// Milliseconds since 1970.
        public let start: Int64
        public fileprivate(set) var runs = 0
        public fileprivate(set) var meters = 0.0
        public fileprivate(set) var seconds = 0.0
    }

    /// The oldest first; the last one is not over yet.
    public private(set) var periods: [Period] = []

    /// Periods in which nothing was run.
    ///
    /// - Parameters:
    ///   - unit: How long each is.
    ///   - count: How many, 1 or more.
    ///   - now: Milliseconds since 1970.
    ///   - zone: Where the runner's days begin.
    public init(_ unit: Unit, count: Int, until now: Int64, in zone: TimeZone) {
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = zone
        let date = Date(timeIntervalSince1970: Double(now) / 1000)
        for back in (0..<count).reversed() {
            guard let day = calendar.date(byAdding: unit.component, value: -back, to: date),
                let start = calendar.dateInterval(of: unit.component, for: day)?.start
            else { continue }
            periods.append(Period(start: Int64((start.timeIntervalSince1970 * 1000).rounded())))
        }
    }

    /// Counts a run into the period in which it began; one that began before all of them is left out.
    ///
    /// - Complexity: O(log n) in the number of periods.
    public mutating func add(meters: Double, seconds: Double, at start: Int64) {
        var (low, high) = (0, periods.count)
        while low < high {
            let middle = (low + high) / 2
            if periods[middle].start <= start { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return }
        periods[low - 1].runs += 1
        periods[low - 1].meters += meters
        periods[low - 1].seconds += seconds
    }
}
