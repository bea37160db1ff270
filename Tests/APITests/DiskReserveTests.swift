import HTTPTypes
import LWS
import Logging
import Services
import Synchronization
import TestKit
import Testing

@testable import API
@testable import Endpoints

@Suite("Space on the disk") struct DiskReserveTests {
    /// A disk with so many bytes free.
    private final class TestDisk: Sendable {
        let free: Mutex<Int?>

        init(_ free: Int?) { self.free = Mutex(free) }

        func set(_ bytes: Int?) { free.withLock { $0 = bytes } }

        func reserve(_ bytes: Int, logger: Logger) -> DiskReserve {
            DiskReserve(bytes, logger: logger, age: .zero) { self.free.withLock { $0 } }
        }
    }

    @Test("short of space each route that stores something refuses in its world's words; the others go on")
    func refuses() async throws {
        let disk = TestDisk(99)
        try await withAPI(reserve: disk.reserve(100, logger: .quiet)) { api in
            var goingOn: Set<String> = []
            for entry in api.responder.routes {
                let endpoint = entry.endpoint, name = "\(endpoint.method) \(endpoint.pattern)"
                let answer = try await RefusalStage.sendEmpty(to: endpoint, api, from: "192.0.2.7")
                let world = API.World.all.first { $0.name == entry.worldName }
                let words = endpoint.words ?? world?.words ?? { Problem($0) }
                let expected = try await Answer(entry.shape.response(for: words(ServicesError.outOfSpace)))
                let isRefused = answer.line == expected.line && answer.headers[.retryAfter] == "60"
                #expect(isRefused == endpoint.isForSpace, "\(name): \(answer.line.prefix(100))")
                if isRefused, entry.shape.statusUse == .tells { #expect(answer.status == 507, "\(name)") }
                if !isRefused, ![.get, .delete].contains(endpoint.method) { goingOn.insert(name) }
            }
            let bridged = ["", "/{first}", "/{first}/{second}"].flatMap { rest in
                ["POST", "PUT"].map { "\($0) /bridge/{app}/{token}\(rest)" }
            }
            // Logins and what leads to one, live runs, reading that counts, and what makes room.
            #expect(
                goingOn.subtracting(bridged) == [
                    "POST /api/users/login", "POST /api/users/tokenCheck", "PUT /api/users/update", "POST /api/chat",
                    "POST /api/runRoom/join", "POST /api/runRoom/update", "POST /api/runRoom/start",
                    "POST /api/runRoom/leave",
                    "POST /users/login", "POST /users/exit", "PUT /users/changes/password",
                    "PUT /articles/{id}/hits", "POST /douyin/user/login", "POST /login", "POST /user/logout",
                    "POST /api/v1/user/login", "POST /api/v1/user/login/email", "POST /api/v1/user/code/email",
                    "POST /api/v1/user/pwd/modify", "POST /api/v1/captcha/validate",
                    "POST /api/v1/user/manage/delete", "POST /v1/session", "PUT /v1/session", "PUT /v1/me/password",
                    "POST /v1/alarms", "PATCH /v1/alarms/{id}", "POST /v1/me/email/code", "PUT /v1/me/email",
                    "POST /v1/admin/people/{id}/password",
                    "POST /v1/admin/reports/{id}/decision",
                ])
            #expect(goingOn.isSuperset(of: bridged), "what apps send of live runs")
        }
    }

    @Test("a large body is refused by its head, whoever sends it, and is not counted as an upload")
    func refusesByHead() async throws {
        let disk = TestDisk(99)
        var limits = RateLimits()
        limits.uploads = RateLimit(burst: 1, perMinute: 1)
        limits.registrations = RateLimit(burst: 1, perMinute: 1)
        try await withAPI(limits: limits, reserve: disk.reserve(100, logger: .quiet)) { api in
            for target in ["/users/register", "/douyin/publish/action", "/v1/me/picture"] {
                let head = HTTPRequestHead(
                    method: target.hasPrefix("/v1") ? .put : .post, target: target,
                    path: target.split(separator: "/").map(String.init), query: [],
                    headers: [.contentLength: "1000000", .contentType: "multipart/form-data; boundary=x"],
                    remoteAddress: "192.0.2.1")
                #expect(api.responder.bodyPolicy(for: head).asks(about: head), "\(target)")
                for _ in 1...3 {
                    let refusal = try #require(await api.responder.refusal(of: head), "\(target)")
                    #expect(refusal.headers[.retryAfter] == "60", "\(target)")
                }
            }
            #expect(api.core.reserve.refusedCount == 9)
        }
    }

