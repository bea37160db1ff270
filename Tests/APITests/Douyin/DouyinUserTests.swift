import HTTPTypes
import LWS
import Services
import Store
import TestKit
import Testing

@testable import API
@testable import Endpoints

@Suite("Clips: users")
struct DouyinUserTests {
    @Test("registration and login answer a token and an id that a double holds")
    func entering() async throws {
        try await withAPI { api in
            let registered = try await api.send(
                .post, "/douyin/user/register/", ["username": "ocyss", "password": "230724"])
            #expect(registered.status == 200)
            #expect(registered.json.names == ["status_code", "status_msg", "token", "user_id"])
            #expect(registered.json["status_msg"] == "Success")
            let id = try #require(registered.json["user_id"]?.integer)
            #expect((1_000_000_000_000_000...9_007_199_254_740_991).contains(id))
            let again = try await api.send(
                .post, "/douyin/user/register", ["username": "ocyss", "password": "others"])
            #expect(again.refuses("该用户名已被使用!"))
            // As the phone sends it: in the query.
            let login = try await api.send(.post, "/douyin/user/login/?username=ocyss&password=230724")
            #expect(login.json["user_id"]?.integer == id && login.json["status_msg"] == "Success")
            for query in ["username=ocyss&password=wrong", "username=nobody&password=wrong"] {
                let answer = try await api.send(.post, "/douyin/user/login?\(query)")
                #expect(answer.refuses("用户名或者密码不正确!"))
            }
            for query in ["", "username=ocyss", "password=230724", "username=&password="] {
                for path in ["register", "login"] {
                    #expect(try await api.send(.post, "/douyin/user/\(path)/?\(query)").refuses("参数不正确"))
                }
            }
        }
    }

    @Test(
        "names and passwords that are too short, too long, or have blanks are refused",
        arguments: [
            ("four", "230724"), (String(repeating: "a", count: 33), "230724"), ("with blank", "230724"),
            ("tab\tbed", "230724"), ("ocyss", "1234"), ("ocyss", String(repeating: "1", count: 73)),
            ("ocyss", "12 45"), ("a/bcd", "230724"), ("login", "230724"),
        ])
    func rules(username: String, password: String) async throws {
        try await withAPI { api in
            let answer = try await api.send(
                .post, "/douyin/user/register/", ["username": .string(username), "password": .string(password)])
            #expect(answer.refuses("参数不正确"))
        }
    }

    @Test("a profile as its document shows it, by id, by name, and of oneself")
    func profile() async throws {
        try await withAPI { api in
            let ana = try await api.join(), bob = try await api.join("bob12")
            let answer = try await api.ask("/user/", ana, "user_id=ocyss")
            #expect(answer.json["status_msg"] == "Success")
            let user = try #require(answer.json["user"])
            #expect(
                user.names == [
                    "user_id", "id", "name", "follow_count", "follower_count", "is_follow", "avatar",
                    "background_image", "signature", "work_count", "total_favorited", "favorite_count",
                ])
            #expect(user["user_id"]?.integer == ana.id && user["id"]?.integer == ana.id)
            #expect(user["avatar"] == "https://api.multiavatar.com/ocyss.png")
            #expect(user["background_image"] == "https://api.paugram.com/wallpaper/")
            #expect(user["signature"] == "此人巨懒")
            for query in ["user_id=\(bob.id)", "user_id=bob12"] {
                #expect(try await api.ask("/user", ana, query).json["user"]?["name"] == "bob12")
            }
            for query in ["", "user_id=", "user_id=0"] {
                #expect(try await api.ask("/user", ana, query).json["user"]?["name"] == "ocyss")
            }
            #expect(try await api.ask("/user", ana, "user_id=nobody").json["status_code"] == 1)
            #expect(try await api.ask("/user", ana, "user_id=\(bob.id + 1)").json["status_code"] == 1)
            #expect(try await api.send(.get, "/douyin/user/?user_id=ocyss&token=x").refuses("Token 认证失败"))
            #expect(try await api.send(.get, "/douyin/user/?user_id=ocyss").refuses("参数不正确"))
        }
    }

    @Test("what somebody says of themselves is kept if it makes sense, and the server never asks an address")
    func ownWords() async throws {
        try await withAPI { api in
            func register(_ name: String, _ members: JSONValue) async throws -> JSONValue? {
                var body = try #require(members.object)
                body["username"] = .string(name)
                body["password"] = "230724"
                let answer = try await api.send(.post, "/douyin/user/register/", .object(body))
                let token = try #require(answer.json["token"]?.string)
                return try await api.send(.get, "/douyin/user?token=\(token)").json["user"]
            }
            let ana = try await register(
                "first", ["avatar": "http://a.example/x", "background_image": "https://b.example", "signature": "跑"])
            #expect(ana?["avatar"] == "http://a.example/x")
            #expect(ana?["background_image"] == "https://b.example" && ana?["signature"] == "跑")
            let bob = try await register(
                "second", ["avatar": "javascript:alert(1)", "background_image": "file:///etc", "signature": "a\u{1}"])
            #expect(bob?["avatar"] == "https://api.multiavatar.com/second.png")
            #expect(bob?["background_image"] == "https://api.paugram.com/wallpaper/" && bob?["signature"] == "此人巨懒")
        }
    }

    @Test("whoever has an account elsewhere has it here, and the other way round")
    func oneAccount() async throws {
        try await withAPI { api in
            _ = try await api.register("ana", password: "pw")
            let login = try await api.send(.post, "/douyin/user/login/?username=ana&password=pw")
            #expect(login.json["status_code"] == 0)
            let taken = try await api.send(
                .post, "/douyin/user/register/", ["username": "ocyss", "password": "230724"])
            #expect(taken.json["status_code"] == 0)
            #expect(
                try await api.send(.post, "/api/users", ["username": "ocyss", "password": "x"]).status == 400)
            #expect(
                try await api.send(.post, "/api/users/login", ["username": "ocyss", "password": "230724"]).status
                    == 200)
            let admin = try await api.core.accounts.create(username: "admin", password: "x", role: .admin)
            #expect(try await api.core.social.profile(account: admin.id, viewer: nil).username == "admin")
        }
    }

    @Test("a token lives for ninety days, and may stand in the header")
    func tokens() async throws {
        try await withAPI { api in
            let ana = try await api.join()
            api.clock.advance(seconds: 90 * 86_400 - 1)
            let header = try await api.send(.get, "/douyin/user/", token: ana.token)
            #expect(header.json["user"]?["name"] == "ocyss")
            api.clock.advance(seconds: 1)
            #expect(try await api.ask("/user/", ana).refuses("Token 认证失败"))
            #expect(try await api.ask("/publish/list/", ana).refuses("Token 错误"))
            #expect(try await api.ask("/feed", ana).refuses("Token 错误,请重新登录"))
        }
    }

    @Test("wrong passwords are limited, in the world's own shape")
    func throttling() async throws {
        var limits = RateLimits()
        limits.loginFailuresPerMinute = 2
        try await withAPI(limits: limits) { api in
            _ = try await api.join()
            for _ in 0..<2 { _ = try await api.send(.post, "/douyin/user/login/?username=ocyss&password=wrong") }
            let closed = try await api.send(.post, "/douyin/user/login/?username=ocyss&password=230724")
            #expect(closed.status == 200 && closed.json["status_code"] == 1 && closed.headers[.retryAfter] != nil)
        }
    }
}
