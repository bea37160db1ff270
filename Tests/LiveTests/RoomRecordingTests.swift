import Geo
import LWS
import Limits
import Rooms
import TestKit
import Testing

@testable import Live

@Suite("Recordings of rooms, for who sees them later") struct RoomRecordingTests {
    private static let start: Int64 = 1_700_000_000_000

    /// A room that changes at random, and what it was shown as at each second.
    private struct Drill {
        var random: SplitMix
        var room = Room(id: "159", epoch: "e")
        var now = RoomRecordingTests.start
        var event = 0
        var markers: [Int: Int32] = [:]
        /// What was true from a moment on.
        var history: [(time: Int64, rows: [RunnerRow])] = []

        init(seed: UInt64) {
            random = SplitMix(seed: seed)
            join()
            join()
        }

        mutating func join() {
            let number = Int64(room.runnerNumbers.count + 1)
            let person = Person(account: number, username: "r\(number)", nickname: "", avatar: "", zones: [])
            guard let joined = try? room.join(person, newRunKey: number, at: now) else { return }
            _ = try? room.start(joined.0, newRunKey: number, at: now)
            room.introduce(joined.0)
            event += 1
        }

        /// Does something or nothing, a second later.
        mutating func step() {
            now += 1000
            switch Int.random(in: 0..<10, using: &random) {
            case 0: if room.runnerNumbers.count < 5 { join() }
            case 1: _ = try? room.pause(1, at: now)
            case 2...7:
                let runner = room.runnerNumbers.randomElement(using: &random)!
                markers[runner, default: 0] += 1
                guard
                    let place = try? Coordinate(
                        latitude: 48 + Double(now - RoomRecordingTests.start) / 40_000_000,
                        longitude: 11 + Double(runner))
                else { return }
                _ = try? room.markers(
                    [IncomingMarker(id: markers[runner]!, coordinate: place, time: now)], from: runner, at: now)
            default: break
            }
            room.refreshStandings()
        }

        mutating func remember() {
            history.append((now, room.rows(of: room.numbersToShow(at: now), at: now)))
        }

        /// Where each runner was at a moment: of the newest that was recorded then.
        func places(at time: Int64) -> [Coordinate?]? {
            history.last { $0.time <= time }?.rows.map(\.position)
        }
    }

    @Test(
        "shows what was shown so long ago, whatever happens, and nothing younger",
        arguments: Seeds.some(of: 1...20 as ClosedRange<UInt64>))
    func parity(seed: UInt64) {
        var drill = Drill(seed: seed)
        drill.room.refreshStandings()
        let longest: Int64 = 60_000
        var recording = RoomRecording(of: drill.room, event: drill.event, since: drill.now, for: longest)
        drill.remember()
        var playbacks = [0, 1000, 7000, longest].map { RoomPlayback(of: recording, delay: $0, at: drill.now) }
        for second in 1...240 {
            drill.step()
            recording.take(drill.room, event: drill.event, at: drill.now)
            drill.remember()
            if second == 100 { playbacks.append(RoomPlayback(of: recording, delay: 30_000, at: drill.now)) }
            for index in playbacks.indices {
                _ = playbacks[index].follow(recording, at: drill.now)
                let time = drill.now - playbacks[index].delay
                let scene = playbacks[index].scene
                #expect(scene.time == time, "seed \(seed), second \(second)")
                if let places = drill.places(at: time) {
                    #expect(scene.shownRows.map(\.position) == places, "seed \(seed), second \(second)")
                } else {
                    #expect(scene.shownRows.allSatisfy { $0.position == nil }, "seed \(seed), second \(second)")
                    #expect(scene.shownWays.allSatisfy { $0.pieces.isEmpty })
                }
            }
            recording.fold(at: drill.now)
            #expect(recording.steps.count <= Limit.Live.recordedSteps + 1)
        }
    }

