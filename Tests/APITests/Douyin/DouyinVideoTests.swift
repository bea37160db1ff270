import Foundation
import HTTPTypes
import LWS
import Services
import Store
import TestKit
import Testing

@testable import API
@testable import Endpoints

@Suite("Clips: videos")
struct DouyinVideoTests {
    @Test("a clip as its document shows it, played from this server")
    func publishing() async throws {
        try await withAPI { api in
            let ana = try await api.join()
            let answer = try await api.uploadVideo(ana, title: "标题")
            #expect(answer.json.names == ["status_code", "status_msg", "vid"])
            let id = try #require(answer.json["vid"]?.integer)
            #expect((1_000_000_000_000_000...9_007_199_254_740_991).contains(id) && id != ana.id)
            let video = try #require(try await api.ask("/publish/list/", ana).json["video_list"]?[0])
            #expect(
                video.names == [
                    "id", "author", "play_url", "cover_url", "favorite_count", "comment_count", "play_count",
                    "is_favorite", "title", "desc",
                ])
            #expect(video["id"]?.integer == id && video["title"] == "标题" && video["desc"] == "")
            #expect(video["author"]?["work_count"] == 1 && video["author"]?["id"]?.integer == ana.id)
            let play = try await api.send(.get, try #require(video["play_url"]?.string))
            #expect(play.bytes == TestVideos.mp4 && play.headers[.contentType] == "video/mp4")
            #expect(play.headers[.xContentTypeOptions] == "nosniff")
            let cover = try await api.send(.get, try #require(video["cover_url"]?.string))
            #expect(cover.status == 200 && cover.headers[.contentType] == "image/png")
        }
    }

    @Test("a clip is a post: it is read, liked and deleted everywhere")
    func oneForum() async throws {
        try await withAPI { api in
            let ana = try await api.join()
            let id = try await api.publish(ana, "run")
            let post = try await api.send(.get, "/api/users/share/posts/1")
            #expect(post.json["post"]?["title"] == "run" && post.json["post"]?["content"] == "run")
            _ = try await api.call(.put, "/articles/1/likes/", "Bearer \(ana.token)", form: "status=1")
            let liked = try await api.ask("/publish/list", ana).json["video_list"]?[0]
            #expect(liked?["is_favorite"] == true && liked?["favorite_count"] == 1)
            #expect(liked?["author"]?["total_favorited"] == 1 && liked?["author"]?["favorite_count"] == 1)
            // A post without a video is none of the clips.
            try await api.makePost(token: ana.token)
            #expect(try await api.titles("/publish/list", ana) == ["run"])
            _ = try await api.call(.delete, "/articles/1", "Bearer \(ana.token)")
            #expect(try await api.titles("/publish/list", ana) == [])
            #expect(try await api.send(.get, "/douyin/videos/\(id)").status == 404)
            let user = try await api.ask("/user", ana).json["user"]
            #expect(user?["work_count"] == 0 && user?["total_favorited"] == 0 && user?["favorite_count"] == 0)
        }
    }

    @Test("what another world wrote below a clip is shown up to a thousand characters")
    func descriptions() async throws {
        try await withAPI { api in
            let ana = try await api.join()
            try await api.publish(ana, "run")
            for (text, shown) in [
                (String(repeating: "跑", count: 1000), 1000), (String(repeating: "跑", count: 1001), 1000),
                // A single character of many.
                ("e" + String(repeating: "\u{301}", count: 100_000), 1000), ("short", 5),
            ] {
                let edited = try await api.send(
                    .put, "/api/users/share/posts/1", ["title": "run", "content": .string(text)], token: ana.token)
                #expect(edited.status == 200)
                let clip = try await api.send(.get, "/douyin/feed").json["video_list"]?[0]
                let scalars = try #require(clip?["desc"]?.string).unicodeScalars
                #expect(scalars.elementsEqual(text.unicodeScalars.prefix(shown)))
            }
        }
    }

    @Test("a parameter that is null is one that is not there, and one that is not asked for is not looked at")
    func nulls() async throws {
        try await withAPI { api in
            let ana = try await api.join()
            let body: JSONValue = [
                "id": nil, "url": "http://a/b", "title": "a", "cover_url": nil, "user_creations": ["x": [1]],
            ]
            #expect(try await api.act("/publish/actionUrl", ana, body).json["status_code"] == 0)
        }
    }

    @Test(
        "the first bytes tell what a video is",
        arguments: [
            (TestVideos.mp4, "video/mp4"), (TestVideos.quickTime, "video/quicktime"),
            (TestVideos.oldQuickTime, "video/quicktime"), (TestVideos.webM, "video/webm"),
        ])
    func formats(bytes: [UInt8], type: String) async throws {
        try await withAPI { api in
            let ana = try await api.join()
            let answer = try await api.uploadVideo(ana, bytes, filename: "../../x.html")
            let id = try #require(answer.json["vid"]?.integer)
            let played = try await api.send(.get, "/douyin/videos/\(id)")
            #expect(played.headers[.contentType] == type && played.bytes == bytes)
        }
    }

    @Test(
        "what is no video is refused, whatever it is called",
        arguments: [
            [], Array("<!DOCTYPE html><html><script>alert(1)</script>".utf8), onePixel, Array("ftypisom".utf8),
            TestVideos.boxed("heic"), TestVideos.boxed("avif"), TestVideos.boxed("M4A "),
            [0x1A, 0x45, 0xDF, 0xA3, 0x8B, 0x42, 0x82, 0x88] + Array("matroska".utf8), Array("#!/bin/sh\n".utf8),
        ].map { (bytes: [UInt8]) in Abridged(bytes) })
    func noVideos(bytes: Abridged<[UInt8]>) async throws {
        let bytes = bytes.value
        try await withAPI { api in
            let ana = try await api.join()
            #expect(try await api.uploadVideo(ana, bytes).refuses("投稿失败..."))
            #expect(try await api.titles("/publish/list", ana) == [])
            let left = FileManager.default.enumerator(atPath: api.directory + "/media")?.allObjects ?? []
            #expect(left.allSatisfy { ($0 as? String)?.contains(".") == false }, "nothing is kept: \(left)")
        }
    }

    @Test("an upload lacks nothing, and its token is one")
    func badUploads() async throws {
        try await withAPI { api in
            let ana = try await api.join()
            for path in ["/douyin/publish/action/", "/douyin/douyin/publish/action/"] {
                #expect(try await api.uploadVideo(nil, path: path).refuses("参数不正确"))
                #expect(try await api.uploadVideo(ana, title: nil, path: path).refuses("参数不正确"))
                #expect(try await api.uploadVideo(ana, title: "", path: path).refuses("参数不正确"))
                let noFile = try await api.upload(path, fields: ["token": ana.token, "title": "a"])
                #expect(noFile.refuses("参数不正确"))
                let two = MultipartForm.File.make("data", TestVideos.mp4)
                let twice = try await api.upload(
                    path, fields: ["token": ana.token, "title": "a"], files: [two, two])
                #expect(twice.refuses("参数不正确"))
                let bad = try await api.uploadVideo(TestAPI.Person(token: "x", id: 0), path: path)
                #expect(bad.refuses("Token 错误"))
                let long = String(repeating: "题", count: 101)
                #expect(try await api.uploadVideo(ana, title: long, path: path).refuses("投稿失败..."))
                #expect(try await api.uploadVideo(ana, title: "a\nb", path: path).refuses("投稿失败..."))
            }
            #expect(try await api.uploadVideo(ana, path: "/douyin/douyin/publish/action").json["status_code"] == 0)
        }
    }

    @Test("a clip by address is shown as it is, and published by oneself only")
    func addresses() async throws {
        try await withAPI { api in
            let ana = try await api.join(), bob = try await api.join("bob12")
            let body: JSONValue = [
                "id": .int(ana.id), "url": "https://byte-hunters.oss.aliyuncs.com/t/test2.mp4", "title": "况该位观广",
                "cover_url": "https://byte-hunters.oss.aliyuncs.com/t/test2.jpg", "user_creations": "条形江积局不",
            ]
            #expect(try await api.send(.post, "/douyin/publish/actionUrl", body).refuses("参数不正确"))
            #expect(try await api.act("/publish/actionUrl", bob, body).refuses("投稿失败.."))
            let answer = try await api.act("/publish/actionUrl/", ana, body)
            let id = try #require(answer.json["vid"]?.integer)
            let video = try await api.ask("/publish/list/", ana).json["video_list"]?[0]
            #expect(video?["play_url"] == "https://byte-hunters.oss.aliyuncs.com/t/test2.mp4")
            #expect(video?["cover_url"] == "https://byte-hunters.oss.aliyuncs.com/t/test2.jpg")
            #expect(try await api.send(.get, "/douyin/videos/\(id)").status == 404, "it is not here")
            for url in [
                "javascript:alert(1)", "file:///etc/passwd", "ftp://a/b", "http://", "https:///x", "//a/b",
                "http://a b", "http://a\"><script>", "http://\(String(repeating: "a", count: 1024))",
            ] {
                let bad: JSONValue = ["url": .string(url), "title": "a"]
                #expect(try await api.act("/publish/actionUrl", ana, bad).refuses("投稿失败.."), "\(url)")
                let cover: JSONValue = ["url": "http://a/b", "title": "a", "cover_url": .string(url)]
                #expect(try await api.act("/publish/actionUrl", ana, cover).refuses("投稿失败.."), "\(url)")
            }
            #expect(try await api.act("/publish/actionUrl", ana, ["url": "http://a"]).refuses("参数不正确"))
            #expect(try await api.act("/publish/actionUrl", ana, ["title": "a"]).refuses("参数不正确"))
        }
    }

    @Test("the feed goes on behind the last clip, or before a time")
    func feed() async throws {
        try await withAPI { api in
            let ana = try await api.join()
            #expect(
                try await api.send(.get, "/douyin/feed").line
                    == #"200 {"status_code":0,"status_msg":"ok!","next_time":0,"video_list":[]}"#)
            for number in 1...12 {
                api.clock.advance(seconds: 10)
                try await api.publish(ana, "\(number)")
            }
            func page(_ query: String) async throws -> (titles: [String], next: Int64) {
                let answer = try await api.send(.get, "/douyin/feed?\(query)")
                let titles = (answer.json["video_list"]?.array ?? []).compactMap { $0["title"]?.string }
                return (titles, try #require(answer.json["next_time"]?.integer))
            }
            let first = try await page("")
            #expect(first.titles == ["12", "11", "10", "9", "8"])
            let second = try await page("latest_time=\(first.next)")
            #expect(second.titles == ["7", "6", "5", "4", "3"])
            let third = try await page("latest_time=\(second.next)")
            #expect(third.titles == ["2", "1"])
            #expect(try await page("latest_time=\(third.next)") == ([], 0))
            // What is no cursor begins with the newest.
            for value in ["", "0", "x", "-1", "99999999999999999999", "9223372036854775807", "1e9"] {
                #expect(try await page("latest_time=\(value)").titles.first == "12", "\(value)")
            }
            let now = api.clock.now
            for time in [now / 1000, now] { #expect(try await page("latest_time=\(time)").titles.first == "12") }
            for time in [now / 1000 - 10, now - 10_000] {
                #expect(try await page("latest_time=\(time)").titles.first == "11")
            }
            #expect(try await page("latest_time=1").titles == [])
            #expect(try await page("limit=2").titles == ["12", "11"])
            #expect(try await page("limit=1000").titles.count == 12)
            #expect(try await api.send(.get, "/douyin/feed?token=x").refuses("Token 错误,请重新登录"))
            #expect(try await api.titles("/feed/", ana, "latest_time=\(first.next)").first == "7")
        }
    }

    @Test("who plays a clip is counted, pieces of it are not")
    func plays() async throws {
        try await withAPI { api in
            let ana = try await api.join()
            let id = try await api.publish(ana)
            func play(_ range: String?) async throws -> JSONValue? {
                var headers: HTTPFields = [:]
                if let range { headers[.range] = range }
                _ = try await api.send(.get, "/douyin/videos/\(id)", raw: [], headers: headers)
                return try await api.ask("/publish/list", ana).json["video_list"]?[0]?["play_count"]
            }
            #expect(try await play("bytes=10-") == 0)
            #expect(try await play("bytes=0-99") == 1)
            #expect(try await play(nil) == 1)
            api.clock.advance(seconds: 30)
            #expect(try await play(nil) == 2)
        }
    }

    @Test(
        "what is no clip is not played", arguments: ["1", "0", "-1", "x", "1000000000000099", "99999999999999999999"])
    func unknown(id: String) async throws {
        try await withAPI { api in
            for path in ["videos", "covers"] {
                let answer = try await api.send(.get, "/douyin/\(path)/\(id)")
                #expect(answer.status == 404)
            }
        }
    }

    @Test("what is no route, and what the server refuses itself, has the world's shape")
    func refusals() async throws {
        try await withAPI { api in
            for (method, path) in [
                (HTTPRequest.Method.get, "/douyin"), (.get, "/douyin/nothing"), (.post, "/douyin/feed"),
                (.delete, "/douyin/user"),
            ] {
                let answer = try await api.send(method, path)
                #expect(answer.refuses("Not found"))
            }
            for status in [400, 408, 413, 414, 431, 500, 503] {
                let answer = try await Answer(
                    api.responder.refusal(.init(code: status), path: "/douyin/publish/action/"))
                #expect(answer.status == 200 && answer.json["status_code"] == 1)
            }
        }
    }
}
