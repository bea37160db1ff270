import Limits
public import Store
import Synchronization
import Text

/// Phones whose apps report to rooms by themselves: each has a secret of 128 random bits, of which the database knows only
/// the hash.
///
/// Whose devices a caller may see or change has been decided before; an `account` here is taken at its word.
public final class Devices: Sendable {
    /// An app that can report.
    public enum App: String, Sendable, CaseIterable {
        case owntracks, traccar, osmand, gpslogger, runnerup, overland, ulogger, mapmytracks, phonetrack, colota
        /// Whatever sends its fields by names that are in use.
        case any
    }

    /// What is known of a device beside what is stored.
    public struct Activity: Hashable, Sendable {
        /// When it was heard of last, in milliseconds since 1970.
        public var heardAt: Int64
        /// How often it reports, in milliseconds; nil where that is not known.
        public var interval: Int64?
        /// Percent; nil where the app does not tell.
        public var battery: Int?
        /// When its person called for help, in milliseconds since 1970.
        public var alarmAt: Int64?
        /// When that it was heard of was stored.
        fileprivate var storedAt: Int64
    }

    /// A device at the only moment when its secret is known.
    public struct Issued: Hashable, Sendable {
        public let device: Device
        /// 22 characters of base64url.
        public let secret: String
    }

    private let store: AppDatabase
    private let now: @Sendable () -> Int64
    private let strangers: RateLimiter?
    private let posts: RateLimiter?
    private let activities = Mutex<[Int64: Activity]>([:])

    /// Makes the service.
    ///
    /// - Parameters:
    ///   - store: Where devices are.
    ///   - strangers: How often an address may come with secrets that nobody has; nil for as often as it likes.
    ///   - posts: How often all devices of an account together may report; nil for as often as they like.
    ///   - now: The clock, in milliseconds since 1970.
    public init(
        store: AppDatabase, strangers: RateLimit?, posts: RateLimit?,
        now: @escaping @Sendable () -> Int64 = IDGenerator.systemTime
    ) {
        self.store = store
        self.strangers = strangers.map { RateLimiter($0) }
        self.posts = posts.map { RateLimiter($0) }
        self.now = now
    }

    /// Makes a device.
    ///
    /// - Parameters:
    ///   - account: Whose it is.
    ///   - app: What reports.
    ///   - label: 1 to 64 characters; nil for none.
    ///   - room: The key of the room; nil for the one that its person is in.
    /// - Returns: The device; nil when the account has ``Limit/Devices/owned`` already.
    /// - Throws: ``ServicesError/invalid(field:message:)``, ``ServicesError/store(_:)``.
    public func make(
        account: Int64, app: App, label: String?, room: Int64?
    ) async throws(ServicesError) -> Issued? {
        if let label { try RoomRules.checkLabel(label) }
        let secret = Tokens.base64url(Crypto.randomBytes(16))
        let time = now()
        let device = try await withStoreErrors { () throws(StoreError) in
            try await store.devices.insertDevice(
                account: account, hash: Self.hash(secret), app: app.rawValue, label: label?.withDirectionsClosed,
                room: room, limit: Limit.Devices.owned, kept: Limit.Devices.revoked, at: time)
        }
        return device.map { Issued(device: $0, secret: secret) }
    }

    /// The devices of an account, the oldest first.
    public func devices(
        of account: Int64, after: Int64 = 0, limit: Int
    ) async throws(ServicesError) -> [Device] {
        try await withStoreErrors { () throws(StoreError) in
            try await store.devices.devices(of: account, after: after, limit: limit)
        }
    }

    /// A device of an account; nil for none.
    public func device(_ id: Int64, of account: Int64) async throws(ServicesError) -> Device? {
        try await withStoreErrors { () throws(StoreError) in try await store.devices.device(id, of: account) }
    }

