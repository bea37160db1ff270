import Endpoints
import Geo
import Rooms
import Services
import Store

extension HouseJSON {
    /// A run without its way.
    static func run(_ run: NotedRecord) -> JSONObject {
        let summary = run.summary, notes = run.notes
        var object = JSONObject()
        object["id"] = .string(ObjectID.text(summary.id))
        object["number"] = .int(summary.runID)
        object["owner"] = .string(ObjectID.text(summary.account))
        object["title"] = notes.title.map { .string($0) } ?? .null
        object["notes"] = notes.notes.map { .string($0) } ?? .null
        object["visibility"] = .string(notes.visibility.rawValue)
        object["meters"] = .number(summary.meters)
        object["seconds"] = .number(summary.seconds)
        object["start"] = .int(summary.startAt)
        object["end"] = .int(summary.endAt)
        object["isMeasured"] = .bool(summary.source != .posted)
        if let file = run.file {
            object["file"] = [
                "format": .string(file.format), "sport": .string(file.sport),
                "meters": file.meters.map { .number($0) } ?? .null,
                "seconds": file.seconds.map { .number($0) } ?? .null,
            ]
        }
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
        try writeWay(of: record, by: MarkerFilter(for: run.file?.sport), in: system, to: &text)
        text.raw("}")
        return text.bytes
    }

    static let runSchema = Schema.object(
        [
            "id": Schema.objectID, "number": Schema.integer, "owner": Schema.objectID,
            "title": Schema.orNull(Schema.text),
            "notes": Schema.orNull(Schema.text),
            "visibility": Schema.words(RunNotes.Visibility.allCases.map(\.rawValue)), "meters": Schema.amount,
            "seconds": Schema.amount, "start": Schema.integer, "end": Schema.integer, "isMeasured": Schema.boolean,
            "file": Schema.object([
                "format": Schema.words(["gpx", "tcx", "fit", "kml", "geojson"]), "sport": Schema.text("running"),
                "meters": Schema.orNull(Schema.amount), "seconds": Schema.orNull(Schema.amount),
            ]),
            "link": Schema.text, "splits": Schema.array(of: Schema.anyObject), "columns": Schema.array(of: Schema.text),
            "points": Schema.array(of: ["type": "array"]), "markers": Schema.array(of: Schema.anyObject),
        ], optional: ["file", "link", "splits", "columns", "points", "markers"])

    /// Writes where a run led, as members of an object of which they are not the first: of a run that this server
    /// measured, splits and points in rows of `columns`; of one that a client did, its markers as they came.
    ///
    /// - Throws: A problem when what is stored is damaged.
    private static func writeWay(
        of record: Record, by filter: MarkerFilter, in system: CoordinateSystem, to text: inout JSONText
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
            text.raw(#","columns":["time","latitude","longitude","altitude","heartRate","accuracy","meters"]"#)
            text.raw(",\"points\":")
            let meters = WayMeasure.measure(
                points, from: record.start, to: record.end, pauses: record.pauses, by: filter
            ).meters
            text.array(zip(points, meters)) { text, pair in
                let (point, meters) = pair
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
                text.raw(",")
                if let meters { text.decimal(meters, decimals: 1) } else { text.raw("null") }
                text.raw("]")
            }
        }
    }

    /// What somebody's runs come to.
    static func overview(_ overview: Records.Overview) -> JSONValue {
        func periods(_ periods: [RunningPeriods.Period]) -> JSONValue {
            .array(
                periods.map { period in
                    [
                        "start": .int(period.start), "runs": .int(Int64(period.runs)),
                        "meters": .number(period.meters), "seconds": .number(period.seconds),
                    ]
                })
        }
        let totals = overview.totals
        return [
            "runs": .int(Int64(totals.count)), "meters": .number(totals.meters), "seconds": .number(totals.seconds),
            "weeks": periods(overview.weeks), "months": periods(overview.months),
            "best": .array(
                overview.best.map { best in
                    let summary = best.run.summary
                    return [
                        "meters": .number(best.effort.meters), "seconds": .number(best.effort.seconds),
                        "run": .string(ObjectID.text(summary.id)), "number": .int(summary.runID),
                        "start": .int(summary.startAt),
                    ]
                }),
        ]
    }

    static let overviewSchema: JSONValue = {
        let period = Schema.object([
            "start": Schema.integer, "runs": Schema.count, "meters": Schema.amount, "seconds": Schema.amount,
        ])
        return Schema.object([
            "runs": Schema.count, "meters": Schema.amount, "seconds": Schema.amount,
            "weeks": Schema.array(of: period), "months": Schema.array(of: period),
            "best": Schema.array(
                of: Schema.object([
                    "meters": Schema.amount, "seconds": Schema.amount, "run": Schema.objectID,
                    "number": Schema.integer, "start": Schema.integer,
                ])),
        ])
    }()
}
