public import Geo
import Rooms
public import Store

/// A run that is over, as somebody may see it: with its way, without the places that its owner hides from them.
///
/// Whatever shows a run to others than its owner is made from this, so that nothing of a way goes past the owner's zones.
public struct ShownRun: Sendable {
    /// The way in the form in which it is known.
    public enum Way: Sendable {
        /// Of a run that this server measured, or that came in a file: all of its markers, counted or not.
        case measured([Point])
        /// Of a run that a client posted: a JSON array in UTF-8, as it was sent, or what of it may be shown.
        case posted([UInt8])
    }

    /// A marker.
    public struct Point: Hashable, Sendable {
        /// Unix milliseconds.
        public var time: Int64
        /// Nil where it is hidden; the altitude is, too, by which one can tell a hill.
        public var place: Coordinate?
        /// Above the ellipsoid or sea level, in metres.
        public var altitude: Double?
        /// Beats per minute.
        public var heartRate: Int?
        /// Metres.
        public var accuracy: Double?
        /// How far the run had come; nil for a marker that does not count.
        public var meters: Double?
    }

    public let run: NotedRecord
    public let way: Way
}

extension Records {
    /// A run with its way, as somebody may see it who may see the run.
    ///
    /// - Parameters:
    ///   - run: As of ``run(_:reader:link:)``.
    ///   - reader: Who asks; nil for a stranger. Its owner sees all of it.
    /// - Returns: The run.
    /// - Throws: ``ServicesError/notFound`` when it is gone meanwhile, ``ServicesError/damaged(_:)``,
    ///   ``ServicesError/store(_:)``.
    public func shown(_ run: NotedRecord, to reader: Int64?) async throws(ServicesError) -> ShownRun {
        let owner = run.summary.account
        let record = try await record(account: owner, runID: run.summary.runID)
        var filter = PrivacyFilter([], run: 0)
        if reader != owner {
            let account = try await withStoreErrors { () throws(StoreError) in
                try await store.accounts.account(id: owner)
            }
            guard let account else { throw .notFound }
            // As in the room while it lasted.
            filter = PrivacyFilter(account.zones, run: run.summary.runKey ?? run.id)
        }
        return ShownRun(run: run, way: try Self.way(of: record, in: run.file?.sport, by: filter))
    }

    private static func way(
        of record: Record, in sport: String?, by filter: PrivacyFilter
    ) throws(ServicesError) -> ShownRun.Way {
        switch record.track {
        case .posted(let markers):
            return .posted(filter.isClear ? markers : try PostedMarkers(markers).bytes(by: filter))
        case .live(let track):
            let points: [TrackPoint]
            do {
                points = try TrackCodec.decode(track)
            } catch {
                throw .damaged("the track of a record: \(error)")
            }
            // Measured whole: what is hidden counts as well.
            let meters = WayMeasure.measure(
                points, from: record.start, to: record.end, pauses: record.pauses, by: MarkerFilter(for: sport)
            ).meters
            return .measured(
                zip(points, meters).map { point, meters in
                    let isHidden = filter.hides(point.coordinate)
                    return ShownRun.Point(
                        time: point.time, place: isHidden ? nil : point.coordinate,
                        altitude: isHidden ? nil : point.altitude.map { Double($0) / 10 },
                        heartRate: point.heartRate.map { Int($0) },
                        accuracy: point.accuracy.map { Double($0) / 10 }, meters: meters)
                })
        }
    }
}
