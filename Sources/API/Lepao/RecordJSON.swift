import Endpoints
import Geo
import Services

/// Records of runs in the running app's API.
///
/// The markers of posted records go out exactly as they came in.
struct RecordJSON {
    let system: CoordinateSystem

    /// Writes one record.
    ///
    /// - Throws: A problem when what is stored is damaged.
    func write(_ record: Record, to text: inout JSONText) throws(Problem) {
        text.raw("{\"runId\":")
        text.integer(record.runID)
        text.raw(",\"meters\":")
        text.value(.number(record.meters))
        text.raw(",\"seconds\":")
        text.value(.number(record.seconds))
        text.raw(",\"markers\":")
        switch record.track {
        case .posted(let markers): text.raw(markers)
        case .live(let track): try write(markersOf: track, to: &text)
        }
        if let splits = record.splits {
            text.raw(",\"splits\":")
            text.value(try Self.splits(splits))
        }
        text.raw(",\"start\":")
        text.date(record.start)
        text.raw(",\"end\":")
        text.date(record.end)
        text.raw(",\"timestamp\":")
        text.date(record.timestamp)
        text.raw(",\"_id\":")
        text.string(record.objectID)
        text.raw("}")
    }

    /// The markers of a live run; beside what a phone's own records have, each has the time and what was measured.
    private func write(markersOf track: [UInt8], to text: inout JSONText) throws(Problem) {
        let points: [TrackPoint]
        do {
            points = try TrackCodec.decode(track)
        } catch {
            throw .internalError(cause: "the track of a record is damaged: \(error)")
        }
        text.array(points) { text, point in
            text.raw("{\"id\":")
            text.integer(point.id)
            // As exact as they are kept.
            text.degrees(of: point.coordinate, in: system, decimals: 7)
            text.raw(",\"time\":")
            text.integer(point.time)
            if let accuracy = point.accuracy {
                text.raw(",\"accuracy\":")
                text.decimal(Double(accuracy) / 10, decimals: 1)
            }
            if let altitude = point.altitude {
                text.raw(",\"altitude\":")
                text.decimal(Double(altitude) / 10, decimals: 1)
            }
            if let heartRate = point.heartRate {
                text.raw(",\"heartRate\":")
                text.integer(heartRate)
            }
            text.raw("}")
        }
    }

    private static func splits(_ text: String) throws(Problem) -> JSONValue {
        do {
            return try JSONValue(parsing: text)
        } catch {
            throw .internalError(cause: "the splits of a record are damaged: \(error.message)")
        }
    }
}
