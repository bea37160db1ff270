import LWS
import Services
import Store

/// A list of an account's records on its way to a client, some records at a time.
///
/// All records of somebody may be gigabytes; who asks for them gets them as fast as they read, and the server holds
/// no more than a piece.
actor RecordList {
    /// Some of an account's records, ascending by run ID.
    struct Page {
        var runIDs: [Int64]
        /// On all pages.
        var total: Int
        /// From 1.
        var page: Int
        /// At least 1.
        var pages: Int
    }

    /// A piece ends with the record that reaches so many bytes.
    private static let pieceSize = 256 << 10

    private let records: Records
    private let account: Int64
    private let json: RecordJSON
    private let page: Page
    private var next = 0
    private var isEmpty = true
    private var isDone = false

    init(_ page: Page, account: Int64, records: Records, json: RecordJSON) {
        self.page = page
        self.account = account
        self.records = records
        self.json = json
    }

    /// Finds out which records a page has.
    ///
    /// - Parameters:
    ///   - page: From 1.
    ///   - limit: Records a page, 10 if nil, 100 at most. With neither `page` nor `limit` all are one page.
    ///   - account: Whose.
    ///   - database: Where they are.
    /// - Returns: An empty page behind the last.
    /// - Throws: What the database says.
    static func page(
        _ page: Int?, limit: Int?, account: Int64, in database: AppDatabase
    ) async throws(StoreError) -> Page {
        guard page != nil || limit != nil else {
            let all = try await database.recordSummaries(account: account)
            return Page(runIDs: all.records.map(\.runID), total: all.total, page: 1, pages: 1)
        }
        let page = page ?? 1, limit = min(limit ?? 10, 100)
        let found = try await database.recordSummaries(account: account, offset: (page - 1) * limit, limit: limit)
        return Page(
            runIDs: found.records.map(\.runID), total: found.total, page: page,
            pages: max(1, (found.total + limit - 1) / limit))
    }

    /// The next piece of the JSON text, nil behind the last.
    ///
    /// A record that was deleted meanwhile is left out.
    func piece() async throws -> [UInt8]? {
        if isDone { return nil }
        var text = JSONText()
        if next == 0 { text.raw("{\"records\":[") }
        while next < page.runIDs.count, text.bytes.count < Self.pieceSize {
            let runID = page.runIDs[next]
            next += 1
            do {
                let record = try await records.record(account: account, runID: runID)
                if !isEmpty { text.raw(",") }
                isEmpty = false
                try json.write(record, to: &text)
            } catch ServicesError.notFound {
                continue
            }
        }
        if next == page.runIDs.count {
            isDone = true
            text.raw("],\"pagination\":{\"total\":")
            text.integer(page.total)
            text.raw(",\"page\":")
            text.integer(page.page)
            text.raw(",\"pages\":")
            text.integer(page.pages)
            text.raw("}}")
        }
        return text.bytes
    }

    /// The answer: in one piece if that is all, so that it has a length, and otherwise as a stream.
    ///
    /// - Throws: What goes wrong before the first byte; later errors end the connection.
    nonisolated func response() async throws -> Response {
        let first = try await piece() ?? []
        guard await !isDone else { return .json(encoded: first) }
        var response = Response.json(encoded: [])
        let start = Start(first)
        response.body = .stream { [self] in
            if let first = await start.take() { return first }
            return try await piece()
        }
        return response
    }

    /// The piece that is there already, for the first pull.
    private actor Start {
        private var bytes: [UInt8]?

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        func take() -> [UInt8]? {
            defer { bytes = nil }
            return bytes
        }
    }
}
