import Foundation
import TestKit
import Testing

/// Leaf's API on a real server, with the requests of its document as they are written there.
@Suite("Leaf on a real server", .inTurn)
struct LeafTests {
    private func send(
        _ client: WorldClient, _ method: String, _ path: String, _ json: String? = nil, token: String? = nil
    ) async throws -> REST.Answer {
        try await client.send(method, "/api/v1/user/" + path, json.map { Data($0.utf8) }, authorization: token)
    }

    @Test("the document's story, route by route")
    func document() async throws {
        let server = try await ServerProcess.start()
        let client = WorldClient(port: server.port)
        let done = #"{"code":200,"data":null,"msg":"ok"}"#

        // 发送邮箱验证码, 用户注册: the e-mail's key, which the document's tables have lost, is `email`.
        #expect(try await send(client, "POST", "code/email", #"{"email": "11@qq.com"}"#).text == done)
        let code = try await server.code(for: "11@qq.com")
        #expect(!server.logText.contains(code))
        let registered = try await send(
            client, "POST", "register", #"{"email": "11@qq.com", "password": "123456", "code": "\#(code)"}"#)
        #expect(registered.text == done && registered.status == 200)

        // 用户登录(账号), 用户登录(邮箱)
        let login = try await send(client, "POST", "login", #"{"email": "11@qq.com", "password": "123456"}"#)
        let access = try #require(login.text("data", "access_token"))
        let refresh = try #require(login.text("data", "refresh_token"))
        #expect(login.int("code") == 200 && login.text("data", "token") == access)
        _ = try await send(client, "POST", "code/email", #"{"email": "11@qq.com"}"#)
        let second = try await server.code(for: "11@qq.com", count: 2)
        let byCode = try await send(client, "POST", "login/email", #"{"email": "11@qq.com", "code": "\#(second)"}"#)
        #expect(byCode.int("code") == 200 && byCode.text("data", "token") != nil)

        // 通过用户ID获取用户信息, 通过用户名获取用户id
        let other = try await send(client, "GET", "info/other?uid=1")
        #expect(other.int("code") == 200 && other.int("data", "user", "uid") == 1)
        let name = try #require(other.text("data", "user", "name"))
        #expect(try await send(client, "GET", "uid?name=\(name)").text == #"{"code":200,"data":{"uid":1},"msg":"ok"}"#)

        // 用户获取个人信息, 用户修改个人信息, 用户修改空间封面图; spacecover and spaceCover
        let info = try await send(client, "GET", "info/get", token: access)
        #expect(info.text("data", "user_info", "email") == "1****1@qq.com")
        let upload = try await client.send(
            "POST", "/api/v1/upload/image", form: Multipart(file: ("image", "a.png", Data(Picture.png))),
            authorization: access)
        let url = try #require(upload.text("data", "url"))
        #expect(url.hasPrefix("http://127.0.0.1:\(server.port)/"))
        #expect(try await client.send("GET", url).data == Data(Picture.png))
        for key in ["spacecover", "spaceCover"] {
            #expect(
                try await send(client, "POST", "cover/modify", #"{"\#(key)": "\#(url)"}"#, token: access).text == done)
        }
        let modified = try await send(
            client, "POST", "info/modify",
            #"{"avatar": "\#(url)", "name": "昵称", "birthday": "1970-1-1", "gender": 1, "sign": "个性签名"}"#, token: access)
        #expect(modified.text == done)
        let user = try await send(client, "GET", "info/get", token: access)
        for (key, value) in [("name", "昵称"), ("sign", "个性签名"), ("avatar", url), ("spacecover", url)] {
            #expect(user.text("data", "user_info", key) == value)
        }

        // 刷新token
        let renewed = try #require(try await send(client, "GET", "token/refresh", token: refresh).text("data", "token"))
        #expect(try await send(client, "GET", "info/get", token: renewed).int("code") == 200)

        // 修改密码验证 with `eamil`, 修改密码
        #expect(try await send(client, "GET", "resetpwd/check?eamil=11@qq.com").text == done)
        _ = try await send(client, "POST", "code/email", #"{"email": "11@qq.com"}"#)
        let third = try await server.code(for: "11@qq.com", count: 3)
        let reset = try await send(
            client, "POST", "pwd/modify", #"{"email": "11@qq.com", "password": "654321", "code": "\#(third)"}"#)
        #expect(reset.text == done)
        for token in [access, refresh, renewed] {
            #expect(try await send(client, "GET", "info/get", token: token).int("code") == 3030)
        }

        // 连续登录失败三次
        for _ in 0..<3 {
            let wrong = try await send(client, "POST", "login", #"{"email": "11@qq.com", "password": "123456"}"#)
            #expect(wrong.int("code") == 3020)
        }
        #expect(
            try await send(client, "POST", "login", #"{"email": "11@qq.com", "password": "654321"}"#).text
                == #"{"code":-1,"data":null,"msg":"需要人机验证"}"#)

        // A stop and a start: everything is there.
        #expect(try await server.terminate() == .exit(0))
        server.leaveDirectory()
        let next = try await ServerProcess.start(in: server.directory)
        let again = WorldClient(port: next.port)
        let later = try await send(again, "POST", "login", #"{"email": "11@qq.com", "password": "654321"}"#)
        #expect(later.int("code") == 200)
        let found = try await send(again, "GET", "info/get", token: later.text("data", "token"))
        #expect(found.text("data", "user_info", "name") == "昵称")
    }

    @Test("administration, by who was made root on the command line")
    func administration() async throws {
        let workshop = try Workshop()
        let (server, _) = try await ServerProcess.startWithRoot(in: workshop)
        let client = WorldClient(port: server.port)
        let login = try await send(
            client, "POST", "login", #"{"email": "rita@example.org", "password": "root secret"}"#)
        let root = try #require(login.text("data", "token"), "\(login.text)")
        let ana = try await REST.registered("ana", port: server.port)

        let list = try await send(client, "GET", "manage/list?page=1&page_size=15", token: root)
        #expect(list.int("data", "total") == 2 && list.value("data", "users", 1, "name") as? String == ana.username)
        // As the document writes it, and as it should be.
        for path in ["manage/search&keyword=\(ana.username)&page=1&page_size=15", "manage/search?keyword=2"] {
            let found = try await send(client, "GET", path, token: root)
            #expect((found.value("data", "users", 0, "uid") as? NSNumber)?.intValue == 2, "\(found.text)")
        }
        #expect(try await send(client, "GET", "manage/list?page_size=31", token: root).int("code") == 4050)
        let edited = try await send(
            client, "POST", "manage/modify", #"{"id": 2, "name": "ana", "email": "ana@example.org", "sign": ""}"#,
            token: root)
        #expect(edited.int("code") == 200)
        let user = try await send(client, "POST", "login", #"{"email": "ana@example.org", "password": "secret"}"#)
        let token = try #require(user.text("data", "token"))
        for (path, body) in [
            ("manage/list", nil), ("manage/search?keyword=1", nil),
            ("manage/modify", #"{"id":1,"name":"x","email":"x@example.org"}"#),
            ("manage/role/modify", #"{"id":2,"role":3}"#), ("manage/delete", #"{"id":1}"#),
        ] as [(String, String?)] {
            let refused = try await send(client, body == nil ? "GET" : "POST", path, body, token: token)
            #expect(refused.status == 200 && refused.int("code") == 3030)
        }
        #expect(
            try await send(client, "POST", "manage/role/modify", #"{"id": 2, "role": 2}"#, token: root).int("code")
                == 200)
        #expect(try await send(client, "GET", "manage/list", token: token).int("code") == 200)
        #expect(try await send(client, "POST", "manage/delete", #"{"id": 2}"#, token: root).int("code") == 200)
        #expect(try await send(client, "GET", "info/get", token: token).int("code") == 3030)
        #expect(try await send(client, "GET", "info/other?uid=2").int("code") == 4040)
        #expect(try await server.terminate() == .exit(0))
    }

    /// What is to go wrong: a request, with HTTP's and Leaf's answer.
    private static let refusals: [(method: String, path: String, body: String?, status: Int, code: Int)] = [
        ("POST", "user/register", "{", 200, 4010), ("POST", "user/register", #"{"email":"x"}"#, 200, 4010),
        ("POST", "user/register", #"{"email":"a@b.cc","password":"secret","code":"123456"}"#, 200, 3010),
        ("POST", "user/login", #"{"email":"a@b.cc","password":"secret"}"#, 200, 3020),
        ("POST", "user/login/email", #"{"email":"b@b.cc","code":"123456"}"#, 200, 3010),
        ("POST", "user/code/email", #"{"email":"x\r\nRCPT TO:<y@z.cc>"}"#, 200, 4010),
        ("GET", "user/resetpwd/check?eamil=nobody@b.cc", nil, 200, 4040),
        ("POST", "user/pwd/modify", #"{"email":"a@b.cc","password":"secret","code":"123456"}"#, 200, 4010),
        ("GET", "user/token/refresh", nil, 200, 3030), ("GET", "user/info/other?uid=99", nil, 200, 4040),
        ("GET", "user/uid", nil, 200, 4010), ("GET", "user/info/get", nil, 200, 3030),
        ("POST", "user/info/modify", #"{"name":"x"}"#, 200, 3030),
        ("POST", "user/cover/modify", #"{"spacecover":"x"}"#, 200, 3030),
        ("GET", "user/manage/list", nil, 200, 3030), ("GET", "user/manage/search?keyword=1", nil, 200, 3030),
        ("POST", "user/manage/modify", #"{"id":1}"#, 200, 3030),
        ("POST", "user/manage/role/modify", #"{"id":1,"role":3}"#, 200, 3030),
        ("POST", "user/manage/delete", #"{"id":1}"#, 200, 3030), ("POST", "upload/image", "x", 200, 3030),
        ("GET", "upload/image/x", nil, 404, 1020), ("GET", "captcha/get?email=a@b.cc", nil, 200, 404),
        ("POST", "captcha/validate", #"{"email":"a@b.cc","x":1}"#, 200, 404), ("GET", "user/nothing", nil, 404, 404),
        ("DELETE", "user/login", nil, 404, 404),
        ("POST", "user/login", String(repeating: "x", count: 70_000), 413, 4030),
    ]

    @Test("each route refuses in Leaf's shape")
    func refuses() async throws {
        let server = try await ServerProcess.shared()
        let client = WorldClient(port: server.port)
        for (method, path, body, status, code) in Self.refusals {
            let answer = try await client.send(method, "/api/v1/" + path, body.map { Data($0.utf8) })
            #expect(answer.status == status && answer.int("code") == code, "\(method) \(path): \(answer.text)")
            #expect(answer.text("msg") != nil && answer.value("data") is NSNull, "\(method) \(path): \(answer.text)")
        }
    }

    @Test("with --captcha on nothing is mailed before a slider is solved")
    func slider() async throws {
        let server = try await ServerProcess.start(["--captcha", "on"])
        let client = WorldClient(port: server.port)
        #expect(try await send(client, "POST", "code/email", #"{"email":"ana@example.org"}"#).int("code") == -1)
        let puzzle = try await client.send("GET", "/api/v1/captcha/get?email=ana@example.org")
        for key in ["slider_img", "bg_img"] {
            let picture = Data(base64Encoded: puzzle.value("data", "slider_captcha", key) as? String ?? "")
            #expect(picture?.starts(with: [0x89, 0x50, 0x4E, 0x47]) == true)
        }
        // Outside the picture, so wrong wherever the hole is.
        let wrong = try await client.send(
            "POST", "/api/v1/captcha/validate", json: #"{"email":"ana@example.org","x":-100}"#)
        #expect(wrong.int("code") == 1010)
    }
}
