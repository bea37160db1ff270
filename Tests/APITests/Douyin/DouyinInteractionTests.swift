import HTTPTypes
import LWS
import Services
import Store
import TestKit
import Testing

@testable import API
@testable import Endpoints

@Suite("Clips: likes and comments")
struct DouyinInteractionTests {
    @Test("a like counts once, however often it is sent, and in whichever letters")
    func favorites() async throws {
        try await withAPI { api in
            let ana = try await api.join(), bob = try await api.join("bob12")
            let id = try await api.publish(ana, "a"), other = try await api.publish(ana, "b")
            let forms: [JSONValue] = [
                ["video_id": .string(String(id)), "action_type": "1"], ["video_id": .int(id), "action_type": 1],
            ]
            for body in forms {
                let answer = try await api.act("/favorite/action/", bob, body)
                #expect(answer.line == #"200 {"status_code":0,"status_msg":"ok!"}"#)
            }
            api.clock.advance(seconds: 1)
            _ = try await api.send(
                .post, "/douyin/favorite/action/?token=\(bob.token)&video_id=\(other)&action_type=1")
            #expect(try await api.titles("/favorite/list/", bob) == ["b", "a"], "the last like first")
            #expect(try await api.titles("/favorite/list/", ana, "user_id=\(bob.id)") == ["b", "a"])
            #expect(try await api.titles("/favorite/list", ana) == [])
            let seen = try await api.ask("/favorite/list/", ana, "user_id=\(bob.id)").json["video_list"]?[1]
            #expect(seen?["is_favorite"] == false && seen?["favorite_count"] == 1)
            #expect(try await api.ask("/favorite/list/", bob).json["video_list"]?[0]?["is_favorite"] == true)
            let user = try await api.ask("/user", ana).json["user"]
            #expect(user?["total_favorited"] == 2 && user?["favorite_count"] == 0 && user?["work_count"] == 2)
            #expect(try await api.ask("/user", bob).json["user"]?["favorite_count"] == 2)
            for _ in 0..<2 {
                let body: JSONValue = ["video_id": .int(id), "action_type": 2]
                #expect(try await api.act("/favorite/action/", bob, body).json["status_code"] == 0)
            }
            #expect(try await api.titles("/favorite/list", bob, "user_id=0") == ["b"])
        }
    }

