public import Geo

/// A run, or another way that somebody went, as a file has it: what all formats have in common.
public struct Activity: Hashable, Sendable {
    /// What its owner or the device called it.
    public var name: String?
    public var sport: Sport
    /// The program or device that wrote the file, in its own words.
    public var creator: String?
    /// Its uninterrupted pieces in the order of time; between them it was paused: neither time nor distance is bridged.
    public var segments: [Segment]
    /// Laps as the device counted them, in the order of time.
    public var laps: [Lap]
    /// What the file itself says of the whole, which other rules than ours have reckoned.
    public var totals: Totals
    /// What of the file was not believed.
    public var warnings: [Warning]

    /// An activity from its parts.
    public init(
        name: String? = nil, sport: Sport = .running, creator: String? = nil, segments: [Segment] = [],
        laps: [Lap] = [], totals: Totals = Totals(), warnings: [Warning] = []
    ) {
        self.name = name
        self.sport = sport
        self.creator = creator
        self.segments = segments
        self.laps = laps
        self.totals = totals
        self.warnings = warnings
    }

    /// All points, the pieces joined.
    public var points: [Point] { Array(segments.lazy.map(\.points).joined()) }

    /// Whether any point has a time; what has none is a route and no record.
    public var hasTimes: Bool { segments.contains { $0.points.contains { $0.time != nil } } }

    /// Unix milliseconds of the first point that has a time.
    public var start: Int64? { segments.lazy.compactMap { $0.points.lazy.compactMap(\.time).first }.first }

    /// Unix milliseconds of the last point that has a time.
    public var end: Int64? {
        segments.reversed().lazy.compactMap { $0.points.reversed().lazy.compactMap(\.time).first }.first
    }
}

extension Activity {
    /// A stretch without a pause.
    public struct Segment: Hashable, Sendable {
        public var points: [Point]

        public init(_ points: [Point] = []) { self.points = points }
    }

    /// What was measured at a moment.
    public struct Point: Hashable, Sendable {
        /// Unix milliseconds.
        public var time: Int64?
        /// WGS-84; nil where only the heart was measured.
        public var place: Coordinate?
        /// Metres above sea level.
        public var elevation: Double?
        /// Metres from the start, as the file has it; pauses add nothing.
        public var distance: Double?
        /// Beats per minute, 1 … 500.
        public var heartRate: Int?
        /// Steps of one foot, or turns, per minute: 0 … 500.
        public var cadence: Int?

        /// A point from its parts, whose ranges are the caller's care.
        public init(
            time: Int64? = nil, place: Coordinate? = nil, elevation: Double? = nil, distance: Double? = nil,
            heartRate: Int? = nil, cadence: Int? = nil
        ) {
            self.time = time
            self.place = place
            self.elevation = elevation
            self.distance = distance
            self.heartRate = heartRate
            self.cadence = cadence
        }
    }

    /// A lap, or a split.
    public struct Lap: Hashable, Sendable {
        /// Unix milliseconds.
        public var start: Int64
        /// Its own totals.
        public var totals: Totals
        public var trigger: Trigger

        /// Why it ended.
        public enum Trigger: Hashable, Sendable {
            case manual
            case distance
            /// The whole ended.
            case end
        }

        public init(start: Int64, totals: Totals = Totals(), trigger: Trigger = .manual) {
            self.start = start
            self.totals = totals
            self.trigger = trigger
        }
    }

    /// Sums as somebody else reckoned them; nil where they did not.
    public struct Totals: Hashable, Sendable {
        /// Metres.
        public var distance: Double?
        /// Milliseconds from start to end.
        public var elapsed: Int64?
        /// Milliseconds without pauses.
        public var moving: Int64?
        /// Kilocalories.
        public var calories: Int?

        public init(distance: Double? = nil, elapsed: Int64? = nil, moving: Int64? = nil, calories: Int? = nil) {
            self.distance = distance
            self.elapsed = elapsed
            self.moving = moving
            self.calories = calories
        }
    }

    /// What somebody did.
    public enum Sport: String, Hashable, Sendable, CaseIterable {
        case running, walking, hiking, cycling, swimming, other

        /// The sport that a file names in a word, or by Strava's number; nil for words unknown.
        init?(word: String) {
            let word = word.lowercased()
            switch word {
            case "9": self = .running
            case "1", "biking", "ride", "bike": self = .cycling
            default:
                if word.contains("run") || word.contains("jog") {
                    self = .running
                } else if word.contains("walk") {
                    self = .walking
                } else if word.contains("hik") {
                    self = .hiking
                } else if word.contains("cycl") || word.contains("bik") {
                    self = .cycling
                } else if word.contains("swim") {
                    self = .swimming
                } else {
                    return nil
                }
            }
        }
    }

    /// What of a file was left out or is doubtful; the rest holds.
    public enum Warning: Hashable, Sendable, CustomStringConvertible {
        /// So many points without a position that makes sense.
        case positions(Int)
        /// So many points without a time, beside others that have one.
        case untimed(Int)
        /// So many points whose time is not after that of the point before.
        case repeatedTimes(Int)
        /// So many points at the start, days before the others: the clock was not set yet.
        case clockBeforeFix(Int)
        /// So many points at the end, days after the others.
        case clockAfterEnd(Int)
        /// So many elevations that cannot be.
        case elevations(Int)
        /// So many points in a pause.
        case paused(Int)
        /// The checksum is not that of the content.
        case checksum
        /// The file ends too early, or goes on with what cannot be read.
        case truncated
        /// Lists that belong together have different lengths.
        case unevenLists
        /// Several tracks of the same time, of which the longest is this.
        case overlappingTracks(Int)

        /// A sentence for the owner of the file.
        public var description: String {
            switch self {
            case .positions(let count): "\(count) points have no position that makes sense, and were left out."
            case .untimed(let count): "\(count) points have no time, and were left out."
            case .repeatedTimes(let count): "\(count) points are not later than the one before, and were left out."
            case .clockBeforeFix(let count):
                "\(count) points at the start are days before the others, as before the clock is set: left out."
            case .clockAfterEnd(let count): "\(count) points at the end are days after the others, and were left out."
            case .elevations(let count): "\(count) elevations cannot be, and were left out."
            case .paused(let count): "\(count) points lie in pauses, and were left out."
            case .checksum: "The checksum is not that of the content."
            case .truncated: "The file breaks off; what came before was taken."
            case .unevenLists: "Times and places are not equally many; those without a partner were left out."
            case .overlappingTracks(let count):
                "The file has \(count) tracks of the same time; the longest was taken."
            }
        }
    }
}
