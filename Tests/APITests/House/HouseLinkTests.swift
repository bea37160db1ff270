import HTTPTypes
import LWS
import Limits
import Live
import Logging
import Services
import TestKit
import Testing

@testable import API
@testable import Endpoints

@Suite("/v1: links to rooms")
struct HouseLinkTests {
    private let linkHeader = HTTPField.Name("X-Room-Link")!

    private func make(
        _ api: TestAPI, _ runID: String, _ body: JSONValue, token: String, key: String? = nil
    ) async throws -> Answer {
        var headers: HTTPFields = [:]
        headers[.idempotencyKey] = key
        return try await api.send(.post, "/v1/rooms/\(runID)/links", body, token: token, headers: headers)
    }

    @Test("a link is told once, and opens its room until it is revoked")
    func links() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana")
            let runID = try await api.makeHouseRoom(token: ana), other = try await api.makeHouseRoom(token: ana)
            let made = try await make(
                api, runID, ["role": "spectator", "label": "For my family", "delay": 0], token: ana)
            #expect(made.status == 201)
            let secret = try #require(made.json["link"]?.string)
            #expect(secret.count == 22)
            #expect(made.json["url"]?.string == "/s/\(secret)")
            let id = try #require(made.json["id"]?.string)

            let list = try await api.send(.get, "/v1/rooms/\(runID)/links", token: ana)
            #expect(
                list.json["links"] == [
                    [
                        "id": .string(id), "role": "spectator", "label": "For my family",
                        "createdAt": made.json["createdAt"] ?? .null, "expires": .null, "delay": 0,
                    ]
                ])
            #expect(!list.text.contains(secret))
            for path in ["", "/state", "/tracks"] {
                let open = try await api.send(.get, "/v1/rooms/\(runID)\(path)", headers: [linkHeader: secret])
                #expect(open.status == 200)
                let closed = try await api.send(.get, "/v1/rooms/\(other)\(path)", headers: [linkHeader: secret])
                #expect(closed.status == 404, "of another room")
            }
            #expect(try await api.send(.delete, "/v1/rooms/\(other)/links/\(id)", token: ana).status == 404)
            #expect(try await api.send(.delete, "/v1/rooms/\(runID)/links/\(id)", token: ana).status == 204)
            #expect(try await api.send(.delete, "/v1/rooms/\(runID)/links/\(id)", token: ana).status == 404)
            let revoked = try await api.send(.get, "/v1/rooms/\(runID)/state", headers: [linkHeader: secret])
            #expect(revoked.status == 404)
        }
    }

    @Test("a link that shows the room later says so, and opens nothing that is of now")
    func delay() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana")
            let runID = try await api.makeHouseRoom(token: ana)
            let made = try await make(api, runID, ["role": "spectator", "delay": 300], token: ana)
            #expect(made.status == 201 && made.json["delay"] == 300)
            let secret = try #require(made.json["link"]?.string)
            let invitation = try await api.send(.get, "/v1/links/\(secret)")
            #expect(invitation.json["delay"] == 300 && invitation.json["runID"] == .string(runID))
            let room = try await api.send(.get, "/v1/rooms/\(runID)", headers: [linkHeader: secret])
            #expect(room.status == 200, "that it is there")
            for path in ["/state", "/tracks"] {
                let now = try await api.send(.get, "/v1/rooms/\(runID)\(path)", headers: [linkHeader: secret])
                #expect(now.status == 403, "\(path)")
                let own = try await api.send(
                    .get, "/v1/rooms/\(runID)\(path)", token: ana, headers: [linkHeader: secret])
                #expect(own.status == 200, "for who has the room")
            }
        }
    }

    @Test("a link is good until it expires")
    func expiry() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana")
            let runID = try await api.makeHouseRoom(token: ana)
            let expires = api.clock.now + 10_000
            let made = try await make(api, runID, ["role": "runner", "expires": .int(expires)], token: ana)
            #expect(made.json["expires"] == .int(expires))
            let secret = try #require(made.json["link"]?.string)
            func status() async throws -> Int {
                try await api.send(.get, "/v1/rooms/\(runID)/state", headers: [linkHeader: secret]).status
            }
            api.clock.advance(seconds: 9)
            #expect(try await status() == 200)
            api.clock.advance(seconds: 1)
            #expect(try await status() == 404)
            let over = try await make(api, runID, ["role": "runner", "expires": .int(api.clock.now)], token: ana)
            #expect(over.status == 400)
        }
    }

    @Test(
        "what cannot be is refused and not ignored",
        arguments: [
            (#"{}"#, "role"), (#"{"role":"owner"}"#, "role"), (#"{"role":"runner","label":""}"#, "label"),
            (#"{"role":"runner","delay":60}"#, "delay"), (#"{"role":"spectator","delay":-1}"#, "delay"),
            (#"{"role":"spectator","delay":901}"#, "delay"), (#"{"role":"spectator","delay":"5 min"}"#, "delay"),
            (#"{"role":"runner","expires":"soon"}"#, "expires"), (#"{"role":"runner","expires":5}"#, "expires"),
        ])
    func refusals(body: String, names: String) async throws {
        try await withAPI { api in
            let ana = try await api.register("ana")
            let runID = try await api.makeHouseRoom(token: ana)
            let answer = try await api.send(
                .post, "/v1/rooms/\(runID)/links", raw: Array(body.utf8), token: ana)
            #expect(answer.status == 400)
            #expect(answer.json["detail"]?.string?.contains("`\(names)`") == true, "\(answer.text)")
        }
    }

    @Test("the same request with the same key makes one link, and a room has so many")
    func limits() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana"), ben = try await api.register("ben")
            let runID = try await api.makeHouseRoom("public", token: ana)
            let first = try await make(api, runID, ["role": "runner"], token: ana, key: "k")
            #expect(try await make(api, runID, ["role": "runner"], token: ana, key: "k").line == first.line)
            #expect(try await make(api, runID, ["role": "runner"], token: ben).status == 403)
            for _ in 1..<Limit.Room.links {
                #expect(try await make(api, runID, ["role": "spectator"], token: ana).status == 201)
            }
            let tooMany = try await make(api, runID, ["role": "spectator"], token: ana)
            #expect(tooMany.status == 409 && tooMany.json["code"] == "too_many_links")
            var found: Set<String> = [], target: String? = "/v1/rooms/\(runID)/links?limit=60", pages = 0
            while let next = target, pages < 5 {
                pages += 1
                let page = try await api.send(.get, next, token: ana)
                found.formUnion(page.json["links"]?.array?.compactMap { $0["id"]?.string } ?? [])
                target = page.headers[.link].map { String($0.dropFirst().prefix { $0 != ">" }) }
            }
            #expect(pages == 2 && found.count == Limit.Room.links)
        }
    }

    @Test("a live connection comes by a link, and ends with 4001 when it is revoked", .timeLimit(.minutes(5)))
    func revocation() async throws {
        let directory = TemporaryDirectory()
        var configuration = ApplicationConfiguration(dataDirectory: directory.path, passwordCost: .low)
        configuration.server.port = 0
        let application = try Application(configuration: configuration, logger: .quiet)
        let client = try await RawHTTP(port: application.start())
        func call(_ method: String, _ path: String, _ json: String? = nil, token: String = "") async throws -> JSONValue
        {
            let answer = try await client.send(
                method, path, ["Content-Type: application/json", "Authorization: Bearer \(token)"],
                json.map { Array($0.utf8) })
            return answer.body.isEmpty ? .null : try JSONValue(parsing: answer.body)
        }
        let account = try await call("POST", "/v1/accounts", #"{"name":"ana","password":"secret"}"#)
        let token = try #require(account["token"]?.string)
        let room = try await call("POST", "/v1/rooms", #"{"name":"Ours"}"#, token: token)
        let links = "/v1/rooms/\(try #require(room["runID"]?.string))/links"
        let link = try await call("POST", links, #"{"role":"spectator"}"#, token: token)
        let secret = try #require(link["link"]?.string), id = try #require(link["id"]?.string)

        let loop = try EventLoop(name: "watcher"), sockets = try WebSocketClient(loop: loop)
        let (heard, continuation) = AsyncStream.makeStream(of: Heard.self)
        loop.execute {
            sockets.connect(
                host: "127.0.0.1", port: client.port, path: "/live", subprotocol: "runroom.v1",
                handler: Watcher(link: secret, continuation))
        }
        var kinds: [String] = [], code: UInt16?
        for await heard in heard {
            switch heard {
            case .message(let message):
                kinds.append(message["type"]?.string ?? "")
                guard message["type"] == "joined" else { continue }
                #expect(message["runID"] == room["runID"])
                #expect(try await call("DELETE", "\(links)/\(id)", token: token) == .null)
            case .end(let end): code = end
            }
        }
        #expect(kinds == ["joined", "error"] && code == 4001)
        await sockets.shutDown()
        await loop.shutDown()
        await application.stop()
    }
}

private enum Heard: Sendable {
    case message(JSONValue)
    case end(UInt16?)
}

/// Joins by a link and hands on what it hears; on its loop's thread only.
private final class Watcher: WebSocketHandler {
    private let link: String
    private let heard: AsyncStream<Heard>.Continuation

    init(link: String, _ heard: AsyncStream<Heard>.Continuation) {
        self.link = link
        self.heard = heard
    }

    func didOpen(_ socket: WebSocket) {
        socket.send(OutgoingMessage(#"{"type":"join","link":"\#(link)"}"#))
    }

    func didReceive(text: UnsafeRawBufferPointer, from socket: WebSocket) {
        heard.yield(.message((try? JSONValue(parsing: Array(text))) ?? .null))
    }

    func didBecomeWritable(_ socket: WebSocket) {}

    func didClose(_ socket: WebSocket, code: UInt16?, reason: String) {
        heard.yield(.end(code))
        heard.finish()
    }
}
