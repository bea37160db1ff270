import Foundation
import GRDB
import TestKit
import Testing

/// Runs of which the server keeps the newest markers in memory and the others on disk.
@Suite("Long runs", .inTurn)
struct LongRunTests {
    /// Steady on, but for a detour of ten markers: 45 m ahead and back again.
    private struct Course {
        static let detour = 21...30
        static let count = 400
        /// With and without the detour.
        static let meters = Double(count - detour.count - 1) * 9 + 90
        static let shortMeters = meters - 90

        let start = Way.now - Int64(count) * 3_000

        func markers(_ ids: some Sequence<Int>) -> [[String: Any]] {
            ids.map { id in
                let place =
                    switch id {
                    case ...20: Double(id - 1) * 9
                    case 21...25: Double(id - 1) * 9
                    case 26...30: Double(20 + 30 - id) * 9 - 9
                    default: Double(id - 11) * 9
                    }
                return Way.marker(id, place, at: time(of: id))
            }
        }

        func time(of id: Int) -> Int64 { start + Int64(id) * 3_000 }

        var withoutDetour: [Int] { (1...Self.count).filter { !Self.detour.contains($0) } }
    }

    /// Somebody who has run the course, but for the detour, of which nothing was heard yet.
    private func runnerBeyondTheDetour(
        on course: Course, _ server: ServerProcess
    ) async throws -> Runner {
        let runner = try await Runner.enter(try await REST.newRoom(port: server.port), port: server.port)
        runner.phone.send(["type": "start", "time": course.start])
        runner.send(course.markers(course.withoutDetour))
        try await runner.phone.row(of: runner.number, "the end of the course") {
            abs(($0.meters ?? 0) - Course.shortMeters) < 0.5
        }
        try await runner.phone.next("ack") { $0.int("marker") == Course.detour.lowerBound - 1 }
        return runner
    }

    private func blocks(of server: ServerProcess) async throws -> Int {
        let database = try DatabaseQueue(path: server.directory + "/runroom.sqlite")
        return try await database.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM track_blocks") ?? -1 }
    }

    private func damageSecondBlock(of server: ServerProcess) async throws {
        let database = try DatabaseQueue(path: server.directory + "/runroom.sqlite")
        try await database.write { database in
            try database.execute(sql: "UPDATE track_blocks SET bytes = x'0102030405060708090A0B0C' WHERE number = 1")
        }
    }

    @Test("a gap that was left long ago is filled: distance and record are as if nothing had ever been missing")
    func gap() async throws {
        let course = Course()
        let flags = ["--late-markers", "1"]
        let server = try await ServerProcess.start(flags)
        let runner = try await runnerBeyondTheDetour(on: course, server)
        #expect(try await blocks(of: server) >= 3, "most of it is on disk only")

        runner.send(course.markers(Course.detour))
        let corrected = try await runner.phone.event("corrected")
        #expect(abs(corrected.double("from")! - Course.shortMeters) < 0.5)
        #expect(abs(corrected.double("to")! - Course.meters) < 0.5)
        try await runner.phone.next("ack") { $0.int("marker") == Course.count }
        #expect(try await server.metrics()["runroom_recalls_total"] == 1)

        // What is on disk beside the journal is of no account after a crash.
        try await server.killHard()
        server.leaveDirectory()
        let next = try await ServerProcess.start(flags, in: server.directory)
        let rest = REST(port: next.port, token: runner.rest.token, username: runner.rest.username)
        let back = try await Runner.enter(runner.room, by: rest)
        #expect(back.joined.int("marker") == Course.count)
        #expect(back.joined.row(back.number)?.meters == corrected.double("to"))
        back.phone.send(["type": "finish", "time": course.time(of: Course.count)])
        let finish = try await back.phone.event("finished")
        #expect(finish.double("meters") == corrected.double("to"))
        let record = try #require(try await rest.records().first)
        #expect(record.meters == finish.double("meters") && record.markerIDs == Array(1...Course.count))
        #expect(record.splits.count == 3)
        try await eventually("disk without blocks") { try await blocks(of: next) == 0 }
    }

