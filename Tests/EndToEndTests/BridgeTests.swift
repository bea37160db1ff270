import Foundation
import TestKit
import Testing

/// Apps of others at a real server, byte by byte.
@Suite("Bridges", .inTurn)
struct BridgeTests {
    /// Somebody who runs in a room of their own, and the path of their app's address.
    private struct Phone {
        var server: ServerProcess
        let token: String
        let room: String
        let path: String
        let begun = Int64(Date().timeIntervalSince1970) - 600

        init(_ app: String, on server: ServerProcess) async throws {
            self.server = server
            let person = try await REST.registered("ana", port: server.port)
            let token = try #require(person.token)
            self.token = token
            room = REST.newName("bridge")
            let rest = REST(port: server.port)
            _ = try await rest.post("/api/runRoom/create", ["runID": room, "password": "pw"])
            let client = WorldClient(port: server.port)
            let made = try await client.send(
                "POST", "/v1/devices", json: #"{"app":"\#(app)","runID":"\#(room)","password":"pw"}"#,
                authorization: "Bearer \(token)")
            let address = try #require(made.text("address"), "\(made)")
            let start = try #require(address.firstRange(of: "/bridge/")).lowerBound
            path = String(address[start...].prefix { $0 != "?" })
        }

        /// The n-th position: 5 m east of the one before, a second later; a recording that began with the first.
        func query(_ index: Int) -> String {
            "?lat=0.0&lon=\(10 + Double(index) * 5 / 111_319.49)&timestamp=\(begun + Int64(index))&start=\(begun)"
        }

        func request(_ index: Int) -> [UInt8] {
            Array("GET \(path)\(query(index)) HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".utf8)
        }

        /// What the room says of its only runner.
        func row() async throws -> (meters: Double, state: String) {
            let answer = try await WorldClient(port: server.port).send(
                "GET", "/v1/rooms/\(room)/state", authorization: "Bearer \(token)")
            return (
                try #require(answer.value("runners", 0, 3) as? Double),
                try #require(answer.value("runners", 0, 5) as? String)
            )
        }
    }

    @Test("kill -9 between commit and answer: what is sent again is one marker")
    func killed() async throws {
        let first = try await ServerProcess.start()
        first.leaveDirectory()
        var phone = try await Phone("gpslogger", on: first)
        // Sent without waiting, so that the end comes with some that are on disk, some answered, and some neither.
        let socket = try RawSocket.connect(port: first.port)
        try await socket.write((0..<40).flatMap(phone.request))
        for _ in 0..<10 { #expect(try await socket.readHead().status == 200) }
        try await first.killHard()

        phone.server = try await ServerProcess.start(in: first.directory)
        let answered = try await phone.row()
        #expect(answered.meters > 44.9, "what was answered is there")
        let again = try RawSocket.connect(port: phone.server.port)
        for index in (0..<40).reversed() {
            try await again.write(phone.request(index))
            #expect(try await again.readHead().status == 200)
        }
        let row = try await phone.row()
        #expect(abs(row.meters - 195) < 0.1)
        #expect(row.state == "running")
    }

    @Test(
        "while nothing can be stored an Overland batch is refused with 5xx and no word of success, and taken later, once",
        .enabled(if: SmallDisk.isPossible, "file systems cannot be mounted here"))
    func storageFails() async throws {
        let disk = try SmallDisk(megabytes: 8)
        let server = try await ServerProcess.start(["--disk-reserve", "0"], in: disk.path + "/data")
        let phone = try await Phone("overland", on: server)
        let client = WorldClient(port: server.port)
        func post(_ indices: ClosedRange<Int>) async throws -> REST.Answer {
            let stamps = ISO8601DateFormatter()
            let trip = stamps.string(from: Date(timeIntervalSince1970: Double(phone.begun)))
            let features = indices.map { index in
                let stamp = stamps.string(from: Date(timeIntervalSince1970: Double(phone.begun) + Double(index)))
                return """
                    {"type":"Feature","geometry":{"type":"Point","coordinates":\
                    [\(10 + Double(index) * 5 / 111_319.49),0.0]},\
                    "properties":{"timestamp":"\(stamp)","horizontal_accuracy":5,"trip_id":"\(trip)"}}
                    """
            }
            return try await client.send(
                "POST", phone.path, json: #"{"locations":[\#(features.joined(separator: ","))]}"#)
        }
        #expect(try await post(0...9).text.contains(#""result":"ok""#))
        try disk.fill()
        // What was free within the files may take some.
        var last = 9
        try await eventually("a refusal", within: .seconds(30)) {
            let answer = try await post(last + 1...last + 10)
            guard answer.status == 200 else {
                #expect((500...599).contains(answer.status) && !answer.text.contains(#""result":"ok""#), "\(answer)")
                return true
            }
            last += 10
            return false
        }
        disk.free()
        try await eventually("success") { try await post(last + 1...last + 10).status == 200 }
        #expect(abs(try await phone.row().meters - Double(last + 10) * 5) < 1)
        try await server.killHard()
    }

    @Test("a queue of positions, one by one on one connection, does not wait a second for each")
    func queue() async throws {
        let phone = try await Phone("gpslogger", on: try await ServerProcess.shared())
        let socket = try RawSocket.connect(port: phone.server.port)
        let begun = ContinuousClock.now
        for index in 0..<200 {
            try await socket.write(phone.request(index))
            #expect(try await socket.readHead().status == 200)
        }
        // A second each would be 200 s; a machine that does nothing else needs 5.
        #expect(begun.duration(to: .now) < .seconds(100))
        #expect(abs(try await phone.row().meters - 995) < 1)
    }

    @Test("HTTP as old and as careful clients speak it, of which no secret gets into a log")
    func manners() async throws {
        let phone = try await Phone("traccar", on: try await ServerProcess.start(["--log-level", "trace"]))
        func form(_ index: Int) -> String { String(phone.query(index).dropFirst()) }
        let socket = try RawSocket.connect(port: phone.server.port)
        // In pieces, without a type, on a connection that stays open.
        let body = form(0)
        let size = String(body.utf8.count, radix: 16)
        try await socket.write(
            Array(
                "POST \(phone.path) HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n\(size)\r\n\(body)\r\n0\r\n\r\n"
                    .utf8))
        #expect(try await socket.readHead().status == 200)
        // Who asks first whether it may send.
        try await socket.write(
            Array(
                "POST \(phone.path)/ HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                    .utf8))
        var head = try await socket.readHead()
        if head.status == 100 {
            try await socket.write(Array(form(4).utf8))
            head = try await socket.readHead()
        }
        #expect(head.status == 200)
        // As Traccar Client 8 does it: a POST without a body and without its length.
        let old = try RawSocket.connect(port: phone.server.port)
        try await old.write(Array("POST \(phone.path)\(phone.query(8)) HTTP/1.0\r\n\r\n".utf8))
        #expect(try await old.readHead().status == 200)
        let broken = try RawSocket.connect(port: phone.server.port)
        try await broken.write(Array("GET \(phone.path)?lat=%zz HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
        #expect(try await broken.readHead().status == 400)
        let secret = try #require(phone.path.split(separator: "/").last)
        try await phone.server.logs("/bridge/{app}/{token}")
        #expect(!phone.server.logText.contains(secret))
    }
}
