import ActivityFiles
import Limits
import Services
import Store

extension Core {
    /// Room in memory for the way of a run, before it is read: ``PointBudget/Lease/keep(_:)`` gives back what it does not
    /// need.
    ///
    /// - Throws: ``ServicesError/overloaded``.
    func lease(on run: NotedRecord, for sender: String) throws(ServicesError) -> PointBudget.Lease {
        try downloads.take(min(run.filePoints ?? Limit.Run.markers, Limit.Files.points), for: sender)
    }
}

extension Activity {
    /// How many points it has.
    var pointCount: Int { segments.reduce(0) { $0 + $1.points.count } }
}
