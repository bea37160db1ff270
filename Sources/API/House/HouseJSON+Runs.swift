import Endpoints
import Geo
import Services
import Store

extension HouseJSON {
    /// A run without its way.
    static func run(_ run: NotedRecord) -> JSONObject {
        let summary = run.summary, notes = run.notes
        var object = JSONObject()
        object["id"] = .string(ObjectID.text(summary.id))
        object["number"] = .int(summary.runID)
        object["title"] = notes.title.map { .string($0) } ?? .null
        object["notes"] = notes.notes.map { .string($0) } ?? .null
        object["visibility"] = .string(notes.visibility.rawValue)
        object["meters"] = .number(summary.meters)
        object["seconds"] = .number(summary.seconds)
        object["start"] = .int(summary.startAt)
        object["end"] = .int(summary.endAt)
        object["isMeasured"] = .bool(summary.source == .live)
        return object
    }

    /// A run with its way, as JSON text.
    ///
    /// - Throws: A problem when what is stored is damaged.
    static func whole(_ run: NotedRecord, _ record: Record, in system: CoordinateSystem) throws(Problem) -> [UInt8] {
        var text = JSONText()
        text.raw("{")
        for (index, member) in HouseJSON.run(run).members.enumerated() {
            if index > 0 { text.raw(",") }
            text.string(member.name)
            text.raw(":")
            text.value(member.value)
        }
        try writeWay(of: record, in: system, to: &text)
        text.raw("}")
        return text.bytes
    }

    static let runSchema = Schema.object(
        [
            "id": Schema.objectID, "number": Schema.integer, "title": Schema.orNull(Schema.text),
            "notes": Schema.orNull(Schema.text),
            "visibility": Schema.words(RunNotes.Visibility.allCases.map(\.rawValue)), "meters": Schema.amount,
            "seconds": Schema.amount, "start": Schema.integer, "end": Schema.integer, "isMeasured": Schema.boolean,
            "link": Schema.text, "splits": Schema.array(of: Schema.anyObject), "columns": Schema.array(of: Schema.text),
            "points": Schema.array(of: ["type": "array"]), "markers": Schema.array(of: Schema.anyObject),
        ], optional: ["link", "splits", "columns", "points", "markers"])

    /// Writes where a run led, as members of an object of which they are not the first: of a run that this server
    /// measured, splits and points in rows of `columns`; of one that a client did, its markers as they came.
    ///
    /// - Throws: A problem when what is stored is damaged.
    private static func writeWay(
        of record: Record, in system: CoordinateSystem, to text: inout JSONText
    ) throws(Problem) {
        if let splits = record.splits {
            text.raw(",\"splits\":")
            text.raw(Array(splits.utf8))
        }
        switch record.track {
        case .posted(let markers):
            text.raw(",\"markers\":")
            text.raw(markers)
        case .live(let track):
            let points: [TrackPoint]
            do {
                points = try TrackCodec.decode(track)
            } catch {
                throw .internalError(cause: "the track of a record is damaged: \(error)")
            }
            text.raw(#","columns":["time","latitude","longitude","altitude","heartRate","accuracy"],"points":"#)
            text.array(points) { text, point in
                let degrees = system.degrees(of: point.coordinate)
                text.raw("[")
                text.integer(point.time)
                text.raw(",")
                text.decimal(degrees.latitude, decimals: 7)
                text.raw(",")
                text.decimal(degrees.longitude, decimals: 7)
                for (value, decimals) in [(point.altitude, 1), (point.heartRate, 0), (point.accuracy, 1)] {
                    text.raw(",")
                    guard let value else {
                        text.raw("null")
                        continue
                    }
                    text.decimal(decimals == 1 ? Double(value) / 10 : Double(value), decimals: decimals)
                }
                text.raw("]")
            }
        }
    }
}
