import Foundation
import TestKit
import Testing

@testable import Rooms

/// No number in what is stored of a runner can trap, and none that is believed breaks a room.
@Suite("What is stored of runners", .timeLimit(.minutes(2))) struct StoredStateTests {
    private static let extremes: [NSNumber] = [
        NSNumber(value: Int64.min), NSNumber(value: Int64.max), NSNumber(value: Int64.max - 1), -1, 0, 1, 2,
        NSNumber(value: Int64(1) << 31), NSNumber(value: Int64(1) << 32), NSNumber(value: Int64(1) << 52),
        NSNumber(value: -(Int64(1) << 52)), NSNumber(value: (Int64(1) << 52) + 1), 1e13, 1e18, 1.7e308, -1e308, 1e-300,
        0.5,
    ]

    /// The value with one of its numbers replaced, the `place`th in the order of their keys.
    private func replacing(_ value: Any, _ place: inout Int, by other: NSNumber) -> Any {
        switch value {
        case let object as [String: Any]:
            var object = object
            for key in object.keys.sorted() { object[key] = object[key].map { replacing($0, &place, by: other) } }
            return object
        case let list as [Any]: return list.map { replacing($0, &place, by: other) }
        case let number as NSNumber where String(cString: number.objCType) != "c":
            place -= 1
            return place == -1 ? other : number
        default: return value
        }
    }

    private func mutated(_ snapshot: RunnerSnapshot, _ random: inout SplitMix) throws -> RunnerSnapshot? {
        var value = try JSONSerialization.jsonObject(with: JSONEncoder().encode(snapshot))
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            var count = Int.max
            _ = replacing(value, &count, by: 0)
            var place = Int.random(in: 0..<(Int.max - count), using: &random)
            let other = Self.extremes[Int.random(in: Self.extremes.indices, using: &random)]
            value = replacing(value, &place, by: other)
        }
        let data = try JSONSerialization.data(withJSONObject: value)
        guard let read = try? JSONDecoder().decode(RunnerSnapshot.self, from: data) else { return nil }
        return read.number == snapshot.number && read.isPossible ? read : nil
    }

    @Test(
        "extreme numbers are refused, or make a room that is sound and can be run in",
        arguments: Seeds.some(of: 0..<20))
    func extremes(turn: Int) throws {
        // The first has a run that is long over, and longer than a kilometre.
        let seed = turn == 0 ? 13_333_836_955_233_822_007 : UInt64.random(in: 0...UInt64.max)
        print("seed of what is stored: \(seed)")
        var random = SplitMix(seed: seed)
        var drill = RoomDrill(seed: seed)
        for _ in 0..<200 { drill.step() }
        var believed = 0
        for _ in 0..<60 {
            var people = drill.disk.people
            guard let index = people.indices.randomElement(using: &random) else { continue }
            guard let snapshot = try mutated(people[index].snapshot, &random) else { continue }
            believed += 1
            people[index].snapshot = snapshot
            var room = drill.disk.restoredRoom(like: drill.room, people: people, at: drill.now)
            // As whoever wakes a room does: what is stored may be of somebody who is forgotten since.
            for number in room.runnerNumbers where room.person(number)?.isNobody ?? false {
                _ = room.forget(number, newRunKey: 1 << 42 + Int64(number), at: drill.now)
            }
            func check(_ at: Int64, _ what: String) {
                let broken = room.brokenInvariants(at: at)
                #expect(broken.isEmpty, "seed \(seed), \(what): \(snapshot)")
            }
            var now = drill.now
            // What has not been told is told, some at a time.
            for _ in 0..<50 {
                now += minute
                _ = room.advance(to: now)
            }
            check(now, "restored")
            let number = index + 1
            _ = room.nextDeadline
            _ = room.settledWay(of: number).map(\.bytes)
            let person = room.person(number) ?? .nobody(number)
            if !person.isNobody { _ = try? room.join(person, newRunKey: 1 << 40, at: now) }
            _ = try? room.start(number, newRunKey: 1 << 41, at: now)
            _ = try? room.markers(
                [marker(1, 0, at: now), marker(2, 9, at: now + 5_000)], from: number, at: now + 5_000)
            _ = try? room.pause(number, at: now + 6_000)
            _ = try? room.finish(number, at: now + 7_000)
            check(now + 8_000, "and run in")
            for kept in room.runnerNumbers {
                let stored = try room.snapshot(of: kept).map { try JSONEncoder().encode($0) }
                let again = try stored.map { try JSONDecoder().decode(RunnerSnapshot.self, from: $0) }
                #expect(again?.isPossible ?? false, "seed \(seed): what it stores is read again")
            }
        }
        #expect(believed > 0)
    }
}
