import Foundation
import TestKit
import Testing

/// What a bad client sends, and what it does to everybody else: nothing.
@Suite("Bad input", .inTurn)
struct BadInputTests {
    private static func marker(_ fields: String) -> String { #"{"type":"markers","markers":[\#(fields)]}"# }

    /// Messages of somebody who runs, and the code of the error that answers them.
    private static let refused: [(text: String, code: String)] = [
        ("", "bad_json"), ("{", "bad_json"), ("}", "bad_json"), ("nonsense", "bad_json"),
        ("{'type':'ping'}", "bad_json"),
        (#"{"type":"ping"}{"type":"ping"}"#, "bad_json"), (#"{"type":"ping",}"#, "bad_json"),
        ("{\"type\":\"ping\",\"x\":\"\u{1}\"}", "bad_json"), (#"{"type":"ping","x":01}"#, "bad_json"),
        (#"{"type":"ping","x":NaN}"#, "bad_json"), (#"{"type":"ping","x":"\ud800"}"#, "bad_json"),
        ("{\"type\":\"ping\",\"x\":" + String(repeating: "[", count: 30_000), "bad_json"),
        ("{\"type\":\"ping\",\"x\":" + String(repeating: "{\"a\":", count: 10_000), "bad_json"),
        (String(repeating: "[", count: 60_000) + String(repeating: "]", count: 5_000), "bad_json"),
        ("[]", "bad_message"), ("7", "bad_message"), ("{}", "bad_message"), (#"{"type":7}"#, "bad_message"),
        (#"{"type":"ping","type":"ping"}"#, "bad_message"),
        (#"{"type":"nonsense"}"#, "unknown_type"), (#"{"type":""}"#, "unknown_type"),
        (#"{"type":"Ping"}"#, "unknown_type"),
        (#"{"type":"join","runID":"1"}"#, "already_joined"),
        (#"{"type":"start"}"#, "already_running"), (#"{"type":"start","time":"noon"}"#, "bad_message"),
        (#"{"type":"finish","time":1e300}"#, "bad_message"), (#"{"type":"pause","time":{}}"#, "bad_message"),
        (#"{"type":"markers"}"#, "bad_message"), (#"{"type":"markers","markers":{}}"#, "bad_message"),
        (#"{"type":"markers","markers":null}"#, "bad_message"),
        (#"{"type":"markers","markers":[],"markers":[]}"#, "bad_message"),
        (marker("7"), "bad_marker"), (marker("null"), "bad_marker"), (marker("{}"), "bad_marker"),
        (marker(#"{"latitude":48,"longitude":11,"time":1}"#), "bad_marker"),
        (marker(#"{"id":0,"latitude":48,"longitude":11,"time":1}"#), "bad_marker"),
        (marker(#"{"id":-1,"latitude":48,"longitude":11,"time":1}"#), "bad_marker"),
        (marker(#"{"id":1.5,"latitude":48,"longitude":11,"time":1}"#), "bad_marker"),
        (marker(#"{"id":4294967297,"latitude":48,"longitude":11,"time":1}"#), "bad_marker"),
        (marker(#"{"id":99999999999999999999999,"latitude":48,"longitude":11,"time":1}"#), "bad_marker"),
        (marker(#"{"id":2,"id":2,"latitude":48,"longitude":11,"time":1}"#), "bad_marker"),
        (marker(#"{"id":2,"latitude":91,"longitude":11,"time":1}"#), "bad_marker"),
        (marker(#"{"id":2,"latitude":-90.0000001,"longitude":11,"time":1}"#), "bad_marker"),
        (marker(#"{"id":2,"latitude":48,"longitude":180.1,"time":1}"#), "bad_marker"),
        (marker(#"{"id":2,"latitude":1e999,"longitude":11,"time":1}"#), "bad_marker"),
        (marker(#"{"id":2,"latitude":"48","longitude":11,"time":1}"#), "bad_marker"),
        (marker(#"{"id":2,"latitude":null,"longitude":11,"time":1}"#), "bad_marker"),
        (marker(#"{"id":2,"latitude":NaN,"longitude":11,"time":1}"#), "bad_marker"),
        (marker(#"{"id":2,"latitude":48,"longitude":11,"time":-1}"#), "bad_marker"),
        (marker(#"{"id":2,"latitude":48,"longitude":11,"time":9223372036854775808}"#), "bad_marker"),
        (marker(#"{"id":2,"latitude":48,"longitude":11,"time":1,"heartRate":1e9}"#), "bad_marker"),
        (marker(#"{"id":2,"latitude":48,"longitude":11,"time":1,"altitude":true}"#), "bad_marker"),
        // The second is bad: the first is not taken either.
        (marker(#"{"id":2,"latitude":48.2,"longitude":11.6,"time":1732350000000},{"id":3}"#), "bad_marker"),
    ]

    @Test("each bad message is answered with an error of its kind, changes nothing, and the connection stays")
    func messages() async throws {
        let server = try await ServerProcess.shared(["--message-burst", "1000"])
        let room = try await REST.newRoom(port: server.port)
        let runner = try await Runner.enter(room, port: server.port)
        let start = Way.now - 60_000
        runner.phone.send(["type": "start", "time": start])
        try await runner.sendAndAwaitAck([Way.marker(1, 0, at: start)])
        for (text, code) in Self.refused {
            runner.phone.send(text: text)
            let error = try await runner.phone.next("error")
            #expect(error.string("code") == code, "\(text.prefix(80)) was answered \(error.text)")
            #expect(error.string("message")?.isEmpty == false)
        }
        try await runner.phone.settle()
        #expect(runner.phone.all("error").count == Self.refused.count)
        #expect(runner.phone.all("event").map(\.kind) == ["started"])
        let (_, viewer) = try await Phone.joined(port: server.port, room: room, ["role": "spectator"])
        let row = viewer.row(runner.number)
        #expect(row?.meters == 0 && row?.state == "running")
        #expect(abs((row?.latitude ?? 0) - Way.latitude) < 1e-6)
        // And what is good is still taken.
        try await runner.sendAndAwaitAck([Way.marker(2, 10, at: start + 4000)])
        try await runner.phone.row(of: runner.number, "10 m") { abs(($0.meters ?? 0) - 10) < 0.1 }
    }

    @Test(
        "odd but correct JSON is understood: spaces, escapes, unknown keys, keys in any order, deep values, numbers with exponents"
    )
    func oddities() async throws {
        let server = try await ServerProcess.shared(["--message-burst", "1000"])
        let room = try await REST.newRoom(port: server.port)
        let runner = try await Runner.enter(room, port: server.port)
        let start = Way.now - 60_000
        runner.phone.send(
            text: "\n\t { \"time\" : \(start) , \"ty\\u0070e\":\"st\\u0061rt\", \"x\":{\"markers\":[1,[2]]} } ")
        _ = try await runner.phone.event("started")
        let nest = String(repeating: "[", count: 20) + String(repeating: "]", count: 20)
        runner.phone.send(
            text: """
                {"markers":[ {"time":\(start + 1000),"longitude":1.15755e1,"x":\(nest),"latitude":4813720000E-8,"id":1,
                "accuracy":null,"heartRate":null} ],"type":"markers","unknown":{"type":"finish"}}
                """)
        let row = try await runner.phone.row(of: runner.number, "place") { $0.latitude != nil }
        #expect(row.latitude == 48.1372 && row.longitude == 11.5755)
        runner.phone.send(text: #"{"type":"ping","t":{"a":[1.50,"\u00e9",null]}}"#)
        let pong = try await runner.phone.next("pong")
        #expect(pong.text.contains(#""t":{"a":[1.50,"\u00e9",null]}"#), "comes back as it was sent: \(pong.text)")
        runner.phone.send(text: #"{"type":"ping"}"#)
        #expect(try await runner.phone.next("pong").json["t"] == nil)
        #expect(runner.phone.all("error").isEmpty)
    }

    @Test("500 markers in a message pass, 501 are refused whole")
    func manyMarkers() async throws {
        let server = try await ServerProcess.shared()
        let room = try await REST.newRoom(port: server.port)
        let runner = try await Runner.enter(room, port: server.port)
        let start = Way.now - 3_600_000
        runner.phone.send(["type": "start", "time": start])
        // Without the optional keys 501 of them are below 64 KiB.
        func markers(_ ids: ClosedRange<Int>) -> [String: Any] {
            let markers = Way.markers(ids, from: start, stride: 5, interval: 2).map { marker in
                marker.filter { $0.key != "accuracy" }
            }
            return ["type": "markers", "markers": markers]
        }
        runner.phone.send(markers(1...501))
        #expect(try await runner.phone.next("error").string("code") == "too_many_markers")
        runner.phone.send(markers(1...500))
        #expect(try await runner.phone.next("ack").int("marker") == 500)
        let row = try await runner.phone.row(of: runner.number, "2495 m") { $0.meters ?? 0 > 2490 }
        #expect(abs(row.meters! - 499 * 5) < 1.5)
        #expect(runner.phone.all("event").filter { $0.kind == "split" }.map { $0.int("kilometer") } == [1, 2])
    }

    @Test("messages in fragments, with a ping between them, in pieces of TCP, and many at once")
    func fragments() async throws {
        let server = try await ServerProcess.shared()
        let room = try await REST.newRoom(port: server.port)
        let socket = try await RawSocket.webSocket(port: server.port)
        let join = Array(#"{"type":"join","runID":"\#(room)","password":"pw","role":"spectator","x":"é加"}"#.utf8)
        // Between the bytes of a character, too.
        let cut = join.count - 5
        try await socket.send(1, Array(join[..<10]), isFinal: false)
        try await socket.send(0, [], isFinal: false)
        try await socket.send(9, Array("in between".utf8))
        try await socket.send(0, Array(join[10..<cut]), isFinal: false)
        try await socket.send(0, Array(join[cut...]))
        var opcodes: [UInt8] = []
        while let frame = try await socket.frame() {
            opcodes.append(frame.opcode)
            if frame.opcode == 10 { #expect(frame.text == "in between") }
            if frame.opcode == 1 {
                #expect(frame.json["type"] as? String == "joined")
                break
            }
        }
        #expect(opcodes.contains(10) && opcodes.last == 1)
        // Forty messages in one write, answered in order.
        let pings = (0..<40).map { number -> [UInt8] in
            let text = Array(#"{"type":"ping","t":\#(number)}"#.utf8)
            // Masked with zeros, which is a mask like any other.
            return [0x81, 0x80 | UInt8(text.count), 0, 0, 0, 0] + text
        }
        try await socket.write(pings.flatMap { $0 })
        for number in 0..<40 { #expect(try await socket.next("pong")["t"] as? Int == number) }
        // One message byte by byte.
        for byte in pings[7] { try await socket.write([byte]) }
        #expect(try await socket.next("pong")["t"] as? Int == 7)
    }

    @Test("who speaks before the upgrade is answered is served or turned away, and nobody else notices")
    func hasty() async throws {
        let server = try await ServerProcess.shared()
        let room = try await REST.newRoom(port: server.port)
        let (viewer, _) = try await Phone.joined(port: server.port, room: room, ["role": "spectator"])
        let join = Array(#"{"type":"join","runID":"\#(room)","password":"pw","role":"spectator"}"#.utf8)
        let socket = try RawSocket.connect(port: server.port)
        try await socket.write(
            Array(
                """
                GET /live HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n
                """.utf8) + [0x81, 0x80 | UInt8(join.count), 0, 0, 0, 0] + join)
        let head = try await socket.readHead()
        #expect(head.status == 101)
        #expect(try await socket.next("joined")["runID"] as? String == room)
        try await viewer.settle()
    }

    @Test("frames against RFC 6455 end the connection that sent them, and no other")
    func brokenFrames() async throws {
        let server = try await ServerProcess.shared()
        let room = try await REST.newRoom(port: server.port)
        let (viewer, _) = try await Phone.joined(port: server.port, room: room, ["role": "spectator"])
        let broken: [(String, (RawSocket) async throws -> Void)] = [
            ("reserved bits", { try await $0.send(1, Array("{}".utf8), reserved: 0x40) }),
            ("a reserved opcode", { try await $0.send(3, Array("{}".utf8)) }),
            ("a continuation of nothing", { try await $0.send(0, Array("{}".utf8)) }),
            ("a ping in fragments", { try await $0.send(9, Array("x".utf8), isFinal: false) }),
            ("a ping of 126 bytes", { try await $0.send(9, Array(repeating: 120, count: 126)) }),
            (
                "a length of 2^63",
                { try await $0.write([0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5]) }
            ),
            ("a length of 4 GiB", { try await $0.write([0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4, 5]) }),
            ("no WebSocket at all", { try await $0.write(Array("GET / HTTP/1.1\r\n\r\n".utf8)) }),
        ]
        for (what, send) in broken {
            let socket = try await RawSocket.webSocket(port: server.port)
            try await send(socket)
            // The join after it must not be taken any more.
            try? await socket.send(json: ["type": "join", "runID": room, "password": "pw", "role": "spectator"])
            let messages = try await socket.closing().messages
            #expect(!messages.contains { $0["type"] as? String == "joined" }, "\(what)")
        }
        try await viewer.settle()
    }

    @Test("cheers: 1 to 200 characters, one a second, to somebody who is there")
    func cheers() async throws {
        let server = try await ServerProcess.shared(["--message-burst", "1000"])
        let room = try await REST.newRoom(port: server.port)
        let runner = try await Runner.enter(room, port: server.port)
        let (spectator, _) = try await Phone.joined(port: server.port, room: room, ["role": "spectator"])
        func refused(_ message: [String: Any], _ code: String) async throws {
            spectator.send(["type": "cheer"].merging(message) { $1 })
            #expect(try await spectator.next("error").string("code") == code, "\(message)")
        }
        try await refused(["text": ""], "bad_cheer")
        try await refused(["text": "  \t "], "bad_cheer")
        try await refused(["text": String(repeating: "x", count: 201)], "bad_cheer")
        try await refused(["text": "a\u{7}b"], "bad_cheer")
        // A character of 20 KB.
        try await refused(["text": "e" + String(repeating: "\u{301}", count: 10_000)], "bad_cheer")
        try await refused(["text": 17], "bad_message")
        try await refused([:], "bad_message")
        try await refused(["text": "hi", "to": "one"], "bad_message")
        for to in [0, -1, 2, Int.max, Int.min] { try await refused(["text": "hi", "to": to], "no_such_runner") }

        // A refused cheer costs nothing; the longest one passes, character by character.
        let longest = String(repeating: "👨‍👩‍👧", count: 200)
        spectator.send(["type": "cheer", "to": 1, "text": longest])
        spectator.send(["type": "cheer", "to": 1, "text": "too soon"])
        #expect(try await runner.phone.event("cheer").string("text") == longest)
        #expect(try await spectator.next("error").string("code") == "too_many_cheers")
        // Each has a second of its own.
        runner.phone.send(["type": "cheer", "text": "thanks"])
        #expect(try await spectator.event("cheer") { $0.int("from") == 1 }.string("text") == "thanks")
        try await eventually("a cheer a second later") {
            spectator.send(["type": "cheer", "text": "again"])
            try await spectator.settle()
            return spectator.all("event").contains { $0.string("text") == "again" }
        }
        #expect(!spectator.all("event").contains { $0.string("text") == "too soon" })
    }

    @Test("spectators cannot send what is for runners")
    func spectators() async throws {
        let server = try await ServerProcess.shared()
        let room = try await REST.newRoom(port: server.port)
        let (spectator, _) = try await Phone.joined(port: server.port, room: room, ["role": "spectator"])
        for type in ["start", "pause", "finish"] {
            spectator.send(["type": type])
            #expect(try await spectator.next("error").string("code") == "runners_only")
        }
        spectator.send(["type": "markers", "markers": Way.markers(1...1, from: Way.now, stride: 1, interval: 1)])
        #expect(try await spectator.next("error").string("code") == "runners_only")
        spectator.send(["type": "leave"])
        #expect(try await spectator.closed().code == 1000)
    }

    @Test("commands out of order are refused: pause and finish before the start, twice, and after the end")
    func order() async throws {
        let server = try await ServerProcess.shared()
        let room = try await REST.newRoom(port: server.port)
        let runner = try await Runner.enter(room, port: server.port)
        func refused(_ type: String, _ code: String) async throws {
            runner.phone.send(["type": type])
            #expect(try await runner.phone.next("error").string("code") == code)
        }
        try await refused("pause", "not_running")
        try await refused("finish", "not_started")
        let start = Way.now - 60_000
        runner.phone.send(["type": "start", "time": start])
        try await refused("start", "already_running")
        try await runner.sendAndAwaitAck(Way.markers(1...10, from: start, stride: 10, interval: 3))
        runner.phone.send(["type": "pause"])
        try await refused("pause", "not_running")
        runner.phone.send(["type": "finish"])
        try await refused("finish", "already_finished")
        try await refused("pause", "already_finished")
        let finish = try await runner.phone.event("finished")
        #expect(runner.phone.all("event").map(\.kind) == ["started", "paused", "finished"])
        #expect(finish.double("seconds") == 27)
        #expect(try await runner.rest.records().count == 1)
        // A new run counts its markers from 1.
        runner.phone.send(["type": "start", "time": Way.now - 30_000])
        _ = try await runner.phone.event("started") { $0.int("event") ?? 0 > finish.int("event") ?? 0 }
        try await runner.phone.row(of: runner.number, "new run") { $0.state == "running" && $0.meters == 0 }
        runner.phone.send([
            "type": "markers", "markers": Way.markers(1...3, from: Way.now - 20_000, stride: 20, interval: 3),
        ])
        try await runner.phone.next("ack") { $0.int("marker") == 3 }
        runner.phone.send(["type": "finish"])
        let second = try await runner.phone.event("finished") { $0.int("event") ?? 0 > finish.int("event") ?? 0 }
        let records = try await runner.rest.records()
        #expect(records.map(\.runID) == [finish.int("runId"), second.int("runId")])
        #expect(records.map(\.meters) == [finish.double("meters"), second.double("meters")])
    }

    @Test("finish and leave in one breath: one record, `finished`, `left`, and the close")
    func finishAndLeave() async throws {
        let server = try await ServerProcess.shared()
        let room = try await REST.newRoom(port: server.port)
        let runner = try await Runner.enter(room, port: server.port)
        let (spectator, _) = try await Phone.joined(port: server.port, room: room, ["role": "spectator"])
        let start = Way.now - 60_000
        runner.phone.send(["type": "start", "time": start])
        runner.send(Way.markers(1...10, from: start, stride: 10, interval: 3))
        for type in ["finish", "leave", "finish", "start"] { runner.phone.send(["type": type]) }
        #expect(try await runner.phone.closed().code == 1000)
        let kinds = ["started", "finished", "left"]
        #expect(runner.phone.all("event").map(\.kind) == kinds)
        _ = try await spectator.event("left")
        #expect(spectator.all("event").map(\.kind) == kinds)
        let record = try #require(try await runner.rest.records().first)
        #expect(record.meters == runner.phone.all("event").first { $0.kind == "finished" }?.double("meters"))
        #expect(try await runner.rest.records().count == 1)
        #expect(record.markerIDs == Array(1...10))
    }

    @Test("leaving without finishing stores a run of two markers, and not one of a single marker")
    func leaving() async throws {
        let server = try await ServerProcess.shared()
        let room = try await REST.newRoom(port: server.port)
        for count in [1, 2] {
            let runner = try await Runner.enter(room, port: server.port)
            let start = Way.now - 60_000
            runner.phone.send(["type": "start", "time": start])
            runner.send(Way.markers(1...count, from: start, stride: 20, interval: 3))
            runner.phone.send(["type": "leave"])
            #expect(try await runner.phone.closed().code == 1000)
            #expect(try await runner.rest.records().count == count - 1)
        }
    }

    @Test("what is sent before `joined` is taken after it, in order")
    func pipelined() async throws {
        let server = try await ServerProcess.shared()
        let room = try await REST.newRoom(port: server.port)
        let ana = try await REST.registered("ana", port: server.port)
        let socket = try await RawSocket.webSocket(port: server.port)
        let start = Way.now - 60_000
        try await socket.send(json: ["type": "join", "runID": room, "password": "pw", "token": ana.token ?? ""])
        try await socket.send(json: ["type": "start", "time": start])
        try await socket.send(json: [
            "type": "markers", "markers": Way.markers(1...5, from: start, stride: 10, interval: 3),
        ])
        try await socket.send(json: ["type": "nonsense"])
        try await socket.send(json: ["type": "finish"])
        try await socket.send(json: ["type": "leave"])
        let (code, _, messages) = try await socket.closing()
        #expect(code == 1000)
        #expect(messages.first?["type"] as? String == "joined", "nothing is sent before it")
        #expect(messages.filter { $0["type"] as? String == "error" }.map { $0["code"] as? String } == ["unknown_type"])
        let kinds = messages.filter { $0["type"] as? String == "event" }.map { $0["kind"] as? String }
        #expect(kinds == ["started", "finished", "left"])
        #expect(abs((try await ana.records().first?.meters ?? 0) - 40) < 0.1)
    }

    @Test(
        "joins while the room is being deleted end in `joined` and `closed`, or in 4004; nobody hangs", arguments: 1...4
    )
    func joinAndDelete(round: Int) async throws {
        let server = try await ServerProcess.shared()
        let room = try await REST.newRoom(port: server.port)
        let rest = REST(port: server.port)
        var people: [REST] = []
        for _ in 0..<4 { people.append(try await REST.registered("ana", port: server.port)) }
        var phones: [Phone] = []
        for _ in 0..<8 { phones.append(try await Phone.connect(port: server.port)) }
        async let deletion = rest.delete("/api/runRoom/delete", ["runID": room, "password": "pw"])
        for (index, phone) in phones.enumerated() {
            var join: [String: Any] = ["type": "join", "runID": room, "password": "pw"]
            if index < 4 { join["token"] = people[index].token } else { join["role"] = "spectator" }
            phone.send(join)
            if index % 3 == round % 3 { try await Task.sleep(for: .milliseconds(round)) }
        }
        #expect(try await deletion.status == 200)
        for phone in phones {
            #expect(try await phone.closed().code == 4004)
            let types = phone.messages.map(\.type)
            if types.first == "joined" {
                #expect(phone.all("event").last?.kind == "closed")
            } else {
                #expect(types == ["error"])
            }
        }
        #expect(try await rest.get("/api/runRoom/\(room)").status == 404)
    }

    @Test("two devices of one person that fight for the place lose nothing of what they were told is stored")
    func twoDevices() async throws {
        let server = try await ServerProcess.shared()
        let room = try await REST.newRoom(port: server.port)
        let ana = try await REST.registered("ana", port: server.port)
        let start = Way.now - 600_000
        var phone = try await Runner.enter(room, by: ana)
        phone.phone.send(["type": "start", "time": start])
        var sent = 0
        for _ in 0..<6 {
            phone.send(Way.markers(sent + 1...sent + 10, from: start, stride: 10, interval: 3))
            try await phone.phone.settle()
            sent += 10
            let next = try await Runner.enter(room, by: ana)
            #expect(try await phone.phone.closed().code == 4009)
            let acknowledged = phone.phone.all("ack").last?.int("marker") ?? 0
            let stored = try #require(next.joined.int("marker"))
            #expect(stored >= acknowledged && stored <= sent)
            if stored < sent { next.send(Way.markers(stored + 1...sent, from: start, stride: 10, interval: 3)) }
            phone = next
        }
        phone.phone.send(["type": "finish"])
        let finish = try await phone.phone.event("finished")
        #expect(abs(finish.double("meters")! - 590) < 0.5)
        #expect(try await ana.records().map(\.markerIDs) == [Array(1...60)])
    }
}
