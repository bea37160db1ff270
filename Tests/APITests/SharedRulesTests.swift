import HTTPTypes
import LWS
import Services
import Testing

@testable import API
@testable import Endpoints

/// What holds in every world, asked in each.
@Suite("Rules of all worlds") struct SharedRulesTests {
    /// Where each world serves a picture.
    private static func addresses(of id: String) -> [String] {
        [
            "/api/users/posts/images/\(id)", "/users/images/files/\(id)", "/api/v1/upload/image/\(id)",
            "/entrytask/upload/\(id).png",
        ]
    }

    private func picture(_ answer: Answer) throws -> String {
        try #require(answer.json["imageId"]?.string ?? answer.json["profilePictureId"]?.string)
    }

    @Test("whose account is gone has no picture in any world, and the same picture of somebody else stays")
    func deletion() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana"), ben = try await api.register("ben")
            let uploaded = try #require(try await api.leafUpload(token: ana).json["data"]?["url"]?.string)
            let files: [MultipartForm.File] = [.make("profilePicture", onePixel)]
            let anas = try picture(try await api.upload("/api/users/update/profilepic", files: files, token: ana))
            let bens = try picture(try await api.upload("/api/users/update/profilepic", files: files, token: ben))
            for address in Self.addresses(of: anas) + [uploaded] {
                #expect(try await api.send(.get, address).bytes == onePixel)
            }
            let credentials: JSONValue = ["username": "ana", "password": "secret"]
            #expect(try await api.send(.delete, "/api/users/delete", credentials).status == 200)
            for address in Self.addresses(of: anas) + [uploaded] {
                #expect(try await api.send(.get, address).status == 404, "\(address)")
            }
            for address in Self.addresses(of: bens) { #expect(try await api.send(.get, address).bytes == onePixel) }
        }
    }

    @Test("a video is a picture in no world")
    func video() async throws {
        try await withAPI { api in
            let id = try await api.core.media.store(upload: .bytes(TestVideos.mp4), videoUpTo: 1000)
            for address in Self.addresses(of: id.text) {
                #expect(try await api.send(.get, address).status == 404, "\(address)")
            }
        }
    }

    @Test("a picture that is gone with a new one cannot be put to use again")
    func replaced() async throws {
        try await withAPI { api in
            let ana = try await api.leafToken()
            let url = try #require(try await api.leafUpload(token: ana).json["data"]?["url"]?.string)
            func modify() async throws -> String {
                try await api.leaf(
                    .post, "info/modify", ["name": "ana", "avatar": .string(url), "birthday": "2000-01-01"],
                    token: ana
                ).leafLine
            }
            #expect(try await modify() == "200 ok")
            let other = try await api.upload(
                "/user/update_user_profile_picture", files: [.make("file", onePixel)], token: ana, method: .put)
            #expect(other.json["code"] == 0)
            #expect(try await modify() == "1020 链接已经失效")
        }
    }

    @Test("who plays clips without an account is counted no oftener than who opens articles; they play all the same")
    func strangers() async throws {
        var limits = RateLimits()
        limits.accountChanges = RateLimit(burst: 2, perMinute: 1)
        try await withAPI(limits: limits) { api in
            let people = [try await api.join("ana12"), try await api.join("bob12")]
            var clips: [Int64] = []
            for person in [people[0], people[1], people[1]] { clips.append(try await api.publish(person)) }
            for clip in clips { #expect(try await api.send(.get, "/douyin/videos/\(clip)").status == 200) }
            let feed = try await api.send(.get, "/douyin/feed").json["video_list"]?.array ?? []
            #expect(feed.map { $0["play_count"] } == [0, 1, 1])
        }
    }

    @Test("who exchanges a token is counted as who logs in")
    func renewals() async throws {
        var limits = RateLimits()
        limits.logins = RateLimit(burst: 2, perMinute: 1)
        try await withAPI(limits: limits) { api in
            func renew() async throws -> [Int64?] {
                let article = try await api.call(.get, "/users/login", "Bearer x").json["code"]?.integer
                return [article, try await api.leaf(.get, "token/refresh", token: "x").leafCode]
            }
            let heard = try await renew(), refused = try await renew()
            #expect(heard == [400, 3030])
            #expect(refused == [429, 4050])
        }
    }

    @Test("what a recent login opens a new password closes, wherever it is set")
    func recentLogins() async throws {
        try await withAPI(legacy: true) { api in
            try await api.registerByMail()
            let name = try #require(try await api.core.accounts.accounts(limit: 1, unlisted: true).first).username
            func login(_ password: String) async throws -> Int {
                try await api.send(
                    .post, "/api/users/login", ["username": .string(name), "password": .string(password)]
                ).status
            }
            func rename() async throws -> Int {
                try await api.send(.put, "/api/users/update/nickname", ["username": .string(name), "nickname": "A"])
                    .status
            }
            func chat() async throws -> Int {
                try await api.send(.post, "/api/chat", ["messages": [["role": "user", "content": "hi"]]]).status
            }
            #expect(try await login("secret") == 200)
            for status in [try await rename(), try await chat()] { #expect(status == 200) }
            let access = try await api.enterAgain(name).access
            let changed = try await api.call(
                .put, "/users/changes/password?old_password=secret&new_password=second", access)
            #expect(changed.status == 200)
            for status in [try await rename(), try await chat()] { #expect(status == 401) }

            #expect(try await login("second") == 200)
            #expect(try await rename() == 200)
            #expect(try await api.leaf(.get, "resetpwd/check?email=ana@example.org").leafCode == 200)
            let code = try await api.code(for: "ana@example.org")
            let reset = try await api.leaf(
                .post, "pwd/modify", ["email": "ana@example.org", "password": "third!", "code": .string(code)])
            #expect(reset.leafCode == 200)
            for status in [try await rename(), try await chat()] { #expect(status == 401) }
        }
    }

    // MARK: - Large bodies

    /// Routes with large bodies, and the place of the token that they check before.
    private static let large: [(HTTPRequest.Method, String)] = [
        (.post, "/api/users/update/profilepic"), (.post, "/api/users/share/posts/image"),
        (.post, "/api/users/share/posts"), (.put, "/api/users/share/posts/1"), (.put, "/api/users/run/data"),
        (.post, "/api/users/run/record"), (.put, "/users/changes/head"), (.post, "/articles/editor"),
        (.post, "/api/v1/upload/image"), (.put, "/user/update_user_profile_picture"),
    ]

    private func early(
        _ api: TestAPI, _ method: HTTPRequest.Method, _ target: String, token: String? = nil
    ) async throws -> String? {
        let parsed = try RequestTarget(target)
        var headers = HTTPFields()
        headers[.authorization] = token.map { "Bearer \($0)" }
        let head = HTTPRequestHead(
            method: method, target: target, path: parsed.path, query: parsed.query, headers: headers,
            remoteAddress: "192.0.2.1")
        let policy = api.responder.bodyPolicy(for: head)
        #expect(policy.asksAbove < policy.maxBytes && policy.asksAbove <= policy.spillBytes)
        guard let refusal = await api.responder.refusal(of: head) else { return nil }
        #expect(refusal.headers[.xContentTypeOptions] == "nosniff")
        return try await Answer(refusal).line
    }

    @Test("a large body is refused by its head as it would be when it has come", arguments: [nil, "x"])
    func refuses(token: String?) async throws {
        try await withAPI { api in
            for (method, target) in Self.large {
                let refused = try #require(try await early(api, method, target, token: token))
                #expect(
                    try await api.send(method, target, ["title": "x", "content": "y"], token: token).line == refused,
                    "\(target)")
            }
            let clip = "/douyin/publish/action/"
            #expect(
                try await early(api, .post, clip + "?token=x") == #"""
                    200 {"status_code":1,"status_msg":"Token 错误","errmsg":["The token is invalid."]}
                    """#)
            // The form may have one.
            #expect(try await early(api, .post, clip, token: token) == nil)
        }
    }

    @Test(
        "a video goes to disk when the token that came before it is found good, and not on the strength of one behind it"
    )
    func spills() async throws {
        try await withAPI { api in
            let token = try await api.register()
            func early(_ query: String = "", header: String? = nil, field: String? = nil) async throws -> String? {
                let target = "/douyin/publish/action/" + query
                let parsed = try RequestTarget(target)
                var headers: HTTPFields = [.contentType: "multipart/form-data; boundary=x"]
                headers[.authorization] = header
                let head = HTTPRequestHead(
                    method: .post, target: target, path: parsed.path, query: parsed.query, headers: headers,
                    remoteAddress: "192.0.2.1")
                #expect(api.responder.bodyPolicy(for: head).asksWhenSpilling)
                var fields = [(name: "title", value: "a")]
                if let field { fields.append(("token", field)) }
                guard let refusal = await api.responder.refusal(of: head, spillingAfter: fields) else { return nil }
                return try await Answer(refusal).line
            }
            #expect(
                try await early() == #"""
                    200 {"status_code":1,"status_msg":"参数不正确","errmsg":["`token` must stand before the file, in the \#
                    query, or in the header."]}
                    """#)
            let wrong = #"200 {"status_code":1,"status_msg":"Token 错误","errmsg":["The token is invalid."]}"#
            #expect(try await early(field: "x") == wrong)
            #expect(try await early(header: "Bearer x") == wrong)
            #expect(try await early("?token=x", field: token) == wrong)
            #expect(try await early(field: token) == nil)
            #expect(try await early(header: "Bearer \(token)") == nil)
            #expect(try await early(header: "Bearer x", field: token) == nil, "the form's comes before the header's")
            #expect(try await early("?token=\(token)") == nil)
        }
    }

    @Test("a large body of who shows a token is taken, and of who logged in lately where that is enough")
    func takes() async throws {
        try await withAPI(legacy: true) { api in
            let token = try await api.register()
            for (method, target) in Self.large {
                #expect(try await early(api, method, target, token: token) == nil, "\(target)")
            }
            #expect(try await early(api, .post, "/douyin/publish/action/?token=\(token)") == nil)
            let upload = "/api/users/update/profilepic"
            #expect(try await early(api, .post, upload)?.hasPrefix("401 ") == true)
            #expect(try await api.send(.post, "/api/users/tokenCheck", token: token).status == 200)
            #expect(try await early(api, .post, upload) == nil)
        }
    }
}
