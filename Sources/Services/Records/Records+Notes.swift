import Limits
public import Store
import Text

extension Records {
    /// What an owner changes of what is said of a run; what is nil stays as it is.
    public struct Edit: Hashable, Sendable {
        /// Empty for none.
        public var title: String?
        /// Empty for none.
        public var notes: String?
        /// To `link`: another link takes the place of the one before.
        public var visibility: RunNotes.Visibility?

        public init(title: String?, notes: String?, visibility: RunNotes.Visibility?) {
            self.title = title
            self.notes = notes
            self.visibility = visibility
        }
    }

    /// The runs of an account with what is said of them, those first that ended last.
    public func runs(
        of account: Int64, before place: RunPlace? = nil, limit: Int
    ) async throws(ServicesError) -> [NotedRecord] {
        try await withStoreErrors { () throws(StoreError) in
            try await store.records.notedRecords(account: account, before: place, limit: limit)
        }
    }

    /// All runs of an account together.
    public func totals(of account: Int64) async throws(ServicesError) -> RecordTotals {
        try await withStoreErrors { () throws(StoreError) in try await store.records.totals(account: account) }
    }

    /// A run that somebody may see.
    ///
    /// - Parameters:
    ///   - text: Its id as clients see it, or the number that it has among the reader's own.
    ///   - reader: Who asks; nil for a stranger.
    ///   - secret: What a link to it ends with, if one was shown.
    /// - Returns: The run.
    /// - Throws: ``ServicesError/notFound`` also for one that is not theirs to see, ``ServicesError/store(_:)``.
    public func run(
        _ text: String, reader: Int64?, link secret: String? = nil
    ) async throws(ServicesError) -> NotedRecord {
        let found: NotedRecord?
        if let id = ObjectID.id(text) {
            found = try await withStoreErrors { () throws(StoreError) in try await store.records.notedRecord(id: id) }
        } else if let reader, let number = Int64(text) {
            found = try await withStoreErrors { () throws(StoreError) in
                try await store.records.notedRecord(account: reader, runID: number)
            }
        } else {
            found = nil
        }
        guard let found else { throw .notFound }
        if found.summary.account == reader { return found }
        switch found.notes.visibility {
        case .everybody: return found
        case .link:
            // Of random bits a hash tells nothing about those that are nearly right.
            if let secret, let link = found.notes.link, Crypto.isEqual(link, Self.hash(secret)) { return found }
        case .private: break
        }
        throw .notFound
    }

    /// Says something else of a run.
    ///
    /// - Parameters:
    ///   - run: As it was read.
    ///   - edit: What to change.
    /// - Returns: The run after it, and the secret of a new link to it; nil when it has been changed since it was read.
    /// - Throws: ``ServicesError/invalid(field:message:)``, ``ServicesError/quotaExceeded``, ``ServicesError/store(_:)``.
    public func edit(
        _ run: NotedRecord, _ edit: Edit
    ) async throws(ServicesError) -> (run: NotedRecord, secret: String?)? {
        var notes = run.notes, secret: String?
        if let title = edit.title {
            if !title.isEmpty { try ForumRules.checkTitle(title) }
            notes.title = title.isEmpty ? nil : title.withDirectionsClosed
        }
        if let text = edit.notes {
            if !text.isEmpty { try Self.checkNotes(text) }
            notes.notes = text.isEmpty ? nil : text.withDirectionsClosed
        }
        if let visibility = edit.visibility {
            notes.visibility = visibility
            secret = visibility == .link ? Tokens.base64url(Crypto.randomBytes(16)) : nil
            notes.link = secret.map(Self.hash)
        }
        let wanted = notes
        let stored = try await withStoreErrors { () throws(StoreError) in
            try await store.records.setNotes(wanted, on: run.id)
        }
        return stored.map { (NotedRecord(summary: run.summary, notes: $0, file: run.file), secret) }
    }

    private static func checkNotes(_ text: String) throws(ServicesError) {
        do {
            try ForumRules.checkComment(text)
        } catch {
            throw .invalid(
                field: "notes",
                message: "`notes` must have at most \(Limit.Content.comment) characters, and none that are for control."
            )
        }
    }

    private static func hash(_ secret: String) -> [UInt8] { Crypto.sha256(Array(secret.utf8)) }
}
