import Geo
import Limits

/// A run's markers in `id` order: the newest ones with what was made of them, of the older ones what still is asked.
///
/// ```text
///   block 0 │ block 1 │ … │ window: the newest, 32 bytes each
///   └─ on disk, by the driver ─┘
///      here: how many, when they passed which distance
/// ```
/// When the window is full its older half is sealed: encoded as a block for the disk, and forgotten. So a run takes the
/// same memory however long it lasts, and its record is put together from blocks that are encoded already.
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
    public static let largestID = Int32(Limit.Run.markerID)
    /// The most places of a poller before them: what is left of the 20 bits in which the id of an ``Entry`` is kept.
    public static let mostPolled: Int32 = (1 << 20) - 1 - largestID
    /// The most markers that one run keeps: more than a day at one a second.
    public static let capacity = Limit.Run.markers

    /// The window.
    private(set) var entries: [Entry] = []
    /// How many markers are in blocks.
    private(set) var sealedCount = 0
    /// How many blocks there are.
    private(set) var blockCount = 0
    /// The highest id in a block; 0 without one.
    private(set) var lastSealedID: Int32 = 0
    /// The highest id in a block but the newest one; 0 without one.
    private(set) var lastIDBeforeNewestBlock: Int32 = 0
    /// The latest time in a block.
    private(set) var newestSealedTime = Int64.min
    /// When the markers in blocks that count passed which distance.
    private var passings = PassingTimes()
    /// The newest blocks, which nobody has taken to the disk yet.
    private(set) var unstored: [[UInt8]] = []
    /// A marker came out of its order, which is a flaw of who brought it.
    private(set) var isBroken = false

    /// Markers in blocks and in the window.
    var count: Int { sealedCount + entries.count }
    /// Those in the window.
    var points: [TrackPoint] { entries.map(\.point) }

    /// A marker of the window, by its place in the run.
    subscript(index: Int) -> Entry { entries[index - sealedCount] }

    /// Adds a marker after all others.
    ///
    /// Its id is larger than every id here; else the history is ``isBroken``.
    mutating func append(_ entry: Entry) {
        if entry.id <= entries.last?.id ?? lastSealedID { isBroken = true }
        // Not twice as much, as arrays grow: there are thousands of windows.
        if entries.count == entries.capacity { entries.reserveCapacity(entries.count + 30) }
        entries.append(entry)
    }

    /// Merges markers in between.
    ///
    /// - Parameter late: ascending, without repeats, none of them here, all later than ``lastSealedID``.
    /// - Complexity: O(*n*) for *n* markers in the window.
    mutating func merge(_ late: [Entry]) {
        if late.first?.id ?? .max <= lastSealedID { isBroken = true }
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
    }

    /// Takes all markers out of the window, to be appended anew.
    mutating func takeWindow() -> [Entry] {
        defer { entries = [] }
        return entries
    }

    /// Makes a block of the oldest markers of the window.
    ///
    /// What was made of them is final: no result is set at their indices any more.
    mutating func seal(_ count: Int) {
        let oldest = entries.prefix(count)
        unstored.append(TrackCodec.encode(oldest.lazy.map(\.point)))
        for entry in oldest {
            newestSealedTime = max(newestSealedTime, entry.time)
            if entry.isCounted { passings.append(centimetres: entry.centimetres, time: entry.time) }
        }
        lastIDBeforeNewestBlock = lastSealedID
        lastSealedID = oldest.last?.id ?? lastSealedID
        sealedCount += oldest.count
        blockCount += 1
        entries.removeFirst(count)
    }

    /// Takes the blocks that nobody has taken yet, with their numbers: 0, 1, 2 and so on along the run.
    mutating func takeBlocks() -> [(number: Int, bytes: [UInt8])] {
        defer { unstored = [] }
        return unstored.enumerated().map { (blockCount - unstored.count + $0.offset, $0.element) }
    }

    /// Takes blocks back: those right before the ones that nobody has taken yet, else nothing happens.
    mutating func putBack(_ blocks: [TrackBlock]) {
        guard let last = blocks.last, last.number + 1 == blockCount - unstored.count else { return }
        unstored = blocks.map(\.bytes) + unstored
    }

    /// The markers of the blocks that nobody has taken yet.
    var unstoredPoints: [TrackPoint] { unstored.flatMap { (try? TrackCodec.decode($0)) ?? [] } }

    /// Forgets the blocks that are on disk as they are here.
    ///
    /// - Parameter isStored: whether a block is, by its number and bytes.
    mutating func dropBlocks(where isStored: (Int, [UInt8]) -> Bool) {
        let first = blockCount - unstored.count
        let known = unstored.enumerated().prefix { isStored(first + $0.offset, $0.element) }
        unstored.removeFirst(known.count)
    }

    /// Nobody needs the blocks any more.
    mutating func dropUnstoredBlocks() { unstored = [] }

    /// - Parameters:
    ///   - index: of a marker in the window.
    ///   - counted: whether it is part of the way.
    ///   - centimetres: the run's distance there.
    mutating func setResult(at index: Int, counted: Bool, centimetres: UInt32) {
        entries[index - sealedCount].isCounted = counted
        entries[index - sealedCount].centimetres = centimetres
    }

    /// Sets the distance at a marker of the window without a say on whether it counts.
    mutating func setDistance(at index: Int, centimetres: UInt32) {
        entries[index - sealedCount].centimetres = centimetres
    }

    /// Of a run that is over: only when it passed which distance.
    init(passings: [SettledWay.Passing]) {
        for passing in passings { self.passings.append(centimetres: passing.centimetres, time: passing.time) }
    }

    init() {}

    /// One into whose window so many markers will come.
    init(expecting count: Int) { entries.reserveCapacity(count) }

    /// When the run passed which distance: about as exact as for its older markers.
    var passingTimes: [(centimetres: UInt32, time: Int64)] {
        var all = passings
        for entry in entries where entry.isCounted { all.append(centimetres: entry.centimetres, time: entry.time) }
        return all.all
    }

    /// When the run passed a distance, by linear interpolation between counted markers.
    ///
    /// Exact in the window; before it as exact as ``PassingTimes`` is.
    ///
    /// - Parameter metres: not negative.
    /// - Returns: Unix milliseconds, with a fraction; nil when the run has not come so far.
    /// - Complexity: O(log *n*).
    func timePassing(_ metres: Double) -> Double? {
        // As entries are kept: whoever has come as far to the centimetre has passed it.
        let goal = (metres * 100).rounded(.down)
        let sealed = passings.last
        if let sealed, Double(sealed.centimetres) >= goal { return passings.time(passing: goal) }
        // Distance grows at counted markers only, so all but a goal of zero leads to one at once.
        let reached = entries.partitioningIndex { Double($0.centimetres) >= goal }
        guard let index = entries[reached...].firstIndex(where: \.isCounted) else { return nil }
        let after = entries[index]
        let before = entries[..<index].last(where: \.isCounted).map { (centimetres: $0.centimetres, time: $0.time) }
        guard let before = before ?? sealed else { return Double(after.time) }
        let step = Double(after.centimetres) - Double(before.centimetres)
        guard step > 0 else { return Double(after.time) }
        let share = (goal - Double(before.centimetres)) / step
        return Double(before.time) + share * Double(after.time - before.time)
    }
}

// MARK: - Bytes

extension MarkerHistory {
    /// What is known of the markers in blocks; those in the window are not part of it.
    func write(to writer: inout MarkWriter) {
        writer.write(sealedCount)
        writer.write(blockCount)
        writer.write(lastSealedID)
        writer.write(lastIDBeforeNewestBlock)
        writer.write(newestSealedTime)
        passings.write(to: &writer)
    }

    /// One whose window is empty.
    init(from reader: inout MarkReader) throws(RunMark.Damage) {
        sealedCount = try reader.read(in: 1...Self.capacity)
        blockCount = try reader.read(in: 1...sealedCount)
        lastSealedID = try reader.read(in: 1...Self.largestID + Self.mostPolled)
        lastIDBeforeNewestBlock = try reader.read(in: 0...lastSealedID - 1)
        newestSealedTime = try reader.readTime()
        passings = try PassingTimes(from: &reader)
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
    /// It came after the start of its run and is of before it, by a phone whose clock is known: a receiver's last place
    /// before it knew better.
    public static let stale = MarkerFlags(rawValue: 4)
}
