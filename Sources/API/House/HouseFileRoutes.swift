import ActivityFiles
import Endpoints
import Foundation
import Geo
import HTTPTypes
import LWS
import Limits
import Live
import Rooms
import Services
import Store
import Text

/// Runs, results and ways as files for other programs, in `/v1`.
struct HouseFileRoutes: Sendable {
    let core: Core
    private var rooms: HouseRooms { HouseRooms(core: core) }

    static let group = "RunRoom: files"

    var endpoints: [Endpoint] {
        [upload] + FileFormat.allCases.map(run) + FileFormat.courses.map(courseOfRun) + [results]
            + FileFormat.courses.map(courseOfRoom)
    }

    // MARK: - Runs from files

    private var upload: Endpoint {
        Endpoint(
            .post, "/v1/runs",
            EndpointDescription(
                Self.group, "Take runs in from files",
                """
                GPX, TCX, FIT, KML, KMZ and GeoJSON, in gzip too, and a zip of them, which may be the whole export of \
                another service: what it is the content tells. A form with any number of files up to \
                \(Limit.HTTP.uploadParts), or one file as the body itself. An answer for each run, and for each file without \
                one. The distance is measured as in a room, with the file's own in `file` of the run. A run is there already \
                that has the same start, as many points and the same ends, whatever file it came in. `code` says for \
                programs why something was refused. Imported runs have no part in the places of rooms.
                """,
                answers: .json(
                    Schema.object([
                        "files": Schema.array(
                            of: Schema.object(
                                [
                                    "name": Schema.text("run.fit"),
                                    "outcome": Schema.words(["created", "duplicate", "refused"]),
                                    "id": Schema.objectID, "number": Schema.integer, "reason": Schema.text,
                                    "code": Schema.text("no_times"),
                                ], optional: ["id", "number", "reason", "code"]))
                    ])),
                refusals: [
                    400: "There is no file.", 409: "A request with this key is under way.",
                    422: "The key belongs to another request.",
                ]),
            access: .token, cost: .files(Limit.HTTP.uploadParts, upTo: Limit.Files.uploadedBytes),
            input: Form(in: [.query], Self.fileName, Self.files), take)
    }

    private static let fileName = Field.string(
        "name", Schema.text("run.fit", upTo: Limit.Files.name),
        about: "What the file is called that is the body itself."
    ).map { (name) throws(ParameterError) in
        guard name.count <= Limit.Files.name, name.utf8.count <= Limit.Files.nameBytes else {
            throw .wrongLength("name", upTo: Limit.Files.name)
        }
        return name
    }.optional
    private static let files = Field<[MultipartForm.File]>(
        [FormMember("file", Schema.file, about: "Any number of them.", isFile: true)]
    ) { (parameters) throws(ParameterError) in parameters.files }

    private func take(_ call: Call<Account>, name: String?, files: [MultipartForm.File]) async throws -> Response {
        var sources: [(name: String, body: HTTPBody)] = files.map {
            (String($0.filename.prefix(Limit.Files.name)), $0.content)
        }
        if case .multipart = call.request.body {
        } else if !call.request.body.isEmpty {
            sources = [(name ?? "", call.request.body)]
        }
        guard !sources.isEmpty else { throw ParameterError.missing("file") }
        let given = sources
        return try await core.repeats.answer(call.request, by: "account \(call.caller.id)") {
            var bounds = FileBounds()
            bounds.archive = Limit.Files.uploadedArchive
            var answers: [RunImports.Answer] = []
            for (name, body) in given {
                // The file is deleted with its object, which must outlast the reading.
                defer { withExtendedLifetime(body) {} }
                let source: RunImports.Source
                switch body {
                case .bytes(let bytes): source = .bytes(bytes)
                case .file(let file): source = .file(path: file.path)
                case .multipart: continue
                }
                answers += try await core.imports.take(source, named: name, account: call.caller.id, bounds: bounds)
            }
            return .json(["files": .array(answers.map(Self.json))])
        }
    }

    private static func json(_ answer: RunImports.Answer) -> JSONValue {
        func known(_ outcome: String, _ run: RecordSummary) -> JSONValue {
            [
                "name": .string(answer.name), "outcome": .string(outcome), "id": .string(ObjectID.text(run.id)),
                "number": .int(run.runID),
            ]
        }
        switch answer.outcome {
        case .created(let run): return known("created", run)
        case .duplicate(let run): return known("duplicate", run)
        case .refused(let sentence, let code):
            return [
                "name": .string(answer.name), "outcome": "refused", "reason": .string(sentence), "code": .string(code),
            ]
        }
    }

    // MARK: - Runs

    private func run(_ format: FileFormat) -> Endpoint {
        Endpoint(
            .get, "/v1/runs/{id}.\(format.rawValue)",
            EndpointDescription(
                Self.group, "A run as \(format.name)",
                """
                For who may see the run. Markers that count, a piece for each stretch between pauses, a lap for each \
                kilometre; of a run that came in a file, all that it had.
                """,
                answers: .file("The file.", type: format.mediaType), .notModified, refusals: Self.noRun),
            access: .houseVisitor, cost: .heavyRead, input: Form(in: [.query], HouseRunRoutes.zone)
        ) { [self] call, zone in try await answer(call, in: format, zone: zone) }
    }

