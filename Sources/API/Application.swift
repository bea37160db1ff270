import Endpoints
import Foundation
import HTTPTypes
import LWS
import Limits
import Live
public import Logging
import Mail
public import Services
import Store
import Synchronization

/// The whole server: database, services, live rooms, and the listener that serves them.
///
/// Starts once and stops once. From any task.
public final class Application: Sendable {
    /// Why settings cannot be those of a server.
    public enum ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
        case noDataDirectory
        case badPort(Int)

        public var description: String {
            switch self {
            case .noDataDirectory: "no data directory is given"
            case .badPort(let port): "the port \(port) is not in 0...65535"
            }
        }
    }

    private enum Phase {
        case idle
        case started(Task<Running, any Error>)
        case stopped(Task<Void, Never>?)
    }

    private let configuration: ApplicationConfiguration
    private let logger: Logger
    private let phase = Mutex(Phase.idle)

    /// A server that does nothing yet.
    public init(configuration: ApplicationConfiguration, logger: Logger) throws(ConfigurationError) {
        guard !configuration.dataDirectory.isEmpty else { throw .noDataDirectory }
        guard (0...65535).contains(configuration.server.port) else { throw .badPort(configuration.server.port) }
        self.configuration = configuration
        self.logger = logger
    }

    /// Opens the database, brings the rooms back that were alive, and listens.
    ///
    /// To be called once; calling it after ``stop()`` throws `CancellationError`.
    ///
    /// - Returns: The port.
    /// - Throws: `StoreError` for the data directory and the database, `LWSError` for the address, the certificate and
    ///   the system, as they are: each has one sentence for a person. Nothing stays open then.
    public func start() async throws -> Int {
        let task = phase.withLock { phase -> Task<Running, any Error>? in
            switch phase {
            case .idle:
                let task = Task { [configuration, logger] in
                    try await Running.begin(configuration, logger: logger)
                }
                phase = .started(task)
                return task
            case .started: preconditionFailure("a server starts once")
            case .stopped: return nil
            }
        }
        guard let task else { throw CancellationError() }
        return try await task.value.port
    }

    /// The accounts of a server that has started, and the log of what is done to them, for who commands it; nil before,
    /// and once it is to stop.
    public var accounts: (accounts: Accounts, audit: AuditLog)? {
        get async { await core.map { ($0.accounts, $0.audit) } }
    }

    /// Makes a code by which the first administrator of a server that has started is made, by `/admin/setup?code=…`.
    ///
    /// - Returns: Nil where there is an administrator, or `/v1` is not served.
    public func inviteAdministrator() async -> String? {
        guard configuration.worlds.contains(.v1), let core = await core else { return nil }
        do {
            return try await core.firstAdministrator.invite()
        } catch {
            logger.warning("nobody can be made an administrator by a page", metadata: ["error": "\(error)"])
            return nil
        }
    }

    private var core: Core? {
        get async {
            guard case .started(let task) = phase.withLock({ $0 }) else { return nil }
            return try? await task.value.core
        }
    }

    /// What takes runs in from files, for who commands a server that has started; nil before, and once it is to stop.
    public var imports: RunImports? {
        get async { await core?.imports }
    }

    /// Stops listening, takes leave of everybody, stores what is left, and closes the database.
    ///
    /// Waits for a start that is under way. May be repeated: every call returns when all is done.
    public func stop() async {
        let task = phase.withLock { phase -> Task<Void, Never>? in
            switch phase {
            case .idle:
                phase = .stopped(nil)
                return nil
            case .started(let start):
                let task = Task {
                    // A start that failed has cleared up behind itself.
                    guard let running = try? await start.value else { return }
                    await running.end()
                }
                phase = .stopped(task)
                return task
            case .stopped(let task): return task
            }
        }
        await task?.value
    }
}

/// A server between its start and its end.
private struct Running: Sendable {
    let port: Int
    let core: Core
    let servers: ServerGroup
    /// For operators alone, where they have one.
    let operators: Server?
    /// Without TLS, beside the one with it.
    let plain: Server?
    let loops: [EventLoop]
    let upkeep: Task<Void, Never>
    let logger: Logger

