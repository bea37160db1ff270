import Foundation
import HTTPTypes
import LWS
import Logging
import Rooms
import Synchronization
import TestKit
@testable import Store

@testable import Live

/// Live rooms on a real loop, with a real listener and a database of their own.
///
/// With `RUNROOM_TEST_LOOPS=2` there is another loop beside that of the rooms, and connections come there: so each of them
/// moves when it joins.
struct Stage {
    let directory: String
    /// The rooms'.
    let loop: EventLoop
    let store: AppDatabase
    /// The rooms of ``loop``, where all are at home.
    let live: LiveRooms
    let hub: LiveHub
    let port: Int
    let logins = Logins()
    let links = Links()
    let calls = Calls()
    private let servers: ServerGroup
    private let loops: [EventLoop]
    private let phones: EventLoop
    private let client: WebSocketClient
    let hook = ReadingHook()
    let statements = Statements()

    /// Runs `body` on a stage over a directory, and takes the stage down afterwards; the directory stays.
    ///
    /// With a number of `loops`, rooms are spread over them.
    static func run(
        in directory: TemporaryDirectory, settings: LiveSettings = .quick, busyTimeout: Double = 5,
        clock: ServerClock = ServerClock(), log: RecordingLog? = nil, loops: Int? = nil,
        _ body: (Stage) async throws -> Void
    ) async throws {
        let stage = try await Stage(directory.path, settings, busyTimeout, clock, log, loops)
        let result: Result<Void, any Error>
        do { result = .success(try await body(stage)) } catch { result = .failure(error) }
        await stage.end()
        try result.get()
    }

    /// A room with the number 159, and accounts with names.
    func room(with names: String...) async throws {
        _ = try await live.createRoom("159", password: "pw")
        for name in names { try await account(name) }
    }

    /// Other rooms on the same loop and database, as another server would have them.
    func makeOther(settings: LiveSettings = .quick) -> LiveRooms {
        var logger = Logger(label: "other")
        logger.logLevel = .critical
        return LiveRooms(loop: loop, store: store, settings: settings, services: live.services, logger: logger)
    }

    /// A database as a server has it that nobody has used yet.
    private static let unused = DirectoryTemplate { try AppDatabase(directory: $0, logger: .quiet).close() }

    private init(
        _ directory: String, _ settings: LiveSettings, _ busyTimeout: Double, _ clock: ServerClock,
        _ log: RecordingLog?, _ spread: Int?
    ) async throws {
        var logger = log?.logger ?? Logger(label: "test")
        if log == nil { logger.logLevel = .critical }
        self.directory = directory
        try Self.unused.copy(to: directory)
        let store = try AppDatabase(
            directory: directory, logger: logger, busyTimeout: busyTimeout, now: IDGenerator.systemTime,
            trace: { [statements] in statements.whenBegun.withLock { $0 }?($0) })
        self.store = store
        loops = try (1...(spread ?? TestLoops.count)).map { try EventLoop(name: "live \($0)") }
        loop = loops[loops.count - 1]
        phones = try EventLoop(name: "phones")
        client = try WebSocketClient(loop: phones)
        var settings = settings
        // The hub's, of which the loop of the rooms gets its part.
        settings.unjournaledLimit *= loops.count
        let hub = LiveHub(
            loops: loops, places: RoomPlaces(loops: loops.count, always: spread == nil ? loops.count - 1 : nil),
            store: store, settings: settings, clock: clock,
            services: LiveServices(
                // A token is the name of an account, perhaps with a number of a login.
                owner: { [logins] token in
                    guard !logins.ended.withLock({ $0.contains(token) }) else { return nil }
                    if logins.areUnreadable.load(ordering: .relaxed) { try await Logins.fail() }
                    let name = String(token.prefix { $0 != "#" })
                    let account = try await store.accounts.account(usernameKey: name)
                    await logins.whenFound.withLock { exchange(&$0, with: nil) }?()
                    return account.map {
                        TokenOwner(
                            person: Person(
                                account: $0.id, username: $0.username, nickname: $0.nickname,
                                avatar: "/pictures/\($0.username)", zones: $0.zones,
                                callsWhenStill: $0.callsWhenStill),
                            login: LoginID(Array(token.utf8)))
                    }
                },
                link: { [links] secret in links.grants.withLock { $0[secret] } },
                avatar: { [hook] in
                    hook.read($0)
                    return "/pictures/\($0)"
                },
                makeSecret: { RoomSecret(salt: [], hash: Array($0.utf8)) },
                judge: { password, secret, _, _ in Array(password.utf8) == secret.hash ? .right : .wrong },
                callForHelp: { [calls] still, room in calls.take(still, room) },
                newID: { store.ids.next() }),
            logger: logger)
        self.hub = hub
        live = hub.loops[loops.count - 1]
        servers = ServerGroup(
            configuration: ServerConfiguration(), loops: loops, responder: NotFound(),
            endpoints: { [hub.endpoint(on: $0)] }, logger: logger)
        try await hub.start()
        await live.roomsAreUp()
        port = try await servers.start()
    }