    private func answer(_ call: Call<HouseVisitor>, in format: FileFormat, zone: TimeZone) async throws -> Response {
        let run = try await found(call)
        let reader = call.caller.account?.id
        return try await HouseTag.way(of: run, for: reader, to: call.request) { () async throws -> Response in
            let lease = try core.lease(on: run, for: call.address)
            let activity = try await activity(of: run, for: reader)
            lease.keep(activity.pointCount)
            let start = Date(timeIntervalSince1970: Double(run.summary.startAt) / 1000)
            do {
                return Response(
                    status: .ok, headers: Self.headers(format, Self.name(of: run), title: run.notes.title),
                    body: try format.body(of: activity, offset: zone.secondsFromGMT(for: start), holding: lease))
            } catch {
                throw Self.noWay
            }
        }
    }

    private func courseOfRun(_ format: FileFormat) -> Endpoint {
        Endpoint(
            .get, "/v1/runs/{id}/course.\(format.rawValue)",
            EndpointDescription(
                Self.group, "The way of a run as a course, as \(format.name)",
                "For who may see the run: for a watch that leads along it.",
                answers: .file("The file.", type: format.mediaType), .notModified, refusals: Self.noRun),
            access: .houseVisitor, cost: .heavyRead
        ) { [self] call in
            let run = try await found(call)
            let reader = call.caller.account?.id
            return try await HouseTag.way(of: run, for: reader, to: call.request) { () async throws -> Response in
                let lease = try core.lease(on: run, for: call.address)
                let activity = try await activity(of: run, for: reader)
                lease.keep(activity.pointCount)
                var response = try Self.answer(
                    Course(activity), in: format, Self.name(of: run) + "-course", title: run.notes.title)
                if case .bytes(let bytes) = response.body { response.body = .pieces(of: bytes, holding: lease) }
                return response
            }
        }
    }

    private static let noRun = [
        401: "The token that was sent is not valid, or has expired.",
        404: "There is no such run, it is not for you to see, or it has no way.",
        503: "Too many downloads are under way.",
    ]
    private static let noWay = Problem.house(.notFound, .noWay, "This run has no way that a file could have.")

    private func found(_ call: Call<HouseVisitor>) async throws -> NotedRecord {
        try await core.records.run(
            call.path("id"), reader: call.caller.account?.id, link: call.request.head.headers[.runLink])
    }

    private func activity(of run: NotedRecord, for reader: Int64?) async throws -> Activity {
        let shown = try await core.records.shown(run, to: reader)
        guard let activity = try Activity.of(shown), activity.hasTimes else { throw Self.noWay }
        return activity
    }

    /// `run-2024-11-23-7`: the day by UTC, and the run's number.
    private static func name(of run: NotedRecord) -> String {
        "run-\(ISODate.text(run.summary.startAt).prefix(10))-\(run.summary.runID)"
    }

    // MARK: - Rooms

    private var results: Endpoint {
        Endpoint(
            .get, "/v1/rooms/{runID}/results.csv",
            EndpointDescription(
                Self.group, "How a room's runners stand, as a table",
                """
                A line for each runner who has started, the first first; `HouseRoom` says who may look. Times are UTC, and \
                a text that a spreadsheet would take for a formula has an apostrophe before it.
                """,
                answers: .file("The table.", type: FileFormat.csv.mediaType), refusals: Self.closed),
            access: .houseVisitor, cost: .heavyRead
        ) { [self] call in
            let room = try await rooms.open(call.path("runID"), to: call.caller)
            guard let view = try await core.live.room(room.runID) else { throw LiveError.noSuchRoom }
            return Response(
                status: .ok, headers: Self.headers(.csv, "results", title: room.details.name),
                body: .bytes(Array(RoomResults.table(of: view).utf8)))
        }
    }

    private func courseOfRoom(_ format: FileFormat) -> Endpoint {
        Endpoint(
            .get, "/v1/rooms/{runID}/course.\(format.rawValue)",
            EndpointDescription(
                Self.group, "The way that a room's first runner has gone, as a course, as \(format.name)",
                "Of at most \(Limit.Run.outline) places, for a watch that leads along it.",
                answers: .file("The file.", type: format.mediaType), refusals: Self.closed),
            access: .houseVisitor, cost: .heavyRead
        ) { [self] call in
            let room = try await rooms.open(call.path("runID"), to: call.caller)
            guard let view = try await core.live.room(room.runID) else { throw LiveError.noSuchRoom }
            let first = RoomResults.standing(of: view).first { !$0.outline.isEmpty }?.row.runner
            // The same for everybody: without what a zone hides.
            let ways = try await core.live.tracks(of: room.runID, for: nil)
            guard let way = ways.first(where: { $0.runner == first }), way.pieces.joined().count > 1 else {
                throw Problem.house(.notFound, .noWay, "Nobody has gone anywhere in this room.")
            }
            let course = Course(name: room.details.name, points: way.pieces.joined().map { Course.Point(place: $0) })
            return try Self.answer(course, in: format, "course", title: room.details.name)
        }
    }

    private static let closed = [
        401: "The token or the password is wrong.", 403: "The room has a password.",
        404: "There is no such room, it is not for you to know, or nobody has gone anywhere in it.",
        429: "Too many wrong passwords came, or requests from this address.",
    ]

    // MARK: - Answers

    private static func answer(
        _ course: Course, in format: FileFormat, _ name: String, title: String?
    ) throws -> Response {
        let bytes = format == .fit ? try FIT.bytes(course) : Array(GPX.text(course).utf8)
        return Response(status: .ok, headers: headers(format, name, title: title), body: .bytes(bytes))
    }

    private static func headers(_ format: FileFormat, _ name: String, title: String?) -> HTTPFields {
        [
            .contentType: format.mediaType, .cacheControl: "no-store",
            .contentDisposition: FileName.disposition(name, title: title, ending: format.rawValue),
        ]
    }
}
