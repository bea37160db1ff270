import Foundation
import GRDB
import TestKit
import Testing

/// The plug is pulled at any moment, and the next start goes on.
@Suite("Crashes", .inTurn)
struct CrashTests {
    /// A runner across crashes: what was sent, and what the server has promised.
    private struct Streamer {
        static let stride = 4.5
        static let interval = 1.5

        let rest: REST
        let room: String
        var phone: Phone
        /// So many of the phone's messages have been taken down.
        var read = 0
        let number: Int
        let epoch: String
        /// Every event number that was heard, with its text.
        var events: [Int: String] = [:]
        var lastEvent: Int
        var start: Int64 = 0
        var sent = 0
        var acknowledged = 0
        var isFinishing = false
        var wasToldFinish = false
        var mustFinishAgain = false
        /// Nothing had to be sent again after the crash.
        var awaitsNothing = true
        /// Metres of the runs that are over, in order.
        var finished: [Double] = []

        init(_ runner: Runner) throws {
            rest = runner.rest
            room = runner.room
            phone = runner.phone
            number = runner.number
            epoch = try #require(runner.joined.string("epoch"))
            lastEvent = try #require(runner.joined.int("event"))
        }

        var expectedMeters: Double { Double(max(0, sent - 1)) * Self.stride }

        mutating func begin() async throws {
            start = Way.now - 3_600_000
            (sent, acknowledged) = (0, 0)
            (isFinishing, wasToldFinish, mustFinishAgain) = (false, false, false)
            let known = lastEvent
            phone.send(["type": "start", "time": start])
            let number = number
            _ = try await phone.event("started") { $0.int("runner") == number && $0.int("event") ?? 0 > known }
            // Acks until here were of the run before.
            try remember()
            (acknowledged, wasToldFinish) = (0, false)
        }

        mutating func step() {
            phone.send([
                "type": "markers",
                "markers": Way.markers(
                    sent + 1...sent + 3, from: start, stride: Self.stride, interval: Self.interval),
            ])
            sent += 3
        }

        /// Takes down what the server has said since the last time.
        mutating func remember() throws {
            let new = phone.messages.dropFirst(read)
            read += new.count
            acknowledged = max(acknowledged, new.last { $0.type == "ack" }?.int("marker") ?? 0)
            for event in new where event.type == "event" {
                let number = try #require(event.int("event"))
                #expect(number == lastEvent + 1, "events come in order and without a gap")
                lastEvent = number
                events[number] = event.text
                if event.kind == "finished", event.int("runner") == self.number { wasToldFinish = true }
            }
        }

        mutating func resend(from marker: Int) {
            awaitsNothing = false
            phone.send([
                "type": "markers",
                "markers": Way.markers(marker...sent, from: start, stride: Self.stride, interval: Self.interval),
            ])
        }

        /// Joins the server that came after the crash.
        ///
        /// - Returns: What it says of the join.
        mutating func comeBack(port: Int) async throws -> Phone.Message {
            // Some events that are known already are asked for again: they must be the same.
            let since = max(0, lastEvent - 3)
            let (phone, joined) = try await Phone.joined(
                port: port, room: room, token: rest.token, ["since": ["epoch": epoch, "event": since]])
            self.phone = phone
            read = 0
            #expect(joined.string("epoch") == epoch)
            #expect(joined.int("runner") == number)
            #expect(joined.json["recovered"] as? Bool == true)
            #expect(try #require(joined.int("event")) >= lastEvent, "what was told has happened")
            let recovered = (joined.json["events"] as? [[String: Any]]) ?? []
            #expect(recovered.compactMap { $0["event"] as? Int } == Array(since + 1..<since + 1 + recovered.count))
            for event in recovered {
                let number = try #require(event["event"] as? Int)
                guard let told = events[number] else { continue }
                let old = try JSONSerialization.jsonObject(with: Data(told.utf8)) as? NSDictionary
                #expect(old == event as NSDictionary, "event \(number) is what it was")
            }
            lastEvent = try #require(joined.int("event"))
            awaitsNothing = true
            return joined
        }
    }

