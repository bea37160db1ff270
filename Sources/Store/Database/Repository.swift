/// The rows of one kind of thing, and all the statements about them.
///
/// Repositories are values without a state of their own: they read and write through the one ``AppDatabase``, whose
/// promises are theirs. A transaction belongs to the repository of what it is about, and calls the others' parts of it.
public protocol Repository: Sendable {
    var database: AppDatabase { get }
}

extension Repository {
    var ids: IDGenerator { database.ids }

    var quota: AccountQuota { database.quota }

    /// As ``AppDatabase/read(_:)``.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Session) throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        try await database.read(body)
    }

    /// As ``AppDatabase/write(_:_:)``.
    func write<Value: Sendable>(
        _ order: WriteQueue.Order = .others, _ body: @escaping @Sendable (Session) throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        try await database.write(order, body)
    }
}

extension AppDatabase {
    public var accounts: AccountRepository { AccountRepository(database: self) }
    public var tokens: TokenRepository { TokenRepository(database: self) }
    public var mailCodes: MailCodeRepository { MailCodeRepository(database: self) }
    public var forum: ForumRepository { ForumRepository(database: self) }
    public var social: SocialRepository { SocialRepository(database: self) }
    public var media: MediaRepository { MediaRepository(database: self) }
    public var rooms: RoomRepository { RoomRepository(database: self) }
    public var links: LinkRepository { LinkRepository(database: self) }
    public var devices: DeviceRepository { DeviceRepository(database: self) }
    public var reports: ReportRepository { ReportRepository(database: self) }
    public var audit: AuditRepository { AuditRepository(database: self) }
    public var safety: SafetyRepository { SafetyRepository(database: self) }
    public var records: RecordRepository { RecordRepository(database: self) }
}
