import Foundation
import HTTPTypes
import TestKit
import Testing

/// The close table of the protocol, row by row.
@Suite("Closes", .inTurn)
struct CloseTests {
    /// Expects an `error` with a code, and then the close.
    private func expect(
        _ phone: Phone, endsWith close: UInt16, _ code: String, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let ending = try await phone.closed()
        #expect(ending.code == close, sourceLocation: sourceLocation)
        let errors = phone.all("error")
        #expect(errors.map { $0.string("code") } == [code], sourceLocation: sourceLocation)
        #expect(errors.first?.string("message")?.isEmpty == false, sourceLocation: sourceLocation)
        #expect(phone.messages.last?.type == "error", "the error is the last word", sourceLocation: sourceLocation)
    }

    @Test(
        "1001: a server that stops tells everybody when to come back, and stores what it has",
        arguments: [SIGTERM, SIGINT])
    func stopping(signal: Int32) async throws {
        let server = try await ServerProcess.start()
        let room = try await REST.newRoom(port: server.port)
        let ana = try await Runner.enter(room, port: server.port)
        ana.phone.send(["type": "start"])
        _ = try await ana.phone.event("started")
        // Not acknowledged yet when the signal comes.
        ana.send(Way.markers(1...20, from: Way.now - 1000, stride: 0, interval: 0.01))
        try await ana.phone.settle()
        var others: [Phone] = []
        for _ in 0..<5 {
            others.append(try await Phone.joined(port: server.port, room: room, ["role": "spectator"]).phone)
        }
        let waiting = try await Phone.connect(port: server.port)
        server.signal(signal)
        var waits: Set<Int> = []
        for phone in [ana.phone, waiting] + others {
            let ending = try await phone.closed()
            #expect(ending.code == 1001)
            let wait = try #require(Int(ending.reason), "a number: \(ending.reason)")
            #expect((0..<10_000).contains(wait))
            waits.insert(wait)
        }
        #expect(waits.count > 1, "they do not all come back at once")
        #expect(try await server.ended() == .exit(0))
        #expect(throws: LoopbackSocket.NotConnected.self) { try RawSocket.connect(port: server.port) }

        server.leaveDirectory()
        let next = try await ServerProcess.start(in: server.directory)
        let back = try await Phone.joined(port: next.port, room: room, token: ana.rest.token).joined
        #expect(back.string("epoch") == ana.joined.string("epoch"))
        #expect(back.int("marker") == 20)
        #expect(back.row(ana.number)?.state == "running")
    }

