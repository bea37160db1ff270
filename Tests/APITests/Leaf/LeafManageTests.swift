import HTTPTypes
import TestKit
import Testing

@testable import API
@testable import Endpoints
@testable import Services

@Suite("Leaf: administration") struct LeafManageTests {
    @Test("administrators list all users in the order of their making, with their addresses")
    func list() async throws {
        try await withAPI { api in
            let (root, _) = try await api.leafAdministrator()
            for number in 0..<17 { _ = try await api.register("runner\(number)") }
            _ = try await api.leafToken()
            let answer = try await api.leaf(.get, "manage/list", token: root)
            let data = try #require(answer.json["data"])
            #expect(answer.leafCode == 200 && data["total"] == 19 && data["users"]?.array?.count == 15)
            #expect(data["users"]?[0]?["name"] == "rita" && data["users"]?[0]?["role"] == 3)
            #expect(data["users"]?[0]?["email"] == "rita@example.org")
            #expect(data["users"]?[1]?["email"] == "")
            let second = try await api.leaf(.get, "manage/list?page=2&page_size=15", token: root).json["data"]
            #expect(second?["users"]?.array?.count == 4 && second?["users"]?[3]?["email"] == "ana@example.org")
            #expect(second?["users"]?[3]?["uid"] == 19)
            for query in ["page=0", "page=-1", "page=x", "page_size=x", "page_size=0", "page=&page_size="] {
                let answer = try await api.leaf(.get, "manage/list?" + query, token: root)
                #expect(answer.json["data"]?["users"]?.array?.count == 15)
            }
            #expect(
                try await api.leaf(.get, "manage/list?page_size=30", token: root).json["data"]?["users"]?.array?.count
                    == 19)
            #expect(try await api.leaf(.get, "manage/list?page_size=31", token: root).leafLine == "4050 请求数量过多")
            let far = try await api.leaf(.get, "manage/list?page=9223372036854775807", token: root)
            #expect(far.json["data"]?["users"] == [] && far.json["data"]?["total"] == 19)
        }
    }

    @Test("a search finds a number, a name or an address, all of it")
    func search() async throws {
        try await withAPI { api in
            let (root, _) = try await api.leafAdministrator()
            _ = try await api.leafToken()
            _ = try await api.register("2")
            func search(_ query: String) async throws -> [JSONValue?] {
                let answer = try await api.leaf(.get, "manage/search" + query, token: root)
                #expect(answer.leafCode == 200)
                #expect(answer.json["data"]?["total"] == .int(Int64(answer.json["data"]?["users"]?.array?.count ?? -1)))
                return answer.json["data"]?["users"]?.array?.map { $0["uid"] } ?? []
            }
            #expect(try await search("?keyword=ANA@example.org&page=1&page_size=15") == [2])
            #expect(try await search("?keyword=rita") == [1])
            // Somebody's number and somebody's name.
            #expect(try await search("?keyword=2") == [2, 3])
            #expect(try await search("?keyword=rit") == [])
            #expect(try await search("?keyword=") == [])
            #expect(try await search("") == [])
            // As the document spells it.
            #expect(try await search("&keyword=rita&page=1&page_size=15") == [1])
            #expect(try await search("&keyword=ana%40example.org") == [2])
            #expect(try await api.leaf(.get, "manage/searching", token: root).json["code"] == 404)
            #expect(try await api.leaf(.get, "manage/search?keyword=rita&page_size=31", token: root).leafCode == 4050)
        }
    }

    @Test("an administrator edits users of a lower role and themselves")
    func modify() async throws {
        try await withAPI { api in
            let (root, _) = try await api.leafAdministrator()
            let (admin, adminNumber) = try await api.leafAdministrator("abel", role: .admin)
            let (_, otherNumber) = try await api.leafAdministrator("adam", role: .admin)
            _ = try await api.register("ben")
            func edit(
                _ id: JSONValue, _ name: JSONValue = "bea", _ email: JSONValue = "bea@example.org", by token: String
            ) async throws -> String {
                try await api.leaf(
                    .post, "manage/modify", ["id": id, "name": name, "email": email, "sign": "hi"], token: token
                ).leafLine
            }
            // An account of another world has no address until it is given one.
            #expect(try await edit(4, "benno", "", by: admin) == "200 ok")
            #expect(try await api.core.accounts.account(named: "benno")?.email == nil)
            #expect(try await edit(4, by: admin) == "200 ok")
            let ben = try #require(try await api.core.accounts.account(named: "bea"))
            #expect(ben.email == "bea@example.org" && ben.sign == "hi" && ben.number == 4)
            // With an address the account has a way into Leaf.
            try await api.loginByMail("bea@example.org")
            #expect(try await edit(.int(adminNumber), "abe", "abe@example.org", by: admin) == "200 ok")
            #expect(try await edit(.int(otherNumber), by: admin) == "3030 用户未授权")
            #expect(try await edit(1, by: admin) == "3030 用户未授权")
            #expect(try await edit(.int(otherNumber), "adam2", "adam2@example.org", by: root) == "200 ok")
            #expect(try await edit(4, "rita", by: root) == "6000 用户名已存在")
            #expect(try await edit(4, "bea", "RITA@example.org", by: root) == "6000 邮箱已存在")
            #expect(try await edit(4, "", by: root) == "4010 用户名不能为空")
            #expect(try await edit(4, "bea", "bea", by: root) == "4010 邮箱格式错误")
            #expect(try await edit(99, by: root) == "4040 用户不存在")
            #expect(try await edit("x", by: root) == "4010 请求参数有误")
            #expect(try await edit(.null, by: root) == "4010 请求参数有误")
        }
    }

    @Test("a root gives roles, but not to themselves, and nobody else does")
    func roles() async throws {
        try await withAPI { api in
            let (root, rootNumber) = try await api.leafAdministrator()
            let ana = try await api.leafToken()
            func give(_ role: JSONValue, to id: JSONValue = 2, by token: String) async throws -> String {
                try await api.leaf(.post, "manage/role/modify", ["id": id, "role": role], token: token).leafLine
            }
            #expect(try await give(3, by: ana) == "3030 用户未授权")
            for role in 0...2 {
                #expect(try await give(.int(Int64(role)), by: root) == "200 ok")
                #expect(try await api.profile(token: ana)["role"] == .int(Int64(role)))
                #expect(try await give(3, to: 1, by: ana) == "3030 用户未授权")
                let lists = try await api.leaf(.get, "manage/list", token: ana).leafCode
                #expect(lists == (role == 2 ? 200 : 3030))
            }
            for role in [4, -1, 99] { #expect(try await give(.int(Int64(role)), by: root) == "4010 无效的角色") }
            #expect(try await give(.null, by: root) == "4010 无效的角色")
            #expect(try await give("x", by: root) == "4010 无效的角色")
            #expect(try await give(0, to: .int(rootNumber), by: root).hasPrefix("1000 "))
            #expect(try await give(0, to: 99, by: root) == "4040 用户不存在")
            #expect(try await give(3, by: root) == "200 ok")
            #expect(try await give(0, to: .int(rootNumber), by: ana) == "200 ok")
            // A role that was taken away is gone with the next request.
            #expect(try await api.leaf(.get, "manage/list", token: root).leafCode == 3030)
        }
    }

    @Test("an administrator deletes users of a lower role; their address is free again, and their tokens are worthless")
    func delete() async throws {
        try await withAPI { api in
            let (root, rootNumber) = try await api.leafAdministrator()
            let (admin, adminNumber) = try await api.leafAdministrator("abel", role: .admin)
            let ana = try await api.leafToken()
            func delete(_ id: JSONValue, by token: String) async throws -> String {
                try await api.leaf(.post, "manage/delete", ["id": id], token: token).leafLine
            }
            #expect(try await delete(3, by: ana) == "3030 用户未授权")
            #expect(try await delete(.int(rootNumber), by: admin) == "3030 用户未授权")
            #expect(try await delete(.int(adminNumber), by: admin).hasPrefix("1000 "))
            #expect(try await delete(99, by: admin) == "4040 用户不存在")
            #expect(try await delete("", by: admin) == "4010 请求参数有误")
            let code = try await api.code(for: "ana@example.org")
            #expect(try await delete(3, by: admin) == "200 ok")
            #expect(try await api.leaf(.get, "info/get", token: ana).leafCode == 3030)
            #expect(try await api.leaf(.get, "info/other?uid=3").leafCode == 4040)
            #expect(
                try await api.leaf(.post, "login", ["email": "ana@example.org", "password": "secret"]).leafCode == 3020)
            // What was mailed for the account is of no use for the next one.
            #expect(
                try await api.leaf(
                    .post, "register", ["email": "ana@example.org", "password": "secret", "code": .string(code)]
                ).leafCode == 3010)
            try await api.registerByMail()
            #expect(try await delete(.int(adminNumber), by: root) == "200 ok")
            // A number is never given again.
            #expect(try await api.core.accounts.account(number: 3) == nil)
        }
    }

    @Test("without a token, or with one of a user, nothing of this is done", arguments: [nil, "x", "user"])
    func unauthorized(token: String?) async throws {
        try await withAPI { api in
            let user = try await api.leafToken()
            let token = token == "user" ? user : token
            for path in ["manage/list", "manage/search?keyword=1", "manage/search&keyword=1"] {
                let answer = try await api.leaf(.get, path, token: token)
                #expect(answer.line == #"200 {"code":3030,"data":null,"msg":"用户未授权"}"#)
            }
            for path in ["manage/modify", "manage/role/modify", "manage/delete"] {
                let answer = try await api.leaf(
                    .post, path, ["id": 1, "role": 3, "name": "x", "email": "x@example.org"], token: token)
                #expect(answer.line == #"200 {"code":3030,"data":null,"msg":"用户未授权"}"#)
            }
        }
    }

    @Test("wiping all users takes the auditors too, and leaves the administrators")
    func wipe() async throws {
        try await withAPI { api in
            let (root, _) = try await api.leafAdministrator()
            _ = try await api.leafToken()
            _ = try await api.leaf(.post, "manage/role/modify", ["id": 2, "role": 1], token: root)
            #expect(try await api.send(.delete, "/api/users/deleteAll", token: root).status == 200)
            #expect(try await api.leaf(.get, "manage/list", token: root).json["data"]?["total"] == 1)
        }
    }
}

