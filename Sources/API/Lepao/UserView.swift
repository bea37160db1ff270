import Endpoints
import Limits
import Services
import Store

/// Users in the running app's API, as they themselves see them.
struct UserView: Sendable {
    private let records: Records
    private let forum: Forum

    init(_ core: Core) {
        records = core.records
        forum = core.forum
    }

    /// A user as its owner sees it.
    ///
    /// With the newest records only, and without their markers: otherwise each login would be as large as all runs ever.
    /// All of it is under `run/records`.
    func own(_ account: Account) async throws -> JSONObject {
        var user = LepaoJSON.user(account)
        user["lastRunId"] = .int(account.lastRunID)
        user["data"] = try await records.runData(account: account.id).json
        user["record"] = .array(try await newestRecords(of: account).map(LepaoJSON.record))
        user["posts"] = .array(try await forum.newestPosts(of: account.id).map { .string($0) })
        return user
    }

    private func newestRecords(of account: Account) async throws -> [RecordSummary] {
        let limit = Limit.Lists.recordsOfUser
        let first = try await records.summaries(account: account.id, limit: limit)
        guard first.total > limit else { return first.records }
        return try await records.summaries(
            account: account.id, offset: first.total - limit, limit: limit
        ).records
    }
}