    @Test("1003: binary messages are refused, before a join and after it", arguments: [false, true])
    func binary(isJoined: Bool) async throws {
        let server = try await ServerProcess.shared()
        let socket = try await RawSocket.webSocket(port: server.port)
        if isJoined {
            let room = try await REST.newRoom(port: server.port)
            try await socket.send(json: ["type": "join", "runID": room, "password": "pw", "role": "spectator"])
            _ = try await socket.next("joined")
        }
        try await socket.send(2, Array(#"{"type":"ping"}"#.utf8))
        #expect(try await socket.closing().code == 1003)
    }

    @Test(
        "1007: text that is not UTF-8",
        arguments: [
            [0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xc0, 0xaf], [0xe2, 0x82],
        ]
            as [[UInt8]])
    func invalidText(bytes: [UInt8]) async throws {
        let server = try await ServerProcess.shared()
        let socket = try await RawSocket.webSocket(port: server.port)
        try await socket.send(1, Array(#"{"type":"ping","t":""#.utf8) + bytes + Array("\"}".utf8))
        #expect(try await socket.closing().code == 1007)
    }

    @Test("1009: a message of 64 KiB passes, one byte more does not, in one frame or in many")
    func tooBig() async throws {
        let server = try await ServerProcess.shared()
        let room = try await REST.newRoom(port: server.port)
        func ping(_ size: Int) -> [UInt8] {
            let head = Array(#"{"type":"ping","x":""#.utf8)
            return head + Array(repeating: UInt8(ascii: "x"), count: size - head.count - 2) + Array("\"}".utf8)
        }
        func joined() async throws -> RawSocket {
            let socket = try await RawSocket.webSocket(port: server.port)
            try await socket.send(json: ["type": "join", "runID": room, "password": "pw", "role": "spectator"])
            _ = try await socket.next("joined")
            return socket
        }
        let whole = try await joined()
        try await whole.send(1, ping(65_536))
        _ = try await whole.next("pong")
        try await whole.send(1, ping(65_537))
        #expect(try await whole.closing().code == 1009)

        let pieces = try await joined()
        let message = ping(65_537)
        try await pieces.send(1, Array(message[..<40_000]), isFinal: false)
        try await pieces.send(0, Array(message[40_000...]))
        #expect(try await pieces.closing().code == 1009)
    }

    @Test(
        "4000: what is not the join that the protocol asks for",
        arguments: [
            "", " ", "hello", "{", "[]", "null", "17", #""join""#, "{}", #"{"type":17}"#, #"{"type":"ping","t":1}"#,
            #"{"type":"start"}"#, #"{"type":"nonsense"}"#, #"{"type":"join"}"#, #"{"type":"join","runID":{}}"#,
            #"{"type":"join","runID":["a"]}"#, #"{"type":"join","runID":null}"#, #"{"type":"join","runID":true}"#,
            #"{"type":"join","runID":"1","role":"king"}"#, #"{"type":"join","runID":"1","crs":"bd09"}"#,
            #"{"type":"join","runID":"1","role":1}"#, #"{"type":"join","runID":"1","token":17}"#,
            #"{"type":"join","runID":"1","password":[]}"#, #"{"type":"join","runID":"1","since":5}"#,
            #"{"type":"join","runID":"1","since":{"epoch":"x"}}"#, #"{"type":"join","runID":"1","clock":"now"}"#,
            #"{"type":"join","runID":"1"} x"#, #"{"type":"join","type":"join","runID":"1"}"#,
        ])
    func badJoin(text: String) async throws {
        let server = try await ServerProcess.shared()
        let phone = try await Phone.connect(port: server.port)
        phone.send(text: text)
        let ending = try await phone.closed()
        #expect(ending.code == 4000)
        #expect(phone.messages.map(\.type) == ["error"])
        #expect(["bad_json", "bad_message"].contains(phone.messages.first?.string("code")))
    }

    @Test("4001: a runner without a token, and with one that is not valid")
    func unauthorized() async throws {
        let server = try await ServerProcess.shared()
        let room = try await REST.newRoom(port: server.port)
        for token in [nil, "", "nonsense", "Bearer nonsense", String(repeating: "A", count: 43)] {
            let phone = try await Phone.connect(port: server.port)
            var join: [String: Any] = ["type": "join", "runID": room, "password": "pw"]
            join["token"] = token
            phone.send(join)
            try await expect(phone, endsWith: 4001, "unauthorized")
        }
    }

    @Test("4001: the account is deleted: its runner leaves, its run goes with it, and the others stay")
    func deletedAccount() async throws {
        let server = try await ServerProcess.shared()
        let room = try await REST.newRoom(port: server.port)
        let ana = try await Runner.enter(room, as: "ana", port: server.port)
        let ben = try await Runner.enter(room, as: "ben", port: server.port)
        // Somebody's second room, where they only look on: that takes no account.
        let other = try await REST.newRoom(port: server.port)
        let watching = try await Phone.joined(port: server.port, room: other, ["role": "spectator"]).phone
        let elsewhere = try await Runner.enter(other, by: ana.rest)
        let start = Way.now - 60_000
        ana.phone.send(["type": "start", "time": start])
        try await ana.sendAndAwaitAck(Way.markers(1...10, from: start, stride: 10, interval: 3))

        let deleted = try await ana.rest.delete(
            "/api/users/delete", ["username": ana.rest.username, "password": "secret"])
        #expect(deleted.status == 200)
        for phone in [ana.phone, elsewhere.phone] {
            let ending = try await phone.closed()
            #expect(ending.code == 4001)
            #expect(phone.all("error").last?.string("code") == "unauthorized")
        }
        _ = try await ben.phone.event("left") { $0.int("runner") == ana.number }
        _ = try await watching.event("left") { $0.int("runner") == elsewhere.number }
        try await ben.phone.settle()
        try await watching.settle()
        #expect(ben.phone.isOpen && watching.isOpen)
        let shown = try await ben.rest.get("/api/runRoom/\(room)")
        #expect(shown.text.contains(ben.rest.username) && !shown.text.contains(ana.rest.username))
        // The name is free, the token is not.
        let back = try await Phone.connect(port: server.port)
        back.send(["type": "join", "runID": room, "password": "pw", "token": ana.rest.token ?? ""])
        try await expect(back, endsWith: 4001, "unauthorized")
        let again = try await REST(port: server.port).post(
            "/api/users", ["username": ana.rest.username, "password": "secret"])
        #expect(again.status == 200)
        let renewed = REST(port: server.port, token: again["token"] as? String, username: ana.rest.username)
        #expect(try await renewed.records().isEmpty)
    }

    @Test("who is deleted while the room sleeps is not in it when it wakes, nor in the list of rooms before")
    func deletedAsleep() async throws {
        let server = try await ServerProcess.start(["--sleep-after", "1"])
        let room = try await REST.newRoom(port: server.port)
        let ana = try await REST.registered("ana", port: server.port)
        let ben = try await REST.registered("ben", port: server.port)
        for rest in [ana, ben] {
            let joined = try await rest.post(
                "/api/runRoom/join", ["runID": room, "password": "pw", "username": rest.username])
            #expect(joined.status == 200)
        }
        try await eventually("sleep") { try await server.metrics()["runroom_rooms_awake"] == 0 }
        #expect(
            try await ana.delete("/api/users/delete", ["username": ana.username, "password": "secret"]).status == 200)
        let listed = try await ben.get("/api/runRoom/all")
        let runners = (listed["rooms"] as? [[String: Any]])?.first?["runners"] as? [[String: Any]]
        #expect(runners?.map { $0["username"] as? String } == [ben.username])
        #expect(try await server.metrics()["runroom_rooms_awake"] == 0, "it sleeps on")

        let (phone, joined) = try await Phone.joined(port: server.port, room: room, token: ben.token)
        #expect(try await !ben.get("/api/runRoom/\(room)").text.contains(ana.username))
        #expect(try await ben.runner(ben.username, in: room)["in_room"] as? Bool == true)
        // Stored like any leave: after another restart it has not happened again.
        phone.send(["type": "cheer", "text": "hop"])
        let event = try await phone.event("cheer").int("event")
        server.leaveDirectory()
        #expect(try await server.terminate() == .exit(0))
        let next = try await ServerProcess.start(in: server.directory)
        let back = try await Phone.joined(
            port: next.port, room: room, token: ben.token,
            ["since": ["epoch": joined.string("epoch") ?? "", "event": event ?? 0]]
        ).joined
        #expect(back.int("event") == event)
        #expect(back.row(1)?.state == "left")
    }

    @Test("4001: all users are deleted, while some of them join: nobody stays")
    func wiped() async throws {
        let server = try await RouteWorld.server(.own)
        let root = try await REST(port: server.port).post(
            "/api/users/login", ["username": "root", "password": "root secret"])
        let room = try await REST.newRoom(port: server.port)
        let people = try await withThrowingTaskGroup(of: REST.self) { group in
            for _ in 0..<20 { group.addTask { try await REST.registered("crowd", port: server.port) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let there = try await Runner.enter(room, by: people[0])
        var phones = [there.phone]
        for person in people.dropFirst() {
            let phone = try await Phone.connect(port: server.port)
            phone.send(["type": "join", "runID": room, "password": "pw", "token": person.token ?? ""])
            phones.append(phone)
        }
        let wiped = try await REST(port: server.port, token: root["token"] as? String).delete("/api/users/deleteAll")
        #expect(wiped["deletedCount"] as? Int == 20)
        for phone in phones { #expect(try await phone.closed().code == 4001) }
        // Some gauges are as of the last second.
        try await eventually("an empty room") { try await server.metrics()["runroom_runners_connected"] == 0 }
    }

    @Test("4001: who logs out is out, other logins of the same account stay; a new password ends them all")
    func endedLogins() async throws {
        let server = try await ServerProcess.shared()
        let client = WorldClient(port: server.port)
        let rooms = try await [
            REST.newRoom(port: server.port), REST.newRoom(port: server.port), REST.newRoom(port: server.port),
        ]
        // The word `secret` by its MD5, as the entry task's clients send it.
        let name = REST.newName("lena")
        let form = #"{"username":"\#(name)","password":"5ebe2294ecd0e0f08eab7690d2a6ee69","nickname":"Lena"}"#
        #expect(try await client.send("POST", "/register", json: form).int("code") == 0)
        var tokens: [String] = []
        for _ in 0..<2 {
            let login = try await client.send("POST", "/login", json: form)
            tokens.append(try #require(login.text("result", "token"), "\(login.text)"))
        }
        let ben = try await Runner.enter(rooms[0], port: server.port)
        let first = try await Phone.joined(port: server.port, room: rooms[0], token: tokens[0])
        let second = try await Phone.joined(port: server.port, room: rooms[1], token: tokens[1])
        let out = try await client.send("POST", "/user/logout", json: "{}", authorization: tokens[0])
        #expect(out.int("code") == 0, "\(out.text)")
        try await expect(first.phone, endsWith: 4001, "unauthorized")
        second.phone.send(["type": "ping", "t": 1])
        _ = try await second.phone.next("pong")
        let late = try await Phone.connect(port: server.port)
        late.send(["type": "join", "runID": rooms[0], "password": "pw", "token": tokens[0]])
        try await expect(late, endsWith: 4001, "unauthorized")

        // Another world's account changes its password.
        let ana = try await REST.registered("ana", port: server.port)
        let phone = try await Phone.joined(port: server.port, room: rooms[2], token: ana.token).phone
        let changed = try await ana.call(
            "PUT", "/api/users/update",
            ["username": ana.username, "password": "secret", "newPassword": "another secret"])
        #expect(changed.status == 200, "\(changed.text)")
        try await expect(phone, endsWith: 4001, "unauthorized")
        ben.phone.send(["type": "ping", "t": 1])
        _ = try await ben.phone.next("pong")
    }

    @Test("a token may have its prefix, and may come in the upgrade's header")
    func tokens() async throws {
        let server = try await ServerProcess.shared()
        let room = try await REST.newRoom(port: server.port)
        let ana = try await REST.registered("ana", port: server.port)
        let token = try #require(ana.token)
        let (_, first) = try await Phone.joined(port: server.port, room: room, token: "Bearer \(token)")
        #expect(first.int("runner") == 1)
        let phone = try await Phone.connect(port: server.port, headers: [.authorization: "Bearer \(token)"])
        phone.send(["type": "join", "runID": room])
        #expect(try await phone.next("joined").int("runner") == 1)
    }

    @Test("4003: a wrong or missing room password, for runners and spectators; known runners need none")
    func wrongPassword() async throws {
        let server = try await ServerProcess.shared()
        let room = try await REST.newRoom(port: server.port)
        let ana = try await REST.registered("ana", port: server.port)
        for role in ["runner", "spectator"] {
            for password in [nil, "", "wrong", "PW"] {
                let phone = try await Phone.connect(port: server.port)
                var join: [String: Any] = ["type": "join", "runID": room, "role": role]
                join["token"] = ana.token
                join["password"] = password
                phone.send(join)
                try await expect(phone, endsWith: 4003, "wrong_password")
            }
        }
        let inside = try await Runner.enter(room, by: ana)
        inside.phone.hangUp()
        let (_, back) = try await Phone.joined(port: server.port, room: room, password: "wrong", token: ana.token)
        #expect(back.int("runner") == inside.number)
    }

    @Test("4029: passwords cannot be guessed on, over either door, and who is behind another proxy's address may enter")
    func guesses() async throws {
        let server = try await ServerProcess.start([
            "--rate-limits", "on", "--limit-room-guesses", "4:1", "--trusted-proxies", "127.0.0.0/8",
        ])
        let room = try await REST.newRoom(port: server.port)
        func join(_ password: String, from address: String) async throws -> Phone {
            let phone = try await Phone.connect(
                port: server.port, headers: [try #require(HTTPField.Name("X-Forwarded-For")): address])
            phone.send(["type": "join", "runID": room, "password": password, "role": "spectator"])
            return phone
        }
        for _ in 0..<2 { try await expect(join("x", from: "192.0.2.1"), endsWith: 4003, "wrong_password") }
        let headers = ["X-Forwarded-For": "192.0.2.1"]
        let body = Data(#"{"runID":"\#(room)","password":"y","username":"nobody"}"#.utf8)
        func guess() async throws -> REST.Answer {
            try await REST(port: server.port).send("POST", "/api/runRoom/join", headers, body)
        }
        for _ in 0..<2 { #expect(try await guess().status == 401) }
        for password in ["x", "pw"] {
            try await expect(join(password, from: "192.0.2.1"), endsWith: 4029, "too_many_guesses")
        }
        let refused = try await guess()
        #expect(refused.status == 429)
        #expect(refused.headers["retry-after"].flatMap { Int($0) }.map((1...60).contains) == true)
        _ = try await join("pw", from: "192.0.2.2").next("joined")
    }

    @Test("numbers are taken as the digits of a room and a password")
    func numbers() async throws {
        let server = try await ServerProcess.shared()
        let rest = REST(port: server.port)
        let number = Int.random(in: 1_000_000...2_000_000_000)
        #expect(try await rest.post("/api/runRoom/create", ["runID": number, "password": 159]).status == 201)
        let phone = try await Phone.connect(port: server.port)
        phone.send(["type": "join", "runID": number, "password": 159, "role": "spectator"])
        #expect(try await phone.next("joined").string("runID") == "\(number)")
    }

    @Test("4004: no such room")
    func unknownRoom() async throws {
        let server = try await ServerProcess.shared()
        let ana = try await REST.registered("ana", port: server.port)
        for more in [["role": "spectator"], ["token": ana.token ?? ""]] {
            let phone = try await Phone.connect(port: server.port)
            phone.send(["type": "join", "runID": REST.newName("nowhere"), "password": "pw"].merging(more) { $1 })
            try await expect(phone, endsWith: 4004, "no_such_room")
        }
    }

    @Test("4004: the room is deleted: `closed` comes first, the unfinished run is kept, and the name is free again")
    func deletedRoom() async throws {
        let server = try await ServerProcess.shared()
        let room = try await REST.newRoom(port: server.port)
        let ana = try await Runner.enter(room, as: "ana", port: server.port)
        let (spectator, _) = try await Phone.joined(port: server.port, room: room, ["role": "spectator"])
        let start = Way.now - 60_000
        ana.phone.send(["type": "start", "time": start])
        ana.send(Way.markers(1...10, from: start, stride: 10, interval: 3))
        try await ana.phone.settle()
        let rest = REST(port: server.port)
        #expect(try await rest.delete("/api/runRoom/delete", ["runID": room, "password": "no"]).status == 403)
        #expect(try await rest.delete("/api/runRoom/delete", ["runID": room, "password": "pw"]).status == 200)
        for phone in [ana.phone, spectator] {
            try await expect(phone, endsWith: 4004, "room_deleted")
            #expect(phone.all("event").suffix(2).map(\.kind) == ["finished", "closed"])
        }
        #expect(abs((try await ana.rest.records().first?.meters ?? 0) - 90) < 0.2)
        #expect(try await rest.get("/api/runRoom/\(room)").status == 404)

        #expect(try await rest.post("/api/runRoom/create", ["runID": room, "password": "pw"]).status == 201)
        let again = try await Runner.enter(room, by: ana.rest)
        #expect(again.joined.string("epoch") != ana.joined.string("epoch"))
        #expect(again.joined.int("event") == 1 && again.joined.int("marker") == 0)
    }

    @Test("4008: no join in time; a join that came in time stays")
    func noJoin() async throws {
        let server = try await ServerProcess.shared(["--join-timeout", "1"])
        let room = try await REST.newRoom(port: server.port)
        let (inTime, _) = try await Phone.joined(port: server.port, room: room, ["role": "spectator"])
        let silent = try await Phone.connect(port: server.port)
        try await expect(silent, endsWith: 4008, "timeout")
        try await inTime.settle()
    }

    @Test("4008: silence; whoever answers pings is not silent")
    func silence() async throws {
        let server = try await ServerProcess.shared(["--ping-interval", "1", "--silence-limit", "3"])
        let room = try await REST.newRoom(port: server.port)
        let (answering, _) = try await Phone.joined(port: server.port, room: room, ["role": "spectator"])
        let silent = try await RawSocket.webSocket(port: server.port)
        try await silent.send(json: ["type": "join", "runID": room, "password": "pw", "role": "spectator"])
        _ = try await silent.next("joined")
        var pings = 0
        while let frame = try await silent.frame(), frame.opcode != 8 {
            if frame.opcode == 9 { pings += 1 }
            if frame.opcode == 1 { #expect(frame.json["code"] as? String == "timeout") }
        }
        #expect(pings >= 1)
        #expect(try await server.metrics()["runroom_closes_total{code=\"4008\"}"] == 1)
        // As silent, by its messages, for longer.
        #expect(answering.isOpen)
        try await answering.settle()
    }

    @Test("4009: a second connection of the same person in the same room replaces the first, and nobody else sees it")
    func replaced() async throws {
        let server = try await ServerProcess.shared()
        let room = try await REST.newRoom(port: server.port)
        let ben = try await Runner.enter(room, as: "ben", port: server.port)
        let first = try await Runner.enter(room, as: "ana", port: server.port)
        first.phone.send(["type": "start", "time": Way.now - 60_000])
        try await first.sendAndAwaitAck(Way.markers(1...3, from: Way.now - 50_000, stride: 10, interval: 3))
        let second = try await Runner.enter(room, by: first.rest)
        try await expect(first.phone, endsWith: 4009, "replaced")
        #expect(second.number == first.number && second.joined.int("marker") == 3)
        second.send(Way.markers(4...5, from: Way.now - 50_000, stride: 10, interval: 3))
        try await second.phone.next("ack") { $0.int("marker") == 5 }
        ben.phone.send(["type": "cheer", "text": "go"])
        _ = try await ben.phone.event("cheer")
        let kinds = ben.phone.all("event").filter { $0.int("runner") == first.number }.map(\.kind)
        #expect(kinds == ["joined", "started"], "no offline, no second joined")
        // In another room the same person is somebody else.
        let elsewhere = try await Runner.enter(try await REST.newRoom(port: server.port), by: first.rest)
        #expect(elsewhere.number == 1)
        try await second.phone.settle()
    }

    @Test("4029: control frames and empty fragments count as messages do")
    func tooManyControls() async throws {
        let server = try await ServerProcess.start(["--message-burst", "10", "--messages-per-second", "0.1"])
        for (opcode, isFinal) in [(9 as UInt8, true), (10, true), (0, false)] {
            let socket = try await RawSocket.webSocket(port: server.port)
            if opcode == 0 { try await socket.send(1, [], isFinal: false) }
            for _ in 0..<12 { try await socket.send(opcode, [], isFinal: isFinal) }
            #expect(try await socket.closing().code == 4029)
        }
    }

    @Test("4010: who does not read is closed, and nobody else is the worse for it")
    func tooSlow() async throws {
        let server = try await ServerProcess.start(["--slow-limit", "6", "--tick", "50"])
        let room = try await REST.newRoom(port: server.port)
        let runner = try await Runner.enter(room, port: server.port)
        let (viewer, _) = try await Phone.joined(port: server.port, room: room, ["role": "spectator"])
        // So long ago that no marker is ahead of the server's clock, however quickly they follow each other.
        let start = Way.now - 600_000
        runner.phone.send(["type": "start", "time": start])
        _ = try await viewer.event("started")
        var pack: [Runner] = []
        for _ in 0..<40 {
            let other = try await Runner.enter(room, port: server.port)
            other.phone.send(["type": "start", "time": start])
            pack.append(other)
        }
        let memory = try #require(try await server.metrics()["process_resident_memory_bytes"])

        let stalled = try await RawSocket.webSocket(port: server.port, receiveBuffer: 2048)
        try await stalled.send(json: ["type": "join", "runID": room, "password": "pw", "role": "spectator"])
        // Frames that it does not read, with a row of each of these: far more than the sockets' buffers hold.
        var id = 0
        var closes = 0.0
        try await eventually("close 4010") {
            id += 1
            let marker = Way.marker(id, Double(id) * 4, at: start + Int64(id) * 1000)
            for other in pack { other.send([marker]) }
            // What must not be missed waits behind them.
            if id % 15 == 0 { runner.phone.send(["type": "cheer", "text": "go"]) }
            runner.send([marker])
            // The frame with this marker is there before the next one is sent: the stalled socket holds up nobody.
            let latitude = Way.latitude(at: Double(id) * 4)
            try await viewer.row(of: runner.number, "marker \(id)") { abs(($0.latitude ?? 0) - latitude) < 2e-6 }
            // Within the budget of messages.
            if id % 10 == 0 { closes = try await server.metrics()["runroom_closes_total{code=\"4010\"}"] ?? 0 }
            try await Task.sleep(for: .milliseconds(100))
            return closes == 1
        }
        #expect(id >= 10)
        let metrics = try await server.metrics()
        #expect(try #require(metrics["process_resident_memory_bytes"]) - memory < 40e6)
        #expect(try #require(metrics["runroom_frames_skipped_total"]) > 0)
        // Reading again it finds what was in the buffers, the end, and nothing of the frames that it missed.
        let ending = try await stalled.closing()
        #expect(ending.code == 4010 || ending.code == nil)
        #expect(ending.messages.count < 100)
        try await viewer.settle()
        try await runner.phone.settle()
        #expect(viewer.isOpen && runner.phone.isOpen)
        try await eventually("end of the connection") { try await server.metrics()["runroom_live_connections"] == 42 }
    }

    @Test("who does not read cannot hold on to a connection that was closed for another reason, nor hold up the end")
    func stalledEnd() async throws {
        let server = try await ServerProcess.start(["--tick", "50", "--slow-limit", "4"])
        let room = try await REST.newRoom(port: server.port)
        let start = Way.now - 600_000
        var pack: [Runner] = []
        for _ in 0..<40 {
            let runner = try await Runner.enter(room, port: server.port)
            runner.phone.send(["type": "start", "time": start])
            pack.append(runner)
        }
        var id = 0
        /// A spectator whose socket takes nothing more: what has not gone of a frame waits, and goes on waiting.
        func stalled() async throws -> RawSocket {
            let socket = try await RawSocket.webSocket(port: server.port, receiveBuffer: 2048)
            try await socket.send(json: ["type": "join", "runID": room, "password": "pw", "role": "spectator"])
            _ = try await socket.next("joined")
            // Frames with a row of each of these, and no event, which could not wait for long.
            var looks = 0
            try await eventually("a socket that takes nothing", within: .seconds(60)) {
                id += 1
                let marker = Way.marker(id, Double(id) * 4, at: start + Int64(id) * 1000)
                for runner in pack { runner.send([marker]) }
                try await Task.sleep(for: .milliseconds(100))
                let isStalled = try await server.metrics()["runroom_backlog_bytes"] ?? 0 > 0
                looks = isStalled ? looks + 1 : 0
                return looks == 5
            }
            return socket
        }
        let flooding = try await stalled()
        // In one piece, so that however slow the machine is they come at once.
        try await flooding.send(texts: [String](repeating: #"{"type":"ping"}"#, count: 80))
        try await eventually("close 4029") {
            try await server.metrics()["runroom_closes_total{code=\"4029\"}"] == 1
        }
        try await eventually("end of the connection") {
            try await server.metrics()["runroom_live_connections"] == Double(pack.count)
        }
        #expect(try await server.metrics()["runroom_backlog_bytes"] == 0)
        let atTheEnd = try await stalled()
        let begun = ContinuousClock.now
        #expect(try await server.terminate() == .exit(0))
        #expect(begun.duration(to: .now) < .seconds(15))
        _ = try await atTheEnd.closing()
    }

    @Test("4011: a full room, for runners and for spectators; somebody who leaves makes room")
    func full() async throws {
        let server = try await ServerProcess.shared(["--room-capacity", "2", "--spectators", "1"])
        let room = try await REST.newRoom(port: server.port)
        let ana = try await Runner.enter(room, as: "ana", port: server.port)
        let ben = try await Runner.enter(room, as: "ben", port: server.port)
        let cy = try await REST.registered("cy", port: server.port)
        func refused(_ more: [String: Any]) async throws {
            let phone = try await Phone.connect(port: server.port)
            phone.send(["type": "join", "runID": room, "password": "pw"].merging(more) { $1 })
            try await expect(phone, endsWith: 4011, "room_full")
        }
        try await refused(["token": cy.token ?? ""])
        let (spectator, _) = try await Phone.joined(port: server.port, room: room, ["role": "spectator"])
        try await refused(["role": "spectator"])
        #expect(
            try await REST(port: server.port).post(
                "/api/runRoom/join", ["runID": room, "password": "pw", "username": cy.username]
            ).status == 409)

        // A runner who is only offline keeps the place; one who left does not.
        ben.phone.hangUp()
        _ = try await ben.phone.closed()
        try await refused(["token": cy.token ?? ""])
        ana.phone.send(["type": "leave"])
        #expect(try await ana.phone.closed().code == 1000)
        #expect(try await Runner.enter(room, by: cy).number == 3)
        spectator.hangUp()
        _ = try await spectator.closed()
        try await eventually("room for a spectator") {
            try await server.metrics()["runroom_live_connections"] == 1
        }
        _ = try await Phone.joined(port: server.port, room: room, ["role": "spectator"])
    }

    @Test("4029: a burst of 60 messages passes, more does not, nor before the join is answered")
    func tooMany() async throws {
        let server = try await ServerProcess.shared()
        let room = try await REST.newRoom(port: server.port)
        let (phone, _) = try await Phone.joined(port: server.port, room: room, ["role": "spectator"])
        for number in 1...59 { phone.send(["type": "ping", "t": number]) }
        try await phone.next("pong") { $0.int("t") == 59 }
        for _ in 1...100 { phone.send(["type": "ping"]) }
        try await expect(phone, endsWith: 4029, "too_many_messages")
        // Those that came within the budget were answered first.
        #expect((59...90).contains(phone.all("pong").count))

        let eager = try await Phone.connect(port: server.port)
        eager.send(["type": "join", "runID": room, "password": "pw", "role": "spectator"])
        for _ in 1...100 { eager.send(["type": "ping"]) }
        #expect(try await eager.closed().code == 4029)
    }

    @Test("20 messages a second are no sin")
    func steady() async throws {
        let server = try await ServerProcess.shared(["--messages-per-second", "20", "--message-burst", "5"])
        let room = try await REST.newRoom(port: server.port)
        let (phone, _) = try await Phone.joined(port: server.port, room: room, ["role": "spectator"])
        for number in 1...40 {
            // From answer to message, so that a busy machine has fewer of them a second, and never a bunch.
            try await Task.sleep(for: .milliseconds(50))
            phone.send(["type": "ping", "t": number])
            try await phone.next("pong") { $0.int("t") == number }
        }
        #expect(phone.isOpen)
    }

    @Test("4029: an address joins so often, and who is behind another comes in")
    func joins() async throws {
        let server = try await ServerProcess.start([
            "--rate-limits", "on", "--limit-joins", "3:1", "--trusted-proxies", "127.0.0.0/8",
        ])
        let room = try await REST.newRoom(port: server.port)
        func join(from address: String) async throws -> Phone {
            let phone = try await Phone.connect(
                port: server.port, headers: [try #require(HTTPField.Name("X-Forwarded-For")): address])
            phone.send(["type": "join", "runID": room, "password": "pw", "role": "spectator"])
            return phone
        }
        for _ in 0..<3 { _ = try await join(from: "192.0.2.1").next("joined") }
        try await expect(join(from: "192.0.2.1"), endsWith: 4029, "too_many_joins")
        _ = try await join(from: "192.0.2.2").next("joined")
    }
}
