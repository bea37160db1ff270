import Foundation
import HTTPTypes
import LWS
import Services
import Testing

@testable import API
@testable import Endpoints

/// The beginnings of videos, and what is none.
enum TestVideos {
    static let mp4: [UInt8] = boxed("isom") + [0, 0, 0, 12] + Array("mdat....".utf8)
    static let quickTime: [UInt8] = boxed("qt  ") + [0, 0, 0, 8] + Array("wide".utf8)
    static let oldQuickTime: [UInt8] = [0, 0, 0, 8] + Array("wide".utf8) + [0, 0, 0, 9] + Array("mdat.".utf8)
    static let webM: [UInt8] =
        [0x1A, 0x45, 0xDF, 0xA3, 0x8B, 0x42, 0x82, 0x84] + Array("webm".utf8) + [0x42, 0x87, 0x81, 0x02]

    static func boxed(_ brand: String) -> [UInt8] {
        [0, 0, 0, 24] + Array("ftyp".utf8) + Array(brand.utf8) + [0, 0, 2, 0] + Array("isommp42".utf8)
    }
}

extension TestAPI {
    /// Somebody in the clip API.
    struct Person {
        let token: String
        let id: Int64
    }

    /// Registers somebody in the clip API.
    func join(_ username: String = "ocyss") async throws -> Person {
        let answer = try await send(
            .post, "/douyin/user/register/", ["username": .string(username), "password": "230724"])
        try #require(answer.json["status_code"] == 0)
        return Person(
            token: try #require(answer.json["token"]?.string), id: try #require(answer.json["user_id"]?.integer))
    }

    /// Sends a JSON body with a token in it.
    func act(_ path: String, _ person: Person, _ body: JSONValue = [:]) async throws -> Answer {
        var object = body.object ?? JSONObject()
        object["token"] = .string(person.token)
        return try await send(.post, "/douyin" + path, .object(object))
    }

    /// Asks with a token in the query.
    func ask(_ path: String, _ person: Person, _ query: String = "") async throws -> Answer {
        try await send(.get, "/douyin\(path)?token=\(person.token)&\(query)")
    }

    func uploadVideo(
        _ person: Person?, title: String? = "title", _ bytes: [UInt8] = TestVideos.mp4, filename: String = "v.mp4",
        path: String = "/douyin/publish/action/"
    ) async throws -> Answer {
        var fields: [String: String] = [:]
        fields["token"] = person?.token
        fields["title"] = title
        return try await upload(path, fields: fields, files: [.make("data", bytes, filename: filename)])
    }

    /// Publishes a clip.
    ///
    /// - Returns: Its id.
    @discardableResult
    func publish(_ person: Person, _ title: String = "title") async throws -> Int64 {
        let answer = try await uploadVideo(person, title: title)
        try #require(answer.json["status_code"] == 0)
        return try #require(answer.json["vid"]?.integer)
    }

    /// The titles of a list of clips.
    func titles(_ path: String, _ person: Person, _ query: String = "") async throws -> [String] {
        (try await ask(path, person, query).json["video_list"]?.array ?? []).compactMap { $0["title"]?.string }
    }

    /// The names of a list of people.
    func people(_ path: String, _ person: Person, _ query: String = "") async throws -> [String] {
        (try await ask(path, person, query).json["user_list"]?.array ?? []).compactMap { $0["name"]?.string }
    }
}

extension JSONValue {
    /// The number, if it is a whole one.
    var integer: Int64? { if case .int(let value) = self { value } else { nil } }
}

extension Answer {
    /// Whether it is a refusal of the clip API that says this.
    func refuses(_ message: String) -> Bool {
        status == 200 && json["status_code"] == 1 && json["status_msg"] == .string(message)
            && json["errmsg"]?.array?.isEmpty == false
    }
}
