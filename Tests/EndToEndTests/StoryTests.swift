import Foundation
import TestKit
import Testing

@Suite("Story", .inTurn)
struct StoryTests {
    @Test("two people run together, everybody sees all of it, and each finds the run in their records")
    func together() async throws {
        let server = try await ServerProcess.shared()
        let room = try await REST.newRoom(port: server.port)
        let ana = try await Runner.enter(room, as: "ana", port: server.port)
        let (spectator, watching) = try await Phone.joined(port: server.port, room: room, ["role": "spectator"])
        let ben = try await Runner.enter(room, as: "ben", port: server.port)
        #expect(watching.json["runner"] is NSNull)
        #expect(ana.number == 1 && ben.number == 2)
        #expect(
            (ben.joined.json["people"] as? [[String: Any]])?.map { $0["username"] as? String } == [
                ana.rest.username, ben.rest.username,
            ])
        for phone in [ana.phone, spectator] {
            let event = try await phone.event("joined") { $0.int("runner") == ben.number }
            #expect((event.json["person"] as? [String: Any])?["username"] as? String == ben.rest.username)
        }
        let screens = [ana.phone, ben.phone, spectator]

        // Both began ten minutes ago: Ana runs 3.5 m/s, Ben 3 m/s, a marker each 5 s.
        let start = Way.now - 600_000
        for runner in [ana, ben] { runner.phone.send(["type": "start", "time": start]) }
        for phone in screens {
            for number in [1, 2] { _ = try await phone.event("started") { $0.int("runner") == number } }
        }
        ana.send(Way.markers(1...61, from: start, stride: 17.5, interval: 5))
        ben.send(Way.markers(1...61, from: start, stride: 15, interval: 5))
        for phone in screens {
            let first = try await phone.row(of: ana.number, "1050 m") { $0.meters ?? 0 > 1049 }
            #expect(abs(first.meters! - 1050) < 1)
            #expect(first.place == 1 && first.gapMeters == 0 && first.gapSeconds == 0 && first.state == "running")
            #expect(abs(first.latitude! - Way.latitude(at: 1050)) < 2e-6)
            #expect(abs(first.longitude! - Way.longitude) < 2e-6)
            // Ben is 150 m behind, where Ana was 900 / 3.5 s after the start; he came there after 300 s.
            let second = try await phone.row(of: ben.number, "900 m, second") { $0.meters ?? 0 > 899 && $0.place == 2 }
            #expect(abs(second.meters! - 900) < 1)
            #expect(abs(second.gapMeters! - 150) < 1)
            #expect(abs(second.gapSeconds! - (300 - 900 / 3.5)) < 1)
            #expect(abs(second.latitude! - Way.latitude(at: 900)) < 2e-6)
        }
        var splits: [Phone.Message] = []
        for phone in screens { splits.append(try await phone.event("split")) }
        for split in splits {
            #expect(split.int("runner") == ana.number && split.int("kilometer") == 1)
            #expect(abs(split.double("total")! - 1000 / 3.5) < 0.5)
            #expect(split.text == splits[0].text)
        }

        // A pause of a minute, in which Ana walks 100 m: they do not count.
        let pause = start + 300_000
        ana.phone.send(["type": "pause", "time": pause])
        for phone in screens {
            _ = try await phone.event("paused")
            try await phone.row(of: ana.number, "pause") { $0.state == "paused" }
        }
        ana.phone.send(["type": "start", "time": pause + 60_000])
        let resumed = (1...11).map {
            Way.marker(61 + $0, 1150 + Double($0 - 1) * 10, at: pause + 60_000 + Int64($0) * 3000)
        }
        try await ana.sendAndAwaitAck(resumed)
        let far = try await spectator.row(of: ana.number, "1150 m") { $0.meters ?? 0 > 1149 }
        #expect(abs(far.meters! - 1150) < 1)
        #expect(far.state == "running")

        spectator.send(["type": "cheer", "to": ana.number, "text": "加油 🏃‍♀️ \"\\\n".trimmingCharacters(in: .newlines)])
        ben.phone.send(["type": "cheer", "text": "hop hop"])
        for phone in screens {
            let personal = try await phone.event("cheer") { $0.int("to") == ana.number }
            #expect(personal.json["from"] is NSNull)
            #expect(personal.string("text") == "加油 🏃‍♀️ \"\\")
            let open = try await phone.event("cheer") { $0.int("from") == ben.number }
            #expect(open.json["to"] is NSNull)
        }

