public import Foundation
import Limits
public import Store

extension Records {
    /// What somebody's runs come to.
    public struct Overview: Sendable {
        /// A best effort, and the run in which it was.
        public struct Best: Sendable {
            public var effort: BestEffort
            public var run: NotedRecord
        }

        /// All of them together.
        public var totals: RecordTotals
        public var weeks: [RunningPeriods.Period]
        public var months: [RunningPeriods.Period]
        /// By distance; without those that nobody has run yet.
        public var best: [Best]
    }

    /// What an account's runs come to, by week and month, and the best of them.
    ///
    /// Of the newest ``Limits/Limit/Lists/reckonedRuns`` runs; best efforts are of those that this server measured,
    /// in a room or from a file. Rides and swims are none.
    ///
    /// - Parameters:
    ///   - account: Whose.
    ///   - zone: Where their days begin.
    /// - Returns: Periods up to now, and the best of each distance.
    /// - Throws: ``ServicesError/store(_:)``.
    /// - Complexity: O(n) in their number and kilometres; their ways are not read.
    public func overview(of account: Int64, in zone: TimeZone) async throws(ServicesError) -> Overview {
        let totals = try await totals(of: account)
        let runs = try await runs(of: account, limit: Limit.Lists.reckonedRuns)
        let now = now()
        var weeks = RunningPeriods(.week, count: Limit.Lists.reckonedPeriods, until: now, in: zone)
        var months = RunningPeriods(.month, count: Limit.Lists.reckonedPeriods, until: now, in: zone)
        var best: [Overview.Best?] = Array(repeating: nil, count: BestEffort.distances.count)
        for run in runs where run.isOnFoot {
            let summary = run.summary
            let start = summary.startAt > 0 ? summary.startAt : summary.createdAt
            weeks.add(meters: summary.meters, seconds: summary.seconds, at: start)
            months.add(meters: summary.meters, seconds: summary.seconds, at: start)
            guard summary.source != .posted, let splits = summary.splits,
                let passings = BestEffort.Passings(splits: splits, meters: summary.meters, seconds: summary.seconds)
            else { continue }
            for (index, distance) in BestEffort.distances.enumerated() {
                guard let effort = BestEffort(over: distance, of: passings) else { break }
                // Of two that are as fast the earlier one was first.
                if effort.seconds <= best[index]?.effort.seconds ?? .infinity {
                    best[index] = Overview.Best(effort: effort, run: run)
                }
            }
        }
        return Overview(
            totals: totals, weeks: weeks.periods, months: months.periods, best: best.compactMap { $0 })
    }
}
