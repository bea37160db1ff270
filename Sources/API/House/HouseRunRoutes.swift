import Endpoints
import Foundation
import Geo
import HTTPTypes
import LWS
import Limits
import Services
import Store

/// Runs that are over, in `/v1`.
struct HouseRunRoutes: Sendable {
    let core: Core

    var endpoints: [Endpoint] {
        let group = "RunRoom: runs", run = "/v1/runs/{id}"
        return [
            Endpoint(
                .get, "/v1/runs",
                EndpointDescription(
                    group, "One's own runs",
                    "Those first that ended last, and all of them together; a `Link` with `rel=\"next\"` leads on.",
                    answers: .json(
                        Schema.object([
                            "runs": Schema.array(of: Schema.named("Run")),
                            "totals": Schema.object([
                                "runs": Schema.count, "meters": Schema.amount, "seconds": Schema.amount,
                            ]),
                        ]))),
                access: .token, cost: .heavyRead, input: Form(in: [.query], Cursor.field), list),
            Endpoint(
                .get, "/v1/me/totals",
                EndpointDescription(
                    group, "What one's own runs come to",
                    """
                    All together, by week and by month, the present one last, and the fastest 1, 5 and 10 km, half and whole \
                    marathon. Reckoned of the newest \(Limit.Lists.reckonedRuns) runs; best efforts are of those that this \
                    server measured, with an even pace between two full kilometres.
                    """,
                    answers: .json(HouseJSON.overviewSchema)),
                access: .token, cost: .heavyRead, input: Form(in: [.query], Self.zone), totals),
            Endpoint(
                .get, run,
                EndpointDescription(
                    group, "A run",
                    """
                    By its `id`, or by its `number` among one's own. Everybody sees one that is for everybody, and who sends \
                    `X-Run-Link` one that is by link. `splits` and `points` are there for runs that this server measured, \
                    with the `meters` at each point that counts; `markers` as they were sent for those that a client did. \
                    Where its owner hides their places from others, these are null, or missing among `markers`.
                    """,
                    answers: .json(Schema.named("Run")), .notModified,
                    refusals: Self.noRun.merging([503: "Too many downloads are under way."]) { $1 }),
                access: .houseVisitor, cost: .heavyRead, input: Form(in: [.query], HouseRoomRoutes.system), show),
            Endpoint(
                .patch, run,
                EndpointDescription(
                    group, "Say something of a run, and who may see it",
                    """
                    For its owner. What is not sent stays as it is; an empty text takes it away. With the visibility `link` \
                    there is a new `link`, told this once, and the one before is good for nothing. With `If-Match`, only if \
                    it is still what was seen.
                    """,
                    answers: .json(Schema.named("Run")),
                    refusals: Self.noRun.merging([412: "It has been changed meanwhile."]) { $1 }),
                access: .token, cost: .light,
                input: Form(in: [.json], Self.title, Self.notes, Self.visibility), change),
            Endpoint(
                .delete, run,
                EndpointDescription(
                    group, "Delete a run", "For its owner. The others keep their numbers.",
                    answers: .empty(204, "Deleted."), refusals: Self.noRun),
                access: .token, cost: .light, delete),
        ]
    }

    private static let noRun = [
        401: "The token that was sent is not valid, or has expired.",
        404: "There is no such run, or it is not for you to see.",
    ]
    static let zone = Field<TimeZone>(
        "zone", Schema.text("Asia/Shanghai"),
        about: "Where days begin, a name of the time zone database; UTC if it is not given.", isRequired: false
    ) { (parameters) throws(ParameterError) in
        guard let name = try parameters.text("zone") else { return .gmt }
        guard let zone = TimeZone(identifier: name) else {
            throw .invalid("zone", sentence: "`zone` must be a name of the time zone database, as `Europe/Berlin`.")
        }
        return zone
    }
    private static let title = Field.string("title", Schema.text("Along the river", upTo: Limit.Content.title)).optional
    private static let notes = Field.string("notes", Schema.text("Too fast.", upTo: Limit.Content.comment)).optional
    private static let visibility = Field<RunNotes.Visibility>(
        "visibility", Schema.words(RunNotes.Visibility.allCases.map(\.rawValue))
    ) { (parameters) throws(ParameterError) in
        guard let word = RunNotes.Visibility(rawValue: try parameters.string("visibility") ?? "") else {
            throw .wrongKind("visibility", wanted: "private, link or everybody")
        }
        return word
    }.optional