    @Test("what is told to others comes so much later, once and in order")
    func events() {
        var drill = Drill(seed: 1)
        drill.room.refreshStandings()
        var recording = RoomRecording(of: drill.room, event: 2, since: drill.now, for: 10_000)
        var playback = RoomPlayback(of: recording, delay: 5000, at: drill.now)
        var heard: [(second: Int, text: String)] = []
        for second in 1...30 {
            drill.now += 1000
            if second % 3 == 0 {
                recording.take(
                    told: OutgoingMessage("\(second)"), of: drill.room, event: 2 + second, at: drill.now)
            }
            for message in playback.follow(recording, at: drill.now) {
                message.withBytes { heard.append((second, String(decoding: $0, as: UTF8.self))) }
            }
            recording.fold(at: drill.now)
        }
        #expect(heard.map(\.text) == stride(from: 3, through: 24, by: 3).map { "\($0)" })
        #expect(heard.allSatisfy { $0.second == Int($0.text)! + 5 })
        #expect(playback.scene.event == 2 + 24)
    }

    @Test("what began anew shows nothing of before, to those who came before either, until it is old enough")
    func anew() {
        var drill = Drill(seed: 2)
        for _ in 1...5 { drill.step() }
        var recording = RoomRecording(of: drill.room, event: 0, since: drill.now, for: 10_000)
        var playback = RoomPlayback(of: recording, delay: 10_000, at: drill.now)
        for _ in 1...15 {
            drill.step()
            recording.take(drill.room, event: drill.event, at: drill.now)
            _ = playback.follow(recording, at: drill.now)
            recording.fold(at: drill.now)
        }
        #expect(playback.scene.shownRows.contains { $0.position != nil })
        let before = playback.version
        recording.beginAnew(with: drill.room, event: drill.event, at: drill.now)
        let began = drill.now
        _ = playback.follow(recording, at: drill.now)
        #expect(playback.scene.shownRows.allSatisfy { $0.position == nil && $0.meters == 0 })
        #expect(playback.scene.shownWays.allSatisfy { $0.pieces.isEmpty })
        #expect(playback.rows(changedAfter: before).count == playback.scene.shownRows.count)
        while drill.now < began + 9000 {
            drill.now += 1000
            _ = playback.follow(recording, at: drill.now)
            #expect(playback.scene.shownRows.allSatisfy { $0.position == nil })
        }
        drill.now += 1000
        _ = playback.follow(recording, at: drill.now)
        #expect(playback.scene.shownRows.contains { $0.position != nil })
    }

    @Test("a link with a longer delay shows nothing that is younger, whatever was put together before")
    func longer() {
        var drill = Drill(seed: 3)
        for _ in 1...5 { drill.step() }
        var recording = RoomRecording(of: drill.room, event: 0, since: drill.now, for: 2000)
        for _ in 1...20 {
            drill.step()
            recording.take(drill.room, event: 0, at: drill.now)
            recording.fold(at: drill.now)
        }
        recording.keep(for: 30_000)
        let late = RoomPlayback(of: recording, delay: 30_000, at: drill.now)
        #expect(late.scene.shownRows.allSatisfy { $0.position == nil })
        #expect(late.scene.time == drill.now - 30_000)
    }

    @Test("a room in which much happens keeps so much and no more")
    func bounds() {
        var drill = Drill(seed: 4)
        drill.room.refreshStandings()
        let delay = Int64(Limit.Room.delay) * 1000
        var recording = RoomRecording(of: drill.room, event: 0, since: drill.now, for: delay)
        for _ in 0..<(2 * Limit.Room.delay) {
            drill.step()
            recording.take(drill.room, event: 0, at: drill.now)
            recording.fold(at: drill.now)
        }
        #expect(recording.steps.count <= Limit.Live.recordedSteps + 1)
        let quiet = recording.steps.count
        for number in 0..<(2 * Limit.Live.recordedEvents) {
            recording.take(told: OutgoingMessage("x"), of: drill.room, event: number, at: drill.now)
        }
        #expect(recording.steps.count == quiet + Limit.Live.recordedEvents)
        recording.fold(at: drill.now + delay)
        #expect(recording.steps.isEmpty)
        recording.take(told: OutgoingMessage("x"), of: drill.room, event: 9, at: drill.now + delay)
        #expect(recording.steps.count == 1, "there is room again")
        let way = RoomPlayback(of: recording, delay: delay, at: drill.now + 2 * delay).scene.shownWays
        #expect(way.allSatisfy { $0.pieces.reduce(0) { $0 + $1.count } <= Limit.Live.recordedWay })
    }
}
