import Foundation
import HTTPTypes
import LWS
import Limits
import Logging
import Services
import Store
import TestKit
import Testing

@testable import API
@testable import Endpoints

@Suite("/v1: administration")
struct HouseAdminTests {
    private func make(_ api: TestAPI, _ name: String, _ role: Account.Role) async throws -> (token: String, id: String)
    {
        let account = try await api.core.accounts.create(username: name, password: "secret", role: role)
        return (try await api.core.tokens.issue(for: account).token, account.objectID)
    }

    /// The actions in the audit log, the newest first.
    private func audit(_ api: TestAPI, _ token: String) async throws -> [String] {
        let answer = try await api.send(.get, "/v1/admin/audit?limit=200", token: token)
        return answer.json["entries"]?.array?.compactMap { entry in
            entry["action"]?.string.map { $0 + (entry["hasFailed"]?.bool == true ? " in vain" : "") }
        } ?? []
    }

    // MARK: - Backups

    @Test(
        "an administrator has a backup made, and sees those that there are; where there is no place for them, that is said"
    )
    func backups() async throws {
        let folder = TemporaryDirectory()
        let plan = BackupPlan(directory: folder.path, interval: 0, kept: 2) { file in
            try Data("backup".utf8).write(to: URL(filePath: file))
            return []
        }
        try await withAPI(backups: plan) { api in
            let root = try await make(api, "rita", .root).token, user = try await api.register("ben")
            #expect(try await api.send(.get, "/v1/admin/backups", token: user).status == 403)
            #expect(try await api.send(.post, "/v1/admin/backups", token: user).status == 403)
            let begun = try await api.send(.post, "/v1/admin/backups", token: root)
            #expect(begun.status == 202 && begun.json["isRunning"] == true)
            try await eventually("it is made") {
                try await api.send(.get, "/v1/admin/backups", token: root).json["isRunning"] == false
            }
            let told = try await api.send(.get, "/v1/admin/backups", token: root).json
            #expect(told["backups"]?.array?.count == 1 && told["backups"]?[0]?["bytes"] == 6)
            #expect(told["isOn"] == true && told["next"] == .null && told["failure"] == .null)
        }
        try await withAPI { api in
            let root = try await make(api, "rita", .root).token
            #expect(try await api.send(.get, "/v1/admin/backups", token: root).json["isOn"] == false)
            #expect(try await api.send(.post, "/v1/admin/backups", token: root).status == 409)
        }
    }

    // MARK: - The first one

    private func setUp(
        _ api: TestAPI, _ code: String, name: String = "rita", password: String = "secret"
    ) async throws -> Answer {
        try await api.send(
            .post, "/v1/admin/setup",
            ["code": .string(code), "name": .string(name), "password": .string(password)])
    }

    @Test("a code makes the first administrator, once, within half an hour, while there is none")
    func first() async throws {
        try await withAPI { api in
            #expect(try await setUp(api, "AAAAAAAAAAAAAAAAAAAAAA").json["code"] == "wrong_code", "before there is one")
            let late = try #require(try await api.core.firstAdministrator.invite())
            api.clock.advance(seconds: 30 * 60)
            #expect(try await setUp(api, late).json["code"] == "wrong_code", "too late")
            let old = try #require(try await api.core.firstAdministrator.invite())
            let code = try #require(try await api.core.firstAdministrator.invite())
            #expect(code.count == 22)
            #expect(try await setUp(api, old).json["code"] == "wrong_code", "another took its place")
            _ = try await api.register("ana")
            #expect(try await setUp(api, code, name: "ana").json["code"] == "name_taken")
            #expect(try await setUp(api, code, password: "").status == 400)
            let made = try await setUp(api, code)
            #expect(made.status == 201 && made.json["account"]?["role"] == "root")
            let token = try #require(made.json["token"]?.string)
            #expect(try await api.send(.get, "/v1/admin/server", token: token).status == 200)
            #expect(try await setUp(api, code, name: "eve").json["code"] == "wrong_code", "once")
            #expect(try await api.core.firstAdministrator.invite() == nil, "there is one")
            #expect(try await audit(api, token) == ["first_administrator"])
        }
    }