    private func list(_ call: Call<Account>, cursor: Cursor) async throws -> Response {
        let found = try await core.records.runs(
            of: call.caller.id, before: cursor.after.map(Self.place), limit: cursor.limit + 1)
        let totals = try await core.records.totals(of: call.caller.id)
        let page = found.prefix(cursor.limit)
        return cursor.response(
            [
                "runs": .array(page.map { .object(HouseJSON.run($0)) }),
                "totals": [
                    "runs": .int(Int64(totals.count)), "meters": .number(totals.meters),
                    "seconds": .number(totals.seconds),
                ],
            ],
            next: found.count > page.count ? page.last.map { "\($0.place.ended)-\($0.place.runID)" } : nil,
            of: call.request)
    }

    /// Where a list goes on; behind all for what no page has said.
    private static func place(_ text: String) -> RunPlace {
        let numbers = text.split(separator: "-").compactMap { Int64($0) }
        return numbers.count == 2 ? RunPlace(ended: numbers[0], runID: numbers[1]) : RunPlace(ended: 0, runID: 0)
    }

    private func totals(_ call: Call<Account>, zone: TimeZone) async throws -> Response {
        .json(HouseJSON.overview(try await core.records.overview(of: call.caller.id, in: zone)))
    }

    private func show(_ call: Call<HouseVisitor>, system: CoordinateSystem?) async throws -> Response {
        let run = try await core.records.run(
            call.path("id"), reader: call.caller.account?.id, link: call.request.head.headers[.runLink])
        // Who has it already does not have its way read and written for them.
        let reader = call.caller.account?.id
        return try await HouseTag.way(of: run, for: reader, to: call.request) { () async throws -> Response in
            let lease = try core.lease(on: run, for: call.address)
            let shown = try await core.records.shown(run, to: reader)
            if case .measured(let points) = shown.way { lease.keep(points.count) }
            var response = Response.json(encoded: HouseJSON.whole(shown, in: system ?? .wgs84))
            if case .bytes(let bytes) = response.body { response.body = .pieces(of: bytes, holding: lease) }
            return response
        }
    }

    private func change(
        _ call: Call<Account>, title: String?, notes: String?, visibility: RunNotes.Visibility?
    ) async throws -> Response {
        let run = try await own(call)
        try HouseTag(run).check(call.request)
        let changed = try await core.records.edit(
            run, Records.Edit(title: title, notes: notes, visibility: visibility))
        guard let changed else { throw HouseTag.changedMeanwhile }
        var object = HouseJSON.run(changed.run)
        if let secret = changed.secret { object["link"] = .string(secret) }
        return HouseTag(changed.run).response(.object(object), to: call.request)
    }

    private func delete(_ call: Call<Account>) async throws -> Response {
        let run = try await own(call)
        try HouseTag(run).check(call.request)
        try await core.records.delete(account: call.caller.id, runID: run.summary.runID)
        return Response(status: .noContent)
    }

    /// A run of the caller's.
    private func own(_ call: Call<Account>) async throws -> NotedRecord {
        let run = try await core.records.run(call.path("id"), reader: call.caller.id)
        guard run.summary.account == call.caller.id else { throw ServicesError.forbidden }
        return run
    }
}

extension HTTPField.Name {
    /// What a link to a run ends with.
    static let runLink = HTTPField.Name("X-Run-Link")!  // a token
}
