import Endpoints
import Geo
import HTTPTypes
import LWS
import Limits
import Services

/// Run data and records of the running app's API; all of it is its owner's alone.
struct RunRoutes: Sendable {
    let core: Core

    var endpoints: [Endpoint] {
        // A whole day's run as JSON.
        let large = Cost.document(upTo: Limit.HTTP.largeBody)
        let records = "/api/users/run/records/{username}"
        return [
            Endpoint(
                .put, "/api/users/run/data",
                EndpointDescription(
                    Self.group, "Report the run that lasts", "What is sent replaces what is stored; the rest stays.",
                    answers: .json(
                        Schema.object([
                            "message": Schema.constant("Run data updated successfully"),
                            "data": Schema.named("RunData"),
                        ])), refusals: Self.noSuchUser),
                access: .lepaoToken, cost: large, input: Form(LepaoFields.namedUser, Self.runData), updateRunData),
            Endpoint(
                .get, "/api/users/run/data/{username}",
                EndpointDescription(
                    Self.group, "The run that lasts", answers: .json(Schema.named("RunData")),
                    refusals: Self.noSuchUser),
                access: .lepaoToken, cost: .light, showRunData),
            Endpoint(
                .post, "/api/users/run/record",
                EndpointDescription(
                    Self.group, "Store a run that is over",
                    "Gets the next `runId`, which is never given twice, and resets the run data.",
                    answers: .json(
                        Schema.object([
                            "message": Schema.constant("Run record saved successfully"),
                            "record": Schema.object(["runId": Schema.integer, "timestamp": Schema.date]),
                        ])), refusals: Self.noSuchUser),
                access: .lepaoToken, cost: large, input: Form(LepaoFields.namedUser, Self.runRecord), post),
            Endpoint(
                .get, records,
                EndpointDescription(
                    Self.group, "The runs of a user, ascending", "All of them, or a page of them.",
                    answers: .json(
                        Schema.object([
                            "records": Schema.array(of: Schema.named("RunRecord")),
                            "pagination": Schema.named("Pagination"),
                        ])), refusals: Self.noSuchUser),
                access: .lepaoToken, cost: .heavyRead,
                input: Form(in: [.query], .page, .limit, .coordinateSystem()), self.records),
            Endpoint(
                .get, records + "/{id}",
                EndpointDescription(
                    Self.group, "One run", answers: .json(Schema.named("RunRecord")), refusals: Self.orNoSuchRecord),
                access: .lepaoToken, cost: .light, input: Form(in: [.query], .coordinateSystem()), record),
            Endpoint(
                .delete, records + "/{id}",
                EndpointDescription(
                    Self.group, "Delete a run",
                    answers: .json(Schema.object(["message": Schema.constant("Record deleted successfully")])),
                    refusals: Self.orNoSuchRecord),
                access: .lepaoToken, cost: .light, delete),
        ]
    }

    private static let group = "Runs"
    private static let noSuchUser = [404: LepaoFields.noSuchUser]
    private static let orNoSuchRecord = [404: "There is no such user, or the user has no such record."]

    private static let run = Schema.object(
        [
            "meters": Schema.amount, "seconds": Schema.amount, "latitude": Schema.latitude,
            "longitude": Schema.longitude, "running": Schema.boolean, "markers": Schema.array(of: Schema.anyObject),
            "start": Schema.date, "end": Schema.date,
        ],
        optional: ["meters", "seconds", "latitude", "longitude", "running", "markers", "start", "end"])
    private static let runData = Field.object(
        "runData", Schema.showing(["meters": 5000, "seconds": 1500, "running": true], run))
    private static let runRecord = Field.object(
        "runRecord",
        Schema.showing(
            [
                "meters": 5000, "seconds": 1500, "markers": [["latitude": 39.905, "longitude": 116.407, "id": 1]],
                "start": "2024-12-09T10:00:00.000Z", "end": "2024-12-09T10:25:00.000Z",
            ], run)
    ).map { (record) throws(ParameterError) in
        _ = try Parameters(record).objects("markers")
        return record
    }

    // MARK: - The run that lasts

    private func updateRunData(
        _ call: Call<LepaoCaller>, username: String?, runData: JSONObject
    ) async throws -> Response {
        let account = try await call.caller.account(named: username)
        let updated = try await core.records.updateRunData(.object(runData), account: account.id)
        return .json(["message": "Run data updated successfully", "data": updated.json])
    }

    private func showRunData(_ call: Call<LepaoCaller>) async throws -> Response {
        .json(try await core.records.runData(account: try await owner(call).id).json)
    }

    // MARK: - Runs that are over

    private func post(_ call: Call<LepaoCaller>, username: String?, runRecord: JSONObject) async throws -> Response {
        let account = try await call.caller.account(named: username)
        let record = try await core.records.post(.object(runRecord), account: account.id)
        var echo = runRecord
        echo["runId"] = .int(record.runID)
        echo["timestamp"] = LepaoJSON.date(record.timestamp)
        return .json(["message": "Run record saved successfully", "record": .object(echo)])
    }

    private func records(
        _ call: Call<LepaoCaller>, page: Int?, limit: Int?, system: CoordinateSystem?
    ) async throws -> Response {
        let account = try await owner(call)
        return try await RecordList(
            page: page, limit: limit, account: account.id, in: core,
            json: RecordJSON(system: system ?? core.coordinateSystem)
        ).response()
    }

    private func record(_ call: Call<LepaoCaller>, system: CoordinateSystem?) async throws -> Response {
        let account = try await owner(call)
        let json = RecordJSON(system: system ?? core.coordinateSystem)
        return try await Self.withRunID(of: call) { runID in
            var text = JSONText()
            try json.write(try await core.records.record(account: account.id, runID: runID), to: &text)
            return .json(encoded: text.bytes)
        }
    }

    private func delete(_ call: Call<LepaoCaller>) async throws -> Response {
        let account = try await owner(call)
        return try await Self.withRunID(of: call) { runID in
            try await core.records.delete(account: account.id, runID: runID)
            return .json(["message": "Record deleted successfully"])
        }
    }

    /// Does something with the number in the path; what is no number no record has.
    private static func withRunID(
        of call: Call<LepaoCaller>, _ answer: (Int64) async throws -> Response
    ) async throws -> Response {
        let noSuchRecord = Problem(.notFound, "Record not found")
        guard let runID = Int64(call.path("id")) else { throw noSuchRecord }
        do {
            return try await answer(runID)
        } catch ServicesError.notFound {
            throw noSuchRecord
        }
    }

    private func owner(_ call: Call<LepaoCaller>) async throws -> Account {
        try await call.caller.account(named: call.path("username"))
    }
}
