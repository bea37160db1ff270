import Foundation
import Geo
import HTTPTypes
import LWS
import Live
import Logging
import Mail
import Services
import Store
import TestKit
import Testing

@testable import API
@testable import Endpoints

/// All of the API but the sockets, on a database of its own.
struct TestAPI: Sendable {
    private let folder = TemporaryDirectory()
    var directory: String { folder.path }
    let database: AppDatabase
    /// As many as `RUNROOM_TEST_LOOPS` says.
    let loops: [EventLoop]
    let core: Core
    let responder: APIResponder
    let clock = ManualClock()
    let postbox: Postbox

    /// A database as a server has it that nobody has used yet.
    private static let unused = DirectoryTemplate { try AppDatabase(directory: $0, logger: .quiet).close() }

    fileprivate init(
        limits: RateLimits?, coordinateSystem: CoordinateSystem, roomsAreOpen: Bool, legacy: Bool, live: LiveSettings,
        captcha: Bool, entryTaskRegistration: Bool, passwords: Passwords?, quota: Int, reserve: DiskReserve?,
        pageOrigins: Set<String>, publicRooms: [PublicRoom], backups: BackupPlan?, logger: Logger
    )
        throws
    {
        try Self.unused.copy(to: folder.path)
        database = try AppDatabase(directory: folder.path, logger: logger, quota: AccountQuota(bytes: quota))
        loops = try (0..<TestLoops.count).map { try EventLoop(name: "test \($0)") }
        postbox = Postbox()
        core = Core(
            database: database, loops: loops, live: live,
            passwords: passwords ?? Passwords(cost: .least, queueLimit: PasswordCost.low.queueLimit),
            limits: limits, coordinateSystem: coordinateSystem, roomsAreOpen: roomsAreOpen, takesLegacyClients: legacy,
            pageOrigins: pageOrigins, reserve: reserve, publicRooms: publicRooms, mail: postbox, captcha: captcha,
            entryTaskRegistration: entryTaskRegistration, backups: backups, logger: logger,
            now: { [clock] in clock.now }
        )
        responder = APIResponder(core: core, logger: logger)
    }

    fileprivate func end() async {
        core.mail.stop()
        await core.live.stop()
        for loop in loops { await loop.shutDown() }
        try? database.close()
    }

    /// Sends a request as the server would hand it over.
    func send(
        _ method: HTTPRequest.Method, _ target: String, raw body: [UInt8], token: String? = nil,
        headers: HTTPFields = [:], from address: String = "192.0.2.1"
    ) async throws -> Answer {
        let parsed = try RequestTarget(target)
        var headers = headers
        if let token { headers[.authorization] = "Bearer \(token)" }
        let head = HTTPRequestHead(
            method: method, target: target, path: parsed.path, query: parsed.query, headers: headers,
            remoteAddress: address)
        return try await take(head, .bytes(body))
    }

    /// Has a request answered as the server would: by its head alone where a large body is not worth taking, or too large.
    func take(_ head: HTTPRequestHead, _ body: HTTPBody) async throws -> Answer {
        var head = head
        let count = body.byteCount
        if count > 0, head.headers[.contentLength] == nil { head.headers[.contentLength] = String(count) }
        let policy = responder.bodyPolicy(for: head)
        if count > policy.maxBytes {
            return try await Answer(responder.refusal(.contentTooLarge, path: head.target, sentence: nil))
        }
        if policy.asks(about: head), let refusal = await responder.refusal(of: head) {
            return try await Answer(refusal)
        }
        return try await Answer(await responder.respond(to: HTTPServerRequest(head: head, body: body)))
    }

    func send(
        _ method: HTTPRequest.Method, _ target: String, _ body: JSONValue? = nil, token: String? = nil,
        headers: HTTPFields = [:], from address: String = "192.0.2.1"
    ) async throws -> Answer {
        try await send(
            method, target, raw: body?.bytes ?? [], token: token, headers: headers, from: address)
    }

