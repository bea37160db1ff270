internal import Limits
public import Store
import Text

extension Records {
    /// Stores a run from a file, unless it came in one before.
    ///
    /// What it is called there becomes its title, if it can be one; nobody else sees it.
    ///
    /// - Returns: What has become of it.
    /// - Throws: ``ServicesError/unknownUser``, ``ServicesError/quotaExceeded``, ``ServicesError/store(_:)``.
    public func insert(_ run: ImportedRecord, account: Int64) async throws(ServicesError) -> ImportOutcome {
        var run = run
        run.title = run.title.flatMap(Self.title)
        let record = run, time = now()
        return try await withStoreErrors { () throws(StoreError) in
            try await store.records.insertImportedRecord(
                record, account: account, limit: Limit.Files.runsOfAccount, at: time)
        }
    }

    /// An account's runs in rooms that may be what a file tells of that begins at a time: they begin with a button, perhaps
    /// minutes before the first place.
    ///
    /// - Throws: ``ServicesError/store(_:)``.
    public func liveRuns(of account: Int64, beginningAbout time: Int64) async throws(ServicesError) -> [NotedRecord] {
        try await withStoreErrors { () throws(StoreError) in
            try await store.records.liveRecords(
                account: account, startingIn: time - Limit.Files.sameStart...time + 1000,
                limit: Limit.Files.sameStarts)
        }
    }

    /// A file's name of a run as a title; nil for one that is none.
    private static func title(_ name: String) -> String? {
        let words = name.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let title = String(words.prefix(Limit.Content.title))
        guard !title.isEmpty, (try? ForumRules.checkTitle(title)) != nil else { return nil }
        return title.withDirectionsClosed
    }
}
