import HTTPTypes
import Services
import TestKit
import Testing

@testable import API
@testable import Endpoints

@Suite("Hostile bodies") struct HostileBodyTests {
    @Test(
        "whatever a body says, the answer is a JSON object with a status below 500",
        arguments: [
            (HTTPRequest.Method.post, "/api/users"), (.post, "/api/users/login"), (.put, "/api/users/run/data"),
            (.post, "/api/users/run/record"), (.post, "/api/runRoom/create"), (.post, "/api/runRoom/join"),
            (.post, "/api/runRoom/update"), (.post, "/api/runRoom/start"), (.post, "/api/runRoom/leave"),
            (.delete, "/api/runRoom/delete"), (.post, "/api/users/share/posts"), (.put, "/api/users/share/posts/1"),
            (.post, "/api/users/share/posts/1/comments"), (.post, "/api/users/share/posts/1/likePost"),
            (.post, "/api/users/share/posts/1/likeComment"), (.post, "/api/users/share/posts/1/ifLikedPost"),
            (.put, "/api/users/update"), (.delete, "/api/users/delete"), (.put, "/api/users/update/nickname"),
            (.put, "/api/users/ana/preferences"), (.post, "/api/users/update/profilepic"),
            (.post, "/api/users/share/posts/image"),
            // Those of the other worlds that read a body.
            (.post, "/users/register"), (.post, "/users/login"), (.put, "/users/changes/username"),
            (.put, "/users/changes/password"), (.put, "/users/changes/head"), (.post, "/articles/editor"),
            (.post, "/articles/1/comments"), (.put, "/articles/1/likes"), (.put, "/articles/1/collections"),
            (.post, "/douyin/user/register"), (.post, "/douyin/user/login"), (.post, "/douyin/publish/action"),
            (.post, "/douyin/publish/actionUrl"), (.post, "/douyin/favorite/action"),
            (.post, "/douyin/comment/action"), (.post, "/douyin/relation/action"), (.post, "/douyin/message/action"),
            (.post, "/api/v1/user/register"), (.post, "/api/v1/user/login"), (.post, "/api/v1/user/login/email"),
            (.post, "/api/v1/user/code/email"), (.post, "/api/v1/user/pwd/modify"),
            (.post, "/api/v1/user/info/modify"), (.post, "/api/v1/user/cover/modify"),
            (.post, "/api/v1/user/manage/modify"), (.post, "/api/v1/user/manage/role/modify"),
            (.post, "/api/v1/user/manage/delete"), (.post, "/api/v1/upload/image"), (.post, "/login"),
            (.post, "/register"), (.put, "/user/update_user_info"), (.put, "/user/update_user_profile_picture"),
        ])
    func survives(method: HTTPRequest.Method, path: String) async throws {
        try await withAPI { api in
            let token = try await api.makeRoom("159")[0]
            try await api.makePost(token: token)
            try await api.makeComment(token: token)
            let other = try await api.join(), clip = try await api.publish(other)
            let isManaged = path.hasPrefix("/api/v1/user/manage/")
            let caller = isManaged ? try await api.makeAdministrator() : token
            var generator = Generator(
                ids: ["video_id": clip, "to_user_id": other.id, "id": 1],
                state: UInt64(path.utf8.reduce(0) { $0 &* 31 &+ Int($1) } & 0xFFFF_FFFF))
            for round in 0..<Seeds.count(of: 60) {
                let body = generator.body()
                let answer = try await api.send(
                    method, path, raw: body, token: round % 3 == 0 ? nil : round % 3 == 1 ? caller : "x")
                #expect((200..<500).contains(answer.status), "\(String(decoding: body, as: UTF8.self))")
                #expect(answer.json.object != nil)
                // Worlds that say in the body that the server is at fault.
                #expect(answer.json["code"] != 9 && answer.json["code"] != 500)
            }
        }
    }

    /// SplitMix64, so that a failure comes again.
    private struct Generator: RandomNumberGenerator {
        /// Of what is there.
        let ids: KeyValuePairs<String, Int64>
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }

        private static let names = [
            "runID", "password", "username", "latitude", "longitude", "meters", "seconds", "running", "in_room",
            "markers", "start", "end", "crs", "runData", "runRecord", "title", "content", "nickname", "newPassword",
            "theme", "notifications", "language", "email", "code", "name", "sign", "avatar", "birthday", "gender",
            "spacecover", "id", "role", "token", "url", "cover_url", "video_id", "to_user_id", "action_type",
            "comment_text", "comment_id", "signature", "create_time", "comment", "time", "last_cid", "level", "status",
            "old_password", "new_password",
        ]

        /// The fields that routes know, mostly as they should be, some of them as they should not.
        mutating func body() -> [UInt8] {
            var object = JSONObject()
            object["runID"] = "159"
            object["password"] = "pw"
            object["username"] = "ana"
            object["latitude"] = 48.2
            object["longitude"] = 16.4
            object["title"] = "Morning"
            object["content"] = "Five kilometres"
            object["email"] = "ana@example.org"
            object["code"] = "123456"
            object["name"] = "ana"
            object["role"] = 1
            object["nickname"] = "Ana"
            object["url"] = "https://example.org/v.mp4"
            object["action_type"] = 1
            object["comment_text"] = "Well done"
            object["comment"] = "Well done"
            object["create_time"] = "now"
            object["time"] = "now"
            object["last_cid"] = 0
            object["level"] = 1
            object["status"] = "1"
            object["old_password"] = "secret"
            object["new_password"] = "secret"
            for (name, id) in ids { object[name] = .int(id) }
            for _ in 0..<Int.random(in: 0...4, using: &self) {
                object[Self.names.randomElement(using: &self) ?? ""] = value(depth: 3)
            }
            var bytes = JSONValue.object(object).bytes
            // One in eight is broken somewhere.
            if Int.random(in: 0..<8, using: &self) == 0 {
                bytes[Int.random(in: bytes.indices, using: &self)] = UInt8.random(in: 0...255, using: &self)
            }
            return bytes
        }

        private mutating func value(depth: Int) -> JSONValue {
            switch Int.random(in: 0..<(depth > 0 ? 14 : 11), using: &self) {
            case 0: .null
            case 1: .bool(.random(using: &self))
            case 2: .int(.random(in: .min ... .max, using: &self))
            case 3: .int(.random(in: -200...200, using: &self))
            case 4: .double(.random(in: -200...200, using: &self))
            case 5: [.double(1e308), .double(-0.0), .double(.leastNonzeroMagnitude)].randomElement(using: &self) ?? 0
            case 6: ""
            case 7: ["\0", "a\0b", "\u{202E}", "/", "..", " ", "\u{FFFF}"].randomElement(using: &self) ?? ""
            case 8: .string(String(repeating: "é", count: .random(in: 1...2000, using: &self)))
            case 9: ["159", "ana", "pw", "gcj02", "2024-02-30T00:00:00Z"].randomElement(using: &self) ?? ""
            case 10: .string("a" + String(repeating: "\u{0301}", count: .random(in: 1...500, using: &self)))
            case 11, 12:
                .array((0..<Int.random(in: 0...3, using: &self)).map { _ in value(depth: depth - 1) })
            default: .object(object(depth: depth - 1))
            }
        }

        private mutating func object(depth: Int) -> JSONObject {
            var object = JSONObject()
            for _ in 0..<Int.random(in: 0...4, using: &self) {
                object[Self.names.randomElement(using: &self) ?? ""] = value(depth: depth)
            }
            return object
        }
    }
}
