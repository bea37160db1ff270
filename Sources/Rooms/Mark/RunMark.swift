public import Geo
import Limits

/// What a run's markers had come to when its newest block was made: with it a run goes on after a restart without
/// measuring again what lies before.
///
/// ```text
///   block 0 │ block 1 │ … │ block n-1 │ window
///   └────────── measured ────────────┘▲ the mark
/// ```
/// A run that is put back by a mark and gets the markers after it is, to the last bit, the run that is put back by all of
/// its markers. A mark that cannot promise that is not taken: when markers have come late that lie before it, when the
/// clock was changed for a time before it, or when it was made by other rules.
public struct RunMark: Sendable {
    /// Of the form, and of the rules by which runs are measured.
    ///
    /// To be counted up when the same markers come to something else: marks of before are not read then, and runs are
    /// measured anew.
    private static let version: UInt8 = 1
    /// Ids that are missing lie in at most so many gaps; of a run with more there is no mark.
    static let mostGaps = Limit.Run.markGaps
    /// Of a run with more full kilometres there is no mark.
    static let mostKilometers = Limit.Run.markKilometers

    public let runKey: Int64
    /// Says by which rules it was made.
    let rules: UInt32
    /// Says what the clock was like for all times up to the mark.
    let clock: UInt32
    let ids: MarkerIDs
    let measurement: Measurement
    /// Its window is empty.
    let history: MarkerHistory

    /// How many blocks lie before it.
    public var blockCount: Int { history.blockCount }

    /// Why bytes are not a mark.
    public enum Damage: Error, Hashable, Sendable {
        case truncated
        case checksum
        case unknownVersion(UInt8)
        /// The checksum is right, and no run can have come to this.
        case malformed
    }
}

// MARK: - Bytes

extension RunMark {
    /// The form in which it is stored, some two kilobytes; nil when it would be much longer.
    ///
    /// ```text
    /// version (1) │ run key, rules, clock │ ids │ measurement │ history │ CRC-32C of all before (4, little-endian)
    /// ```
    /// - Complexity: Some microseconds; the checksum is not one against forgery.
    public var bytes: [UInt8]? {
        var writer = MarkWriter()
        writer.write(Int64(Self.version))
        writer.write(runKey)
        writer.write(rules)
        writer.write(clock)
        guard ids.write(to: &writer), measurement.write(to: &writer) else { return nil }
        history.write(to: &writer)
        var sum = CRC32C()
        sum.update(writer.bytes)
        writer.write(sum.value)
        return writer.bytes
    }

    /// Reads a mark, and believes it only if a run by these settings can have come to it.
    public init(_ bytes: [UInt8], settings: RoomSettings = RoomSettings()) throws(Damage) {
        guard bytes.count > 5, bytes.count <= Limit.Run.markBytes else { throw .truncated }
        var sum = CRC32C()
        sum.update(bytes.dropLast(4))
        var tail = MarkReader(bytes.suffix(4))
        guard try tail.readWord() == sum.value else { throw .checksum }
        var reader = MarkReader(bytes.dropLast(4))
        let version = UInt8(truncatingIfNeeded: try reader.read(in: 0...Int64(UInt8.max)))
        guard version == Self.version else { throw .unknownVersion(version) }
        runKey = try reader.read(in: Int64.min...Int64.max)
        rules = try reader.readWord()
        clock = try reader.readWord()
        ids = try MarkerIDs(from: &reader)
        measurement = try Measurement(filter: settings.filter, from: &reader)
        history = try MarkerHistory(from: &reader)
        guard reader.isAtEnd, ids.newest == history.lastSealedID, ids.count == history.sealedCount else {
            throw .malformed
        }
    }
}

// MARK: - Runs

extension RunMark {
    /// Says by which rules a room measures.
    static func rules(of settings: RoomSettings) -> UInt32 {
        let filter = settings.filter
        var writer = MarkWriter()
        for value in [filter.worstAccuracy, filter.topSpeed, filter.longestStep, filter.stillness] {
            writer.write(value)
        }
        for value in [filter.longestGap, filter.repeatedTime, filter.clockTolerance] { writer.write(value) }
        for value in [
            filter.agreeingMarkers, filter.agreementSpan, settings.blockLength, TrackOutline.capacity,
            PassingTimes.capacity,
        ] {
            writer.write(value)
        }
        var sum = CRC32C()
        sum.update(writer.bytes)
        return sum.value
    }
}

extension RunMark {
    /// Whether a run that goes on from the mark comes to what it comes to when all of it is measured.
    ///
    /// - Parameters:
    ///   - points: All markers of the run's blocks, those after the mark too.
    ///   - clock: The run's.
    ///   - settings: By which it is measured.
    /// - Returns: Nil when the mark is not of these markers, or was made by another clock or other rules: then nobody goes
    ///   on from it.
    /// - Complexity: Some 0.7 µs for each marker.
    public func isRight(for points: [TrackPoint], clock: RunClock, settings: RoomSettings = RoomSettings()) -> Bool? {
        var marked = Run(key: runKey, settings: settings)
        marked.clock = clock
        var whole = marked
        guard marked.restore(self, settings) else { return nil }
        marked.restore(points)
        guard !marked.needsAllMarkers else { return nil }
        marked.restored()
        whole.restore(points)
        whole.restored()
        return marked.isMeasured(like: whole)
    }
}

extension Run {
    /// Whether all figures are the same to the last bit.
    fileprivate func isMeasured(like other: Run) -> Bool {
        let (mine, theirs) = (odometer, other.odometer)
        // What is in blocks already may be more of the one than of the other.
        let held = min(history.entries.count, other.history.entries.count)
        let (newest, newestOfOther) = (history.entries.suffix(held), other.history.entries.suffix(held))
        return mine.meters.bitPattern == theirs.meters.bitPattern && mine.kilometers == theirs.kilometers
            && mine.lastCountedTime == theirs.lastCountedTime && latest == other.latest
            && outline.points == other.outline.points
            && history.passingTimes.elementsEqual(other.history.passingTimes, by: ==)
            && newest.map(\.centimetres) == newestOfOther.map(\.centimetres)
            && newest.map(\.isCounted) == newestOfOther.map(\.isCounted)
    }
}

extension RunClock {
    /// Says what the clock was like for all times up to one; what happened later makes no difference.
    func stamp(through time: Int64) -> UInt32 {
        var writer = MarkWriter()
        for segment in segments where segment.start <= time {
            writer.write(segment.start)
            writer.write(segment.end.flatMap { $0 <= time ? $0 : nil })
        }
        writer.write(ended.flatMap { $0 <= time ? $0 : nil })
        var sum = CRC32C()
        sum.update(writer.bytes)
        return sum.value
    }
}

/// Blocks of a run that are to be read back, before a checkpoint leans on them alone.
public struct BlockSpan: Hashable, Sendable {
    public let run: RunReference
    /// By their numbers; all are on disk, if it has kept them, and there may be none.
    ///
    /// The newest one is not among them but for a run that lags: its markers stay in the journal, for when it is damaged.
    public let blocks: Range<Int>
    /// Whether older journal rows are there for this run alone.
    let isLagging: Bool
}

/// A moment in a run from which a restart may go on, and up to which nothing is needed from the journal any more, since
/// the blocks before it have been read back.
public struct Checkpoint: Sendable {
    public var run: RunReference
    /// Markers up to this one lie in blocks that have been read back.
    public var marker: Int32
    /// Nil when there is none of this run at the moment.
    public var mark: RunMark?
    /// The markers that are in no block, of a run that was to leave the journal's older rows: they are to be put into it
    /// anew.
    public var loose: [TrackPoint]?
}
