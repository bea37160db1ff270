import HTTPTypes
import Services
import TestKit
import Testing

@testable import API
@testable import Endpoints

@Suite("Leaf: profiles and pictures") struct LeafProfileTests {
    @Test("others see number, name, line, pictures and gender, and nothing else")
    func other() async throws {
        try await withAPI { api in
            _ = try await api.leafToken()
            let answer = try await api.leaf(.get, "info/other?uid=1")
            let user = try #require(answer.json["data"]?["user"])
            #expect(user.names == ["uid", "name", "sign", "avatar", "spacecover", "gender"])
            #expect(user["uid"] == 1 && user["avatar"] == "" && user["spacecover"] == "")
            #expect(try await api.leaf(.get, "info/other?uid=2").leafLine == "4040 用户不存在")
            for query in ["", "?uid=", "?uid=a", "?uid=1.5", "?uid=99999999999999999999"] {
                #expect(try await api.leaf(.get, "info/other" + query).leafCode == 4010)
            }
            for uid in ["0", "-1", "9223372036854775807"] {
                #expect(try await api.leaf(.get, "info/other?uid=" + uid).leafCode == 4040)
            }
        }
    }

    @Test("a name has a number, and one that nobody has the number 0")
    func number() async throws {
        try await withAPI { api in
            _ = try await api.register("天天")
            let found = try await api.leaf(.get, "uid?name=%E5%A4%A9%E5%A4%A9")
            #expect(found.line == #"200 {"code":200,"data":{"uid":1},"msg":"ok"}"#)
            #expect(try await api.leaf(.get, "uid?name=%E5%A4%A9").json["data"]?["uid"] == 0)
            #expect(try await api.leaf(.get, "uid?name=").json["data"]?["uid"] == 0)
            #expect(try await api.leaf(.get, "uid").leafCode == 4010)
        }
    }