    /// Changes what a device is called and where it reports to.
    ///
    /// - Parameters:
    ///   - device: As it was seen.
    ///   - account: Whose.
    ///   - label: As of ``make(account:app:label:room:)``.
    ///   - room: As there.
    /// - Returns: What it is then; nil when it has been changed since, or is gone.
    /// - Throws: As there.
    public func change(
        _ device: Device, of account: Int64, label: String?, room: Int64?
    ) async throws(ServicesError) -> Device? {
        if let label { try RoomRules.checkLabel(label) }
        return try await withStoreErrors { () throws(StoreError) in
            try await store.devices.changeDevice(
                device.id, of: account, label: label?.withDirectionsClosed, room: room, seen: device.revision)
        }
    }

    /// Ends a device: what it posts from now on is taken and forgotten.
    ///
    /// - Returns: Whether there was one.
    public func revoke(_ id: Int64, of account: Int64) async throws(ServicesError) -> Bool {
        let time = now()
        let isRevoked = try await withStoreErrors { () throws(StoreError) in
            try await store.devices.revokeDevice(id, of: account, at: time)
        }
        if isRevoked { activities.withLock { $0[id] = nil } }
        return isRevoked
    }

    /// The device that a secret is of, whether it is in use or has ended.
    ///
    /// - Parameters:
    ///   - secret: What was shown.
    ///   - address: From where.
    /// - Returns: The device.
    /// - Throws: ``ServicesError/badToken`` for a secret that nobody has, ``ServicesError/tooOften(retryAfter:)`` when too
    ///   many of those came from the address, ``ServicesError/store(_:)``.
    public func find(_ secret: String, from address: String) async throws(ServicesError) -> Device {
        if secret.utf8.count == 22 {
            let found = try await withStoreErrors { () throws(StoreError) in
                try await store.devices.device(hash: Self.hash(secret))
            }
            if let found { return found }
        }
        try strangers?.take(address)
        throw .badToken
    }

    /// The device that a secret is of, which is about to report.
    ///
    /// - Parameters:
    ///   - secret: What was shown.
    ///   - address: From where.
    /// - Returns: The device.
    /// - Throws: As ``find(_:from:)``; ``ServicesError/tooOften(retryAfter:)`` also when its account's devices report too
    ///   often.
    public func admit(_ secret: String, from address: String) async throws(ServicesError) -> Device {
        let device = try await find(secret, from: address)
        try posts?.take("account \(device.account ?? 0)")
        return device
    }

    // MARK: - Signs of life

    /// Notes that a device has reported.
    ///
    /// - Parameters:
    ///   - id: Which.
    ///   - interval: How often it does; nil where that is not known.
    ///   - battery: Percent; nil where it was not told.
    ///   - isAlarm: Whether its person calls for help.
    /// - Throws: ``ServicesError/store(_:)``.
    public func noteHeard(
        _ id: Int64, interval: Int64?, battery: Int?, isAlarm: Bool
    ) async throws(ServicesError) {
        let time = now()
        let isDue = activities.withLock { activities in
            if activities.count >= Limit.Devices.remembered, activities[id] == nil { activities.removeAll() }
            var activity = activities[id] ?? Activity(heardAt: time, storedAt: .min)
            activity.heardAt = time
            activity.interval = interval ?? activity.interval
            activity.battery = battery ?? activity.battery
            if isAlarm { activity.alarmAt = time }
            let isDue = activity.storedAt < time - Limit.Devices.heardInterval
            if isDue { activity.storedAt = time }
            activities[id] = activity
            return isDue
        }
        guard isDue else { return }
        try await withStoreErrors { () throws(StoreError) in try await store.devices.noteHeard(id, at: time) }
    }

    /// What is known of a device since the server started; nil before it has been heard of.
    public func activity(of id: Int64) -> Activity? { activities.withLock { $0[id] } }

    /// No salt and no work: 128 random bits cannot be guessed, with or without.
    private static func hash(_ secret: String) -> [UInt8] { Crypto.sha256(Array(secret.utf8)) }
}
