import Foundation
import HTTPTypes
import LWS
import Logging
import Services
import TestKit
import Testing

@testable import API
@testable import Endpoints

@Suite("Pictures of users and posts") struct PictureRoutesTests {
    private static let avatar = "/api/users/update/profilepic"
    private static let image = "/api/users/share/posts/image"

    @Test("an uploaded avatar is served as it is, to anybody")
    func uploadsAvatar() async throws {
        try await withAPI { api in
            let token = try await api.register("小明")
            let answer = try await api.upload(
                Self.avatar, fields: ["username": "小明"],
                files: [.make("profilePicture", onePixel, filename: "../../etc/passwd")], token: token)
            #expect(answer.status == 200)
            #expect(answer.json["message"] == "Profile picture uploaded successfully")
            let id = try #require(answer.json["profilePictureId"]?.string)
            #expect(id.count == 24)
            let path = try #require(answer.json["profilepic"]?.string)
            #expect(path == "/api/users/profilepic/%E5%B0%8F%E6%98%8E")
            let served = try await api.send(.get, "\(path)?t=1732351183038")
            #expect(served.status == 200)
            #expect(served.bytes == onePixel)
            #expect(served.headers[.contentType] == "image/png")
            #expect(served.headers[.xContentTypeOptions] == "nosniff")
            #expect(served.headers[.contentSecurityPolicy] == "default-src 'none'; sandbox")
            #expect(served.headers[.cacheControl]?.contains("max-age=300") == true)
            #expect(try await api.send(.get, "/api/users/小明").json["profilePicture"] == .string(id))
            // Another replaces it; the username need not be said.
            let gif = Array("GIF89a".utf8) + [1, 0, 1, 0, 0, 0, 0, 0x3B]
            let replaced = try await api.upload(Self.avatar, files: [.make("profilePicture", gif)], token: token)
            #expect(replaced.status == 200)
            let second = try await api.send(.get, path)
            #expect(second.headers[.contentType] == "image/gif" && second.bytes == gif)
        }
    }

    @Test("who has not uploaded any has a picture of their own, with an ETag")
    func servesDefault() async throws {
        try await withAPI { api in
            for name in ["ana", "bob"] { _ = try await api.register(name) }
            let ana = try await api.send(.get, "/api/users/profilepic/ana")
            #expect(ana.status == 200)
            #expect(ana.headers[.contentType] == "image/png")
            #expect(ana.bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]))
            #expect(ana.headers[.cacheControl]?.hasPrefix("public") == true)
            #expect(try await api.send(.get, "/api/users/profilepic/bob").bytes != ana.bytes)
            let tag = try #require(ana.headers[.eTag])
            let known = try await api.send(.get, "/api/users/profilepic/ana", headers: [.ifNoneMatch: tag])
            #expect(known.status == 304 && known.bytes.isEmpty && known.headers[.eTag] == tag)
            let stale = try await api.send(.get, "/api/users/profilepic/ana", headers: [.ifNoneMatch: "\"old\""])
            #expect(stale.status == 200)
            let head = try await api.send(.head, "/api/users/profilepic/ana")
            #expect(head.status == 200)
            let nobody = try await api.send(.get, "/api/users/profilepic/nobody")
            #expect(nobody.line == #"404 {"message":"Profile picture not found"}"#)
            for path in ["..%2F..%2Frunroom.sqlite", "ana%2F", "%27--"] {
                let status = try await api.send(.get, "/api/users/profilepic/\(path)").status
                #expect(status == 404 || status == 400)
            }
        }
    }

    @Test("an uploaded image is served under its id, for ever")
    func uploadsImage() async throws {
        try await withAPI { api in
            let token = try await api.register("ana")
            let answer = try await api.upload(
                Self.image, fields: ["username": "ana"], files: [.make("image", onePixel)], token: token)
            #expect(answer.status == 200)
            #expect(answer.json.names == ["imageId"])
            let id = try #require(answer.json["imageId"]?.string)
            let served = try await api.send(.get, "/api/users/posts/images/\(id)")
            #expect(served.bytes == onePixel)
            #expect(served.headers[.contentType] == "image/png")
            #expect(served.headers[.cacheControl] == "public, max-age=31536000, immutable")
            #expect(try await api.send(.get, "/api/users/posts/images/\(id.uppercased())").status == 200)
            for wrong in ["0123456789abcdef01234567", "x", "..%2F..", String(id.dropLast()), id + "0"] {
                let missing = try await api.send(.get, "/api/users/posts/images/\(wrong)")
                #expect(missing.line == #"404 {"message":"Image not found"}"#)
            }
        }
    }

