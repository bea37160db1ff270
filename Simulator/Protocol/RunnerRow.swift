/// One runner's present state, as a row of `joined.runners` or of a frame.
struct RunnerRow: Hashable, Sendable {
    /// The order of a row's values that protocol `runroom.v1` promises and `joined.columns` repeats.
    static let columns = [
        "runner", "latitude", "longitude", "meters", "seconds", "state", "place", "gapMeters", "gapSeconds",
    ]

    var runner: Int
    /// In the coordinate system of the viewer; nil before the first marker.
    var latitude: Double?
    var longitude: Double?
    var meters: Double
    var seconds: Double
    var state: State
    var place: Int?
    var gapMeters: Double?
    var gapSeconds: Double?

    enum State: String, Sendable {
        case ready, running, paused, offline, finished, left
    }

    /// Whether two rows say the same, of which one may have come in `joined` with a decimal more in its degrees.
    func says(theSameAs other: RunnerRow) -> Bool {
        var other = other
        guard isNear(latitude, other.latitude), isNear(longitude, other.longitude) else { return false }
        other.latitude = latitude
        other.longitude = longitude
        return self == other
    }

    private func isNear(_ first: Double?, _ second: Double?) -> Bool {
        switch (first, second) {
        case (nil, nil): true
        case (let first?, let second?): abs(first - second) <= 1.000_001e-6
        default: false
        }
    }
}

extension RunnerRow {
    init(from reader: inout JSONReader) throws(JSONError) {
        var column = 0
        var runner: Int?
        var meters: Double?
        var seconds: Double?
        var state: State?
        var row = RunnerRow(runner: 0, meters: 0, seconds: 0, state: .ready)
        try reader.array { reader throws(JSONError) in
            switch column {
            case 0: runner = try reader.integer()
            case 1: row.latitude = try reader.optional { reader throws(JSONError) in try reader.number() }
            case 2: row.longitude = try reader.optional { reader throws(JSONError) in try reader.number() }
            case 3: meters = try reader.number()
            case 4: seconds = try reader.number()
            case 5: state = State(rawValue: try reader.string())
            case 6: row.place = try reader.optional { reader throws(JSONError) in try reader.integer() }
            case 7: row.gapMeters = try reader.optional { reader throws(JSONError) in try reader.number() }
            case 8: row.gapSeconds = try reader.optional { reader throws(JSONError) in try reader.number() }
            default: throw reader.failure
            }
            column += 1
        }
        guard column == Self.columns.count, let runner, let meters, let seconds, let state else {
            throw reader.failure
        }
        row.runner = runner
        row.meters = meters
        row.seconds = seconds
        row.state = state
        self = row
    }
}