    @Test("an id of another kind is no clip's")
    func otherIDs() async throws {
        try await withAPI { api in
            let ana = try await api.join(), bob = try await api.join("bob12")
            let id = try await api.publish(ana)
            let comment = try await api.act(
                "/comment/action/", ana, ["video_id": .int(id), "action_type": 1, "comment_text": "a"])
            let commentID = try #require(comment.json["comment"]?["id"]?.integer)
            _ = try await api.act(
                "/message/action/", ana, ["to_user_id": .int(bob.id), "content": "a", "action_type": 1])
            let chat = try await api.ask("/message/chat/", ana, "to_user_id=\(bob.id)")
            let messageID = try #require(chat.json["message_list"]?[0]?["id"]?.integer)
            #expect(Set([ana.id, bob.id, id, commentID, messageID]).count == 5)
            for wrong in [ana.id, commentID, messageID, 1, -id] {
                #expect(
                    try await api.act("/favorite/action/", ana, ["video_id": .int(wrong), "action_type": 1])
                        .refuses("网卡了,再试一次吧"))
                #expect(try await api.ask("/comment/list", ana, "video_id=\(wrong)").json["status_code"] == 1)
                #expect(
                    try await api.act(
                        "/comment/action/", ana,
                        ["video_id": .int(wrong), "action_type": 1, "comment_text": "a"]
                    ).json["status_code"] == 1)
            }
            for wrong in [id, commentID, messageID, 1] {
                let body: JSONValue = ["to_user_id": .int(wrong), "action_type": 1, "content": "a"]
                #expect(try await api.act("/relation/action/", ana, body).json["status_code"] == 1)
                #expect(try await api.act("/message/action/", ana, body).json["status_code"] == 1)
                #expect(try await api.ask("/message/chat/", ana, "to_user_id=\(wrong)").json["status_code"] == 1)
                for path in ["/publish/list", "/favorite/list", "/relation/follow/list", "/relation/follower/list"] {
                    #expect(try await api.ask(path, ana, "user_id=\(wrong)").json["status_code"] == 1)
                }
            }
            for wrong in [id, ana.id, messageID] {
                let body: JSONValue = ["video_id": .int(id), "action_type": 2, "comment_id": .int(wrong)]
                #expect(try await api.act("/comment/action", ana, body).json["status_code"] == 1)
            }
            #expect(try await api.ask("/comment/list", ana, "video_id=\(id)").json["comment_list"]?.array?.count == 1)
        }
    }

    @Test("comments come newest first, and go with their author or the clip's")
    func comments() async throws {
        try await withAPI { api in
            let ana = try await api.join(), bob = try await api.join("bob12"), eva = try await api.join("eva12")
            let id = try await api.publish(ana)
            func write(_ text: String, _ person: TestAPI.Person) async throws -> Int64 {
                let answer = try await api.act(
                    "/comment/action/", person,
                    ["video_id": .int(id), "action_type": "1", "comment_text": .string(text), "comment_id": "1"])
                #expect(answer.json.names == ["status_code", "status_msg", "comment"])
                #expect(answer.json["comment"]?.names == ["id", "user", "content", "reply_id", "create_date"])
                return try #require(answer.json["comment"]?["id"]?.integer)
            }
            let first = try await write("第一", bob)
            let second = try await write("哈哈", bob), third = try await write("c", bob)
            func texts() async throws -> [String] {
                let answer = try await api.ask("/comment/list/", ana, "video_id=\(id)")
                return (answer.json["comment_list"]?.array ?? []).compactMap { $0["content"]?.string }
            }
            #expect(try await texts() == ["c", "哈哈", "第一"])
            func remove(_ comment: Int64, _ person: TestAPI.Person) async throws -> Answer {
                try await api.act(
                    "/comment/action/", person,
                    ["video_id": .int(id), "action_type": 2, "comment_id": .string(String(comment))])
            }
            #expect(try await remove(first, eva).refuses("网卡了,再试一次吧"))
            #expect(
                try await remove(first, bob).line == #"200 {"status_code":0,"status_msg":"ok!","comment":null}"#)
            #expect(try await remove(second, ana).json["status_code"] == 0, "below the own clip")
            #expect(try await remove(second, ana).json["status_code"] == 1)
            #expect(try await texts() == ["c"])
            #expect(try await api.ask("/publish/list", ana).json["video_list"]?[0]?["comment_count"] == 1)
            // Of another clip.
            let other = try await api.publish(ana)
            let body: JSONValue = ["video_id": .int(other), "action_type": 2, "comment_id": .int(third)]
            #expect(try await api.act("/comment/action/", bob, body).json["status_code"] == 1)
            #expect(try await texts() == ["c"])
        }
    }

    @Test("a reply that was written as one elsewhere says to what")
    func replies() async throws {
        try await withAPI { api in
            let ana = try await api.join()
            let id = try await api.publish(ana)
            let bearer = "Bearer \(ana.token)"
            _ = try await api.call(.post, "/articles/1/comments?comment=a&time=t&last_cid=0&level=1", bearer)
            _ = try await api.call(.post, "/articles/1/comments?comment=b&time=t&last_cid=1&level=2", bearer)
            let list = try await api.ask("/comment/list", ana, "video_id=\(id)").json["comment_list"]
            #expect(list?[0]?["reply_id"] == list?[1]?["id"] && list?[1]?["reply_id"] == 0)
        }
    }

    @Test("an action that makes no sense changes nothing")
    func badActions() async throws {
        try await withAPI { api in
            let ana = try await api.join()
            let id = JSONValue.int(try await api.publish(ana))
            let bodies: [JSONValue] = [
                [:], ["video_id": id], ["action_type": 1], ["video_id": id, "action_type": 3],
                ["video_id": id, "action_type": 0], ["video_id": id, "action_type": "x"],
                ["video_id": "x", "action_type": 1], ["video_id": [], "action_type": 1],
                ["video_id": 1.5, "action_type": 1], ["video_id": nil, "action_type": 1],
            ]
            for body in bodies {
                for path in ["/favorite/action/", "/comment/action/"] {
                    #expect(try await api.act(path, ana, body).refuses("参数不正确"), "\(path) \(body)")
                }
            }
            for text in ["", " ", "a\u{1}", String(repeating: "x", count: 1001)] {
                let body: JSONValue = ["video_id": id, "action_type": 1, "comment_text": .string(text)]
                #expect(try await api.act("/comment/action/", ana, body).refuses("参数不正确"))
            }
            #expect(try await api.act("/comment/action", ana, ["video_id": id, "action_type": 1]).refuses("参数不正确"))
            #expect(try await api.act("/comment/action", ana, ["video_id": id, "action_type": 2]).refuses("参数不正确"))
            #expect(try await api.ask("/comment/list", ana).refuses("参数不正确"))
            #expect(try await api.ask("/favorite/list", ana, "user_id=.er").refuses("参数不正确"))
            let video = try await api.ask("/publish/list", ana).json["video_list"]?[0]
            #expect(video?["favorite_count"] == 0 && video?["comment_count"] == 0)
        }
    }

    @Test(
        "every route but the feed takes a token, in its own words",
        arguments: [
            (HTTPRequest.Method.post, "/publish/action/"), (.get, "/publish/list/"), (.post, "/publish/actionUrl"),
            (.post, "/favorite/action/"), (.get, "/favorite/list/"), (.post, "/comment/action/"),
            (.get, "/comment/list/"), (.post, "/relation/action/"), (.get, "/relation/follow/list/"),
            (.get, "/relation/follower/list/"), (.get, "/relation/friend/list/"), (.post, "/message/action/"),
            (.get, "/message/chat/"),
        ])
    func tokens(method: HTTPRequest.Method, path: String) async throws {
        try await withAPI { api in
            let missing = try await api.send(method, "/douyin\(path)")
            let empty = try await api.send(method, "/douyin\(path)?token=")
            let wrong = try await api.send(method, "/douyin\(path)?token=eyJhbGciOiJIUJ9.eyJpZCI6.L8wBmGzb8Tl-S8")
            #expect(missing.refuses("参数不正确") && empty.refuses("参数不正确"))
            #expect(wrong.refuses("Token 错误"))
            for body in ["nonsense", "[]", "{"] where method == .post {
                let answer = try await api.send(method, "/douyin\(path)", raw: Array(body.utf8))
                #expect(answer.refuses("参数不正确"))
            }
        }
    }
}
