import Foundation
import HTTPTypes
import LWS
import Services
import TestKit
import Testing

@testable import API
@testable import Endpoints

@Suite("Articles: accounts")
struct JuejinAccountTests {
    @Test("registration and login, with and without a slash at the end")
    func entering() async throws {
        try await withAPI { api in
            let registered = try await api.call(.post, "/users/register?username=ana&password=secret")
            #expect(registered.line == #"200 {"code":200,"msg":"成功注册"}"#)
            let again = try await api.call(.post, "/users/register/?username=ana&password=other")
            #expect(again.line == #"400 {"code":400,"msg":"该用户已存在"}"#)
            let login = try await api.call(.post, "/users/login?username=ana&password=secret")
            #expect(login.status == 200)
            #expect(login.json.names == ["access_token", "code", "msg", "refresh_token"])
            #expect(login.json["access_token"]?.string?.hasPrefix("Bearer ") == true)
            #expect(login.json["refresh_token"]?.string?.hasPrefix("Bearer ") == true)
            let wrong = try await api.call(.post, "/users/login/?username=ana&password=x")
            #expect(wrong.line == #"400 {"code":400,"msg":"密码错误"}"#)
            let unknown = try await api.call(.post, "/users/login/?username=bob&password=x")
            #expect(unknown.line == #"404 {"code":404,"msg":"该用户不存在"}"#)
        }
    }

    @Test("credentials may stand in a form or in JSON as well")
    func sources() async throws {
        try await withAPI { api in
            let form = try await api.call(.post, "/users/register/", form: "username=ana&password=secret")
            #expect(form.status == 200)
            let json = try await api.send(.post, "/users/login/", ["username": "ana", "password": "secret"])
            #expect(json.status == 200)
            let multipart = try await api.sendForm(
                .post, "/users/login/", [("username", "ana"), ("password", "secret")])
            #expect(multipart.status == 200)
        }
    }

    @Test("names and passwords within their limits, and no others")
    func limits() async throws {
        try await withAPI { api in
            let fifty = String(repeating: "跑", count: 50)
            for (query, message) in [
                ("", "username error"), ("username=ana", "password error"), ("username=&password=x", "username error"),
                ("username=ana&password=", "password error"),
            ] {
                let answer = try await api.call(.post, "/users/register/?\(query)")
                #expect(answer.line == #"400 {"code":400,"msg":"\#(message)"}"#)
            }
            let long = try await api.call(.post, "/users/register/?username=\(encoded(fifty + "跑"))&password=x")
            #expect(long.status == 400 && long.json["code"] == 400)
            let secret = String(repeating: "x", count: 129)
            #expect(try await api.call(.post, "/users/register/?username=bob&password=\(secret)").status == 400)
            _ = try await api.enter(fifty)
            // Who registered here is known everywhere.
            let there = try await api.send(
                .post, "/api/users/login", ["username": .string(fifty), "password": "secret"])
            #expect(there.status == 200)
        }
    }

    @Test("what is wrong with a token has a status each")
    func tokens() async throws {
        try await withAPI { api in
            let tokens = try await api.enter()
            let path = "/users/information/"
            func line(_ authorization: String?) async throws -> String {
                try await api.call(.get, path, authorization).line
            }
            #expect(try await line(nil) == #"401 {"code":401,"msg":"Missing token"}"#)
            #expect(try await line("") == #"401 {"code":401,"msg":"Missing token"}"#)
            #expect(try await line("Bearer x") == #"400 {"code":400,"msg":"Invalid token"}"#)
            #expect(try await line(tokens.refresh) == #"400 {"code":400,"msg":"Invalid token"}"#)
            #expect(try await line(tokens.access).hasPrefix("200 "))
            #expect(try await line(String(tokens.access.dropFirst(7))).hasPrefix("200 "))
            api.clock.advance(seconds: 7200)
            #expect(try await line(tokens.access) == #"403 {"code":403,"msg":"expired token"}"#)
        }
    }

    @Test("a refresh token gives access for thirty days")
    func refreshing() async throws {
        try await withAPI { api in
            let tokens = try await api.enter()
            api.clock.advance(seconds: 7200)
            let renewed = try await api.call(.get, "/users/login/", tokens.refresh)
            #expect(renewed.status == 200 && renewed.json["code"] == 200)
            let access = try #require(renewed.json["access_token"]?.string)
            #expect(try await api.call(.get, "/users/information", access).status == 200)
            let wrong = try await api.call(.get, "/users/login", access)
            #expect(wrong.line == #"400 {"code":400,"msg":"Invalid token"}"#)
            #expect(try await api.call(.get, "/users/login/").line == #"401 {"code":401,"msg":"Missing token"}"#)
            api.clock.advance(seconds: 30 * 86_400)
            let late = try await api.call(.get, "/users/login/", tokens.refresh)
            #expect(late.line == #"403 {"code":403,"msg":"expired token"}"#)
            // The upkeep removes it, and it is still known what it was.
            try await api.core.tokens.removeExpired()
            #expect(try await api.call(.get, "/users/login/", tokens.refresh).status == 403)
        }
    }

