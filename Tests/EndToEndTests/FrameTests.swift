import Foundation
import Testing

/// What the protocol promises of frames and acknowledgements in time.
@Suite("Frames and acknowledgements", .inTurn)
struct FrameTests {
    @Test("at most one frame a tick and one ack a second, the same bytes for all, and soon after the marker")
    func pace() async throws {
        let server = try await ServerProcess.shared(["--message-burst", "1000"])
        let room = try await REST.newRoom(port: server.port)
        var viewers: [Phone] = []
        for _ in 0..<20 {
            viewers.append(try await Phone.joined(port: server.port, room: room, ["role": "spectator"]).phone)
        }
        let ana = try await Runner.enter(room, as: "ana", port: server.port)
        let start = Way.now - 600_000
        ana.phone.send(["type": "start", "time": start])
        for viewer in viewers { _ = try await viewer.event("started") }
        let before = viewers[0].all("frame").count
        let begun = ContinuousClock.now
        var delays: [Duration] = []
        for id in 1...15 {
            // Several markers within each tick, of which only the newest place is shown.
            for part in 0..<4 {
                ana.send([Way.marker(id * 4 + part, Double(id * 4 + part) * 3, at: start + Int64(id * 4 + part) * 1000)]
                )
            }
            let sent = ContinuousClock.now
            let latitude = Way.latitude(at: Double(id * 4 + 3) * 3)
            try await viewers[7].row(of: ana.number, "marker \(id * 4 + 3)") {
                abs(($0.latitude ?? 0) - latitude) < 2e-6
            }
            delays.append(sent.duration(to: .now))
        }
        let elapsed = begun.duration(to: .now)
        delays.sort()
        #expect(delays[7] < .milliseconds(600), "a tick, and what a busy machine adds: \(delays)")
        try await ana.phone.settle()
        for viewer in viewers { try await viewer.settle() }
        let frames = viewers[0].all("frame").dropFirst(before)
        #expect(frames.count >= 15)
        #expect(Double(frames.count) <= elapsed / .milliseconds(200) + 2)
        for viewer in viewers.dropFirst() {
            #expect(viewer.all("frame").suffix(10).map(\.text) == viewers[0].all("frame").suffix(10).map(\.text))
        }
        let acks = ana.phone.all("ack").compactMap { $0.int("marker") }
        #expect(acks == acks.sorted() && Set(acks).count == acks.count)
        #expect(Double(acks.count) <= elapsed / .seconds(1) + 2)
        // Nothing is sent when nothing has changed.
        let quiet = viewers[0].all("frame").count
        for _ in 0..<3 { try await viewers[0].settle() }
        let shown = try #require(viewers[0].messages.last { $0.type == "frame" })
        #expect(shown.row(ana.number)?.place == 1)
        #expect(viewers[0].all("frame").count <= quiet + 1)
    }

    @Test("an ack never passes a gap: markers beyond a missing one are stored, and acknowledged with it")
    func gap() async throws {
        let server = try await ServerProcess.shared()
        let room = try await REST.newRoom(port: server.port)
        let ana = try await Runner.enter(room, as: "ana", port: server.port)
        let start = Way.now - 600_000
        ana.phone.send(["type": "start", "time": start])
        let all = Way.markers(1...30, from: start, stride: 10, interval: 3)
        ana.send(Array(all[..<10]) + Array(all[20...]))
        try await ana.phone.next("ack")
        #expect(ana.phone.all("ack").compactMap { $0.int("marker") } == [10])
        // Repeats and a part of the gap, in any order.
        ana.send(Array(all[5..<15].shuffled()))
        try await ana.phone.next("ack")
        #expect(ana.phone.all("ack").compactMap { $0.int("marker") } == [10, 15])
        ana.send(Array(all[15..<20].reversed()))
        try await ana.phone.next("ack")
        #expect(ana.phone.all("ack").compactMap { $0.int("marker") } == [10, 15, 30])
        try await ana.phone.row(of: ana.number, "290 m") { abs($0.meters! - 290) < 0.5 }
    }

    @Test(
        "a phone whose clock is wrong by an hour runs as well as others once the server knows",
        arguments: [-3_600_000, 3_600_000])
    func wrongClock(error: Int64) async throws {
        let server = try await ServerProcess.shared()
        let room = try await REST.newRoom(port: server.port)
        let ana = try await Runner.enter(room, as: "ana", port: server.port, ["clock": Way.now + error])
        let start = Way.now - 60_000
        ana.phone.send(["type": "start", "time": start + error])
        try await ana.sendAndAwaitAck(Way.markers(1...11, from: start + error, stride: 10, interval: 3))
        ana.phone.send(["type": "finish"])
        let finish = try await ana.phone.event("finished")
        #expect(abs(finish.double("meters")! - 100) < 0.2)
        #expect(abs(finish.double("seconds")! - 30) < 0.5)
    }

    @Test("markers from the future are stored, and never counted")
    func future() async throws {
        let server = try await ServerProcess.shared()
        let room = try await REST.newRoom(port: server.port)
        let ana = try await Runner.enter(room, as: "ana", port: server.port)
        let start = Way.now - 60_000
        ana.phone.send(["type": "start", "time": start])
        try await ana.sendAndAwaitAck(Way.markers(1...5, from: start, stride: 10, interval: 3))
        let ahead = (6...8).map { Way.marker($0, Double($0) * 10, at: Way.now + 600_000 + Int64($0) * 3000) }
        try await ana.sendAndAwaitAck(ahead)
        ana.phone.send(["type": "finish"])
        let finish = try await ana.phone.event("finished")
        #expect(abs(finish.double("meters")! - 40) < 0.2 && finish.double("seconds") == 12)
        #expect(try await ana.rest.records().map(\.markerIDs) == [Array(1...8)])
        let row = try await ana.phone.row(of: ana.number, "finish") { $0.state == "finished" }
        #expect(abs(row.latitude! - Way.latitude(at: 40)) < 2e-6)
    }
}