    @Test(
        "of many who have the code at once one becomes administrator, and none when somebody has been made one elsewhere"
    )
    func race() async throws {
        try await withAPI { api in
            let code = try #require(try await api.core.firstAdministrator.invite())
            let made = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<8 { group.addTask { try await setUp(api, code, name: "r\(number)").status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(made.count { $0 == 201 } == 1 && made.count { $0 == 400 } == 7)
            #expect(try await api.core.accounts.administrators().count == 1)
        }
        try await withAPI { api in
            let code = try #require(try await api.core.firstAdministrator.invite())
            _ = try await make(api, "cli", .admin)
            #expect(try await setUp(api, code).json["code"] == "wrong_code")
        }
    }

    // MARK: - People

    @Test("people are found by the beginning of their names, by mail address and by number, page by page")
    func people() async throws {
        try await withAPI { api in
            let root = try await make(api, "root", .root).token
            for name in ["ana", "anabel", "anb", "ben"] { _ = try await api.register(name) }
            _ = try await api.core.accounts.create(
                username: "zoe", password: "secret", role: .user, email: "ana@example.org")
            func names(_ query: String) async throws -> [String] {
                var found: [String] = [], target: String? = "/v1/admin/people?\(query)"
                while let next = target, found.count < 20 {
                    let page = try await api.send(.get, next, token: root)
                    found += page.json["people"]?.array?.compactMap { $0["name"]?.string } ?? []
                    target = page.headers[.link].map { String($0.dropFirst().prefix { $0 != ">" }) }
                }
                return found
            }
            #expect(try await names("limit=2") == ["ana", "anabel", "anb", "ben", "root", "zoe"])
            #expect(try await names("limit=1&search=ana") == ["ana", "anabel"])
            #expect(try await names("search=ana%40example.org") == ["zoe"])
            #expect(try await names("search=5") == ["ben"])
            #expect(try await names("search=%25") == [])
        }
    }

    @Test("an administrator disables, logs out, gives a password, deletes who is below, and nobody else")
    func changes() async throws {
        try await withAPI { api in
            let root = try await make(api, "root", .root), admin = try await make(api, "adam", .admin)
            let other = try await make(api, "anton", .admin)
            let ana = try await api.register("ana")
            let id = try #require(try await api.core.accounts.account(named: "ana")?.objectID)
            let one = "/v1/admin/people/\(id)"
            func patch(_ path: String, _ body: JSONValue, _ token: String, tag: String? = nil) async throws -> Answer {
                try await api.send(.patch, path, body, token: token, headers: tag.map { [.ifMatch: $0] } ?? [:])
            }
            let seen = try await api.send(.get, one, token: admin.token)
            #expect(seen.json["name"] == "ana" && seen.json["logins"] == 1)
            let tag = try #require(seen.headers[.eTag])
            let disabled = try await patch(one, ["isDisabled": true], admin.token, tag: tag)
            #expect(disabled.json["disabledAt"] != .null, "\(disabled.line)")
            #expect(try await api.send(.get, "/v1/me", token: ana).status == 401)
            #expect(try await patch(one, ["isDisabled": false], admin.token, tag: tag).status == 412)
            #expect(try await patch(one, ["isDisabled": false], admin.token).json["disabledAt"] == .null)

            let given = try await api.send(.post, one + "/password", token: admin.token)
            let password = try #require(given.json["password"]?.string)
            let login: JSONValue = ["name": "ana", "password": .string(password)]
            let session = try await api.send(.post, "/v1/session", login)
            let token = try #require(session.json["token"]?.string)
            #expect(try await api.send(.delete, one + "/sessions", token: admin.token).status == 204)
            #expect(try await api.send(.get, "/v1/me", token: token).status == 401)

            // Not of one's own rank or above, not oneself, and roles are a root's to give.
            for above in [other.id, root.id] {
                #expect(try await patch("/v1/admin/people/\(above)", ["isDisabled": true], admin.token).status == 403)
                #expect(
                    try await api.send(.post, "/v1/admin/people/\(above)/password", token: admin.token).status == 403)
                #expect(try await api.send(.delete, "/v1/admin/people/\(above)", token: admin.token).status == 403)
            }
            #expect(try await patch("/v1/admin/people/\(admin.id)", ["isDisabled": true], admin.token).status == 400)
            #expect(try await patch(one, ["role": "admin"], admin.token).status == 403)
            #expect(try await patch("/v1/admin/people/\(root.id)", ["role": "user"], root.token).status == 400)
            #expect(try await patch(one, ["role": "auditor"], root.token).json["role"] == "auditor")
            #expect(try await api.send(.delete, one, token: admin.token).status == 204)
            #expect(try await api.send(.get, one, token: admin.token).status == 404)
            #expect(
                try await audit(api, root.token) == [
                    "account_deleted", "role_given", "logins_ended", "password_reset", "account_enabled",
                    "account_disabled",
                ])
            // What was noted of somebody who is gone says no more who that was.
            let log = try await api.send(.get, "/v1/admin/audit", token: root.token)
            #expect(log.json["entries"]?[0]?["account"] == .null && log.json["entries"]?[0]?["actor"] == "adam")
            #expect(!log.text.contains("\"ana\"") && !log.text.contains(password))
        }
    }