    @Test("an upload needs the user's token", arguments: [(avatar, "profilePicture"), (image, "image")])
    func refusesStrangers(path: String, field: String) async throws {
        try await withAPI { api in
            let token = try await api.register("ana")
            _ = try await api.register("bob")
            func answer(_ username: String?, token: String?) async throws -> String {
                try await api.upload(
                    path, fields: username.map { ["username": $0] } ?? [:], files: [.make(field, onePixel)],
                    token: token
                ).line
            }
            #expect(try await answer("ana", token: nil) == #"401 {"message":"No token provided"}"#)
            #expect(try await answer("ana", token: "x") == #"403 {"message":"Token is invalid or has expired"}"#)
            #expect(try await answer("bob", token: token).hasPrefix("403"))
            #expect(try await answer("carl", token: token) == #"404 {"message":"User not found"}"#)
            #expect(try await answer("a\0b", token: token).hasPrefix("4"))
            api.clock.advance(seconds: 7200)
            #expect(try await answer("ana", token: token).hasPrefix("403"))
            #expect(!FileManager.default.fileExists(atPath: api.directory + "/media"))
        }
    }

    @Test(
        "what is no picture is 400, and nothing is kept of it",
        arguments: [(avatar, "profilePicture"), (image, "image")])
    func refusesFiles(path: String, field: String) async throws {
        try await withAPI { api in
            let token = try await api.register("ana")
            func answer(_ files: [MultipartForm.File]) async throws -> String {
                try await api.upload(path, fields: ["username": "ana"], files: files, token: token).line
            }
            let none = #"400 {"message":"No file uploaded"}"#
            #expect(try await answer([]) == none)
            #expect(try await answer([.make("other", onePixel)]) == none)
            #expect(try await answer([.make(field, [], filename: "")]) == none)
            #expect(try await api.send(.post, path, ["username": "ana"], token: token).line == none)
            #expect(try await api.send(.post, path, raw: onePixel, token: token).line == none)
            #expect(try await answer([.make(field, onePixel), .make(field, onePixel)]).hasPrefix("400"))
            for bytes in [
                Array("This is not an image".utf8), Array("<svg onload=\"alert(1)\"/>".utf8), [], [0x89],
                Array(onePixel[..<20]), Array("<html>".utf8) + onePixel,
            ] {
                #expect(
                    try await answer([.make(field, bytes)])
                        == #"400 {"message":"The file must be a PNG, JPEG, GIF or WebP image"}"#)
            }
            let tooLarge = onePixel + [UInt8](repeating: 0, count: Media.maxBytes)
            #expect(try await answer([.make(field, tooLarge)]) == #"400 {"message":"File size exceeds limit"}"#)
            var tooWide = onePixel
            tooWide.replaceSubrange(16..<24, with: [0, 1, 0, 0, 0, 1, 0, 0])
            #expect(
                try await answer([.make(field, tooWide)]).hasPrefix(#"400 {"message":"The image must have at most"#))
            #expect(!FileManager.default.fileExists(atPath: api.directory + "/media"))
            #expect(try await api.send(.get, "/api/users/ana").json["profilePicture"] == .null)
        }
    }

    @Test("uploads are limited by address")
    func limitsUploads() async throws {
        var limits = RateLimits()
        limits.uploads = RateLimit(burst: 1, perMinute: 1)
        limits.userLists = RateLimit(burst: 1, perMinute: 1)
        try await withAPI(limits: limits) { api in
            #expect(try await api.upload(Self.image).status == 401)
            let answer = try await api.upload(Self.image)
            #expect(answer.status == 429 && answer.headers[.retryAfter] == "60")
            #expect(try await api.upload(Self.image, from: "198.51.100.9").status == 401)
            #expect(try await api.send(.get, "/api/users").status == 200)
            #expect(try await api.send(.get, "/api/users").status == 429)
            #expect(try await api.send(.get, "/api/users?limit=5").status == 200)
        }
    }

    @Test("uploads have room for one picture, and requests without forms do not")
    func boundsBodies() async throws {
        try await withAPI { api in
            func policy(_ method: HTTPRequest.Method, _ path: String) -> BodyPolicy {
                let head = HTTPRequestHead(
                    method: method, target: path, path: path.split(separator: "/").map(String.init), query: [],
                    headers: [:], remoteAddress: "192.0.2.1")
                return api.responder.bodyPolicy(for: head)
            }
            for path in [Self.avatar, Self.image] {
                #expect(policy(.post, path).maxFileBytes == 5 << 20)
                #expect(policy(.post, path).maxBytes == (5 << 20) + (64 << 10))
                #expect(policy(.post, path).parsesMultipart)
            }
            #expect(policy(.put, "/api/users/update").maxBytes == 64 << 10)
        }
    }

    // MARK: - Over sockets

    @Test("forms as clients send them are taken, and broken ones are 4xx", .timeLimit(.minutes(5)))
    func takesForms() async throws {
        try await withServer { server in
            let token = try await server.register("ana")
            func post(_ body: [UInt8], type: String = "multipart/form-data; boundary=XX") async throws -> Int {
                try await server.send(
                    "POST", Self.avatar, ["Authorization: Bearer \(token)", "Content-Type: \(type)"], body
                ).status
            }
            let whole = Self.form(onePixel, boundary: "XX")
            #expect(try await post(whole) == 200)
            // The client sets the type by hand and forgets the boundary.
            #expect(try await post(whole, type: "multipart/form-data") == 200)
            #expect(try await post(whole, type: "application/json") == 400)
            #expect(try await post(whole, type: "multipart/form-data; boundary=YY") == 400)
            #expect(try await post([], type: "multipart/form-data; boundary=XX") == 400)
            #expect(try await post(Array("--XX--\r\n".utf8)) == 400)
            for count in stride(from: 1, to: whole.count - 4, by: 17) {
                let status = try await post(Array(whole[..<count]))
                #expect((400..<500).contains(status), "cut off at \(count)")
            }
            let part = "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n"
            #expect(try await post(Array((String(repeating: part, count: 2000) + "--XX--\r\n").utf8)) == 413)
            #expect(try await post(Self.form([UInt8](repeating: 0, count: (5 << 20) + 1), boundary: "XX")) == 413)
            #expect(try await post(Self.form(onePixel, boundary: "XX", username: [0x61, 0xFF])) == 400)
            // A large one goes through a file.
            let large = Self.enlarged(onePixel, to: 5 << 20)
            #expect(try await post(Self.form(large, boundary: "XX")) == 200)
            #expect(try await server.send("GET", "/api/users/profilepic/ana").bytes.count == 5 << 20)
        }
    }

    /// A PNG with as many more bytes of pixels before its end as make it so large.
    private static func enlarged(_ png: [UInt8], to count: Int) -> [UInt8] {
        let added = count - png.count - 12
        let length = (0..<4).map { UInt8(truncatingIfNeeded: added >> (24 - 8 * $0)) }
        let chunk: [UInt8] = length + Array("IDAT".utf8) + [UInt8](repeating: 7, count: added + 4)
        return png.dropLast(12) + chunk + png.suffix(12)
    }

    @Test("no path leads out of the pictures", .timeLimit(.minutes(5)))
    func refusesPathTricks() async throws {
        try await withServer { server in
            for prefix in ["/api/users/profilepic/", "/api/users/posts/images/", "/api/users/nickname/"] {
                for trick in [
                    "..", "../../runroom.sqlite", "%2e%2e", "%2e%2e%2f%2e%2e%2frunroom.sqlite", "..%5crunroom.sqlite",
                    "%00", "ana%00.png", "%ff%fe", "%", "%zz", "//etc/passwd", "..;/x",
                    String(repeating: "a", count: 4000),
                ] {
                    let answer = try await server.send("GET", prefix + trick)
                    #expect((400..<500).contains(answer.status), "\(prefix)\(trick)")
                    #expect(answer.bytes.starts(with: [UInt8(ascii: "{")]))
                }
            }
        }
    }

    @Test("a picture that the client has is 304, HEAD has no body, and both say the same", .timeLimit(.minutes(5)))
    func revalidates() async throws {
        try await withServer { server in
            let token = try await server.register("ana")
            let path = "/api/users/profilepic/ana"
            var tags: Set<String> = []
            for isUploaded in [false, true] {
                if isUploaded {
                    let headers = [
                        "Authorization: Bearer \(token)", "Content-Type: multipart/form-data; boundary=XX",
                    ]
                    let status = try await server.send(
                        "POST", Self.avatar, headers, Self.form(onePixel, boundary: "XX")
                    ).status
                    #expect(status == 200)
                }
                let got = try await server.send("GET", path)
                let tag = try #require(got.header("etag"))
                tags.insert(tag)
                let head = try await server.send("HEAD", path)
                #expect(head.status == 200 && head.bytes.isEmpty)
                #expect(head.header("etag") == tag)
                #expect(head.header("content-length") == String(got.bytes.count))
                #expect(head.header("content-type") == "image/png")
                let known = try await server.send("GET", path, ["If-None-Match: \(tag)"])
                #expect(known.status == 304 && known.bytes.isEmpty)
            }
            #expect(tags.count == 2)
        }
    }

    private static func form(_ file: [UInt8], boundary: String, username: [UInt8] = Array("ana".utf8)) -> [UInt8] {
        var form = MultipartBody(boundary: boundary)
        form.field("username", username)
        form.file("profilePicture", file)
        return form.whole
    }
}

/// Runs a test with a server on a port of its own.
private func withServer(_ body: (RunningServer) async throws -> Void) async throws {
    let directory = TemporaryDirectory()
    var configuration = ApplicationConfiguration(dataDirectory: directory.path, passwordCost: .low, rateLimits: false)
    configuration.loops = .number(TestLoops.count)
    configuration.server.port = 0
    let application = try Application(
        configuration: configuration, logger: .quiet)
    do {
        try await body(RunningServer(client: RawHTTP(port: application.start())))
    } catch {
        await application.stop()
        throw error
    }
    await application.stop()
}

/// A server and a way to ask it.
private struct RunningServer {
    let client: RawHTTP

    func register(_ username: String) async throws -> String {
        let body = #"{"username":"\#(username)","password":"x"}"#
        let answer = try await send("POST", "/api/users", ["Content-Type: application/json"], Array(body.utf8))
        return try #require(JSONValue(parsing: answer.bytes)["token"]?.string)
    }

    func send(
        _ method: String, _ target: String, _ headers: [String] = [], _ body: [UInt8]? = nil
    ) async throws -> RawHTTP.Answer {
        try await client.send(method, target, headers, body)
    }
}
