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
    static func whole(_ shown: ShownRun, in system: CoordinateSystem) -> [UInt8] {
        var text = JSONText()
        text.raw("{")
        for (index, member) in HouseJSON.run(shown.run).members.enumerated() {
            if index > 0 { text.raw(",") }
            text.string(member.name)
            text.raw(":")
            text.value(member.value)
        }
        writeWay(of: shown, in: system, to: &text)
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
    private static func writeWay(of shown: ShownRun, in system: CoordinateSystem, to text: inout JSONText) {
        if let splits = shown.run.summary.splits {
            text.raw(",\"splits\":")
            text.raw(Array(splits.utf8))
        }
        switch shown.way {
        case .posted(let markers):
            text.raw(",\"markers\":")
            text.raw(markers)
        case .measured(let points):
            text.raw(#","columns":["time","latitude","longitude","altitude","heartRate","accuracy","meters"]"#)
            text.raw(",\"points\":")
            text.array(points) { text, point in
                let degrees = point.place.map(system.degrees)
                text.raw("[")
                text.integer(point.time)
                let values: [(value: Double?, decimals: Int)] = [
                    (degrees?.latitude, 7), (degrees?.longitude, 7), (point.altitude, 1),
                    (point.heartRate.map { Double($0) }, 0), (point.accuracy, 1), (point.meters, 1),
                ]
                for (value, decimals) in values {
                    text.raw(",")
                    if let value { text.decimal(value, decimals: decimals) } else { text.raw("null") }
                }
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
