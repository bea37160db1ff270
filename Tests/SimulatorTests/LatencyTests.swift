import Geo
import Testing

@testable import Simulator

@Suite("Latencies") struct LatencyTests {
    func member() throws -> Member {
        let member = Member(
            id: 0, room: LoadRoom(index: 0, runID: "r", password: "p"), role: .runner(lane: 0), account: nil,
            clockError: 0, maskKey: 1, arrival: 0)
        let points = try (1...10).map { second in
            RunPlan.Point(
                offset: Int64(second) * 1000, place: try Coordinate(latitude: 40 + Double(second) / 3e4, longitude: 116)
            )
        }
        member.run = PlannedRun(RunPlan(points: points))
        member.begun = .seconds(100)
        return member
    }

    @Test("are counted from when a marker was taken, not from when it went out")
    func intended() throws {
        let member = try member()
        #expect(member.intended(1, speed: 1, seenAt: .seconds(200)) == .seconds(101))
        #expect(member.intended(4, speed: 2, seenAt: .seconds(200)) == .seconds(102))
        #expect(member.intended(0, speed: 1, seenAt: .seconds(200)) == 0)
        #expect(member.intended(11, speed: 1, seenAt: .seconds(200)) == 0)
    }

    @Test("do not blame the server for the time in a tunnel, but for every other")
    func absence() throws {
        let member = try member()
        member.goAway(from: .seconds(103), until: .seconds(106), speed: 1)
        #expect(member.intended(2, speed: 1, seenAt: .seconds(200)) == .seconds(102))
        #expect(member.intended(3, speed: 1, seenAt: .seconds(200)) == .seconds(106))
        #expect(member.intended(5, speed: 1, seenAt: .seconds(200)) == .seconds(106))
        #expect(member.intended(6, speed: 1, seenAt: .seconds(200)) == .seconds(106))
        #expect(member.intended(7, speed: 1, seenAt: .seconds(200)) == .seconds(107))
        // Shown before the return, so it had been sent before the absence.
        #expect(member.intended(3, speed: 1, seenAt: .seconds(105)) == .seconds(103))
    }

    @Test("do not blame the server for what a phone lost with its connection, or had not sent before it went again")
    func lostOnTheWay() throws {
        let member = try member()
        let run = try #require(member.run)
        var performance = Performance(plan: run.plan, start: 0)
        _ = performance.next(at: 0)
        #expect(performance.next(at: 4000) == .markers(1...4))
        #expect(performance.acknowledge(2) == nil)
        member.performance = performance
        member.goAway(from: .seconds(104), until: .seconds(106), speed: 1)
        #expect(member.intended(2, speed: 1, seenAt: .seconds(200)) == .seconds(102))
        #expect(member.intended(3, speed: 1, seenAt: .seconds(200)) == .seconds(106))
        member.goAway(from: .seconds(106), until: .seconds(108), speed: 1)
        #expect(member.intended(3, speed: 1, seenAt: .seconds(200)) == .seconds(108))
        #expect(member.intended(8, speed: 1, seenAt: .seconds(200)) == .seconds(108))
        #expect(member.intended(9, speed: 1, seenAt: .seconds(200)) == .seconds(109))
        // Sent between the two absences, and shown in the second.
        #expect(member.intended(3, speed: 1, seenAt: .seconds(107)) == .seconds(106))
    }

    @Test("markers that no screen may show are not waited for")
    func outliers() throws {
        var points = try member().run!.plan.points
        points[4].place = try Coordinate(latitude: 41, longitude: 116)
        points[9].place = try Coordinate(latitude: 41, longitude: 116)
        let run = PlannedRun(RunPlan(points: points))
        #expect(run.previousShown[6] == 4)
        #expect(run.previousShown[1] == 0)
        #expect(run.lastShown == 9)
    }

    @Test("percentiles and classes are those of what was recorded; a minute is the most")
    func distribution() {
        var latencies = Latencies()
        #expect(latencies.milliseconds(percentile: 50) == nil)
        for milliseconds in 1...100 { latencies.record(.milliseconds(Double(milliseconds))) }
        latencies.record(.seconds(100))
        latencies.record(-5)
        #expect(abs((latencies.milliseconds(percentile: 50) ?? 0) - 50) < 1)
        #expect(abs((latencies.milliseconds(percentile: 100) ?? 0) - 60_000) < 60)
        #expect(latencies.counts(from: [0, 1000, 50_000]) == [101, 0, 1])
    }

    @Test("a row shows the newest marker at its place")
    func sighting() throws {
        let run = try #require(try member().run)
        let place = run.plan.points[4].place
        var row = ScreenRow(number: 1)
        row.latitude = Int32((Double(place.latitudeE7) / 10).rounded())
        row.longitude = Int32((Double(place.longitudeE7) / 10).rounded())
        #expect(run.marker(shownBy: row, upTo: 10, system: .wgs84) == 5)
        #expect(run.marker(shownBy: row, upTo: 4, system: .wgs84) == 0)
    }
}