    @concurrent static func begin(_ configuration: ApplicationConfiguration, logger: Logger) async throws -> Running {
        let database = try AppDatabase(
            directory: configuration.dataDirectory, logger: logger,
            quota: AccountQuota(bytes: configuration.accountQuota))
        var settings = configuration.server
        let proxies = configuration.trustedProxies
        settings.shares.isProxy = { proxies.trusts($0) }
        settings.shares.client = { proxies.client(of: $0) }
        settings.maxFileBytes = max(settings.maxFileBytes, 2 * configuration.maxVideoBytes)
        settings.temporaryDirectory = prepareUploads(in: configuration.dataDirectory, logger)
        var loops: [EventLoop] = []
        do {
            let count = configuration.loops.count
            for index in 0..<count { loops.append(try EventLoop(name: count == 1 ? "live" : "live \(index)")) }
        } catch {
            for loop in loops { await loop.shutDown() }
            close(database, logger)
            throw error
        }
        let gauge = LoadGauge()
        let core = Core(
            database: database, loops: loops, live: configuration.live, cost: configuration.passwordCost,
            limits: configuration.rateLimits ? configuration.limits : nil,
            coordinateSystem: configuration.restCoordinateSystem, roomsAreOpen: configuration.openRoomReads,
            takesLegacyClients: configuration.legacyClients, pageOrigins: configuration.allowedOrigins.named,
            publicBase: PublicBase(configured: configuration.publicURL, isTLS: configuration.server.tls != nil),
            maxVideoBytes: configuration.maxVideoBytes,
            reserve: DiskReserve(configuration.diskReserve, in: configuration.dataDirectory, logger: logger),
            publicRooms: configuration.publicRooms, mail: transport(configuration), captcha: configuration.captcha,
            entryTaskRegistration: configuration.entryTaskRegistration, backups: configuration.backups,
            settings: configuration.described,
            load: { await gauge.load }, logger: logger)
        let responder = APIResponder(
            core: core,
            policy: HTTPPolicy(
                trustedProxies: configuration.trustedProxies, origins: configuration.allowedOrigins,
                // Also where a proxy speaks TLS for it.
                isTLS: configuration.server.tls != nil || configuration.publicURL?.hasPrefix("https://") == true),
            worlds: World.all.filter { configuration.worlds.map(\.rawValue).contains($0.name) },
            pages: configuration.pages,
            logger: logger)
        let operators = configuration.operators.map { address in
            var own = ServerConfiguration()
            (own.host, own.port) = (address.host, address.port)
            own.maxConnections = Limit.Operations.connections
            own.temporaryDirectory = settings.temporaryDirectory
            return Server(
                configuration: own, loop: loops[0], responder: OperatorDoor(responder: responder, side: .operators),
                endpoints: [], logger: logger)
        }
        let servers = ServerGroup(
            configuration: settings, loops: loops,
            responder: OperatorDoor(responder: responder, side: operators == nil ? .everybody : .clients),
            endpoints: { [liveEndpoint(core, $0, responder, configuration)] }, logger: logger)
        gauge.watch(servers)
        var plain: Server?
        do {
            let accounts = configuration.entryTaskAccounts
            try EntryTaskAccount.reserve(accounts, with: core.accounts)
            try await core.live.start()
            if let operators, let address = configuration.operators {
                let port = try await operators.start()
                logger.notice(
                    "operators are answered elsewhere",
                    metadata: ["address": "\(ListenAddress(host: address.host, port: port))"])
            }
            let port = try await servers.start()
            if let settings = configuration.plain {
                plain = plainServer(settings, configuration, tlsPort: port, loops[0], logger)
                let address = ListenAddress(
                    host: configuration.server.host, port: try await plain?.start() ?? 0)
                logger.notice("plain requests are led to TLS", metadata: ["address": "\(address)"])
            }
            let upkeep = Task {
                async let added: Void = EntryTaskAccount.register(accounts, with: core.accounts, logger: logger)
                async let kept: Void? = core.backups?.keep()
                await Self.upkeep(core, logger)
                await added
                await kept
            }
            return Running(
                port: port, core: core, servers: servers, operators: operators, plain: plain, loops: loops,
                upkeep: upkeep, logger: logger)
        } catch {
            await plain?.stop()
            await servers.stop(deadline: .zero)
            await operators?.stop()
            core.mail.stop()
            await core.live.stop()
            for loop in loops { await loop.shutDown() }
            close(database, logger)
            throw error
        }
    }

    /// What listens without TLS.
    private static func plainServer(
        _ settings: PlainPort, _ configuration: ApplicationConfiguration, tlsPort: Int, _ loop: EventLoop,
        _ logger: Logger
    ) -> Server {
        var own = ServerConfiguration()
        (own.host, own.port) = (configuration.server.host, settings.port)
        own.maxConnections = Limit.PlainPort.connections
        let door = PlainDoor(
            publicURL: configuration.publicURL, port: tlsPort,
            challenges: settings.acmeWebroot.map(ChallengeFiles.init))
        return Server(configuration: own, loop: loop, responder: door, endpoints: [], logger: logger)
    }

