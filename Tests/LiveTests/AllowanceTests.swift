import Foundation
import Geo
import Rooms
import Store
import Synchronization
import TestKit
import Testing

@testable import Live

/// What a client may cause, and what it is told beyond that.
@Suite("Allowances", .timeLimit(.minutes(5))) struct AllowanceTests {
    private let directory = TemporaryDirectory()

    /// As many messages as one likes.
    private static var manyMessages: LiveSettings {
        var settings = LiveSettings.quick
        settings.messageBurst = 1e6
        settings.messagesPerSecond = 1e6
        return settings
    }

    @Test("late markers that keep the loop busy are refused, and taken when they come more slowly")
    func lateMarkers() async throws {
        var settings = Self.manyMessages
        settings.lateWorkBurst = .zero
        settings.lateWorkPerSecond = .milliseconds(20)
        settings.markerBurst = 1e9
        try await Stage.run(in: directory, settings: settings) { stage in
            try await stage.room(with: "ana")
            let (phone, _) = try await stage.join("159", as: "ana")
            phone.send(#"{"type":"start"}"#)
            for batch in 0..<10 { phone.send(markers((1_000 + batch * 500)..<(1_500 + batch * 500))) }
            for id in 1...30 { phone.send(markers(id...id)) }
            let refusal = try await phone.next("error")
            #expect(refusal.text("code") == "too_many_late_markers")
            // What was refused is not lost for the client: it comes again.
            var marker = 0
            while marker < 30 {
                phone.send(markers(1...30))
                phone.send(#"{"type":"ping"}"#)
                _ = try await phone.next("pong")
                marker = try await stage.live.durableMarker(of: 1, in: "159")
            }
        }
    }

    @Test("late markers of one that keep the loop busy are paid for by all, who are heard when it has rested")
    func lateMarkersOfAll() async throws {
        var settings = Self.manyMessages
        settings.allLateWorkBurst = .zero
        settings.allLateWorkPerSecond = .milliseconds(20)
        try await Stage.run(in: directory, settings: settings) { stage in
            try await stage.room(with: "ana", "ben")
            let (ana, _) = try await stage.join("159", as: "ana")
            let (ben, _) = try await stage.join("159", as: "ben")
            for phone in [ana, ben] {
                phone.send(#"{"type":"start"}"#)
                _ = try await phone.event("started")
            }
            ben.send(markers(2...2))
            ana.send(markers(500...500))
            // All of them are measured at once, and what that has taken is more than is left.
            ana.send(markers(1...499))
            ana.send(#"{"type":"ping"}"#)
            _ = try await ana.next("pong")
            ben.send(markers(1...1))
            // There is an error behind it in any case.
            ben.send(#"{"type":"nothing"}"#)
            #expect(try await ben.next("error").text("code") == "too_many_late_markers")
            // It was none of his own doing, and only what is late waits.
            ben.send(markers(3...3))
            var marker = 0
            for _ in 0..<5_000 where marker < 3 {
                try await Task.sleep(for: .milliseconds(5))
                ben.send(markers(1...1))
                ben.send(#"{"type":"ping"}"#)
                _ = try await ben.next("pong")
                marker = try await stage.live.durableMarker(of: 2, in: "159")
            }
            #expect(marker == 3)
            #expect(try await stage.live.durableMarker(of: 1, in: "159") == 500)
        }
    }

    @Test("markers that come faster than they are taken are refused, and none is lost")
    func markersAtOnce() async throws {
        var settings = Self.manyMessages
        settings.markerBurst = 500
        // So few that a machine which is ten times slower takes no thousand of them meanwhile.
        settings.markersPerSecond = 200
        try await Stage.run(in: directory, settings: settings) { stage in
            try await stage.room(with: "ana", "ben")
            let (phone, _) = try await stage.join("159", as: "ana")
            for batch in 0..<3 { phone.send(markers((1 + batch * 500)..<(501 + batch * 500))) }
            #expect(try await phone.next("error").text("code") == "too_many_markers_at_once")
            // Each has an allowance of its own.
            let (other, _) = try await stage.join("159", as: "ben")
            other.send(markers(1...500))
            _ = try await other.next("ack") { $0.number("marker") == 500 }
            // What was refused is not lost for the client: it comes again.
            var marker = 0
            while marker < 1_500 {
                phone.send(markers((marker + 1)...min(marker + 500, 1_500)))
                phone.send(#"{"type":"ping"}"#)
                _ = try await phone.next("pong")
                marker = try await stage.live.durableMarker(of: 1, in: "159")
            }
        }
    }

    @Test("a phone that was away for hours gets through with messages of 500, as the settings are")
    func away() async throws {
        try await Stage.run(in: directory) { stage in
            try await stage.room(with: "ana")
            let (phone, _) = try await stage.join("159", as: "ana")
            for batch in 0..<40 { phone.send(markers((1 + batch * 500)..<(501 + batch * 500))) }
            _ = try await phone.next("ack") { $0.number("marker") == 20_000 }
        }
    }

    @Test("starts and pauses by REST and by a socket are counted together, returns too")
    func commandsOfBothDoors() async throws {
        var settings = LiveSettings.quick
        settings.messageBurst = 10
        settings.messagesPerSecond = 1_000
        settings.commandsPerSecond = 0.001
        try await Stage.run(in: directory, settings: settings) { stage in
            try await stage.room(with: "ana", "ben", "cyd")
            let (phone, _) = try await stage.join("159", as: "ana")
            let ana = try #require(try await stage.store.accounts.account(usernameKey: "ana")).id
            for turn in 0..<9 {
                let report = PollReport(isRunning: turn.isMultiple(of: 2))
                _ = try await stage.live.update("159", account: ana, isAuthenticated: true, report)
                // What changes nothing is free.
                _ = try await stage.live.update("159", account: ana, isAuthenticated: true, report)
            }
            phone.send(#"{"type":"pause"}"#)
            _ = try await phone.event("paused")
            phone.send(#"{"type":"start"}"#)
            #expect(try await phone.next("error").text("code") == "too_many_commands")
            await #expect(throws: LiveError.self) {
                try await stage.live.update("159", account: ana, isAuthenticated: true, PollReport(isRunning: true))
            }
            await #expect(throws: LiveError.self) {
                try await stage.live.start("159", account: ana, isAuthenticated: true)
            }
            _ = try await stage.live.update(
                "159", account: ana, PollReport(coordinate: Coordinate(latitude: 48, longitude: 11)))

            let ben = try #require(try await stage.store.accounts.account(usernameKey: "ben"))
            let person = Person(account: ben.id, username: "ben", nickname: "ben", avatar: "", zones: [])
            for _ in 0...10 {
                _ = try await stage.live.join("159", at: nil, isAuthenticated: true, as: { person })
                _ = try await stage.live.leave("159", account: ben.id)
            }
            await #expect(throws: LiveError.self) {
                try await stage.live.join("159", at: nil, isAuthenticated: true, as: { person })
            }
            let back = await stage.connect(#"{"type":"join","runID":"159","password":"pw","token":"ben"}"#)
            #expect(try await back.next("error").text("code") == "too_many_commands")
            #expect(try await back.closed() == 4029)
        }
    }

    @Test("a client that starts and pauses without end is refused, and stays connected")
    func commands() async throws {
        var settings = LiveSettings.quick
        settings.messageBurst = 10
        settings.messagesPerSecond = 1_000
        settings.commandsPerSecond = 0.001
        try await Stage.run(in: directory, settings: settings) { stage in
            try await stage.room(with: "ana")
            let (phone, _) = try await stage.join("159", as: "ana")
            for _ in 0..<5 {
                phone.send(#"{"type":"start"}"#)
                _ = try await phone.event("started")
                phone.send(#"{"type":"pause"}"#)
                _ = try await phone.event("paused")
            }
            phone.send(#"{"type":"start"}"#)
            #expect(try await phone.next("error").text("code") == "too_many_commands")
            phone.send(#"{"type":"ping"}"#)
            _ = try await phone.next("pong")
        }
    }

    @Test("starts and pauses of long ago that keep the loop busy are refused, and taken when they come more slowly")
    func commandsOfLongAgo() async throws {
        var settings = Self.manyMessages
        settings.lateWorkBurst = .zero
        settings.lateWorkPerSecond = .milliseconds(1)
        settings.markerBurst = 1e9
        try await Stage.run(in: directory, settings: settings) { stage in
            try await stage.room(with: "ana")
            let (phone, _) = try await stage.join("159", as: "ana")
            let long = Int(Date().timeIntervalSince1970 * 1000) - 1_000_000
            phone.send(#"{"type":"start","time":\#(long)}"#)
            for batch in 0..<10 { phone.send(markers((1 + batch * 50)..<(51 + batch * 50))) }
            _ = try await phone.next("ack") { $0.number("marker") == 500 }
            var isRunning = true
            func toggle() async throws -> String? {
                phone.send(#"{"type":"\#(isRunning ? "pause" : "start")","time":\#(long + 1)}"#)
                phone.send(#"{"type":"ping"}"#)
                if let refusal = try await phone.all(until: "pong").first(where: { $0.type == "error" }) {
                    return refusal.text("code")
                }
                isRunning.toggle()
                return nil
            }
            var refusal: String?
            for _ in 0..<1_000 where refusal == nil { refusal = try await toggle() }
            #expect(refusal == "too_many_commands")
            let refused = isRunning
            for _ in 0..<5_000 where isRunning == refused {
                try await Task.sleep(for: .milliseconds(5))
                _ = try await toggle()
            }
            #expect(isRunning != refused)
        }
    }

    @Test("places by REST are counted as a socket's markers")
    func polledPlaces() async throws {
        var settings = LiveSettings.quick
        settings.markersPerSecond = 0.001
        settings.markerBurst = 2
        settings.maxMarkersPerMessage = 2
        try await Stage.run(in: directory, settings: settings) { stage in
            try await stage.room(with: "ana")
            _ = try await stage.join("159", as: "ana")
            let ana = try #require(try await stage.store.accounts.account(usernameKey: "ana")).id
            _ = try await stage.live.update("159", account: ana, PollReport(isRunning: true))
            func report(_ latitude: Double) async throws {
                _ = try await stage.live.update(
                    "159", account: ana, PollReport(coordinate: Coordinate(latitude: latitude, longitude: 11)))
            }
            for step in 1...2 { try await report(48 + Double(step) * 0.0001) }
            await #expect(throws: LiveError.self) { try await report(48.001) }
            // What is no place is not counted.
            _ = try await stage.live.update("159", account: ana, PollReport(meters: 20))
        }
    }

    @Test("strangers together cause a room no more than so many events, and nothing of it is the runner's to pay")
    func strangers() async throws {
        var settings = LiveSettings.quick
        settings.messageBurst = 2
        settings.messagesPerSecond = 1_000
        settings.commandsPerSecond = 0.001
        settings.room.capacity = 4
        settings.strangersCommandsOfRunner = 0.75
        settings.strangersCommandsPerSecond = 0.001
        try await Stage.run(in: directory, settings: settings) { stage in
            try await stage.room(with: "ana", "ben", "cyd")
            func joined(_ name: String) async throws -> Int64 {
                _ = try await stage.join("159", as: name)
                return try #require(try await stage.store.accounts.account(usernameKey: name)).id
            }
            let (ana, ben, cyd) = (try await joined("ana"), try await joined("ben"), try await joined("cyd"))
            for (turn, account) in [ana, ana, ben].enumerated() {
                _ = try await stage.live.update("159", account: account, PollReport(isRunning: turn != 1))
            }
            await #expect(throws: LiveError.self) { try await stage.live.start("159", account: cyd) }
            await #expect(throws: LiveError.self) { try await stage.live.leave("159", account: cyd) }
            let dan = try await stage.account("dan")
            await #expect(throws: LiveError.self) { try await stage.live.join("159", at: nil, as: { dan }) }
            // What changes nothing is free, and who shows who they are has what is theirs.
            _ = try await stage.live.update("159", account: ben, PollReport(isRunning: true))
            _ = try await stage.live.start("159", account: cyd, isAuthenticated: true)
            for isRunning in [true, false] {
                _ = try await stage.live.update(
                    "159", account: ana, isAuthenticated: true, PollReport(isRunning: isRunning))
            }
            await #expect(throws: LiveError.self) {
                try await stage.live.update("159", account: ana, isAuthenticated: true, PollReport(isRunning: true))
            }
        }
    }

    @Test("a room's spectators cheer so often together, and a runner as often as one may, by however many connections")
    func cheers() async throws {
        var settings = LiveSettings.quick
        settings.spectatorsCheerBurst = 2
        settings.spectatorsCheersPerSecond = 0.001
        try await Stage.run(in: directory, settings: settings) { stage in
            try await stage.room(with: "ana")
            func cheers() async throws -> [String?] {
                var answers: [String?] = []
                for turn in 0..<3 {
                    let spectator = await stage.connect(
                        #"{"type":"join","runID":"159","password":"pw","role":"spectator"}"#)
                    if turn == 0 {
                        spectator.send(#"{"type":"cheer","text":""}"#)
                        #expect(try await spectator.next("error").text("code") == "bad_cheer", "it costs nothing")
                    }
                    spectator.send(#"{"type":"cheer","text":"Go"}"#)
                    spectator.send(#"{"type":"ping"}"#)
                    let refusal = try await spectator.all(until: "pong").first { $0.type == "error" }
                    answers.append(refusal?.text("code"))
                }
                return answers
            }
            #expect(try await cheers() == [nil, nil, "too_many_cheers"])
            let (ana, _) = try await stage.join("159", as: "ana")
            ana.send(#"{"type":"cheer","text":"Go"}"#)
            _ = try await ana.event("cheer")
            let moment = ContinuousClock.now
            let (again, _) = try await stage.join("159", as: "ana")
            again.send(#"{"type":"cheer","text":"Go"}"#)
            again.send(#"{"type":"ping"}"#)
            let refusal = try await again.all(until: "pong").first { $0.type == "error" }
            // A machine so slow that the second is over says nothing.
            if moment.duration(to: .now) < .seconds(1) { #expect(refusal?.text("code") == "too_many_cheers") }
        }
    }
}