@Suite("Leaf: the slider") struct LeafCaptchaTests {
    private static let email = "ana@example.org"

    @Test("where it is not wanted it is not there")
    func off() async throws {
        try await withAPI { api in
            let puzzle = try await api.send(.get, "/api/v1/captcha/get?email=ana@example.org")
            let solution = try await api.send(
                .post, "/api/v1/captcha/validate", ["email": "ana@example.org", "x": 1])
            for answer in [puzzle, solution] { #expect(answer.json["code"] == 404) }
        }
    }

    private func solve(_ api: TestAPI, off pixels: Int = 0) async throws -> Int64? {
        let answer = try await api.send(.get, "/api/v1/captcha/get?email=ana@example.org")
        let data = try #require(answer.json["data"]?["slider_captcha"])
        #expect(data.names == ["slider_img", "bg_img", "y"])
        let hole = try #require(api.core.humanCheck?.hole(for: Self.email, by: "192.0.2.1"))
        return try await api.send(
            .post, "/api/v1/captcha/validate", ["email": .string(Self.email), "x": .int(Int64(hole + pixels))]
        ).leafCode
    }

    @Test("whoever solves it has one code mailed, within half an hour")
    func on() async throws {
        try await withAPI(captcha: true) { api in
            func ask() async throws -> Int64? {
                try await api.leaf(.post, "code/email", ["email": .string(Self.email)]).leafCode
            }
            let unasked = try await ask()
            #expect(unasked == -1)
            #expect(try await solve(api, off: 4) == 1010)
            #expect(try await ask() == -1)
            // One try a puzzle.
            #expect(try await solve(api, off: -4) == 1010)
            #expect(
                try await api.send(.post, "/api/v1/captcha/validate", ["email": "ana@example.org", "x": 100]).leafCode
                    == 1010)
            #expect(try await solve(api, off: 3) == 200)
            #expect(try await ask() == 200)
            #expect(try await ask() == -1)
            #expect(try await solve(api) == 200)
            api.clock.advance(seconds: 1800)
            #expect(try await ask() == -1)
            #expect(try await api.leaf(.get, "resetpwd/check?eamil=ana@example.org").leafCode == -1)
            #expect(try await api.send(.get, "/api/v1/captcha/get?email=x").leafCode == 4010)
            #expect(
                try await api.send(.post, "/api/v1/captcha/validate", ["email": "ana@example.org"]).leafCode == 4010)
        }
    }

    @Test("a stranger who knows the address neither replaces nor uses up what its owner solves")
    func bound() async throws {
        try await withAPI(captcha: true) { api in
            func stranger(_ path: String, _ body: JSONValue? = nil) async throws -> Int64? {
                try await api.send(body == nil ? .get : .post, "/api/v1/" + path, body, from: "198.51.100.7").leafCode
            }
            let answer = try await api.send(.get, "/api/v1/captcha/get?email=ana@example.org")
            #expect(answer.leafCode == 200)
            let hole = try #require(api.core.humanCheck?.hole(for: Self.email, by: "192.0.2.1"))
            let mine: JSONValue = ["email": .string(Self.email)]
            // Another puzzle, and a wrong solution.
            #expect(try await stranger("captcha/get?email=ana@example.org") == 200)
            #expect(try await stranger("captcha/validate", ["email": .string(Self.email), "x": -100]) == 1010)
            #expect(
                try await api.send(
                    .post, "/api/v1/captcha/validate", ["email": .string(Self.email), "x": .int(Int64(hole))]
                ).leafCode == 200)
            #expect(try await stranger("user/code/email", mine) == -1)
            #expect(try await stranger("user/resetpwd/check?eamil=ana@example.org") == -1)
            #expect(try await api.leaf(.post, "code/email", mine).leafCode == 200)
        }
    }

    @Test("solving it opens what three failures have locked")
    func unlocks() async throws {
        try await withAPI(captcha: true) { api in
            let solved = try await solve(api)
            #expect(solved == 200)
            try await api.registerByMail(Self.email)
            for _ in 0..<3 {
                _ = try await api.leaf(.post, "login", ["email": .string(Self.email), "password": "wrong!"])
            }
            let right: JSONValue = ["email": .string(Self.email), "password": "secret"]
            #expect(try await api.leaf(.post, "login", right).leafCode == -1)
            #expect(try await solve(api) == 200)
            #expect(try await api.leaf(.post, "login", right).leafCode == 200)
        }
    }
}
