import Geo

/// Distance and time of a run, reckoned from its markers by the rules of section 4 of the protocol.
///
/// It is written from the page alone and shares nothing with the server but the length of a geodesic, so that the two
/// can be held against each other. Where the page leaves a choice, this takes the plain one:
/// - “The last counted one” is the last marker that no rule refused, even if it was too near to add distance.
/// - When the filter re-anchors on three markers that agree, the jump to them is not distance; the way between them is.
struct DistanceReckoner {
    /// The sum so far.
    private(set) var meters = 0.0
    /// Unix milliseconds of the last counted marker.
    private(set) var lastCounted: Int64?
    /// How many markers no rule refused.
    private(set) var countedMarkers = 0

    private let start: Int64
    private let pauses: [Range<Int64>]

    /// The last counted marker.
    private var last: Marker?
    /// From where the next distance is measured.
    private var anchor: Coordinate?
    /// Markers too fast from `last` that agree with each other.
    private var strays: [Marker] = []

    static let worstAccuracy = 500  // decimetres
    static let topSpeed = 12.5  // metres a second
    static let leastStep = 4.0  // metres
    static let straysToBelieve = 3
    static let longestStep = 20_000.0  // metres
    static let longestGap: Int64 = 24 * 3_600_000  // milliseconds

    /// - Parameters:
    ///   - start: Unix milliseconds.
    ///   - pauses: From each pause to the start that follows, in Unix milliseconds and in order.
    init(start: Int64, pauses: [Range<Int64>] = []) {
        self.start = start
        self.pauses = pauses
    }

    /// Takes the next marker in the order of ids.
    mutating func add(_ marker: Marker) {
        if let accuracy = marker.accuracy, accuracy > Self.worstAccuracy { return }
        if marker.place.latitudeE7 == 0, marker.place.longitudeE7 == 0 { return }
        if marker.time < start || pauses.contains(where: { $0.contains(marker.time) }) { return }
        guard let last else { return begin(at: marker) }
        guard marker.time > last.time else { return }
        // The way between a pause and the next start is not bridged, so nothing can be too fast after it either.
        if pauses.contains(where: { last.time < $0.lowerBound && $0.upperBound <= marker.time }) {
            return begin(at: marker)
        }
        guard isReachable(marker, from: last) else { return stray(marker) }
        strays.removeAll()
        count(marker)
    }

    /// How long it takes, from the start to the last counted marker, or to the finish if none counted
    /// after the start.
    ///
    /// - Parameter finish: Unix milliseconds.
    /// - Returns: Seconds, without the pauses.
    func seconds(finishedAt finish: Int64) -> Double {
        let end = lastCounted.flatMap { $0 > start ? $0 : nil } ?? finish
        let paused = pauses.reduce(0) { sum, pause in sum + max(0, min(pause.upperBound, end) - pause.lowerBound) }
        return Double(end - start - paused) / 1000
    }

    private mutating func begin(at marker: Marker) {
        strays.removeAll()
        anchor = marker.place
        last = marker
        lastCounted = marker.time
        countedMarkers += 1
    }

    private mutating func count(_ marker: Marker) {
        last = marker
        lastCounted = marker.time
        countedMarkers += 1
        guard let from = anchor else { return }
        let step = from.distance(to: marker.place)
        if step > max(Self.leastStep, Double(marker.accuracy ?? 0) / 20) {
            meters += step
            anchor = marker.place
        }
    }

    private mutating func stray(_ marker: Marker) {
        if let previous = strays.last, marker.time <= previous.time || !isReachable(marker, from: previous) {
            strays.removeAll()
        }
        strays.append(marker)
        guard strays.count == Self.straysToBelieve else { return }
        let believed = strays
        begin(at: believed[0])
        for marker in believed.dropFirst() { count(marker) }
    }

    private func isReachable(_ marker: Marker, from other: Marker) -> Bool {
        let time = marker.time - other.time
        return time <= Self.longestGap
            && other.place.distance(to: marker.place) <= min(Self.longestStep, Self.topSpeed * Double(time) / 1000)
    }
}
