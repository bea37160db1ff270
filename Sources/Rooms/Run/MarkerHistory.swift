public import Geo

/// Every marker of a run in `id` order, 32 bytes each, with the distance at which it was passed.
public struct MarkerHistory: Sendable {
    /// One marker, and what the odometer made of it.
    struct Entry: Sendable {
        var time: Int64
        var coordinate: Coordinate
        /// The id in the low 20 bits; above it the codec's flags and, on top, whether the marker counted.
        private var idAndFlags: UInt32
        /// The run's distance when this marker had been taken, in centimetres.
        var centimetres: UInt32 = 0
        private var storedAltitude: Int32
        private var storedAccuracy: UInt16
        private var storedHeartRate: UInt16

        init(_ point: TrackPoint) {
            time = point.time
            coordinate = point.coordinate
            idAndFlags = UInt32(point.id) | UInt32(point.flags) << 20
            storedAltitude = point.altitude ?? .min
            storedAccuracy = point.accuracy.map { UInt16(clamping: min($0, 0xFFFE)) } ?? 0xFFFF
            storedHeartRate = point.heartRate.map { UInt16(clamping: min($0, 0xFFFE)) } ?? 0xFFFF
        }

        var id: Int32 { Int32(idAndFlags & 0xF_FFFF) }
        var flags: MarkerFlags { MarkerFlags(rawValue: UInt8(truncatingIfNeeded: idAndFlags >> 20)) }
        var isCounted: Bool {
            get { idAndFlags >> 31 == 1 }
            set { idAndFlags = idAndFlags & 0x7FFF_FFFF | (newValue ? 1 << 31 : 0) }
        }
        /// Metres.
        var accuracy: Double? { storedAccuracy == 0xFFFF ? nil : Double(storedAccuracy) / 10 }

        var point: TrackPoint {
            TrackPoint(
                id: id, time: time, coordinate: coordinate,
                accuracy: storedAccuracy == 0xFFFF ? nil : Int32(storedAccuracy),
                altitude: storedAltitude == .min ? nil : storedAltitude,
                heartRate: storedHeartRate == 0xFFFF ? nil : Int32(storedHeartRate), flags: flags.rawValue)
        }
    }

    /// The largest marker id: eleven days at one marker a second.
    public static let largestID: Int32 = 1_000_000
    /// The most markers that one run keeps: more than a day at one a second.
    public static let capacity = 100_000

    private(set) var entries: [Entry] = []
    /// The highest id such that it and all below it are here.
    public private(set) var contiguous: Int32 = 0

    public init() {}

    public var count: Int { entries.count }
    public var points: [TrackPoint] { entries.map(\.point) }

    func contains(id: Int32) -> Bool {
        if id <= contiguous { return true }
        guard let last = entries.last, id <= last.id else { return false }
        let index = firstIndex { $0.id >= id }
        return index < entries.count && entries[index].id == id
    }

    /// Adds a marker after all others.
    /// - Precondition: `entry.id` is larger than every id here.
    mutating func append(_ entry: Entry) {
        precondition(entry.id > entries.last?.id ?? 0)
        // By an eighth: twice as much, as arrays grow, would be half empty with thousands of runners, for hours.
        if entries.count == entries.capacity { entries.reserveCapacity(entries.count + max(32, entries.count / 8)) }
        entries.append(entry)
        if entry.id == contiguous + 1 { contiguous += 1 }
    }

    /// Merges markers in between.
    ///
    /// - Parameter late: ascending, without repeats, none of them here.
    /// - Complexity: O(*n*) for *n* markers in all.
    mutating func merge(_ late: [Entry]) {
        var merged: [Entry] = []
        merged.reserveCapacity(entries.count + late.count)
        var next = late.startIndex
        for entry in entries {
            while next < late.endIndex, late[next].id < entry.id {
                merged.append(late[next])
                next += 1
            }
            merged.append(entry)
        }
        merged.append(contentsOf: late[next...])
        entries = merged
        while Int(contiguous) < entries.count, entries[Int(contiguous)].id == contiguous + 1 { contiguous += 1 }
    }

    mutating func setResult(at index: Int, counted: Bool, centimetres: UInt32) {
        entries[index].isCounted = counted
        entries[index].centimetres = centimetres
    }

    /// Sets the distance at an entry without a say on whether it counts.
    mutating func setDistance(at index: Int, centimetres: UInt32) { entries[index].centimetres = centimetres }

    /// When the run passed a distance, by linear interpolation between counted markers.
    ///
    /// - Parameter metres: not negative.
    /// - Returns: Unix milliseconds, with a fraction; nil when the run has not come so far.
    /// - Complexity: O(log *n*).
    func timePassing(_ metres: Double) -> Double? {
        // As entries are kept: whoever has come as far to the centimetre has passed it.
        let goal = (metres * 100).rounded(.down)
        // Distance grows at counted markers only, so all but a goal of zero leads to one at once.
        let reached = firstIndex { Double($0.centimetres) >= goal }
        guard let index = entries[reached...].firstIndex(where: \.isCounted) else { return nil }
        let after = entries[index]
        guard index > 0, let before = entries[..<index].last(where: \.isCounted) else { return Double(after.time) }
        let step = Double(after.centimetres) - Double(before.centimetres)
        guard step > 0 else { return Double(after.time) }
        let share = (goal - Double(before.centimetres)) / step
        return Double(before.time) + share * Double(after.time - before.time)
    }

    /// The first index whose entry satisfies a condition that, once true, stays true.
    private func firstIndex(where isReached: (Entry) -> Bool) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if isReached(entries[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

/// What is known of a marker from the moment of its arrival, and is kept with it.
public struct MarkerFlags: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Its time was too far ahead of the server's clock: it never counts and is never the latest.
    public static let ahead = MarkerFlags(rawValue: 1)
    /// It came before the start of its run.
    public static let beforeStart = MarkerFlags(rawValue: 2)
}