        ana.phone.send(["type": "finish"])
        let finish = try await ana.phone.event("finished") { $0.int("runner") == ana.number }
        #expect(finish.int("place") == 1)
        #expect(abs(finish.double("meters")! - 1150) < 1)
        // 300 s before the pause and 33 s to the last marker after it.
        #expect(abs(finish.double("seconds")! - 333) < 0.2)
        ben.phone.send(["type": "finish"])
        let second = try await ben.phone.event("finished") { $0.int("runner") == ben.number }
        #expect(second.int("place") == 2)
        for phone in screens {
            let told = try await phone.event("finished") { $0.int("runner") == ana.number }
            #expect(told.text == finish.text)
            try await phone.row(of: ana.number, "finish") {
                $0.state == "finished" && $0.meters == finish.double("meters") && $0.seconds == finish.double("seconds")
            }
            _ = try await phone.event("finished") { $0.int("runner") == ben.number }
        }
        for (runner, told, markers) in [(ana, finish, 72), (ben, second, 61)] {
            let records = try await runner.rest.records()
            #expect(records.count == 1)
            #expect(records.first?.runID == told.int("runId") && told.int("runId") != nil)
            #expect(records.first?.meters == told.double("meters"))
            #expect(records.first?.seconds == told.double("seconds"))
            #expect(records.first?.markerIDs == Array(1...markers))
        }
        #expect(try await ana.rest.records().first?.splits == [splits[0].double("total")!])
        // Nobody missed an event: from the one that `joined` knew, all numbers in order.
        for (phone, joined) in [(ana.phone, ana.joined), (ben.phone, ben.joined), (spectator, watching)] {
            let numbers = phone.eventNumbers
            let first = try #require(joined.int("event")) + 1
            #expect(numbers == Array(first..<first + numbers.count))
        }
        #expect(ana.phone.eventNumbers.last == spectator.eventNumbers.last)
    }

    @Test("a poller over REST moves on everybody's screen, and REST shows what the frames show")
    func poller() async throws {
        let server = try await ServerProcess.shared()
        let room = try await REST.newRoom(port: server.port)
        let (spectator, _) = try await Phone.joined(port: server.port, room: room, ["role": "spectator"])
        let ana = try await Runner.enter(room, as: "ana", port: server.port)
        let poller = try await REST.registered("poll", port: server.port)
        let rest = REST(port: server.port)
        let identity: [String: Any] = ["runID": room, "password": "pw", "username": poller.username]
        #expect(try await rest.post("/api/runRoom/join", identity).status == 200)
        _ = try await spectator.event("joined") { $0.int("runner") == 2 }

        func update(_ more: [String: Any]) async throws {
            let answer = try await rest.post("/api/runRoom/update", identity.merging(more) { $1 })
            #expect(answer.status == 200, "\(answer.text)")
        }
        try await update(["latitude": 48.2, "longitude": 11.6, "running": false, "in_room": true])
        let standing = try await spectator.row(of: 2, "place") { $0.latitude == 48.2 && $0.longitude == 11.6 }
        #expect(standing.state == "ready" && standing.place == nil)
        try await update(["latitude": 48.2001, "longitude": 11.6, "running": true])
        _ = try await spectator.event("started") { $0.int("runner") == 2 }
        try await spectator.row(of: 2, "step") { $0.latitude == 48.2001 && $0.state == "running" }
        // What it reckons for itself is shown as it says.
        try await update(["meters": 1234.5, "seconds": 400.5, "running": true])
        let reported = try await spectator.row(of: 2, "report") { $0.meters == 1234.5 }
        #expect(reported.seconds == 400.5 && reported.place == 1)

        // Ana's numbers are the server's.
        let start = Way.now - 500_000
        ana.phone.send(["type": "start", "time": start])
        try await ana.sendAndAwaitAck(Way.markers(1...21, from: start, stride: 15, interval: 5))
        ana.phone.send(["type": "pause", "time": start + 100_000])
        let row = try await spectator.row(of: 1, "pause") { $0.state == "paused" && $0.meters ?? 0 > 299 }
        let shown = try await rest.runner(ana.rest.username, in: room)
        #expect((shown["meters"] as? NSNumber)?.doubleValue == row.meters)
        #expect((shown["seconds"] as? NSNumber)?.doubleValue == row.seconds)
        #expect(row.seconds == 100)
        #expect((shown["latitude"] as? NSNumber)?.doubleValue == row.latitude)
        #expect((shown["longitude"] as? NSNumber)?.doubleValue == row.longitude)
        #expect(shown["marathon_place"] as? String == "2" && row.place == 2)
        #expect(shown["running"] as? Bool == false && shown["in_room"] as? Bool == true)
        let polled = try await rest.runner(poller.username, in: room)
        #expect((polled["meters"] as? NSNumber)?.doubleValue == 1234.5)
        #expect(polled["marathon_place"] as? String == "1")

        // Leaving over REST is seen and told, and ends nothing else.
        #expect(try await rest.post("/api/runRoom/leave", identity).status == 200)
        _ = try await spectator.event("left") { $0.int("runner") == 2 }
        try await spectator.row(of: 2, "leave") { $0.state == "left" }
        #expect(try await rest.runner(poller.username, in: room)["in_room"] as? Bool == false)
    }

    @Test(
        "a polled run is in its runner's records if they have shown a token in it; by a room's password alone it is not"
    )
    func polledRecords() async throws {
        let server = try await ServerProcess.shared()
        let ana = try await REST.registered("polled", port: server.port)
        func run(_ rest: REST, places: ClosedRange<Int>) async throws {
            let room = try await REST.newRoom(port: server.port)
            let identity: [String: Any] = ["runID": room, "password": "pw", "username": ana.username]
            for path in ["join", "start"] {
                #expect(try await rest.post("/api/runRoom/\(path)", identity).status == 200)
            }
            for place in places {
                let place: [String: Any] = ["latitude": 48.2 + Double(place) * 1e-5, "longitude": 11.6]
                #expect(try await rest.post("/api/runRoom/update", identity.merging(place) { $1 }).status == 200)
            }
            #expect(try await rest.post("/api/runRoom/leave", identity).status == 200)
            #expect(try await rest.runner(ana.username, in: room)["end"] as? String != "1970-01-01T00:00:00.000Z")
        }
        try await run(REST(port: server.port), places: 1...3)
        #expect(try await ana.records().isEmpty)
        try await run(ana, places: 1...4)
        #expect(try await ana.records().map(\.markerIDs.count) == [4])
    }

    @Test("phones that speak gcj02 and wgs84 see each other in the right place")
    func coordinateSystems() async throws {
        // The values on the right are the published transformation of those on the left, computed in another language.
        let here = (wgs: (39.905, 116.407), gcj: (39.9064035, 116.4132425))
        let there = (wgs: (39.906, 116.408), gcj: (39.9074033, 116.4142423))
        let server = try await ServerProcess.shared()
        let room = try await REST.newRoom(port: server.port)
        let browser = try await Runner.enter(room, as: "browser", port: server.port)
        let phone = try await Runner.enter(room, as: "phone", port: server.port, ["crs": "gcj02"])
        let now = Way.now
        for (runner, place) in [(browser, here.wgs), (phone, there.gcj)] {
            runner.phone.send(["type": "start", "time": now - 10_000])
            runner.phone.send([
                "type": "markers",
                "markers": [["id": 1, "latitude": place.0, "longitude": place.1, "time": now - 1000]],
            ])
        }
        func expect(_ viewer: Phone, sees runner: Runner, at place: (Double, Double)) async throws {
            let row = try await viewer.row(of: runner.number, "position") { $0.latitude != nil }
            // A metre at most: the transformation has no exact inverse.
            #expect(abs(row.latitude! - place.0) < 1e-5 && abs(row.longitude! - place.1) < 1e-5, "\(row)")
        }
        try await expect(browser.phone, sees: browser, at: here.wgs)
        try await expect(browser.phone, sees: phone, at: there.wgs)
        try await expect(phone.phone, sees: browser, at: here.gcj)
        try await expect(phone.phone, sees: phone, at: there.gcj)
        // REST speaks GCJ-02 unless it is asked otherwise; a late viewer is told both in its own system.
        let rest = REST(port: server.port)
        let open = try await rest.get("/api/runRoom/\(room)")
        let runners = ((open["data"] as? [String: Any])?["runners"] as? [[String: Any]]) ?? []
        #expect(abs((runners.first?["latitude"] as? Double ?? 0) - here.gcj.0) < 1e-5)
        let seen = try await rest.runner(browser.rest.username, in: room)["latitude"] as? Double
        #expect(abs((seen ?? 0) - here.wgs.0) < 1e-5)
        let (_, late) = try await Phone.joined(
            port: server.port, room: room, ["role": "spectator", "crs": "gcj02"])
        #expect(abs(late.row(browser.number)!.longitude! - here.gcj.1) < 1e-5)
        // Ways may lack what was run since the last tick.
        try await eventually("a way in the viewer's own system") {
            let (_, later) = try await Phone.joined(
                port: server.port, room: room, ["role": "spectator", "crs": "gcj02"])
            let tracks = later.json["tracks"] as? [String: [[Double]]]
            return abs((tracks?["\(phone.number)"]?.first?.first ?? 0) - there.gcj.0) < 1e-5
        }
    }

    @Test("a dropped connection is not a leave: offline after the grace, and back with every event that was missed")
    func drop() async throws {
        let server = try await ServerProcess.shared(["--offline-grace", "0.5"])
        let room = try await REST.newRoom(port: server.port)
        let ana = try await Runner.enter(room, as: "ana", port: server.port)
        let ben = try await Runner.enter(room, as: "ben", port: server.port)
        let last = try #require(try await ana.phone.event("joined") { $0.int("runner") == ben.number }.int("event"))
        let start = Way.now - 60_000
        ana.phone.send(["type": "start", "time": start])
        try await ana.sendAndAwaitAck(Way.markers(1...5, from: start, stride: 10, interval: 3))
        ana.phone.hangUp()
        _ = try await ben.phone.event("offline") { $0.int("runner") == ana.number }
        try await ben.phone.row(of: ana.number, "offline") { $0.state == "offline" && $0.place == 1 }
        ben.phone.send(["type": "cheer", "text": "where are you?"])
        _ = try await ben.phone.event("cheer")

        // No password: Ana is a runner of the room.
        let epoch = try #require(ana.joined.string("epoch"))
        let (back, joined) = try await Phone.joined(
            port: server.port, room: room, password: nil, token: ana.rest.token,
            ["since": ["epoch": epoch, "event": last]])
        #expect(joined.json["recovered"] as? Bool == true)
        #expect(joined.int("runner") == ana.number && joined.int("marker") == 5)
        let missed = (joined.json["events"] as? [[String: Any]]) ?? []
        #expect(missed.prefix(3).map { $0["kind"] as? String } == ["started", "offline", "cheer"])
        #expect(missed.first?["event"] as? Int == last + 1)
        let onward = joined.row(ana.number)
        #expect(onward?.state == "running" && abs((onward?.meters ?? 0) - 40) < 0.5)
        _ = try await ben.phone.event("online") { $0.int("runner") == ana.number }
        back.send(["type": "markers", "markers": Way.markers(6...10, from: start, stride: 10, interval: 3)])
        try await ben.phone.row(of: ana.number, "90 m") { abs(($0.meters ?? 0) - 90) < 0.5 }

        // Another epoch, and a number that was never given, recover nothing.
        for since in [["epoch": "0123", "event": last] as [String: Any], ["epoch": epoch, "event": 100_000]] {
            let (_, joined) = try await Phone.joined(
                port: server.port, room: room, ["role": "spectator", "since": since])
            #expect(joined.json["recovered"] as? Bool == false)
            #expect((joined.json["events"] as? [Any])?.isEmpty == true)
        }
    }

    @Test("somebody who does not come back is finished by the server, and has a record")
    func automaticFinish() async throws {
        let server = try await ServerProcess.shared([
            "--offline-grace", "0.5", "--auto-finish", "2", "--late-markers", "1",
        ])
        let room = try await REST.newRoom(port: server.port)
        let (spectator, _) = try await Phone.joined(port: server.port, room: room, ["role": "spectator"])
        let ana = try await Runner.enter(room, as: "ana", port: server.port)
        let start = Way.now - 60_000
        ana.phone.send(["type": "start", "time": start])
        try await ana.sendAndAwaitAck(Way.markers(1...11, from: start, stride: 10, interval: 3))
        ana.phone.hangUp()
        let finish = try await spectator.event("finished")
        #expect(finish.double("seconds") == 30)
        #expect(abs(finish.double("meters")! - 100) < 0.2)
        let record = try #require(try await ana.rest.records().first)
        #expect(record.meters == finish.double("meters") && record.seconds == finish.double("seconds"))
    }

    @Test("the last 256 events can be recovered, and no more")
    func recoverable() async throws {
        let server = try await ServerProcess.shared(["--message-burst", "1000"])
        let room = try await REST.newRoom(port: server.port)
        let ana = try await Runner.enter(room, as: "ana", port: server.port)
        for _ in 0..<150 {
            ana.phone.send(["type": "start"])
            ana.phone.send(["type": "pause"])
        }
        // `joined` was 1.
        _ = try await ana.phone.event("paused") { $0.int("event") == 301 }
        #expect(ana.phone.eventNumbers == Array(2...301))
        let epoch = try #require(ana.joined.string("epoch"))
        for (since, isRecovered) in [
            (0, false), (44, false), (45, true), (300, true), (301, true), (302, false), (-1, false),
        ] {
            let (phone, joined) = try await Phone.joined(
                port: server.port, room: room, ["role": "spectator", "since": ["epoch": epoch, "event": since]])
            #expect(joined.json["recovered"] as? Bool == isRecovered, "since \(since)")
            let events = (joined.json["events"] as? [[String: Any]]) ?? []
            #expect(events.compactMap { $0["event"] as? Int } == (isRecovered ? Array(since + 1..<302) : []))
            #expect(joined.int("event") == 301)
            phone.hangUp()
        }
    }
}
