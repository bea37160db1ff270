import Endpoints
import LWS
import Services
import Store

/// A list of an account's records, each read when its turn has come.
struct RecordList {
    private let page: Page
    private let account: Int64
    private let records: Records
    private let json: RecordJSON

    /// Some of an account's records, ascending by run ID.
    private struct Page {
        var runIDs: [Int64]
        /// On all pages.
        var total: Int
        /// From 1.
        var page: Int
        /// At least 1.
        var pages: Int

        /// The place of the first record behind one.
        func index(after runID: Int64) -> Int {
            var bounds = 0..<runIDs.count
            while !bounds.isEmpty {
                let middle = (bounds.lowerBound + bounds.upperBound) / 2
                bounds = runIDs[middle] > runID ? bounds.lowerBound..<middle : middle + 1..<bounds.upperBound
            }
            return bounds.lowerBound
        }
    }

    /// Finds out which records a page has.
    ///
    /// - Parameters:
    ///   - page: From 1.
    ///   - limit: Records a page, 10 if nil, 100 at most. With neither `page` nor `limit` all are one page; behind the
    ///     last page there is an empty one.
    ///   - account: Whose.
    ///   - core: Where they are.
    ///   - json: Writes each.
    /// - Throws: What the database says.
    init(page: Int?, limit: Int?, account: Int64, in core: Core, json: RecordJSON) async throws(ServicesError) {
        self.account = account
        self.json = json
        records = core.records
        guard page != nil || limit != nil else {
            let all = try await core.records.summaries(account: account)
            self.page = Page(runIDs: all.records.map(\.runID), total: all.total, page: 1, pages: 1)
            return
        }
        let page = page ?? 1, limit = min(limit ?? 10, 100)
        let found = try await core.records.summaries(account: account, offset: (page - 1) * limit, limit: limit)
        self.page = Page(
            runIDs: found.records.map(\.runID), total: found.total, page: page,
            pages: max(1, (found.total + limit - 1) / limit))
    }

    /// The answer; a record that is deleted meanwhile is left out.
    func response() async throws -> Response {
        let pagination: JSONValue = [
            "total": .int(Int64(page.total)), "page": .int(Int64(page.page)), "pages": .int(Int64(page.pages)),
        ]
        return try await JSONList<Record>(
            prefix: "{\"records\":", suffix: ",\"pagination\":\(pagination.text)}"
        ) { [page, records, account] last in
            for runID in page.runIDs[page.index(after: last?.runID ?? 0)...] {
                do {
                    return [try await records.record(account: account, runID: runID)]
                } catch ServicesError.notFound {
                    continue
                }
            }
            return []
        } write: { [json] record, text in
            try json.write(record, to: &text)
        }.response()
    }
}