    @Test("logging out ends both tokens of the login, and no others")
    func exit() async throws {
        try await withAPI { api in
            let tokens = try await api.enter(), others = try await api.enterAgain()
            #expect(try await api.call(.post, "/users/exit/", tokens.refresh).status == 400)
            let exit = try await api.call(.post, "/users/exit/", tokens.access)
            #expect(exit.line == #"200 {"code":200,"msg":"退出成功"}"#)
            for (method, path, token) in [
                (HTTPRequest.Method.get, "/users/information/", tokens.access),
                (.get, "/users/login/", tokens.refresh), (.post, "/users/exit/", tokens.access),
            ] {
                let answer = try await api.call(method, path, token)
                #expect(answer.line == #"401 {"code":401,"msg":"Token has been revoked"}"#)
            }
            #expect(try await api.call(.get, "/users/information/", others.access).status == 200)
        }
    }

    @Test("the token of a deleted account tells that nobody is there")
    func deletion() async throws {
        try await withAPI { api in
            let tokens = try await api.enter()
            _ = try await api.send(.delete, "/api/users/delete", ["username": "ana", "password": "secret"])
            for path in ["/users/information/", "/articles/mine"] {
                let answer = try await api.call(.get, path, tokens.access)
                #expect(answer.line == #"404 {"code":404,"msg":"User not found"}"#)
            }
            #expect(try await api.call(.get, "/users/login/", tokens.refresh).status == 404)
        }
    }

    @Test("a rename keeps the sessions and is known everywhere")
    func rename() async throws {
        try await withAPI { api in
            let tokens = try await api.enter()
            _ = try await api.enter("bob")
            let taken = try await api.call(.put, "/users/changes/username/?username=bob", tokens.access)
            #expect(taken.line == #"400 {"code":400,"msg":"该用户已存在"}"#)
            let empty = try await api.call(.put, "/users/changes/username/?username=", tokens.access)
            #expect(empty.line == #"400 {"code":400,"msg":"username error"}"#)
            #expect(try await api.call(.put, "/users/changes/username?username=%0A", tokens.access).status == 400)
            let renamed = try await api.call(.put, "/users/changes/username/?username=eva", tokens.access)
            #expect(renamed.line == #"200 {"code":200,"msg":"success"}"#)
            let known = try await api.call(.get, "/users/information/", tokens.access)
            #expect(known.json["data"]?["username"] == "eva")
            let there = try await api.send(.post, "/api/users/login", ["username": "eva", "password": "secret"])
            #expect(there.json["user"]?["nickname"] == "eva")
            #expect(try await api.call(.post, "/users/login/?username=ana&password=secret").status == 404)
            // The name is free again.
            try await api.enter("ana")
        }
    }

    @Test("a new password takes the old one, and ends all sessions")
    func password() async throws {
        try await withAPI { api in
            let tokens = try await api.enter()
            let path = "/users/changes/password/"
            for (query, message) in [
                ("old_password=x&new_password=y", "与原密码不同"), ("new_password=y", "old_password error"),
                ("old_password=secret&new_password=", "new_password error"),
            ] {
                let answer = try await api.call(.put, "\(path)?\(query)", tokens.access)
                #expect(answer.line == #"400 {"code":400,"msg":"\#(message)"}"#)
            }
            let changed = try await api.call(.put, "\(path)?old_password=secret&new_password=other", tokens.access)
            #expect(changed.line == #"200 {"code":200,"msg":"success"}"#)
            #expect(try await api.call(.get, "/users/information/", tokens.access).status == 401)
            #expect(try await api.call(.get, "/users/login/", tokens.refresh).status == 401)
            _ = try await api.enterAgain(password: "other")
        }
    }

