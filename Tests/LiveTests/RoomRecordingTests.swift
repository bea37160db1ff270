import Geo
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

    private static func left(_ number: Int) -> RoomEvent {
        RoomEvent(number: number, time: start, kind: .left(runner: 1))
    }

    @Test("what is told to others comes so much later, once and in order")
    func events() {
        var drill = Drill(seed: 1)
        drill.room.refreshStandings()
        var recording = RoomRecording(of: drill.room, event: 2, since: drill.now, for: 10_000)
        var playback = RoomPlayback(of: recording, delay: 5000, at: drill.now)
        var heard: [(second: Int, number: Int)] = []
        for second in 1...30 {
            drill.now += 1000
            if second % 3 == 0 {
                recording.take(told: [Self.left(second)], of: drill.room, event: 2 + second, at: drill.now)
            }
            heard += playback.follow(recording, at: drill.now).map { (second, $0.number) }
            recording.fold(at: drill.now)
        }
        #expect(heard.map(\.number) == Array(stride(from: 3, through: 24, by: 3)))
        #expect(heard.allSatisfy { $0.second == $0.number + 5 })
        #expect(playback.scene.event == 2 + 24)
    }

    @Test(
        "of somebody who hides, no place, way or name of before is shown, now or when it is old enough; others go on",
        arguments: Seeds.some(of: 1...10 as ClosedRange<UInt64>), [false, true])
    func withdrawing(seed: UInt64, isForgotten: Bool) throws {
        var drill = Drill(seed: seed)
        for _ in 1...5 { drill.step() }
        var recording = RoomRecording(of: drill.room, event: 0, since: drill.now, for: 10_000)
        drill.remember()
        var playbacks = [0, 4000, 10_000].map { RoomPlayback(of: recording, delay: $0, at: drill.now) }
        for second in 1...40 {
            drill.step()
            recording.take(drill.room, event: drill.event, at: drill.now)
            recording.take(
                told: [
                    RoomEvent(number: second, time: drill.now, kind: .joined(runner: 1, person: drill.room.person(1)!)),
                    RoomEvent(number: second, time: drill.now, kind: .cheer(from: 1, to: nil, text: "old")),
                ], of: drill.room, event: second, at: drill.now)
            drill.remember()
            for index in playbacks.indices { _ = playbacks[index].follow(recording, at: drill.now) }
            recording.fold(at: drill.now)
        }
        let others = playbacks.map { $0.scene.shownRows.filter { $0.runner != 1 } }
        let versions = playbacks.map(\.version)
        let new =
            isForgotten
            ? Person.nobody(1) : Person(account: 1, username: "new", nickname: "", avatar: "", zones: [])
        let withdrawal = Withdrawal(of: 1, now: new, hasPlaces: true)
        recording.take(withdrawal)
        for index in playbacks.indices { playbacks[index].take(withdrawal) }
        for second in 0...20 {
            for index in playbacks.indices {
                let told = playbacks[index].follow(recording, at: drill.now)
                let scene = playbacks[index].scene
                let trace = "seed \(seed), second \(second), delay \(playbacks[index].delay)"
                #expect(told.allSatisfy { "\($0)".contains("r1") == false }, "\(trace)")
                #expect(!isForgotten || told.allSatisfy { "\($0)".contains("old") == false }, "\(trace)")
                #expect(isForgotten || told.count { "\($0)".contains("old") } == told.count / 2, "\(trace)")
                if second == 0 {
                    #expect(playbacks[index].rows(changedAfter: versions[index]).map(\.runner) == [1], "\(trace)")
                    #expect(scene.shownRows.filter { $0.runner != 1 } == others[index], "\(trace)")
                }
                #expect(scene.people.first { $0.runner == 1 }?.person == new, "\(trace)")
                let row = try #require(scene.shownRows.first { $0.runner == 1 })
                #expect(row.position == nil && (!isForgotten || row.meters == 0), "\(trace)")
                #expect(scene.shownWays.allSatisfy { $0.runner != 1 || $0.pieces.isEmpty }, "\(trace)")
                let places = try #require(drill.places(at: scene.time))
                #expect(scene.shownRows.dropFirst().map(\.position) == Array(places.dropFirst()), "\(trace)")
            }
            recording.fold(at: drill.now)
            drill.now += 1000
            drill.remember()
        }
    }

    @Test("of somebody who hides their name alone, places and way stay")
    func name() throws {
        var drill = Drill(seed: 6)
        for _ in 1...5 { drill.step() }
        var recording = RoomRecording(of: drill.room, event: 0, since: drill.now, for: 5000)
        var playback = RoomPlayback(of: recording, delay: 5000, at: drill.now)
        for _ in 1...20 {
            drill.step()
            recording.take(drill.room, event: drill.event, at: drill.now)
            _ = playback.follow(recording, at: drill.now)
            recording.fold(at: drill.now)
        }
        let before = playback
        let new = Person(account: 1, username: "new", nickname: "", avatar: "", zones: [])
        let withdrawal = Withdrawal(of: 1, now: new, hasPlaces: false)
        recording.take(withdrawal)
        playback.take(withdrawal)
        #expect(playback.scene.people.first?.person == new && playback.peopleVersion == before.peopleVersion + 1)
        #expect(playback.scene.shownRows == before.scene.shownRows && playback.version == before.version)
        #expect(playback.scene.shownRows.first?.position != nil)
        #expect(playback.scene.shownWays.map(\.pieces) == before.scene.shownWays.map(\.pieces))
        #expect(RoomPlayback(of: recording, delay: 5000, at: drill.now).scene.shownRows.first?.position != nil)
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
            recording.take(told: [Self.left(number)], of: drill.room, event: number, at: drill.now)
        }
        #expect(recording.steps.count == quiet + Limit.Live.recordedEvents)
        recording.fold(at: drill.now + delay)
        #expect(recording.steps.isEmpty)
        recording.take(told: [Self.left(9)], of: drill.room, event: 9, at: drill.now + delay)
        #expect(recording.steps.count == 1, "there is room again")
        let way = RoomPlayback(of: recording, delay: delay, at: drill.now + 2 * delay).scene.shownWays
        #expect(way.allSatisfy { $0.pieces.reduce(0) { $0 + $1.count } <= Limit.Live.recordedWay })
    }
}