    @Test("what is short is told at /readyz and /metrics, once in the log when it begins, and once when it is over")
    func tells() async throws {
        let log = RecordingLog()
        let disk = TestDisk(100)
        try await withAPI(reserve: disk.reserve(100, logger: log.logger)) { api in
            let token = try await api.register()
            func post() async throws -> Int {
                try await api.send(
                    .post, "/api/users/share/posts", ["title": "t", "content": "c"], token: token
                ).status
            }
            func lines() -> Int { log.lines.filter { $0.contains("reserve") }.count }
            #expect(try await post() == 200)
            #expect(lines() == 0)
            disk.set(99)
            #expect(try await post() == 507)
            #expect(try await post() == 507)
            #expect(lines() == 1)
            #expect(try await api.send(.get, "/readyz").line.hasPrefix("200 ready, short of disk space"))
            let metrics = try await api.send(.get, "/metrics").text
            #expect(metrics.contains("\nrunroom_disk_free_bytes 99\n"))
            #expect(metrics.contains("\nrunroom_disk_refused_total 2\n"))
            disk.set(nil)
            #expect(try await post() == 200, "a system that does not tell")
            disk.set(1000)
            #expect(try await post() == 200)
            #expect(try await api.send(.get, "/readyz").line == "200 ready\n")
            #expect(lines() == 2)
        }
    }

    @Test("an account with as much as it may have is told so in each world's words; it makes room, and goes on")
    func quota() async throws {
        try await withAPI(quota: 1000) { api in
            let token = try await api.register()
            let large = JSONValue.string(String(repeating: "x", count: 1000))
            func record(_ markers: JSONValue) async throws -> Answer {
                try await api.send(
                    .post, "/api/users/run/record", ["runRecord": ["markers": markers]], token: token)
            }
            #expect(try await record([["a": .string(String(repeating: "x", count: 900))]]).status == 200)
            let refused = try await record([["a": large]])
            #expect(refused.line == #"507 {"message":"Your account holds as much as it may. Delete something first."}"#)
            #expect(refused.headers[.retryAfter] == nil, "time does not help")
            let list = try await api.send(.get, "/api/users/run/records/ana", token: token)
            #expect(list.json["pagination"]?["total"] == 1, "nothing is stored by halves")

            let article = try await api.send(
                .post, "/articles/editor", ["title": "t", "content": large, "create_time": "2024-11-23 08:39:43"],
                token: token)
            #expect(article.status == 507)
            let clip = try await api.send(
                .post, "/douyin/message/action?token=\(token)&to_user_id=1&action_type=1&content=x")
            #expect(clip.status == 200)
            let errors: [(API.World, Int, String)] = [
                (.house, 507, #""code":"quota_exceeded""#), (.leaf, 200, #"{"code":1000,"data":null,"msg":"存储空间已满"}"#),
                (.entryTask, 200, #""msg":"the account holds as much as it may""#), (.douyin, 200, "status_code"),
            ]
            for (world, status, text) in errors {
                let shape = try #require(world.shapes.first)
                let answer = try await Answer(shape.response(for: world.words(ServicesError.quotaExceeded)))
                #expect(answer.status == status && answer.text.contains(text), "\(answer.line)")
            }
            #expect(try await api.send(.delete, "/api/users/run/records/ana/1", token: token).status == 200)
            #expect(try await record([["a": "x"]]).status == 200)
        }
    }
}
