import Geo

/// Writes the points of an activity as a table (RFC 4180), for spreadsheets.
public enum CSV {
    /// A line for each point, the pieces between pauses numbered from 1.
    ///
    /// Numbers and times only, so that no text of somebody becomes a formula. 90 bytes a point.
    /// Distances are those of the points, or reckoned by our rules from the place before in the same piece.
    public static func text(_ activity: Activity) -> String {
        var text = "time,latitude,longitude,elevation_m,distance_m,heart_rate_bpm,cadence_rpm,segment\r\n"
        var sum = 0.0
        for (index, segment) in activity.segments.enumerated() {
            var last: Activity.Point?
            for point in segment.points {
                if let place = point.place {
                    if let before = last?.place { sum += before.distance(to: place) }
                    last = point
                }
                if let distance = point.distance { sum = distance }
                let fields = [
                    point.time.flatMap(ISO8601.text), point.place?.latitudeText, point.place?.longitudeText,
                    point.elevation.map { Decimal.text($0, decimals: 1) }, Decimal.text(sum, decimals: 2),
                    point.heartRate.map { String($0) }, point.cadence.map { String($0) }, String(index + 1),
                ]
                text += fields.map { $0 ?? "" }.joined(separator: ",") + "\r\n"
            }
        }
        return text
    }
}