    @Test("a profile changes as a whole", arguments: ["birthday", "Birthday"])
    func modifies(key: String) async throws {
        try await withAPI { api in
            let token = try await api.leafToken()
            let url = try #require(try await api.leafUpload(token: token).json["data"]?["url"])
            let answer = try await api.leaf(
                .post, "info/modify",
                ["avatar": url, "name": "安娜", key: "1990-05-17", "gender": 2, "sign": "跑步"], token: token)
            #expect(answer.line == #"200 {"code":200,"data":null,"msg":"ok"}"#)
            let profile = try await api.profile(token: token)
            #expect(profile["name"] == "安娜" && profile["avatar"] == url && profile["gender"] == 2)
            #expect(profile["sign"] == "跑步" && profile["birthday"] == "1990-05-17T00:00:00Z")
            #expect(
                profile.names == [
                    "uid", "name", "sign", "email", "avatar", "spacecover", "gender", "role", "birthday", "created_at",
                ])
            // What is not sent: the picture and the line stay, gender and birthday are as the document says.
            _ = try await api.leaf(.post, "info/modify", ["name": "安娜"], token: token)
            let later = try await api.profile(token: token)
            #expect(later["avatar"] == url && later["sign"] == "跑步" && later["gender"] == 0)
            #expect(later["birthday"] == "1970-01-01T00:00:00Z")
        }
    }

    @Test(
        "a birthday is a day with zeros or without, and the first day for anything else",
        arguments: [
            ("1970-1-1", "1970-01-01"), ("1991-3-9", "1991-03-09"), ("1991-03-9", "1991-03-09"),
            ("1991-12-31", "1991-12-31"), ("1991-2-29", "1970-01-01"), ("1992-2-29", "1992-02-29"),
            ("91-3-9", "1970-01-01"), ("1991--9", "1970-01-01"), ("1991-3", "1970-01-01"), ("1991-3-", "1970-01-01"),
            ("1991-003-9", "1970-01-01"), ("9", "1970-01-01"), ("", "1970-01-01"), ("天天", "1970-01-01"),
        ])
    func birthday(text: String, day: String) async throws {
        try await withAPI { api in
            let token = try await api.leafToken()
            let answer = try await api.leaf(
                .post, "info/modify", ["name": "ana", "birthday": .string(text)], token: token)
            #expect(answer.leafCode == 200)
            #expect(try await api.profile(token: token)["birthday"] == .string(day + "T00:00:00Z"))
        }
    }

    @Test("the name is that of every world, and the nickname goes along while it is the name")
    func nameIsShared() async throws {
        try await withAPI { api in
            let token = try await api.leafToken()
            #expect(try await api.leaf(.post, "info/modify", ["name": "ana"], token: token).leafCode == 200)
            let login = try await api.send(.post, "/api/users/login", ["username": "ana", "password": "secret"])
            #expect(login.status == 200 && login.json["user"]?["nickname"] == "ana")
            let check = try await api.send(.post, "/api/users/tokenCheck", token: token)
            #expect(check.json["decoded"]?["username"] == "ana")
            let account = try #require(try await api.core.accounts.account(named: "ana"))
            _ = try await api.core.accounts.setNickname("Ana", account: account.id)
            #expect(try await api.leaf(.post, "info/modify", ["name": "anna"], token: token).leafCode == 200)
            #expect(try await api.core.accounts.account(named: "anna")?.nickname == "Ana")
            #expect(try await api.core.accounts.account(named: "ana") == nil)
        }
    }

    @Test("what breaks a rule changes nothing")
    func refusals() async throws {
        try await withAPI { api in
            _ = try await api.register("ben")
            _ = try await api.register("caf\u{e9}")
            let token = try await api.leafToken()
            let before = try await api.profile(token: token)
            for (name, more, line) in [
                ("", [:], "4010 用户名不能为空"), (String(repeating: "x", count: 31), [:], "4010 用户名不可用"),
                ("a/b", [:], "4010 用户名不可用"), ("login", [:], "4010 用户名不可用"), (" ", [:], "4010 用户名不可用"),
                ("ben", [:], "6000 用户名已存在"), ("cafe\u{301}", [:], "6000 用户名已存在"),
                ("ana", ["gender": 3], "4010 请求参数有误"), ("ana", ["gender": -1], "4010 请求参数有误"),
                ("ana", ["gender": "x"], "4010 请求参数有误"),
                ("ana", ["sign": .string(String(repeating: "x", count: 51))], "4010 请求参数有误"),
                ("ana", ["sign": "a\nb"], "4010 请求参数有误"),
                ("ana", ["avatar": "https://example.org/x.png"], "1020 链接已经失效"),
                ("ana", ["avatar": "/api/v1/upload/image/000000000193588d6b1e0001"], "1020 链接已经失效"),
                ("ana", ["avatar": "/api/v1/upload/image/../../etc/passwd"], "1020 链接已经失效"),
            ] as [(String, JSONValue, String)] {
                var body = try #require(more.object)
                body["name"] = .string(name)
                let answer = try await api.leaf(.post, "info/modify", .object(body), token: token)
                #expect(answer.leafLine == line)
            }
            #expect(try await api.leaf(.post, "info/modify", ["gender": 1], token: token).leafCode == 4010)
            #expect(try await api.leaf(.post, "info/modify", ["name": ["ana"]], token: token).leafCode == 4010)
            #expect(try await api.profile(token: token) == before)
        }
    }

    @Test("no field raises a role or gives an address", arguments: ["info/modify", "cover/modify"])
    func escalation(path: String) async throws {
        try await withAPI { api in
            let token = try await api.leafToken()
            _ = try await api.leaf(
                .post, path,
                [
                    "name": "ana", "role": 3, "Role": 3, "email": "root@example.org", "id": 7, "uid": 7,
                    "spacecover": "",
                    "password": "x", "created_at": "x",
                ], token: token)
            let profile = try await api.profile(token: token)
            #expect(profile["role"] == 0 && profile["uid"] == 1 && profile["email"] == "a****a@example.org")
            try await api.loginByMail()
        }
    }

    @Test("without a valid token nobody has a profile")
    func unauthorized() async throws {
        try await withAPI { api in
            for token in [nil, "x", "Bearer x"] {
                #expect(try await api.leaf(.get, "info/get", token: token).leafLine == "3030 用户未授权")
                for path in ["info/modify", "cover/modify"] {
                    #expect(try await api.leaf(.post, path, ["name": "ana"], token: token).leafCode == 3030)
                }
            }
            let upload = try await api.leafUpload(token: "x")
            #expect(upload.leafCode == 3030)
        }
    }

    // MARK: - Pictures

    @Test("a picture becomes the cover, whatever the case of its key", arguments: ["spacecover", "spaceCover"])
    func cover(key: String) async throws {
        try await withAPI { api in
            let token = try await api.leafToken()
            let uploaded = try await api.leafUpload(token: token)
            #expect(uploaded.leafCode == 200)
            let url = try #require(uploaded.json["data"]?["url"]?.string)
            #expect(try await api.leaf(.post, "cover/modify", [key: .string(url)], token: token).leafCode == 200)
            #expect(try await api.profile(token: token)["spacecover"] == .string(url))
            let picture = try await api.send(.get, url)
            #expect(picture.status == 200 && picture.bytes == onePixel)
            #expect(picture.headers[.contentType] == "image/png")
            // The present one may be set again, however long ago it was uploaded.
            api.clock.advance(seconds: 3600)
            #expect(try await api.leaf(.post, "cover/modify", [key: .string(url)], token: token).leafCode == 200)
        }
    }

    @Test("an upload is good for 20 minutes, and for who uploaded it")
    func uploadIsOnesOwn() async throws {
        try await withAPI { api in
            let ana = try await api.leafToken(), ben = try await api.leafToken("ben@example.org")
            let url = try #require(try await api.leafUpload(token: ana).json["data"]?["url"])
            #expect(
                try await api.leaf(.post, "cover/modify", ["spacecover": url], token: ben).leafLine == "1020 链接已经失效")
            #expect(
                try await api.leaf(.post, "info/modify", ["name": "ben", "avatar": url], token: ben).leafCode == 1020)
            api.clock.advance(seconds: 1200)
            #expect(try await api.leaf(.post, "cover/modify", ["spacecover": url], token: ana).leafCode == 1020)
            #expect(try await api.leaf(.post, "cover/modify", token: ana).leafCode == 4010)
        }
    }

    @Test(
        "what is no picture is not kept",
        arguments: [
            Array("<html>".utf8), Array("GIF89a".utf8), Array("<svg xmlns='http://www.w3.org/2000/svg'/>".utf8),
        ])
    func noPicture(bytes: [UInt8]) async throws {
        try await withAPI { api in
            let token = try await api.leafToken()
            #expect(try await api.leafUpload(bytes, token: token).leafLine == "4020 文件格式有误")
            #expect(try await api.upload("/api/v1/upload/image", token: token).leafCode == 4010)
            #expect(
                try await api.upload(
                    "/api/v1/upload/image",
                    files: [.make("image", onePixel, filename: "../../x"), .make("image", onePixel)], token: token
                ).leafCode == 4010)
        }
    }

    @Test("a picture that is not there is 404, for image tags")
    func noSuchPicture() async throws {
        try await withAPI { api in
            for id in ["x", "000000000193588d6b1e0001", "..%2F..%2Fx"] {
                let answer = try await api.send(.get, "/api/v1/upload/image/" + id)
                #expect(answer.status == 404 && answer.json["code"] == 1020)
            }
        }
    }
}