    @Test("a gap that is filled in the last moment is in the record, whatever came in between")
    func lastMoment() async throws {
        let course = Course()
        let server = try await ServerProcess.start(["--late-markers", "1"])
        let runner = try await runnerBeyondTheDetour(on: course, server)
        runner.send(course.markers(Course.detour))
        runner.phone.send(["type": "finish"])
        // The next run begins before anything of this one can have been read back.
        runner.phone.send(["type": "start"])
        let runID = try await runner.phone.event("finished").int("runId")
        let record = try #require(try await runner.rest.records().first { $0.runID == runID })
        #expect(abs(record.meters! - Course.meters) < 0.5)
        #expect(record.markerIDs == Array(1...Course.count))
        try await eventually("disk without blocks") { try await blocks(of: server) == 0 }
    }

    @Test("a finish that happened long before the newest markers corrects what they had added")
    func earlyFinish() async throws {
        let course = Course()
        let server = try await ServerProcess.start(["--late-markers", "1"])
        let runner = try await runnerBeyondTheDetour(on: course, server)
        runner.phone.send(["type": "finish", "time": course.time(of: 131)])
        let corrected = try await runner.phone.event("corrected")
        #expect(abs(corrected.double("to")! - 120 * 9) < 0.5)
        #expect(try await runner.phone.event("finished").double("meters") == corrected.double("to"))
        let row = try await runner.phone.row(of: runner.number, "the corrected distance") {
            $0.meters == corrected.double("to")
        }
        #expect(row.seconds == 393)
        try await eventually("record with that distance") {
            let record = try #require(try await runner.rest.records().first)
            return record.meters == corrected.double("to") && record.markerIDs == course.withoutDetour
        }
    }

    @Test("what is damaged on disk is reported, and mended from the journal")
    func damage() async throws {
        let course = Course()
        let server = try await ServerProcess.start()
        let runner = try await runnerBeyondTheDetour(on: course, server)
        try await damageSecondBlock(of: server)
        runner.send(course.markers(Course.detour))
        try await eventually("report") { server.logText.contains("older markers of a run cannot be read back") }
        #expect(try await server.metrics()["runroom_recalls_failed_total"] == 1)
        #expect(abs(try await runner.phone.event("corrected").double("to")! - Course.meters) < 0.5)
        try await eventually("sound blocks") {
            try await Workshop.runroom("check", "--data", server.directory).ending == .exit(0)
        }

        // Others store and finish as ever.
        let other = try await Runner.enter(runner.room, port: server.port)
        other.phone.send(["type": "start", "time": course.start])
        try await other.sendAndAwaitAck(course.markers(1...20))
        other.phone.send(["type": "finish"])
        #expect(try await other.phone.event("finished") { $0.int("runner") == other.number }.int("runId") == 1)

        // The journal has all of it.
        try await server.killHard()
        server.leaveDirectory()
        let next = try await ServerProcess.start(in: server.directory)
        let rest = REST(port: next.port, token: runner.rest.token, username: runner.rest.username)
        let back = try await Runner.enter(runner.room, by: rest)
        #expect(back.joined.int("marker") == Course.count)
        back.phone.send(["type": "finish", "time": course.time(of: Course.count)])
        #expect(abs(try await back.phone.event("finished").double("meters")! - Course.meters) < 0.5)
        #expect(try await rest.records().first?.markerIDs == Array(1...Course.count))
    }

    @Test("a finish with damaged blocks keeps its figures and all markers, as the journal has them")
    func damagedRecord() async throws {
        let course = Course()
        let server = try await ServerProcess.start()
        let runner = try await runnerBeyondTheDetour(on: course, server)
        try await damageSecondBlock(of: server)
        runner.phone.send(["type": "finish", "time": course.time(of: Course.count)])
        let finish = try await runner.phone.event("finished")
        #expect(abs(finish.double("meters")! - Course.shortMeters) < 0.5)
        try await server.logs("are damaged")
        #expect(!server.logText.contains("are lost"))
        let record = try #require(try await runner.rest.records().first)
        #expect(record.meters == finish.double("meters"))
        #expect(record.markerIDs == course.withoutDetour)
    }
}
