import Geo
import HTTPTypes
import LWS
import Limits
import Services

/// Run data and records of the running app's API; all of it is its owner's alone.
struct RunRoutes: Sendable {
    let core: Core
    let identity: LepaoIdentity

    init(core: Core) {
        self.core = core
        identity = LepaoIdentity(core)
    }

    func add(to table: inout RouteTable) {
        // A whole day's run as JSON.
        let large = BodyPolicy(maxBytes: Limit.HTTP.largeBody)
        let check = identity.checkHead
        table.on(.put, "/api/users/run/data", errors: .message, body: large, checkHead: check) {
            try await updateRunData($0)
        }
        table.on(.get, "/api/users/run/data/{username}", errors: .message) { try await runData($0) }
        table.on(.post, "/api/users/run/record", errors: .message, body: large, checkHead: check) {
            try await post($0)
        }
        table.on(.get, "/api/users/run/records/{username}", errors: .message) { try await records($0) }
        table.on(.get, "/api/users/run/records/{username}/{id}", errors: .message) { try await record($0) }
        table.on(.delete, "/api/users/run/records/{username}/{id}", errors: .message) { try await delete($0) }
    }

    // MARK: - The run that lasts

    private func updateRunData(_ request: HTTPServerRequest) async throws -> Response {
        let body = try JSONBody(request)
        let account = try await owner(request, body)
        guard let runData = body["runData"] else { throw Problem.badRequest("runData is required.") }
        let updated = try await core.records.updateRunData(runData, account: account.id)
        return .json(["message": "Run data updated successfully", "data": updated.json])
    }

    private func runData(_ request: HTTPServerRequest) async throws -> Response {
        let account = try await owner(request)
        return .json(try await core.records.runData(account: account.id).json)
    }

    // MARK: - Runs that are over

    private func post(_ request: HTTPServerRequest) async throws -> Response {
        let body = try JSONBody(request)
        let account = try await owner(request, body)
        guard var echo = try body.nested("runRecord")?.object else {
            throw Problem.badRequest("runRecord is required.")
        }
        try Self.checkMarkers(echo)
        let record = try await core.records.post(.object(echo), account: account.id)
        echo["runId"] = .int(record.runID)
        echo["timestamp"] = LepaoJSON.date(record.timestamp)
        return .json(["message": "Run record saved successfully", "record": .object(echo)])
    }

    private static func checkMarkers(_ runRecord: JSONObject) throws(Problem) {
        for marker in try JSONBody(runRecord).array("markers") ?? [] where marker.object == nil {
            throw JSONBody.wrongKind("markers", "an array of objects")
        }
    }

    private func records(_ request: HTTPServerRequest) async throws -> Response {
        let account = try await owner(request)
        let json = RecordJSON(system: try request.coordinateSystem(default: core.coordinateSystem))
        return try await RecordList(
            page: try request.positiveInteger("page"), limit: try request.positiveInteger("limit"),
            account: account.id, in: core, json: json
        ).response()
    }

    private func record(_ request: HTTPServerRequest) async throws -> Response {
        let account = try await owner(request)
        let json = RecordJSON(system: try request.coordinateSystem(default: core.coordinateSystem))
        guard let runID = Self.runID(request) else { throw Self.noSuchRecord }
        do {
            var text = JSONText()
            try json.write(try await core.records.record(account: account.id, runID: runID), to: &text)
            return .json(encoded: text.bytes)
        } catch ServicesError.notFound {
            throw Self.noSuchRecord
        }
    }

    private func delete(_ request: HTTPServerRequest) async throws -> Response {
        let account = try await owner(request)
        guard let runID = Self.runID(request) else { throw Self.noSuchRecord }
        do {
            try await core.records.delete(account: account.id, runID: runID)
        } catch ServicesError.notFound {
            throw Self.noSuchRecord
        }
        return .json(["message": "Record deleted successfully"])
    }

    private static let noSuchRecord = Problem(.notFound, "Record not found")

    /// The number in the path; nil for what is none, which no record has.
    private static func runID(_ request: HTTPServerRequest) -> Int64? { Int64(request.parameter("id")) }

    // MARK: - Owners

    private func owner(_ request: HTTPServerRequest) async throws -> Account {
        try await identity.account(of: request, named: request.parameter("username"))
    }

    /// The user whom a body names, or else the token's.
    private func owner(_ request: HTTPServerRequest, _ body: JSONBody) async throws -> Account {
        try await identity.account(of: request, named: try body.string("username"))
    }
}
