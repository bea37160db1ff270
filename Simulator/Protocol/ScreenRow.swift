/// A runner's row as a screen shows it, in whole numbers: what two viewers must agree on.
///
/// The gaps are left out, since they are those of the moment at which a row was written, not the runner's own.
struct ScreenRow: Hashable, Sendable {
    /// A place that is not known yet.
    static let nowhere = Int32.min

    var number: Int32
    /// Degrees times 10⁶; ``nowhere`` before the first marker.
    var latitude = nowhere
    var longitude = nowhere
    /// Decimetres.
    var distance: Int32 = 0
    /// Tenths of seconds.
    var time: Int32 = 0
    var state = RunnerRow.State.ready
    /// 0 without a place.
    var place: Int32 = 0

    init(number: Int32) { self.number = number }

    init(_ row: RunnerRow) {
        number = Int32(clamping: row.runner)
        if let latitude = row.latitude, let longitude = row.longitude {
            self.latitude = Self.scaled(latitude, 1e6)
            self.longitude = Self.scaled(longitude, 1e6)
        }
        distance = Self.scaled(row.meters, 10)
        time = Self.scaled(row.seconds, 10)
        state = row.state
        place = Int32(clamping: row.place ?? 0)
    }

    private static func scaled(_ value: Double, _ factor: Double) -> Int32 {
        Int32(clamping: Int64(max(-1e15, min(1e15, (value * factor).rounded()))))
    }

    /// Whether a place that was sent with seven decimals is shown here with six; either way of rounding a five will do.
    func shows(latitudeE7: Int32, longitudeE7: Int32) -> Bool {
        guard latitude != Self.nowhere else { return false }
        return abs(Int64(latitude) * 10 - Int64(latitudeE7)) <= 5
            && abs(Int64(longitude) * 10 - Int64(longitudeE7)) <= 5
    }

    /// The same, give or take the last digit of the degrees, which `joined` has one more of.
    func says(theSameAs other: ScreenRow) -> Bool {
        var other = other
        guard abs(Int64(latitude) - Int64(other.latitude)) <= 1, abs(Int64(longitude) - Int64(other.longitude)) <= 1
        else { return false }
        other.latitude = latitude
        other.longitude = longitude
        return self == other
    }
}
