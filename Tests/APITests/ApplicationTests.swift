import Foundation
import LWS
import Logging
import Services
import Store
import TestKit
import Testing

@testable import API
@testable import Endpoints

@Suite("The whole server") struct ApplicationTests {
    private func make(_ directory: TemporaryDirectory, port: Int = 0) throws -> Application {
        var configuration = ApplicationConfiguration(dataDirectory: directory.path, passwordCost: .low)
        configuration.loops = .number(TestLoops.count)
        configuration.server.port = port
        return try Application(
            configuration: configuration, logger: .quiet)
    }

    @Test("it serves on the port it says, and what was stored is there after a restart", .timeLimit(.minutes(5)))
    func servesAndRestarts() async throws {
        let directory = TemporaryDirectory()
        let first = try make(directory)
        var client = try await RawHTTP(port: first.start())
        #expect(try await client.send("GET", "/healthz").status == 200)
        #expect(
            try await client.send("POST", "/api/runRoom/create", json: #"{"runID":"159","password":"pw"}"#).status
                == 201)
        let registered = try await client.send("POST", "/api/users", json: #"{"username":"ana","password":"x"}"#)
        #expect(registered.status == 200)
        let joined = try await client.send(
            "POST", "/api/runRoom/join", json: #"{"runID":"159","password":"pw","username":"ana"}"#)
        #expect(joined.status == 200)
        #expect(try await client.send("POST", "/api/users", json: String(repeating: "x", count: 70_000)).status == 413)
        let metrics = try await client.send("GET", "/metrics")
        #expect(metrics.body.contains("\nrunroom_connections "))
        #expect(metrics.body.contains("\nrunroom_http_handlers 1\n"), "the one that says so")
        #expect(metrics.body.contains("\nrunroom_input_bytes 0\n"))
        await first.stop()
        await first.stop()

        let second = try make(directory)
        client = try await RawHTTP(port: second.start())
        let room = try await client.send("GET", "/api/runRoom/159")
        #expect(room.status == 200)
        #expect(room.body.contains(#""username":"ana""#))
        await second.stop()
    }

    @Test("what a poller reports is on a spectator's screen in a frame", .timeLimit(.minutes(5)))
    func isOneTruth() async throws {
        let directory = TemporaryDirectory()
        let application = try make(directory)
        let client = try await RawHTTP(port: application.start())
        _ = try await client.send("POST", "/api/users", json: #"{"username":"ana","password":"x"}"#)
        _ = try await client.send("POST", "/api/runRoom/create", json: #"{"runID":159,"password":159}"#)
        _ = try await client.send("POST", "/api/runRoom/join", json: #"{"runID":159,"password":159,"username":"ana"}"#)

        let loop = try EventLoop(name: "spectator")
        let sockets = try WebSocketClient(loop: loop)
        let (messages, continuation) = AsyncStream.makeStream(of: JSONValue.self)
        loop.execute {
            sockets.connect(
                host: "127.0.0.1", port: client.port, path: "/live", subprotocol: "runroom.v1",
                handler: Spectator(continuation))
        }
        var stage = 0
        for await message in messages {
            if stage == 0, message["type"] == "joined" {
                stage = 1
                let body = #"""
                    {"runID":159,"password":159,"username":"ana","latitude":48.2,"longitude":16.4,"meters":120.5,
                    "seconds":31,"running":true,"in_room":true}
                    """#
                #expect(try await client.send("POST", "/api/runRoom/update", json: body).status == 200)
            }
            // The columns are: runner, latitude, longitude, meters, seconds, state, place, …
            guard let row = message["runners"]?[0], row[3] == 120.5 else { continue }
            #expect(row[1] == 48.2)
            #expect(row[2] == 16.4)
            #expect(row[5] == "running")
            #expect(row[6] == 1)
            stage = 2
            break
        }
        #expect(stage == 2)
        await sockets.shutDown()
        await loop.shutDown()
        await application.stop()
    }

    @Test("uploads of one image each, at once and without a boundary, are one post", .timeLimit(.minutes(5)))
    func mergesUploads() async throws {
        let directory = TemporaryDirectory()
        let application = try make(directory)
        let client = try await RawHTTP(port: application.start())
        let registered = try await client.send("POST", "/api/users", json: #"{"username":"ana","password":"x"}"#)
        let token = try JSONValue(parsing: registered.body)["token"]?.string ?? ""
        var form = MultipartBody()
        for (name, value) in [("title", "Morning"), ("content", "Five"), ("username", "ana")] {
            form.field(name, value)
        }
        form.file("images", TestAPI.gif, filename: "a.gif", type: "image/gif")
        let body = form.whole
        let answers = try await withThrowingTaskGroup(of: RawHTTP.Answer.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    try await client.send(
                        "POST", "/api/users/share/posts",
                        ["Content-Type: multipart/form-data", "Authorization: Bearer \(token)"], body)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.allSatisfy { $0.status == 200 }, "\(answers)")
        let posts = try JSONValue(parsing: try await client.send("GET", "/api/users/share/posts").body)["posts"]
        #expect(posts?.array?.count == 1)
        #expect(posts?[0]?["images"]?.array?.count == 3)
        let image = posts?[0]?["images"]?[2]?.string ?? ""
        #expect(try await client.send("GET", "/api/users/posts/images/\(image)").status == 200)
        #expect(try await client.send("DELETE", "/api/posts/deleteAll").status == 401)
        await application.stop()
    }

    @Test("what is wrong at the start keeps its type, and nothing stays open", .timeLimit(.minutes(5)))
    func reportsBadStarts() async throws {
        let directory = TemporaryDirectory(), other = TemporaryDirectory()
        let first = try make(directory)
        let port = try await first.start()
        let sameDirectory = try make(directory)
        await #expect(throws: StoreError.inUse(directory: directory.path)) { try await sameDirectory.start() }
        await sameDirectory.stop()
        let samePort = try make(other, port: port)
        await #expect(throws: LWSError.addressInUse(host: "127.0.0.1", port: port)) { try await samePort.start() }
        await samePort.stop()
        await first.stop()
        // Both directories were given up.
        for directory in [directory, other] {
            let again = try make(directory)
            _ = try await again.start()
            await again.stop()
        }
        let configuration = ApplicationConfiguration(dataDirectory: "")
        #expect(throws: Application.ConfigurationError.noDataDirectory) {
            try Application(configuration: configuration, logger: .quiet)
        }
    }

    @Test("stopping before starting is a start that is cancelled")
    func stopsFirst() async throws {
        let application = try make(TemporaryDirectory())
        await application.stop()
        await #expect(throws: CancellationError.self) { try await application.start() }
    }
}

/// Joins room 159 and hands on what it hears; on its loop's thread only.
private final class Spectator: WebSocketHandler {
    private let messages: AsyncStream<JSONValue>.Continuation

    init(_ messages: AsyncStream<JSONValue>.Continuation) { self.messages = messages }

    func didOpen(_ socket: WebSocket) {
        socket.send(OutgoingMessage(#"{"type":"join","runID":"159","password":"159","role":"spectator"}"#))
    }

    func didReceive(text: UnsafeRawBufferPointer, from socket: WebSocket) {
        messages.yield((try? JSONValue(parsing: Array(text))) ?? .null)
    }

    func didBecomeWritable(_ socket: WebSocket) {}

    func didClose(_ socket: WebSocket, code: UInt16?, reason: String) { messages.finish() }
}