    @Test("kill -9 at random moments: nothing acknowledged is lost, nothing goes back, each run is stored once")
    func killed() async throws {
        var random = SystemRandomNumberGenerator()
        let flags = ["--offline-grace", "60"]
        var server = try await ServerProcess.start(flags)
        var streamers: [Streamer] = []
        for _ in 0..<3 {
            let room = try await REST.newRoom(port: server.port)
            for _ in 0..<2 { streamers.append(try Streamer(try await Runner.enter(room, port: server.port))) }
        }
        for index in streamers.indices { try await streamers[index].begin() }
        var sawLoss = false
        for round in 1...8 {
            // While they stream, one of them ends its run at some moment.
            let end = ContinuousClock.now + .milliseconds(Int.random(in: 100...1300, using: &random))
            let finishing = Int.random(in: streamers.indices, using: &random)
            let finishAt = ContinuousClock.now + .milliseconds(Int.random(in: 50...1300, using: &random))
            while ContinuousClock.now < end {
                for index in streamers.indices where !streamers[index].isFinishing {
                    streamers[index].step()
                    if index == finishing, ContinuousClock.now >= finishAt, streamers[index].sent > 30 {
                        streamers[index].phone.send(["type": "finish"])
                        streamers[index].isFinishing = true
                    }
                }
                try await Task.sleep(for: .milliseconds(80))
            }
            // Some are under way when it ends.
            for index in streamers.indices where !streamers[index].isFinishing { streamers[index].step() }
            try await server.killHard()
            for index in streamers.indices {
                _ = try await streamers[index].phone.closed()
                try streamers[index].remember()
            }
            server.leaveDirectory()
            server = try await ServerProcess.start(flags, in: server.directory)
            try await eventually("all rooms") { server.logText.contains("all rooms are up") }
            #expect(!server.logText.contains("damaged"))

            // All come back, and send again what is not stored.
            for index in streamers.indices {
                let streamer = streamers[index]
                let joined = try await streamers[index].comeBack(port: server.port)
                let marker = try #require(joined.int("marker"))
                #expect(marker >= streamer.acknowledged, "round \(round): acknowledged means on disk")
                #expect(marker <= streamer.sent)
                let row = try #require(joined.row(streamer.number))
                #expect(abs(row.meters! - Double(max(0, marker - 1)) * Streamer.stride) < 1)
                if streamer.wasToldFinish { #expect(row.state == "finished", "what was told has happened") }
                if row.state != "finished", streamer.isFinishing {
                    // What a client does that was not told of its finish.
                    streamers[index].mustFinishAgain = true
                }
                guard marker < streamer.sent else { continue }
                sawLoss = true
                streamers[index].resend(from: marker + 1)
            }
            // The distances are then what they would have been.
            for index in streamers.indices {
                let streamer = streamers[index]
                try await eventually("acknowledgement of all that was sent again") {
                    streamer.awaitsNothing || streamer.phone.all("ack").last?.int("marker") == streamer.sent
                }
                try await streamer.phone.row(of: streamer.number, "\(streamer.expectedMeters) m after the crash") {
                    abs($0.meters! - streamer.expectedMeters) < 1
                }
                guard streamer.isFinishing else { continue }
                if streamer.mustFinishAgain {
                    streamer.phone.send(["type": "finish"])
                    _ = try await streamer.phone.event("finished") { $0.int("runner") == streamer.number }
                }
                streamers[index].finished.append(streamer.expectedMeters)
                try streamers[index].remember()
                try await streamers[index].begin()
            }
        }
        #expect(sawLoss, "the moments were such that something had to be sent again")

        // All end their runs, once, and have each run exactly once.
        for index in streamers.indices {
            let number = streamers[index].number
            let known = streamers[index].lastEvent
            streamers[index].phone.send(["type": "finish"])
            _ = try await streamers[index].phone.event("finished") {
                $0.int("runner") == number && $0.int("event") ?? 0 > known
            }
            streamers[index].finished.append(streamers[index].expectedMeters)
            let rest = REST(
                port: server.port, token: streamers[index].rest.token, username: streamers[index].rest.username)
            let records = try await rest.records()
            #expect(records.map(\.runID) == Array(1...streamers[index].finished.count))
            for (record, meters) in zip(records, streamers[index].finished) {
                #expect(abs(record.meters! - meters) < 1)
                #expect(record.markerIDs == record.markerIDs.indices.map { $0 + 1 })
                #expect(abs(Double(max(0, record.markerIDs.count - 1)) * Streamer.stride - meters) < 0.01)
            }
        }
        // The last word survives too.
        try await server.killHard()
        server.leaveDirectory()
        let last = try await ServerProcess.start(flags, in: server.directory)
        for streamer in streamers {
            let rest = REST(port: last.port, token: streamer.rest.token, username: streamer.rest.username)
            #expect(try await rest.records().count == streamer.finished.count)
        }
    }

    @Test("what REST has answered survives: accounts, rooms, runners, and the running clock")
    func answered() async throws {
        let server = try await ServerProcess.start()
        let room = try await REST.newRoom(port: server.port)
        let ana = try await REST.registered("ana", port: server.port)
        let identity: [String: Any] = ["runID": room, "password": "pw", "username": ana.username]
        let rest = REST(port: server.port)
        #expect(try await rest.post("/api/runRoom/join", identity).status == 200)
        #expect(
            try await rest.post(
                "/api/runRoom/update", identity.merging(["running": true, "meters": 500, "seconds": 120]) { $1 }
            ).status == 200)
        try await server.killHard()
        server.leaveDirectory()
        let next = try await ServerProcess.start(in: server.directory)
        let again = REST(port: next.port, token: ana.token, username: ana.username)
        let runner = try await again.runner(ana.username, in: room)
        #expect(runner["meters"] as? Double == 500 && runner["seconds"] as? Double == 120)
        #expect(runner["running"] as? Bool == true)
        #expect(try await again.post("/api/users/tokenCheck", [:]).status == 200)
        #expect(
            try await again.post("/api/users/login", ["username": ana.username, "password": "secret"]).status == 200)
    }

    @Test(
        "late markers after the finish correct the distance and the record, before a crash and after it; then they are too late"
    )
    func lateMarkers() async throws {
        // At the end it asks for as long as late markers are taken, on a quick machine some thousand times.
        let flags = ["--late-markers", "6", "--message-burst", "100000"]
        let server = try await ServerProcess.start(flags)
        let room = try await REST.newRoom(port: server.port)
        let ana = try await Runner.enter(room, as: "ana", port: server.port)
        let start = Way.now - 120_000
        ana.phone.send(["type": "start", "time": start])
        // There and back through a tunnel: 1-3 on the way in, 10-12 on the way out; 4-9 are missing.
        func marker(_ id: Int) -> [String: Any] {
            Way.marker(id, Double(id <= 6 ? id : 13 - id) * 10, at: start + Int64(id) * 3000)
        }
        ana.send([1, 2, 3, 10, 11, 12].map(marker))
        try await ana.phone.row(of: ana.number, "40 m") { abs($0.meters! - 40) < 0.2 }
        ana.phone.send(["type": "finish"])
        let finish = try await ana.phone.event("finished")
        #expect(abs(finish.double("meters")! - 40) < 0.2)
        ana.send([4, 9].map(marker))
        let first = try await ana.phone.event("corrected")
        #expect(first.double("from") == finish.double("meters"))
        #expect(abs(first.double("to")! - 60) < 0.2)
        #expect(try await ana.rest.records().map(\.meters) == [first.double("to")])
        try await server.killHard()

        server.leaveDirectory()
        let next = try await ServerProcess.start(flags, in: server.directory)
        let rest = REST(port: next.port, token: ana.rest.token, username: ana.rest.username)
        let back = try await Runner.enter(room, by: rest)
        #expect(back.joined.int("marker") == 4, "5 to 8 are missing")
        #expect(back.joined.row(back.number)?.meters == first.double("to"))
        back.send([5, 6, 7, 8].map(marker))
        let second = try await back.phone.event("corrected")
        #expect(second.double("from") == first.double("to"))
        #expect(abs(second.double("to")! - 100) < 0.2)
        let record = try #require(try await rest.records().first)
        #expect(record.meters == second.double("to") && record.markerIDs == Array(1...12))
        #expect(record.runID == finish.int("runId"))

        try await eventually("end of the time for late markers") {
            back.send([Way.marker(13, 500, at: start + 60_000)])
            try await back.phone.settle()
            return back.phone.all("error").contains { $0.string("code") == "already_finished" }
        }
        #expect(try await rest.records().count == 1)
    }

    @Test("a truncated and a flipped journal row are reported, and cost no more than themselves")
    func damage() async throws {
        let server = try await ServerProcess.start()
        let rooms = [try await REST.newRoom(port: server.port), try await REST.newRoom(port: server.port)]
        var runners: [Runner] = []
        for room in rooms { runners.append(try await Runner.enter(room, port: server.port)) }
        let start = Way.now - 600_000
        // Four commits of everything: four journal rows a room, of ten markers each.
        for runner in runners { runner.phone.send(["type": "start", "time": start]) }
        var reading = Configuration()
        reading.readonly = true
        let journals = try DatabaseQueue(path: server.directory + "/runroom.sqlite", configuration: reading)
        for batch in 0..<4 {
            for runner in runners {
                runner.send(Way.markers(batch * 10 + 1...batch * 10 + 10, from: start, stride: 10, interval: 3))
            }
            for runner in runners { try await runner.phone.next("ack") { $0.int("marker") == batch * 10 + 10 } }
            try await eventually("a row of each room") {
                try await journals.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM journal") } == 2 * (batch + 1)
            }
        }
        try journals.close()
        try await server.killHard()

        // In the first room row 2 is cut off, and in row 3 one bit is other than it was.
        let database = try DatabaseQueue(path: server.directory + "/runroom.sqlite")
        let sequences = try await database.write { [room = rooms[0]] database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT journal.id AS id, journal.sequence AS sequence, journal.bytes AS bytes
                    FROM journal JOIN rooms ON rooms.id = journal.room WHERE rooms.run_id = ? ORDER BY sequence
                    """, arguments: [room])
            #expect(rows.count == 4)
            guard rows.count == 4 else { return [Int64]() }
            let cut: Data = rows[1]["bytes"]
            var flipped: Data = rows[2]["bytes"]
            flipped[flipped.count / 2] ^= 4
            for (row, bytes) in [(rows[1], cut.dropLast(7)), (rows[2], flipped)] {
                let id: Int64 = row["id"]
                try database.execute(sql: "UPDATE journal SET bytes = ? WHERE id = ?", arguments: [Data(bytes), id])
            }
            return [rows[1]["sequence"], rows[2]["sequence"]]
        }
        try database.close()

        server.leaveDirectory()
        let next = try await ServerProcess.start(in: server.directory)
        try await eventually("all rooms") { next.logText.contains("all rooms are up") }
        let reports = next.logText.split(separator: "\n").filter { $0.contains("journal row is damaged") }
        #expect(reports.count == 2)
        for sequence in sequences {
            #expect(reports.contains { $0.contains("room=\(rooms[0])") && $0.contains("sequence=\(sequence)") })
        }
        #expect(try await next.metrics()["runroom_journal_rows_damaged_total"] == 2)
        func enter(_ index: Int) async throws -> Runner {
            let rest = REST(port: next.port, token: runners[index].rest.token, username: runners[index].rest.username)
            return try await Runner.enter(rooms[index], by: rest)
        }
        let whole = try await enter(1)
        #expect(whole.joined.int("marker") == 40)
        #expect(abs(whole.joined.row(1)!.meters! - 390) < 0.5)

        let hurt = try await enter(0)
        #expect(hurt.joined.int("marker") == 10, "the rows around the damage are there, the gap is asked for")
        #expect(hurt.joined.string("epoch") == runners[0].joined.string("epoch"))
        #expect(hurt.joined.row(1)?.state == "running")
        hurt.send(Way.markers(11...30, from: start, stride: 10, interval: 3))
        try await hurt.phone.next("ack") { $0.int("marker") == 40 }
        try await hurt.phone.row(of: 1, "390 m") { abs($0.meters! - 390) < 0.5 }
        hurt.phone.send(["type": "finish"])
        _ = try await hurt.phone.event("finished")
        #expect(try await hurt.rest.records().map(\.markerIDs) == [Array(1...40)])
    }

    @Test("a room that fell asleep wakes as it was")
    func sleep() async throws {
        let server = try await ServerProcess.start([
            "--sleep-after", "0.2", "--offline-grace", "0.1", "--late-markers", "0.1",
        ])
        let room = try await REST.newRoom(port: server.port)
        let ana = try await Runner.enter(room, port: server.port)
        let start = Way.now - 60_000
        ana.phone.send(["type": "start", "time": start])
        ana.send(Way.markers(1...10, from: start, stride: 10, interval: 3))
        ana.phone.send(["type": "finish"])
        let finish = try await ana.phone.event("finished")
        ana.phone.send(["type": "leave"])
        _ = try await ana.phone.closed()
        try await eventually("sleep") { try await server.metrics()["runroom_rooms_awake"] == 0 }
        let (spectator, joined) = try await Phone.joined(
            port: server.port, room: room,
            ["role": "spectator", "since": ["epoch": ana.joined.string("epoch") ?? "", "event": 0]])
        #expect(joined.row(1)?.meters == finish.double("meters") && joined.row(1)?.state == "left")
        #expect(joined.row(1)?.place == 1)
        let kinds = (joined.json["events"] as? [[String: Any]])?.map { $0["kind"] as? String }
        #expect(kinds == ["joined", "started", "finished", "left"])
        #expect((joined.json["events"] as? [[String: Any]])?[2]["runId"] as? Int == finish.int("runId"))
        try await spectator.settle()
    }

    @Test("a runner whose state cannot be read is reported, and keeps number and markers, as the others do")
    func damagedRoom() async throws {
        let server = try await ServerProcess.start()
        let rooms = [try await REST.newRoom(port: server.port), try await REST.newRoom(port: server.port)]
        let start = Way.now - 60_000
        var runners: [Runner] = []
        for room in rooms {
            let runner = try await Runner.enter(room, port: server.port)
            runner.phone.send(["type": "start", "time": start])
            try await runner.sendAndAwaitAck(Way.markers(1...5, from: start, stride: 10, interval: 3))
            runners.append(runner)
        }
        try await server.killHard()
        let database = try DatabaseQueue(path: server.directory + "/runroom.sqlite")
        try await database.write { [room = rooms[0]] database in
            try database.execute(
                sql: "UPDATE people SET state = X'7B' WHERE room = (SELECT id FROM rooms WHERE run_id = ?)",
                arguments: [room])
        }
        try database.close()
        server.leaveDirectory()
        let next = try await ServerProcess.start(in: server.directory)
        try await eventually("report") { next.logText.contains(rooms[0]) }
        let whole = REST(port: next.port, token: runners[1].rest.token, username: runners[1].rest.username)
        #expect(try await Runner.enter(rooms[1], by: whole).joined.int("marker") == 5)
        let hurt = REST(port: next.port, token: runners[0].rest.token, username: runners[0].rest.username)
        let back = try await Runner.enter(rooms[0], by: hurt)
        #expect(back.joined.int("runner") == 1)
        #expect(back.joined.int("marker") == 5)
        #expect(try await whole.get("/api/runRoom/\(rooms[0])").status == 200)
    }
}