    @Test("pictures come with the registration or later, and are shown without a token")
    func pictures() async throws {
        try await withAPI { api in
            let file = MultipartForm.File.make("head_image", onePixel)
            let registered = try await api.upload("/users/register/?username=ana&password=secret", files: [file])
            #expect(registered.status == 200)
            let access = try await api.enterAgain().access
            func head() async throws -> String {
                let answer = try await api.call(.get, "/users/information/", access)
                return try #require(answer.json["data"]?["head_image"]?.string)
            }
            let first = try await head()
            #expect(first.hasPrefix("/users/images/files/"))
            let shown = try await api.call(.get, first)
            #expect(shown.bytes == onePixel && shown.headers[.contentType] == "image/png")
            #expect(shown.headers[.xContentTypeOptions] == "nosniff")

            let missing = try await api.upload("/users/changes/head/", token: nil)
            #expect(missing.status == 404, "POST is no method of this path")
            func change(_ files: [[UInt8]], field: String = "head_image") async throws -> Answer {
                try await api.sendForm(
                    .put, "/users/changes/head/", [], images: files, field: field, token: String(access.dropFirst(7)))
            }
            #expect(try await change([]).line == #"400 {"code":400,"msg":"head_image error"}"#)
            #expect(try await change([onePixel], field: "other").status == 400)
            #expect(try await change([Array("<html>".utf8)]).status == 400)
            #expect(try await change([onePixel, onePixel]).status == 400)
            #expect(try await head() == first)
            #expect(try await change([TestAPI.gif]).line == #"200 {"code":200,"msg":"success"}"#)
            #expect(try await head() != first)
            #expect(try await api.call(.get, try await head()).headers[.contentType] == "image/gif")
        }
    }

    @Test("who uploads no picture has a drawn one, and a picture that is none registers nobody")
    func defaultPicture() async throws {
        try await withAPI { api in
            let bad = try await api.upload(
                "/users/register/?username=ana&password=secret",
                files: [.make("head_image", Array("<svg/>".utf8))])
            #expect(bad.status == 400 && bad.json["code"] == 400)
            let access = try await api.enter().access
            let answer = try await api.call(.get, "/users/information/", access)
            let path = try #require(answer.json["data"]?["head_image"]?.string)
            let shown = try await api.call(.get, path)
            #expect(shown.status == 200 && shown.headers[.contentType] == "image/png")
            for name in ["x", "default-x", "default-", "000000000193588d6b1e0001", "..%2f..%2fetc"] {
                let answer = try await api.call(.get, "/users/images/files/\(name)")
                #expect(answer.line == #"404 {"code":404,"msg":"Not found"}"#)
            }
        }
    }

    @Test("addresses begin with the host of the request, or with what the server is set to")
    func base() async throws {
        func text(_ host: String, _ base: PublicBase) throws -> String {
            let parsed = try RequestTarget("/")
            return base.text(
                for: HTTPServerRequest(
                    head: HTTPRequestHead(
                        method: .get, target: "/", path: parsed.path, query: [], headers: [.host: host],
                        remoteAddress: ""), body: .bytes([])))
        }
        #expect(try text("run.example.org:8000", PublicBase()) == "http://run.example.org:8000")
        #expect(try text("[::1]:1", PublicBase(isTLS: true)) == "https://[::1]:1")
        #expect(try text("a", PublicBase(configured: "https://b")) == "https://b")
        for host in ["", "a b", "a\"><script>", "a/b", "a@b", "跑"] { #expect(try text(host, PublicBase()) == "") }
    }

    @Test("wrong passwords, logins and registrations are limited")
    func throttling() async throws {
        var limits = RateLimits()
        limits.loginFailuresPerMinute = 2
        limits.registrations = RateLimit(burst: 2, perMinute: 1)
        try await withAPI(limits: limits) { api in
            try await api.enter()
            for _ in 0..<2 { #expect(try await api.call(.post, "/users/login/?username=ana&password=x").status == 400) }
            let closed = try await api.call(.post, "/users/login/?username=ana&password=secret")
            #expect(closed.status == 429 && closed.json["code"] == 429 && closed.headers[.retryAfter] != nil)
            _ = try await api.call(.post, "/users/register/?username=bob&password=x")
            #expect(try await api.call(.post, "/users/register/?username=eva&password=x").status == 429)
        }
    }

    @Test("no field of a registration makes anybody more than a user")
    func escalation() async throws {
        try await withAPI { api in
            let extras = "role=root&isAdmin=1&admin=true&id=1&role_id=9"
            _ = try await api.call(.post, "/users/register/?username=ana&password=secret&\(extras)")
            let access = try await api.enterAgain().access
            _ = try await api.call(.put, "/users/changes/username/?username=eva&\(extras)", access)
            _ = try await api.send(
                .post, "/douyin/user/register/",
                ["username": "ocyss", "password": "230724", "role": "root", "is_admin": true, "user_id": 1])
            for name in ["eva", "ocyss"] {
                let account = try await api.core.accounts.account(named: name)
                #expect(account?.role == .user)
            }
            #expect(try await api.core.accounts.administrators().isEmpty)
        }
    }

    @Test("a disabled account gets in nowhere")
    func disabled() async throws {
        try await withAPI { api in
            let tokens = try await api.enter()
            let account = try #require(try await api.core.accounts.account(named: "ana"))
            try await api.core.accounts.disable(account: account.id)
            #expect(try await api.call(.get, "/users/information/", tokens.access).status == 401)
            #expect(try await api.call(.post, "/users/login/?username=ana&password=secret").status == 403)
        }
    }
}