    @Test("what administrators do to others by any world's routes has its line, and what they do to their own has none")
    func otherDoors() async throws {
        try await withAPI { api in
            let root = try await make(api, "root", .root).token
            let ana = try await api.register("ana")
            let room = try await api.makeHouseRoom("public", token: ana), own = try await api.makeHouseRoom(token: root)
            func post() async throws -> String {
                let answer = try await api.send(.post, "/v1/posts", ["title": "t", "content": "c"], token: ana)
                return try #require(answer.json["id"]?.string)
            }
            let first = try await post()
            let remark = try await api.send(.post, "/v1/posts/\(first)/comments", ["content": "c"], token: ana)
            let comment = try #require(remark.json["id"]?.string)
            _ = try await api.send(.patch, "/v1/rooms/\(room)", ["name": "Other"], token: root)
            let link = try await api.send(.post, "/v1/rooms/\(room)/links", ["role": "runner"], token: root)
            let linkID = try #require(link.json["id"]?.string)
            #expect(try await api.send(.delete, "/v1/rooms/\(room)/links/\(linkID)", token: root).status == 204)
            #expect(try await api.send(.delete, "/v1/rooms/\(room)/links/\(linkID)", token: root).status == 404)
            _ = try await api.send(.delete, "/v1/comments/\(comment)", token: root)
            _ = try await api.send(.delete, "/v1/posts/\(first)", token: root)
            _ = try await api.send(.delete, "/v1/rooms/\(room)", token: root)
            _ = try await api.send(.delete, "/v1/rooms/\(own)", token: root)
            _ = try await api.send(.delete, "/api/users/posts/deleteAll", token: root)
            #expect(
                try await audit(api, root) == [
                    "all_posts_deleted", "room_deleted", "post_deleted", "comment_deleted", "link_revoked in vain",
                    "link_revoked", "link_revoked", "link_made", "room_changed",
                ])
        }
    }

    @Test("who guesses at an administrator's password, and who is throttled, is noted, once a minute")
    func guesses() async throws {
        var limits = RateLimits()
        limits.loginFailuresPerMinute = 2
        try await withAPI(limits: limits) { api in
            let root = try await make(api, "root", .root).token
            for _ in 0..<5 {
                let guess: JSONValue = ["name": "root", "password": "wrong"]
                _ = try await api.send(.post, "/v1/session", guess, from: "198.51.100.1")
            }
            let log = try await api.send(.get, "/v1/admin/audit", token: root)
            #expect(try await audit(api, root) == ["passwords_throttled", "administrator_password_wrong"])
            #expect(
                log.json["entries"]?[1]?["account"] == "root" && log.json["entries"]?[1]?["address"] == "198.51.100.1")
            _ = try await api.send(.post, "/v1/session", ["name": "root", "password": "secret"])
            #expect(try await audit(api, root).first == "administrator_logged_in")
        }
    }

    // MARK: - The server

    @Test("all rooms are listed with who owns them, whatever their visibility, and those with somebody in them apart")
    func rooms() async throws {
        try await withAPI { api in
            let root = try await make(api, "root", .root).token
            let ana = try await api.register("ana")
            let closed = try await api.makeHouseRoom("link", token: ana)
            try await api.makeRoom("159", runners: ["ben"])
            let all = try await api.send(.get, "/v1/admin/rooms", token: root)
            #expect(all.json["rooms"]?.array?.map { $0["runID"]?.string } == ["159", closed])
            #expect(all.json["rooms"]?[1]?["ownerName"] == "ana" && all.json["rooms"]?[0]?["ownerName"] == .null)
            #expect(all.json["rooms"]?[0]?["people"] == 1)
            let live = try await api.send(.get, "/v1/admin/rooms?state=live", token: root)
            #expect(live.json["rooms"]?.array?.map { $0["runID"]?.string } == ["159"])
            #expect(try await api.send(.get, "/v1/rooms/\(closed)/state", token: root).status == 200)
        }
    }

    // MARK: - Reports

    private func report(_ api: TestAPI, _ path: String, _ token: String, reason: String = "abuse") async throws -> Int {
        let body: JSONValue = ["reason": .string(reason), "note": "Look."]
        return try await api.send(.post, path + "/report", body, token: token).status
    }

    private func open(_ api: TestAPI, _ token: String) async throws -> [JSONValue] {
        try await api.send(.get, "/v1/admin/reports", token: token).json["reports"]?.array ?? []
    }

    private func decide(_ api: TestAPI, _ report: JSONValue, _ decision: String, _ token: String) async throws -> Answer
    {
        try await api.send(
            .post, "/v1/admin/reports/\(report["id"]?.string ?? "")/decision", ["decision": .string(decision)],
            token: token)
    }

    @Test("a hidden post says nothing in any world, cannot be changed meanwhile, and is whole when it is shown again")
    func hiding() async throws {
        try await withAPI { api in
            let root = try await make(api, "root", .root).token
            let ana = try await api.register("ana"), ben = try await api.register("ben")
            let written = try await api.send(
                .post, "/v1/posts", ["title": "Bad title", "content": "Bad words"], token: ana)
            let id = try #require(written.json["id"]?.string),
                number = Int(try #require(written.json["number"]?.number))
            let remark = try await api.send(.post, "/v1/posts/\(id)/comments", ["content": "Bad reply"], token: ana)
            let comment = try #require(remark.json["id"]?.string)
            #expect(try await report(api, "/v1/posts/\(id)", ben) == 204)
            #expect(try await report(api, "/v1/posts/\(id)", ben) == 204, "once more")
            #expect(try await report(api, "/v1/posts/\(id)", ana) == 204)
            #expect(try await report(api, "/v1/comments/\(comment)", ben) == 204)
            let waiting = try await open(api, root)
            #expect(waiting.map { $0["kind"]?.string } == ["comment", "post", "post"])
            #expect(waiting[2]["openCount"] == 2 && waiting[2]["reporter"] == "ben" && waiting[2]["note"] == "Look.")
            #expect(waiting[2]["text"] == "Bad title\nBad words" && waiting[2]["author"] == "ana")
            #expect(waiting[0]["post"]?.string == id)

            func everywhere() async throws -> String {
                var text = ""
                for (path, token) in [
                    ("/v1/posts", nil), ("/v1/posts/\(id)", nil), ("/v1/posts/\(id)/comments", nil),
                    ("/api/users/share/posts", nil), ("/api/users/share/posts/\(number)", nil),
                    ("/articles/new?page=1&page_size=5", ana), ("/articles/mine?page=1&page_size=5", ana),
                    ("/articles/\(number)/comments", nil),
                ] as [(String, String?)] {
                    let answer = try await api.send(.get, path, token: token)
                    #expect(answer.status == 200, "\(path): \(answer.line)")
                    text += answer.text
                }
                return text
            }
            #expect(try await everywhere().contains("Bad words"))
            #expect(try await decide(api, waiting[0], "hide", root).json["isHidden"] == true)
            #expect(try await decide(api, waiting[2], "hide", root).json["decision"] == "hide")
            #expect(try await open(api, root).isEmpty, "one decision for all about the same")
            let hidden = try await everywhere()
            #expect(!hidden.contains("Bad") && hidden.contains(ForumRepository.hiddenText))
            #expect(try await api.send(.get, "/v1/posts/\(id)").json["isHidden"] == true)
            #expect(try await api.send(.patch, "/v1/posts/\(id)", ["title": "New"], token: ana).status == 403)
            let edited = try await api.send(
                .put, "/api/users/share/posts/\(number)", ["title": "New", "content": "New"], token: ana)
            #expect(edited.status == 403, "\(edited.line)")

            let decided = try await api.send(.get, "/v1/admin/reports?state=decided", token: root)
            #expect(decided.json["reports"]?.array?.count == 3 && decided.json["reports"]?[2]?["decider"] == "root")
            #expect(decided.json["reports"]?[2]?["text"] == "Bad title\nBad words", "to administrators")
            #expect(try await decide(api, waiting[2], "show", root).json["isHidden"] == false)
            #expect(try await everywhere().contains("Bad words"))
            #expect(
                try await audit(api, root) == ["post_shown", "post_hidden", "comment_hidden"])
        }
    }

    @Test("pictures and clips that hidden posts alone show are served to nobody")
    func hiddenMedia() async throws {
        try await withAPI { api in
            let root = try await api.core.accounts.create(username: "root", password: "secret", role: .root)
            _ = try await api.register("ana")
            let ana = try #require(try await api.core.accounts.account(named: "ana"))
            let shared = try await api.core.media.store(.bytes(onePixel), by: ana.id)
            let alone = try await api.core.media.store(.bytes(onePixel), by: ana.id)
            let forum = api.core.forum
            let bad = try await forum.publish(title: "Bad", content: "x", images: [shared, alone], author: ana.id).post
            _ = try await forum.publish(title: "Good", content: "y", images: [shared], author: ana.id)

            func statuses() async throws -> [Int] {
                var statuses: [Int] = []
                for id in [shared, alone] {
                    statuses.append(try await api.send(.get, "/api/users/posts/images/\(id.text)").status)
                }
                return statuses
            }
            #expect(try await statuses() == [200, 200])
            try await forum.setHidden(true, post: bad.id, by: root)
            #expect(try await statuses() == [200, 404])
            try await forum.setHidden(false, post: bad.id, by: root)
            #expect(try await statuses() == [200, 200])
        }
    }

    @Test("names and rooms are reported and decided about, and what is gone meanwhile is no hindrance")
    func otherReports() async throws {
        try await withAPI { api in
            let root = try await make(api, "root", .root).token
            let ana = try await api.register("ana"), ben = try await api.register("ben")
            _ = try await api.send(.patch, "/v1/me", ["nickname": "Bad name"], token: ana)
            let room = try await api.makeHouseRoom("public", token: ana, name: "Bad room")
            let closed = try await api.makeHouseRoom("link", token: ana)
            #expect(try await report(api, "/v1/people/ana", ben) == 204)
            #expect(try await report(api, "/v1/people/nobody", ben) == 404)
            #expect(try await report(api, "/v1/rooms/\(room)", ben, reason: "spam") == 204)
            #expect(try await report(api, "/v1/rooms/\(closed)", ben) == 404, "not theirs to know")
            #expect(try await report(api, "/v1/people/ana", ben, reason: "dislike") == 400)
            let waiting = try await open(api, root)
            #expect(waiting.map { $0["text"]?.string } == ["Bad room", "Bad name"])
            #expect(try await decide(api, waiting[0], "hide", root).status == 200)
            #expect(try await api.send(.get, "/v1/rooms/\(room)", token: ben).status == 404)
            #expect(try await decide(api, waiting[1], "hide", root).status == 200)
            let name = try await api.send(.get, "/v1/me", token: ana).json["nickname"]?.string
            #expect(name?.hasPrefix("Runner ") == true)
            #expect(try await decide(api, waiting[0], "show", root).status == 400)
            #expect(try await api.send(.delete, "/v1/rooms/\(room)", token: ana).status == 204)
            let gone = try await decide(api, waiting[0], "delete", root)
            #expect(gone.status == 200 && gone.json["subject"] == .null, "\(gone.line)")
            #expect(try await decide(api, waiting[0], "delete", ben).status == 403)
            #expect(try await api.send(.post, "/v1/admin/reports/1/decision", token: root).status == 400)
        }
    }

    @Test("reports are bounded by address, by what they are about, and in what they say")
    func bounds() async throws {
        var limits = RateLimits()
        limits.reports = RateLimit(burst: 2, perMinute: 1)
        try await withAPI(limits: limits) { api in
            let ana = try await api.register("ana")
            for status in [204, 204, 429] { #expect(try await report(api, "/v1/people/ana", ana) == status) }
            let long: JSONValue = .string(String(repeating: "x", count: Limit.Administration.note + 1))
            let answer = try await api.send(
                .post, "/v1/people/ana/report", ["reason": "spam", "note": long], token: ana, from: "198.51.100.9")
            #expect(answer.status == 400 && answer.json["detail"]?.string?.contains("`note`") == true)
        }
        try await withAPI { api in
            let root = try await make(api, "root", .root).token
            for number in 0...Limit.Administration.reportsOfOne {
                let token = try await api.register("r\(number)")
                #expect(try await report(api, "/v1/people/root", token) == 204)
            }
            #expect(try await open(api, root).count == Limit.Administration.reportsOfOne)
        }
    }

    @Test("one person's reports leave room for those of others")
    func reportsByOne() async throws {
        try await withAPI { api in
            let reports = api.core.reports
            for id in 1...Int64(Limit.Administration.reportsByOne) {
                try await reports.report(.post(id), by: 1, reason: .spam, note: nil)
            }
            await #expect(throws: ServicesError.overloaded) {
                try await reports.report(.post(0), by: 1, reason: .spam, note: nil)
            }
            try await reports.report(.post(1), by: 1, reason: .spam, note: nil)
            try await reports.report(.post(0), by: 2, reason: .spam, note: nil)
        }
    }

    @Test("the audit log forgets what is too old, and reports what was decided long ago")
    func upkeep() async throws {
        try await withAPI { api in
            let root = try await make(api, "root", .root).token
            let ana = try await api.register("ana")
            #expect(try await report(api, "/v1/people/ana", ana) == 204)
            _ = try await decide(api, try await open(api, root)[0], "dismiss", root)
            #expect(try await report(api, "/v1/people/root", ana) == 204, "which waits")
            api.clock.advance(seconds: 91 * 86_400)
            #expect(try await api.core.reports.removeDecided() == 1)
            #expect(try await api.core.audit.removeOldest() == 0)
            api.clock.advance(seconds: 320 * 86_400)
            #expect(try await api.core.audit.removeOldest() == 1)
            #expect(try await api.core.reports.reports(isOpen: true, limit: 9).count == 1)
        }
    }
}