    private func end() async {
        await client.shutDown()
        await phones.shutDown()
        await servers.stop(deadline: .seconds(3))
        await hub.stop()
        for loop in loops { await loop.shutDown() }
        try? store.close()
    }

    /// Ends the login of a token.
    func endLogin(_ token: String) async {
        logins.ended.withLock { _ = $0.insert(token) }
        await hub.endLogins([LoginID(Array(token.utf8))])
    }

    /// Registers somebody.
    @discardableResult func account(_ name: String) async throws -> Person {
        let account = try await store.accounts.insertAccount(
            username: name, usernameKey: name, nickname: name, passwordHash: "", at: 1)
        return Person(account: account.id, username: name, nickname: name, avatar: "", zones: [])
    }

    /// Opens a connection and sends the first message.
    func connect(_ message: String?, path: String = "/live") async -> Phone {
        let phone = Phone(loop: phones)
        await withCheckedContinuation { continuation in
            phones.execute {
                client.connect(
                    host: "127.0.0.1", port: port, path: path, subprotocol: "runroom.v1", handler: phone)
                continuation.resume()
            }
        }
        if let message { phone.send(message) }
        return phone
    }

    /// Joins a room as somebody, and waits for the answer.
    func join(_ room: String, as name: String) async throws -> (phone: Phone, joined: Heard) {
        let phone = await connect(#"{"type":"join","runID":"\#(room)","password":"pw","token":"\#(name)"}"#)
        return (phone, try await phone.next("joined"))
    }

    /// What the connections hold.
    var load: ServerLoad { get async { await servers.load } }

    /// What a statement on the writer answers.
    func administered(_ statement: String) throws -> [String] { try store.administer(statement) }

    /// Has ana run, alone in room 159, until her first markers are in blocks alone.
    ///
    /// - Returns: Her phone, and the last marker, which is acknowledged.
    func runIntoBlocks() async throws -> (phone: Phone, last: Int) {
        try await room(with: "ana")
        let (phone, _) = try await join("159", as: "ana")
        phone.send(#"{"type":"start"}"#)
        var last = 400
        phone.send(markers(1...last))
        _ = try await phone.next("ack") { $0.number("marker") == 400 }
        func first() throws -> Int { Int(try administered("SELECT MIN(sequence) FROM journal").first ?? "") ?? -1 }
        while try first() <= 1, last < 1_000 {
            phone.send(markers((last + 1)...(last + 20)))
            last += 20
            _ = try await phone.next("ack") { $0.number("marker") == Double(last) }
        }
        return (phone, last)
    }

    /// What a crash would leave now.
    func copy(to directory: TemporaryDirectory) throws {
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        try administer("VACUUM INTO '\(directory.path)/runroom.sqlite'")
    }

    /// A statement on the writer.
    func administer(_ statement: String) throws { _ = try store.administer(statement) }

    /// Takes a value out of the first row of a table, so that it cannot be read.
    func spoil(_ table: String, _ column: String) throws {
        try store.relax(table, key: table == "journal" ? "room, sequence" : "room, runner, number")
        try administer("UPDATE \(table) SET \(column) = NULL WHERE id = (SELECT MIN(id) FROM \(table))")
    }

    func repair(_ table: String, _ column: String) throws {
        try administer("UPDATE \(table) SET \(column) = 0 WHERE \(column) IS NULL")
    }
}

extension AppDatabase {
    /// Puts a table in the place of another that does not mind what its columns hold.
    func relax(_ table: String, key: String) throws {
        _ = try administer("ALTER TABLE \(table) RENAME TO intact_\(table)")
        _ = try administer("CREATE TABLE \(table) AS SELECT * FROM intact_\(table)")
        _ = try administer("CREATE UNIQUE INDEX \(table)_key ON \(table) (\(key))")
    }
}

/// What has become of tokens.
final class Logins: Sendable {
    let ended = Mutex<Set<String>>([])
    /// Whether nothing can be found out of them.
    let areUnreadable = Atomic(false)
    /// Called once, between when a token is looked at and when its owner is told.
    let whenFound = Mutex<(@Sendable () async -> Void)?>(nil)

    /// Fails on another thread than the caller's.
    @concurrent fileprivate static func fail() async throws { throw StoreError.busy }
}

/// For whom others were called.
final class Calls: Sendable {
    private let stream = AsyncStream.makeStream(of: (still: Stillness, room: Int64).self)
    private let number = Atomic(0)

    var count: Int { number.load(ordering: .relaxed) }

    fileprivate func take(_ still: Stillness, _ room: Int64) {
        number.add(1, ordering: .relaxed)
        stream.continuation.yield((still, room))
    }

    /// The next one; nil when the test's time is over.
    func next() async -> (still: Stillness, room: Int64)? { await stream.stream.first { _ in true } }
}

/// What links are good for.
final class Links: Sendable {
    fileprivate let grants = Mutex<[String: LinkGrant]>([:])

    func give(_ secret: String, _ grant: LinkGrant) { grants.withLock { $0[secret] = grant } }

    func take(_ secret: String) { grants.withLock { $0[secret] = nil } }
}

/// What is to happen when a statement begins, on its thread: what it reads is as it was before.
final class Statements: Sendable {
    let whenBegun = Mutex<(@Sendable (_ text: String) -> Void)?>(nil)
}

/// What is to happen while a room is being read from disk.
final class ReadingHook: Sendable {
    private let action = Mutex<(@Sendable (_ username: String) -> Void)?>(nil)

    /// Has something done once, when a room's reading comes to somebody's picture; the reading waits for it.
    func once(_ action: @escaping @Sendable (_ username: String) -> Void) {
        self.action.withLock { $0 = action }
    }

    func read(_ username: String) {
        let action = action.withLock { action in
            defer { action = nil }
            return action
        }
        action?(username)
    }
}

extension LiveSettings {
    /// For tests: nothing takes long.
    static var quick: LiveSettings {
        var settings = LiveSettings()
        settings.tick = .milliseconds(50)
        settings.commitInterval = .milliseconds(50)
        settings.storeRetry = .milliseconds(20)
        return settings
    }
}

private struct NotFound: HTTPResponder {
    func bodyPolicy(for head: HTTPRequestHead) -> BodyPolicy { BodyPolicy() }

    @concurrent func refusal(
        of head: HTTPRequestHead, spillingAfter fields: [(name: String, value: String)]
    ) async -> LWS.HTTPResponse? { nil }

    @concurrent func respond(to request: HTTPServerRequest) async -> LWS.HTTPResponse {
        HTTPResponse(status: .notFound)
    }

    func refusal(_ status: HTTPTypes.HTTPResponse.Status, path: String, sentence: String?) -> LWS.HTTPResponse {
        HTTPResponse(status: status)
    }
}

extension LiveRooms {
    /// Has everything committed now, or after the commit that is under way.
    func commitAll() { pipeline.commitTick() }

    /// What of a runner's markers is on disk.
    func durableMarker(of number: Int, in runID: String) throws -> Int {
        Int(table[runID]?.room.durableMarker(of: number) ?? 0)
    }
}
