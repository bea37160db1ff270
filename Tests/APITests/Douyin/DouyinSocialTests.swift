import HTTPTypes
import LWS
import Services
import TestKit
import Testing

@testable import API
@testable import Endpoints
@testable import Store

@Suite("Clips: follows, friends and messages")
struct DouyinSocialTests {
    @Test("follows are counted exactly, and lists are each viewer's own")
    func follows() async throws {
        try await withAPI { api in
            let ana = try await api.join(), bob = try await api.join("bob12"), eva = try await api.join("eva12")
            func follow(_ one: TestAPI.Person, _ other: TestAPI.Person, _ type: JSONValue = 1) async throws -> Answer {
                api.clock.advance(seconds: 1)
                return try await api.act(
                    "/relation/action/", one, ["to_user_id": .string(String(other.id)), "action_type": type])
            }
            for _ in 0..<2 {
                #expect(try await follow(ana, bob, "1").line == #"200 {"status_code":0,"status_msg":"ok!"}"#)
            }
            _ = try await follow(ana, eva)
            _ = try await follow(eva, bob)
            #expect(try await api.people("/relation/follow/list/", ana) == ["eva12", "bob12"])
            #expect(try await api.people("/relation/follower/list/", ana, "user_id=\(bob.id)") == ["eva12", "ocyss"])
            #expect(try await api.people("/relation/follower/list", ana, "user_id=0") == [])
            let seen = try await api.ask("/relation/follower/list", ana, "user_id=\(bob.id)").json["user_list"]
            #expect(seen?[0]?["is_follow"] == true && seen?[1]?["is_follow"] == false)
            let user = try await api.ask("/user", ana, "user_id=\(bob.id)").json["user"]
            #expect(user?["follower_count"] == 2 && user?["follow_count"] == 0 && user?["is_follow"] == true)
            for _ in 0..<2 { #expect(try await follow(ana, bob, 2).json["status_code"] == 0) }
            #expect(try await api.ask("/user", ana, "user_id=\(bob.id)").json["user"]?["follower_count"] == 1)
            #expect(try await api.people("/relation/follow/list", ana, "page_size=1&page=2") == [])
            // Who is gone follows nobody.
            _ = try await api.send(.delete, "/api/users/delete", ["username": "eva12", "password": "230724"])
            #expect(try await api.people("/relation/follower/list", ana, "user_id=\(bob.id)") == [])
            #expect(try await api.ask("/user", ana).json["user"]?["follow_count"] == 0)
        }
    }

    @Test("ten thousand followers are counted exactly and listed in pages of at most 500")
    func manyFollowers() async throws {
        try await withAPI { api in
            let count = 10_000, star = try await api.join("stars"), fan = try await api.join("fan00")
            let account = try #require(try await api.core.accounts.account(named: "stars")).id
            // All at once: each by a request of its own would be ten thousand waits for the disk.
            let numbers = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(count - 1))"
            for statement in [
                """
                INSERT INTO accounts (id, username, username_key, nickname, password_hash, created_at, updated_at)
                \(numbers) SELECT i, 'fan' || i, 'fan' || i, '', '', 1, 1 FROM n
                """,
                "INSERT INTO profiles (account, public_id) \(numbers) SELECT i, 2000000000000000 + i FROM n",
                "INSERT INTO follows (follower, followed, created_at) \(numbers) SELECT i, \(account), i FROM n",
                "UPDATE profiles SET follower_count = \(count - 1) WHERE account = \(account)",
            ] { _ = try api.database.administer(statement) }
            let followed = try await api.act("/relation/action", fan, ["to_user_id": .int(star.id), "action_type": 1])
            #expect(followed.json["status_code"] == 0)
            func names(_ query: String) async throws -> [String] {
                try await api.people("/relation/follower/list/", star, query)
            }
            #expect(try await names("") == ["fan00"] + (1..<500).reversed().map { "fan\(count - 500 + $0)" })
            #expect(try await names("page_size=10000").count == 500)
            #expect(try await names("page=20") == (1...500).reversed().map { "fan\($0)" })
            #expect(try await names("page=21") == [])
            let user = try await api.ask("/user", fan, "user_id=\(star.id)").json["user"]
            #expect(user?["follower_count"] == .int(Int64(count)) && user?["is_follow"] == true)
            #expect(try await api.people("/relation/follow/list", fan) == ["stars"])
            #expect(
                try await api.act("/relation/action", fan, ["to_user_id": .int(star.id), "action_type": 2]).json[
                    "status_code"] == 0)
            #expect(
                try await api.ask("/user", star).json["user"]?["follower_count"] == .int(Int64(count - 1)))
        }
    }

    @Test("nobody follows themselves, or nobody")
    func badFollows() async throws {
        try await withAPI { api in
            let ana = try await api.join(), bob = try await api.join("bob12")
            for type in [1, 2] as [JSONValue] {
                let own: JSONValue = ["to_user_id": .int(ana.id), "action_type": type]
                let refused = try await api.act("/relation/action/", ana, own)
                #expect(refused.refuses("调皮~不可以关注自己哦."))
                let nobody: JSONValue = ["to_user_id": .int(bob.id + 1), "action_type": type]
                let unknown = try await api.act("/relation/action/", ana, nobody)
                #expect(unknown.refuses("网卡了,再试一次吧"))
            }
            let bodies: [JSONValue] = [
                [:], ["to_user_id": .int(bob.id)], ["to_user_id": .int(bob.id), "action_type": 3],
                ["to_user_id": "err", "action_type": 1],
            ]
            for body in bodies {
                let answer = try await api.act("/relation/action/", ana, body)
                #expect(answer.refuses("参数不正确"))
            }
            for query in ["user_id=er", "page=0x"] {
                for list in ["follow", "follower", "friend"] {
                    let answer = try await api.ask("/relation/\(list)/list/", ana, query)
                    #expect(answer.refuses("参数不正确"))
                }
            }
            #expect(try await api.ask("/user", ana).json["user"]?["follow_count"] == 0)
        }
    }

    @Test("follows at the same moment are counted exactly")
    func races() async throws {
        try await withAPI { api in
            let star = try await api.join()
            var fans: [TestAPI.Person] = []
            for number in 0..<8 { fans.append(try await api.join("fan-\(number)")) }
            let clip = try await api.publish(star)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for fan in fans {
                    for _ in 0..<3 {
                        group.addTask {
                            let body: JSONValue = ["to_user_id": .int(star.id), "action_type": 1]
                            let answer = try await api.act("/relation/action/", fan, body)
                            #expect(answer.json["status_code"] == 0)
                        }
                        group.addTask {
                            let body: JSONValue = ["video_id": .int(clip), "action_type": 1]
                            let answer = try await api.act("/favorite/action/", fan, body)
                            #expect(answer.json["status_code"] == 0)
                        }
                    }
                }
                try await group.waitForAll()
            }
            let user = try await api.ask("/user", star).json["user"]
            #expect(user?["follower_count"] == 8 && user?["total_favorited"] == 8)
            #expect(try await api.people("/relation/follower/list", star).count == 8)
        }
    }

    @Test("friends follow each other, and come with the last word between them")
    func friends() async throws {
        try await withAPI { api in
            let ana = try await api.join(), bob = try await api.join("bob12"), eva = try await api.join("eva12")
            for (one, other) in [(ana, bob), (bob, ana), (ana, eva)] {
                _ = try await api.act("/relation/action/", one, ["to_user_id": .int(other.id), "action_type": 1])
            }
            func friend(_ person: TestAPI.Person) async throws -> JSONValue? {
                let list = try await api.ask("/relation/friend/list/", person).json["user_list"]
                #expect(list?.array?.count == 1)
                return list?[0]
            }
            #expect(try await friend(ana)?["message"] == "快来和你的新朋友聊天吧")
            #expect(try await friend(ana)?["msg_type"] == 0)
            #expect(try await friend(ana)?["name"] == "bob12")
            _ = try await api.act(
                "/message/action/", ana, ["to_user_id": .int(bob.id), "content": "你好", "action_type": 1])
            for (person, type) in [(ana, 1), (bob, 0)] as [(TestAPI.Person, JSONValue)] {
                let found = try await friend(person)
                #expect(found?["message"] == "你好" && found?["msg_type"] == type)
            }
            for query in ["user_id=\(ana.id)", "user_id=0", "user_id="] {
                #expect(try await api.people("/relation/friend/list", ana, query) == ["bob12"])
            }
            #expect(
                try await api.ask("/relation/friend/list/", ana, "user_id=\(bob.id)").refuses("只能查看自己的朋友哦"))
            // The token twice, as the document lists it.
            #expect(try await api.people("/relation/friend/list/", ana, "token=\(ana.token)") == ["bob12"])
        }
    }

    /// Messages as a poll finds them.
    private func poll(
        _ api: TestAPI, _ one: TestAPI.Person, _ other: TestAPI.Person, after time: Int64? = nil
    ) async throws -> [(text: String, time: Int64)] {
        let query = "to_user_id=\(other.id)" + (time.map { "&pre_msg_time=\($0)" } ?? "")
        let answer = try await api.ask("/message/chat/", one, query)
        #expect(answer.json["status_code"] == 0)
        return (answer.json["message_list"]?.array ?? []).compactMap { message in
            guard let text = message["content"]?.string, let time = message["create_time"]?.integer else { return nil }
            return (text, time)
        }
    }

    private func write(_ api: TestAPI, _ text: String, _ one: TestAPI.Person, _ other: TestAPI.Person) async throws {
        let answer = try await api.act(
            "/message/action/", one,
            ["to_user_id": .string(String(other.id)), "content": .string(text), "action_type": 1])
        #expect(answer.line == #"200 {"status_code":0,"status_msg":"ok!"}"#)
    }

    @Test("a poll with the time of the last message misses none, whatever the clock does")
    func polling() async throws {
        try await withAPI { api in
            let ana = try await api.join(), bob = try await api.join("bob12"), eva = try await api.join("eva12")
            try await write(api, "1", ana, bob)
            try await write(api, "2", bob, ana)
            api.clock.advance(seconds: -3600)
            try await write(api, "3", ana, bob)
            api.clock.advance(seconds: 86_400)
            try await write(api, "4", ana, bob)
            try await write(api, "other", ana, eva)
            let all = try await poll(api, ana, bob)
            #expect(all.map(\.text) == ["1", "2", "3", "4"])
            #expect(zip(all, all.dropFirst()).allSatisfy { $0.time < $1.time })
            for (index, message) in all.enumerated() {
                let rest = try await poll(api, bob, ana, after: message.time)
                #expect(rest.map(\.text) == Array(all.map(\.text)[(index + 1)...]))
            }
            let raw = try await api.ask("/message/chat/", bob, "to_user_id=\(ana.id)").json["message_list"]?[0]
            #expect(raw?.names == ["id", "create_time", "to_user_id", "from_user_id", "content"])
            #expect(raw?["from_user_id"]?.integer == ana.id && raw?["to_user_id"]?.integer == bob.id)
        }
    }

    @Test("somebody writes to themselves, and reads it")
    func oneself() async throws {
        try await withAPI { api in
            let ana = try await api.join()
            #expect(try await poll(api, ana, ana).isEmpty)
            try await write(api, "1", ana, ana)
            let message = try await api.ask("/message/chat/", ana, "to_user_id=\(ana.id)").json["message_list"]?[0]
            #expect(message?["from_user_id"]?.integer == ana.id && message?["to_user_id"]?.integer == ana.id)
        }
    }

    @Test("a client whose clock is ahead gets messages twice rather than never")
    func futureClock() async throws {
        try await withAPI { api in
            let ana = try await api.join(), bob = try await api.join("bob12")
            try await write(api, "1", ana, bob)
            let ahead = api.clock.now + 3_600_000
            #expect(try await poll(api, bob, ana, after: ahead).map(\.text) == ["1"])
            #expect(try await poll(api, bob, ana, after: .max).map(\.text) == ["1"])
            #expect(try await poll(api, bob, ana, after: -1).map(\.text) == ["1"])
            // The server's own clock was ahead for a while: its times go on from there.
            api.clock.advance(seconds: 7200)
            try await write(api, "2", ana, bob)
            api.clock.advance(seconds: -7200)
            let cursor = try #require(try await poll(api, bob, ana).last?.time)
            #expect(try await poll(api, bob, ana, after: cursor).isEmpty)
            try await write(api, "3", ana, bob)
            #expect(try await poll(api, bob, ana, after: cursor).map(\.text) == ["3"])
        }
    }

    @Test("messages at the same moment have a time each, and five hundred come at once")
    func manyMessages() async throws {
        try await withAPI { api in
            let ana = try await api.join(), bob = try await api.join("bob12")
            let accounts = (
                try await api.core.social.profile(publicID: ana.id, viewer: nil).id,
                try await api.core.social.profile(publicID: bob.id, viewer: nil).id
            )
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<510 {
                    group.addTask {
                        try await api.core.social.send("\(number)", from: accounts.0, to: accounts.1)
                    }
                }
                try await group.waitForAll()
            }
            let first = try await poll(api, bob, ana)
            #expect(first.count == 500)
            let second = try await poll(api, bob, ana, after: first.last?.time)
            #expect(second.count == 10)
            #expect(Set((first + second).map(\.time)).count == 510)
            // A clock that is ahead: of more than come at once the newest do, or the client would never see them.
            let newest = try await poll(api, bob, ana, after: .max)
            #expect(newest.map(\.time) == (first + second).suffix(500).map(\.time))
        }
    }

    @Test("a message that makes no sense is not sent")
    func badMessages() async throws {
        try await withAPI { api in
            let ana = try await api.join(), bob = try await api.join("bob12")
            let to = JSONValue.int(bob.id)
            let long = JSONValue.string(String(repeating: "x", count: 1001))
            let bodies: [JSONValue] = [
                [:], ["to_user_id": to, "content": "a"], ["to_user_id": to, "action_type": 1],
                ["to_user_id": to, "content": "a", "action_type": 2], ["content": "a", "action_type": 1],
                ["to_user_id": to, "content": "", "action_type": 1],
                ["to_user_id": to, "content": " ", "action_type": 1],
                ["to_user_id": to, "content": long, "action_type": 1],
                ["to_user_id": to, "content": "a\u{7}", "action_type": 1],
                ["to_user_id": "x", "content": "a", "action_type": 1],
            ]
            for body in bodies { #expect(try await api.act("/message/action/", ana, body).refuses("参数不正确")) }
            let nobody: JSONValue = ["to_user_id": .int(bob.id + 1), "content": "a", "action_type": 1]
            #expect(try await api.act("/message/action/", ana, nobody).refuses("网卡了,再试一次吧"))
            #expect(try await api.ask("/message/chat/", ana).refuses("参数不正确"))
            #expect(try await api.ask("/message/chat/", ana, "to_user_id=\(bob.id)&pre_msg_time=x").refuses("参数不正确"))
            #expect(try await poll(api, ana, bob).isEmpty)
        }
    }
}
