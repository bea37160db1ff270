import Geo
import Limits

/// Which journal rows hold markers of a run that are nowhere else on the disk: about which, for one row a second and run
/// is too much to know of each.
struct JournalSpan: Sendable {
    /// The runner's number in the room.
    let runner: Int

    /// Some rows, one after the other.
    private struct Part {
        var first: Int64
        var last: Int64
        /// The highest id of a marker in them.
        var newest: Int32
        var markers: Int
        /// How many markers of the room lay in the journal before them.
        var before: Int
    }

    /// Ascending.
    private var parts: [Part] = []

    private static let markersOfPart = 30

    init(runner: Int) { self.runner = runner }

    /// The first row that is needed; nil when none is.
    var first: Int64? { parts.first?.first }
    /// How many markers of the room lay in the journal before it.
    var markersBefore: Int? { parts.first?.before }

    /// Notes that a row after all others holds markers of the run.
    mutating func add(_ markers: [TrackPoint], in sequence: Int64, after before: Int) {
        let newest = markers.lazy.map(\.id).max() ?? .max
        if let last = parts.last, last.markers < Self.markersOfPart {
            parts[parts.count - 1].last = sequence
            parts[parts.count - 1].newest = max(last.newest, newest)
            parts[parts.count - 1].markers += markers.count
            return
        }
        if parts.count == Limit.Store.journalParts { thin() }
        parts.append(Part(first: sequence, last: sequence, newest: newest, markers: markers.count, before: before))
    }

    /// Notes that what comes next is all that is needed, once it is on disk: it is not to be mixed with what came before.
    mutating func beginAnew() {
        if !parts.isEmpty { parts[parts.count - 1].markers = Self.markersOfPart }
    }

    /// Notes that markers are elsewhere on the disk: of those in rows up to one, all whose ids are not above another.
    ///
    /// What came in later rows may have come late, whatever its id.
    mutating func remove(through marker: Int32, upTo sequence: Int64) {
        let gone = parts.prefix { $0.newest <= marker && $0.last <= sequence }
        parts.removeFirst(gone.count)
    }

    /// Makes one of every two parts.
    private mutating func thin() {
        parts = stride(from: 0, to: parts.count, by: 2).map { index in
            var part = parts[index]
            guard index + 1 < parts.count else { return part }
            part.last = parts[index + 1].last
            part.newest = max(part.newest, parts[index + 1].newest)
            part.markers += parts[index + 1].markers
            return part
        }
    }
}
