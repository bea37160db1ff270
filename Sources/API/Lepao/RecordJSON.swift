import Geo
import Services

/// Records of runs in the running app's API.
///
/// Written into bytes rather than built as values: a list of records may hold a hundred thousand markers, and those of
/// posted records go out exactly as they came in.
struct RecordJSON {
    let system: CoordinateSystem

    /// One record as JSON.
    ///
    /// - Throws: A problem when the stored track is damaged.
    func bytes(_ record: Record) throws(Problem) -> [UInt8] {
        var bytes: [UInt8] = []
        try write(record, to: &bytes)
        return bytes
    }

    func write(_ record: Record, to bytes: inout [UInt8]) throws(Problem) {
        bytes.append(contentsOf: "{\"runId\":\(record.runID),\"meters\":".utf8)
        JSONValue.number(record.meters).write(to: &bytes)
        bytes.append(contentsOf: ",\"seconds\":".utf8)
        JSONValue.number(record.seconds).write(to: &bytes)
        bytes.append(contentsOf: ",\"markers\":".utf8)
        switch record.track {
        case .posted(let markers): bytes.append(contentsOf: markers)
        case .live(let track): try markers(of: track).write(to: &bytes)
        }
        if let splits = record.splits {
            bytes.append(contentsOf: ",\"splits\":".utf8)
            try Self.splits(splits).write(to: &bytes)
        }
        for (name, time) in [("start", record.start), ("end", record.end), ("timestamp", record.timestamp)] {
            bytes.append(contentsOf: ",\"\(name)\":\"\(ISODate.text(time))\"".utf8)
        }
        bytes.append(contentsOf: ",\"_id\":\"\(record.objectID)\"}".utf8)
    }

    /// The markers of a live run; beside what a phone's own records have, each has the time and what was measured.
    private func markers(of track: [UInt8]) throws(Problem) -> JSONValue {
        let points: [TrackPoint]
        do {
            points = try TrackCodec.decode(track)
        } catch {
            throw .internalError(cause: "the track of a record is damaged: \(error)")
        }
        return .array(
            points.map { point in
                let degrees = LepaoJSON.degrees(of: point.coordinate, in: system, decimals: 7)
                var marker = JSONObject()
                marker["id"] = .int(Int64(point.id))
                marker["latitude"] = degrees.latitude
                marker["longitude"] = degrees.longitude
                marker["time"] = .int(point.time)
                marker["accuracy"] = point.accuracy.map { .number(Double($0) / 10) }
                marker["altitude"] = point.altitude.map { .number(Double($0) / 10) }
                marker["heartRate"] = point.heartRate.map { .int(Int64($0)) }
                return .object(marker)
            })
    }

    private static func splits(_ text: String) throws(Problem) -> JSONValue {
        do {
            return try JSONValue(parsing: text)
        } catch {
            throw .internalError(cause: "the splits of a record are damaged: \(error.message)")
        }
    }
}
