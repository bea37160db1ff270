import Geo
import Rooms

extension JSONWriter {
    /// The most bytes of one row: nine values, six of them numbers of at most 24 digits.
    static let rowCapacity = 9 * (numberCapacity + 1) + 2

    /// A runner's state as protocol.md's `columns` order it.
    ///
    /// - Parameters:
    ///   - row: what to write.
    ///   - system: what the client's degrees mean.
    ///   - places: digits behind the point of a degree: 6 in frames, 7 in `joined`.
    mutating func row(_ row: RunnerRow, in system: CoordinateSystem, places: Int) {
        byte("[")
        integer(row.runner)
        byte(",")
        if let position = row.position {
            degrees(position, in: system, places: places)
        } else {
            raw("null,null")
        }
        byte(",")
        decimal(row.meters, places: 1)
        byte(",")
        decimal(row.seconds, places: 1)
        switch row.state {
        case .ready: raw(",\"ready\",")
        case .running: raw(",\"running\",")
        case .paused: raw(",\"paused\",")
        case .offline: raw(",\"offline\",")
        case .finished: raw(",\"finished\",")
        case .left: raw(",\"left\",")
        }
        optional(row.place) { $0.integer($1) }
        byte(",")
        optional(row.gapMeters) { $0.decimal($1, places: 1) }
        byte(",")
        optional(row.gapSeconds) { $0.decimal($1, places: 1) }
        byte("]")
    }

    /// Latitude and longitude with a comma between.
    mutating func degrees(_ coordinate: Coordinate, in system: CoordinateSystem, places: Int) {
        let degrees = system.degrees(of: coordinate)
        decimal(degrees.latitude, places: places)
        byte(",")
        decimal(degrees.longitude, places: places)
    }

    mutating func optional<Value>(_ value: Value?, _ write: (inout JSONWriter, Value) -> Void) {
        if let value { write(&self, value) } else { raw("null") }
    }
}