    /// Where phones and pages connect.
    private static func liveEndpoint(
        _ core: Core, _ loop: Int, _ responder: APIResponder, _ configuration: ApplicationConfiguration
    ) -> WebSocketEndpoint {
        let cookie = core.cookie
        return core.live.endpoint(
            on: loop, address: configuration.trustedProxies.client,
            credential: { $0.headers[.authorization] ?? cookie.token(in: $0) },
            refuse: { head in
                guard cookie.refusesUpgrade(head) else { return nil }
                return responder.refusal(
                    .forbidden, path: head.target, sentence: "A page of another origin may not use this login.")
            })
    }

    private static func transport(_ configuration: ApplicationConfiguration) -> any MailTransport {
        switch configuration.mail {
        case .outbox: Outbox(directory: configuration.dataDirectory)
        case .smtp(let settings): SMTPTransport(settings)
        }
    }

    /// Makes the folder for bodies that arrive, and removes what a process left there that was killed meanwhile: the
    /// directory is this process's alone.
    ///
    /// - Returns: The folder; the system's own one when it cannot be made.
    private static func prepareUploads(in directory: String, _ logger: Logger) -> String {
        let folder = directory + "/uploads"
        let files = FileManager.default
        do {
            if files.fileExists(atPath: folder) { try files.removeItem(atPath: folder) }
            try files.createDirectory(
                atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
            return folder
        } catch {
            logger.warning("the folder for uploads cannot be made", metadata: ["error": "\(error)"])
            return files.temporaryDirectory.path
        }
    }

    func end() async {
        upkeep.cancel()
        await plain?.stop()
        await servers.stop()
        await operators?.stop()
        core.mail.stop()
        await core.live.stop()
        // The threads end before the database closes, lest somebody on them still asks.
        for loop in loops { await loop.shutDown() }
        Self.close(core.database, logger)
    }

    private static func close(_ database: AppDatabase, _ logger: Logger) {
        do {
            try database.close()
        } catch {
            // Nothing is lost: the next start replays SQLite's log.
            logger.error("the database was not closed cleanly", metadata: ["error": "\(error)"])
        }
    }

    /// Removes expired tokens and pictures that nobody uses, once at the start and then every quarter of an hour.
    private static func upkeep(_ core: Core, _ logger: Logger) async {
        await attempt("to remove what is left of unfinished uploads", logger) { () throws(ServicesError) in
            try await core.media.sweepFiles()
        }
        while !Task.isCancelled {
            await attempt("to remove expired tokens", logger) { () throws(ServicesError) in
                try await core.tokens.removeExpired()
            }
            await attempt("to remove expired codes", logger) { () throws(ServicesError) in
                try await core.mailCodes.removeExpired()
            }
            await attempt("to forget who read posts", logger) { () throws(ServicesError) in
                try await core.forum.forgetReaders()
            }
            await attempt("to remove what deleted accounts have left", logger) { () throws(ServicesError) in
                try await core.accounts.removeLeavings()
            }
            core.live.removeLeavings()
            await attempt("to remove guests who have gone", logger) { () throws(ServicesError) in
                try await core.accounts.removeGuests()
            }
            await attempt("to remove old lines of the audit log", logger) { () throws(ServicesError) in
                try await core.audit.removeOldest()
            }
            await attempt("to remove reports that were decided", logger) { () throws(ServicesError) in
                try await core.reports.removeDecided()
            }
            await attempt("to remove pictures that nobody uses", logger) { () throws(ServicesError) in
                try await core.media.sweep()
            }
            try? await Task.sleep(for: .seconds(900))
        }
    }

    /// Does some upkeep; what fails is tried again the next time.
    private static func attempt(
        _ purpose: String, _ logger: Logger, _ work: () async throws(ServicesError) -> Int
    ) async {
        do {
            _ = try await work()
        } catch {
            // A server that is stopping closes the database under it.
            if !Task.isCancelled {
                logger.notice("upkeep failed", metadata: ["purpose": "\(purpose)", "error": "\(error)"])
            }
        }
    }
}

/// Lets `/metrics` ask the servers that serve it.
private final class LoadGauge: Sendable {
    private struct Watched {
        weak var servers: ServerGroup?
    }

    private let watched = Mutex(Watched())

    func watch(_ servers: ServerGroup) { watched.withLock { $0.servers = servers } }

    var load: ServerLoad? { get async { await watched.withLock { $0.servers }?.load } }
}
