internal import Limits
public import Store

/// The runs of an account: the one that lasts, and those that are over.
///
/// Whose runs a caller may see or change has been decided before; an `account` here is taken at its word.
public final class Records: Sendable {
    let store: AppDatabase
    let now: @Sendable () -> Int64

    /// Makes the service.
    ///
    /// - Parameters:
    ///   - store: Where records are.
    ///   - now: The clock, in milliseconds since 1970.
    public init(store: AppDatabase, now: @escaping @Sendable () -> Int64 = IDGenerator.systemTime) {
        self.store = store
        self.now = now
    }

    /// Stores a run that a client measured itself, and resets the account's run data.
    ///
    /// - Parameters:
    ///   - runRecord: An object with `meters`, `seconds` (0 or more, default 0), `markers` (an array of anything, kept
    ///     as it is), `start` and `end` (ISO 8601 or milliseconds); other members are ignored.
    ///   - account: Whose.
    /// - Returns: The record, with its run ID.
    /// - Throws: ``ServicesError/invalid(field:message:)``, ``ServicesError/unknownUser``, ``ServicesError/store(_:)``.
    public func post(_ runRecord: JSONValue, account: Int64) async throws(ServicesError) -> Record {
        let fields = try RunFields(runRecord, named: "runRecord")
        let track = JSONValue.array(try fields.array("markers") ?? []).bytes
        let posted = PostedRecord(
            meters: try fields.measure("meters") ?? 0, seconds: try fields.measure("seconds") ?? 0,
            startAt: try fields.date("start") ?? 0, endAt: try fields.date("end") ?? 0, track: track)
        let time = now()
        let summary = try await withStoreErrors { () throws(StoreError) in
            try await store.records.insertPostedRecord(posted, account: account, at: time)
        }
        return Record(summary, track: track)
    }

    /// One record.
    ///
    /// - Throws: ``ServicesError/notFound``, ``ServicesError/store(_:)``.
    public func record(account: Int64, runID: Int64) async throws(ServicesError) -> Record {
        let found = try await withStoreErrors { () throws(StoreError) in
            try await store.records.record(account: account, runID: runID)
        }
        guard let found else { throw .notFound }
        return Record(found)
    }

    /// Records without their markers, ascending by run ID.
    ///
    /// - Parameters:
    ///   - account: Whose.
    ///   - offset: How many to skip.
    ///   - limit: At most as many; nil for all.
    /// - Returns: The records, and how many there are in all.
    /// - Throws: ``ServicesError/store(_:)``.
    public func summaries(
        account: Int64, offset: Int = 0, limit: Int? = nil
    ) async throws(ServicesError) -> RecordPage<RecordSummary> {
        try await withStoreErrors { () throws(StoreError) in
            try await store.records.recordSummaries(account: account, offset: offset, limit: limit)
        }
    }

    /// Deletes a record; the others keep their run IDs.
    ///
    /// - Throws: ``ServicesError/notFound``, ``ServicesError/store(_:)``.
    public func delete(account: Int64, runID: Int64) async throws(ServicesError) {
        let isDeleted = try await withStoreErrors { () throws(StoreError) in
            try await store.records.deleteRecord(account: account, runID: runID)
        }
        guard isDeleted else { throw .notFound }
    }

    // MARK: Run data

    /// The run that the account's client reports of itself.
    ///
    /// - Throws: ``ServicesError/unknownUser``, ``ServicesError/store(_:)``.
    public func runData(account: Int64) async throws(ServicesError) -> RunData {
        let stored = try await withStoreErrors { () throws(StoreError) in
            try await store.accounts.runData(account: account)
        }
        return try Self.runData(stored.text)
    }

    /// Takes over the members of an update into the account's run data; two at the same moment both count.
    ///
    /// Megabytes may have to be read and written for it: that is done here, where nobody waits for it, and the result
    /// stored if nobody was quicker; else it is done again, a bounded number of times.
    ///
    /// - Parameters:
    ///   - changes: An object with any of the members of ``RunData``; others are ignored.
    ///   - account: Whose.
    /// - Returns: The run data after it.
    /// - Throws: ``ServicesError/invalid(field:message:)``, ``ServicesError/unknownUser``,
    ///   ``ServicesError/quotaExceeded``, ``ServicesError/overloaded`` where too many do so at once,
    ///   ``ServicesError/store(_:)``.
    public func updateRunData(_ changes: JSONValue, account: Int64) async throws(ServicesError) -> RunData {
        // Whether the update makes sense does not depend on what it is applied to.
        var trial = RunData()
        try trial.update(with: changes)
        for _ in 0..<Limit.Store.runDataTries {
            let read = try await withStoreErrors { () throws(StoreError) in
                try await store.accounts.runData(account: account)
            }
            var data = try Self.runData(read.text)
            try data.update(with: changes)
            let text = data.json.text
            let isStored = try await withStoreErrors { () throws(StoreError) in
                try await store.accounts.replaceRunData(read, by: text, account: account)
            }
            if isStored { return data }
        }
        throw .overloaded
    }

    /// Reads what ``RunData/json`` wrote.
    private static func runData(_ text: String?) throws(ServicesError) -> RunData {
        var data = RunData()
        guard let text else { return data }
        do {
            try data.update(with: JSONValue(parsing: text))
        } catch {
            throw .store(.corrupt("run data is malformed"))
        }
        return data
    }
}