    /// Registers somebody.
    ///
    /// - Returns: Their token.
    func register(_ username: String = "ana", password: String = "secret") async throws -> String {
        let answer = try await send(
            .post, "/api/users", ["username": .string(username), "password": .string(password)])
        return try #require(answer.json["token"]?.string)
    }

    /// A room with its runners in it, each registered.
    ///
    /// - Returns: The runners' tokens.
    @discardableResult
    func makeRoom(_ runID: String = "159", runners: [String] = ["ana"]) async throws -> [String] {
        let created = try await send(
            .post, "/api/runRoom/create", ["runID": .string(runID), "password": "pw"])
        try #require(created.status == 201)
        var tokens: [String] = []
        for runner in runners {
            tokens.append(try await register(runner))
            let joined = try await send(
                .post, "/api/runRoom/join",
                ["runID": .string(runID), "password": "pw", "username": .string(runner)])
            try #require(joined.status == 200)
        }
        return tokens
    }

    func update(_ runID: String = "159", _ username: String = "ana", _ fields: JSONValue) async throws -> Answer {
        var body = try #require(fields.object)
        body["runID"] = .string(runID)
        body["password"] = "pw"
        body["username"] = .string(username)
        return try await send(.post, "/api/runRoom/update", .object(body))
    }
}

/// Runs a test with an API and clears up behind it.
func withAPI<Value>(
    limits: RateLimits? = nil, coordinateSystem: CoordinateSystem = .wgs84, roomsAreOpen: Bool = true,
    legacy: Bool = false, live: LiveSettings = LiveSettings(), captcha: Bool = false,
    entryTaskRegistration: Bool = true, passwords: Passwords? = nil, quota: Int = 0, reserve: DiskReserve? = nil,
    pageOrigins: Set<String> = [], publicRooms: [PublicRoom] = [], backups: BackupPlan? = nil, logger: Logger = .quiet,
    _ body: (TestAPI) async throws -> Value
) async throws -> Value {
    let api = try TestAPI(
        limits: limits, coordinateSystem: coordinateSystem, roomsAreOpen: roomsAreOpen, legacy: legacy, live: live,
        captcha: captcha, entryTaskRegistration: entryTaskRegistration, passwords: passwords, quota: quota,
        reserve: reserve, pageOrigins: pageOrigins, publicRooms: publicRooms, backups: backups, logger: logger)
    do {
        try await api.core.live.start()
        let value = try await body(api)
        await api.end()
        return value
    } catch {
        await api.end()
        throw error
    }
}

extension HTTPBody {
    /// What a client would have sent, less the lines between the parts of a form.
    var byteCount: Int {
        switch self {
        case .bytes(let bytes): bytes.count
        case .file(let file): file.count
        case .multipart(let form):
            form.fields.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
                + form.files.reduce(0) { $0 + $1.content.byteCount }
        }
    }
}

/// What came back.
struct Answer: Sendable {
    let status: Int
    let headers: HTTPFields
    let bytes: [UInt8]

    init(_ response: LWS.HTTPResponse) async throws {
        status = response.status.code
        headers = response.headers
        switch response.body {
        case .none: bytes = []
        case .bytes(let all): bytes = all
        case .file(let path, _): bytes = Array(FileManager.default.contents(atPath: path) ?? Data())
        case .stream(let pull):
            var collected: [UInt8] = []
            while let piece = try await pull() { collected += piece }
            bytes = collected
        }
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }
    /// null for what is no JSON.
    var json: JSONValue { (try? JSONValue(parsing: bytes)) ?? .null }
    /// Status and body in one, for comparisons.
    var line: String { "\(status) \(text)" }
}

extension JSONValue {
    subscript(index: Int) -> JSONValue? {
        guard let array, array.indices.contains(index) else { return nil }
        return array[index]
    }

    /// The names of an object's members, in order.
    var names: [String] { object?.members.map(\.name) ?? [] }
}

extension Passwords.Cost {
    /// As little as scrypt can: for tests of what is done with a hash.
    static let least = Passwords.Cost(logN: 1, r: 1, p: 1)
}
