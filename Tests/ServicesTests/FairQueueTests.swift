import Foundation
import TestKit
import Testing

@testable import Services

@Suite("Turns of those who wait")
struct FairQueueTests {
    @Test("keys take turns, and what one key has asked for is taken in its order")
    func turns() {
        var queue = FairQueue<String, Int>(limit: 8, share: 4)
        for (number, key) in ["a", "b", "c", "a", "a", "b"].enumerated() {
            let isTaken = queue.push(number + 1, for: key)
            #expect(isTaken)
        }
        var taken: [Int] = []
        while let next = queue.pop() { taken.append(next) }
        #expect(taken == [1, 2, 3, 4, 6, 5])
        let nothing = queue.pop()
        #expect(queue.isEmpty && nothing == nil)
    }

    /// Asks for a hundred pieces of work.
    ///
    /// - Returns: How many were taken on.
    private static func fill<Key>(_ queue: inout FairQueue<Key, Int>, for key: Key) -> Int {
        var count = 0
        for number in 0..<100 where queue.push(number, for: key) { count += 1 }
        return count
    }

    @Test("one key fills half of the queue and no more, and each other then has its share")
    func shares() {
        var queue = FairQueue<String, Int>(limit: 64, share: 4)
        #expect(Self.fill(&queue, for: "a") == 32)
        for key in ["b", "c", "d", "e", "f", "g", "h", "i"] { #expect(Self.fill(&queue, for: key) == 4, "\(key)") }
        #expect(queue.count == 64 && Self.fill(&queue, for: "j") == 0)
        // Who idles is about to take one.
        let isTaken = queue.push(0, for: "j", idle: 1), isAnother = queue.push(0, for: "a", idle: 1)
        #expect(isTaken && !isAnother)
    }

    @Test("with a share of its own and no more, a key never has more waiting than that or half of the queue")
    func smallLimits() {
        for limit in 0...9 {
            for share in 0...5 {
                var queue = FairQueue<Int, Int>(limit: limit, share: share)
                #expect(
                    Self.fill(&queue, for: 1) == min(limit, max(share, limit / 2)),
                    "limit \(limit), share \(share)")
            }
        }
    }

    /// The queue once more, as slow and plain as can be: all that waits in one list, and who was served when.
    private struct Model {
        var waiting: [(key: Int, number: Int)] = []
        /// The keys that wait, since when or since when they were last served.
        var since: [Int: Int] = [:]

        func expected() -> Int? {
            since.min { $0.value < $1.value }.flatMap { first in waiting.first { $0.key == first.key }?.number }
        }
    }

    @Test(
        "whatever is asked for and taken in whatever order, nobody waits for more than one of each other",
        arguments: Seeds.some(of: 0..<20))
    func random(seed: Int) {
        var random = SplitMix(seed: UInt64(seed))
        let limit = Int.random(in: 1...24, using: &random), share = Int.random(in: 1...5, using: &random)
        let keys = Int.random(in: 1...9, using: &random)
        var queue = FairQueue<Int, Int>(limit: limit, share: share)
        var model = Model()
        // Since its first began to wait: how many of each other key were taken.
        var passed: [Int: [Int: Int]] = [:]
        for step in 0..<2000 {
            if Int.random(in: 0..<5, using: &random) < 3 {
                let key = Int.random(in: 0..<keys, using: &random), mine = model.waiting.count { $0.key == key }
                let isTaken = queue.push(step, for: key)
                #expect(isTaken == (model.waiting.count < limit && (mine < share || model.waiting.count < limit / 2)))
                guard isTaken else { continue }
                if mine == 0 {
                    model.since[key] = step
                    passed[key] = [:]
                }
                model.waiting.append((key, step))
            } else {
                let expected = model.expected(), taken = queue.pop()
                #expect(taken == expected)
                guard let taken, let index = model.waiting.firstIndex(where: { $0.number == taken }) else { continue }
                let key = model.waiting.remove(at: index).key
                for other in passed.keys where other != key { passed[other]?[key, default: 0] += 1 }
                #expect(passed.values.allSatisfy { $0.values.allSatisfy { $0 <= 1 } })
                passed[key] = model.waiting.contains { $0.key == key } ? [:] : nil
                model.since[key] = passed[key] == nil ? nil : step
            }
            #expect(queue.count == model.waiting.count)
        }
    }

    /// Stands in for scrypt: writes down whose turn it is, and waits to be let on.
    ///
    /// `@unchecked`: `condition` is held wherever the variables are touched; `Mutex` cannot be waited on.
    private final class Gate: @unchecked Sendable {
        private let condition = NSCondition()
        private var isShut = true
        private var secrets: [[UInt8]] = []

        /// What was hashed, in order.
        var order: [[UInt8]] { condition.withLock { secrets } }

        func derive(_ secret: [UInt8], _ salt: [UInt8], _ cost: Passwords.Cost, _ count: Int) -> [UInt8]? {
            condition.withLock {
                secrets.append(secret)
                while isShut { condition.wait() }
            }
            return secret
        }

        func open() {
            condition.withLock {
                isShut = false
                condition.broadcast()
            }
        }
    }

    @Test(
        "while one address has all waiting that it may, the password of another is hashed after one of its",
        .timeLimit(.minutes(1)))
    func passwords() async throws {
        let gate = Gate()
        defer { gate.open() }
        let passwords = Passwords(cost: .low, threads: 1, queueLimit: 8, deriving: gate.derive)
        @Sendable func hash(_ digits: String, for address: String) async -> Bool {
            do {
                _ = try await passwords.hash(.digest(digits), for: Passwords.Lane(address))
                return true
            } catch {
                return false
            }
        }
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { await hash("a", for: "192.0.2.1") }
            while gate.order.isEmpty { await Task.yield() }
            // One is being hashed; four wait, which is half of the queue and its share; the others are refused at once.
            for _ in 0..<10 { group.addTask { await hash("a", for: "192.0.2.1") } }
            for _ in 0..<6 { #expect(await group.next() == false) }
            // The same by another of its addresses.
            #expect(await !hash("a", for: "::ffff:192.0.2.1"))
            group.addTask { await hash("b", for: "2001:db8::1") }
            while passwords.waiting < 5 { await Task.yield() }
            gate.open()
            for _ in 0..<6 { #expect(await group.next() == true) }
        }
        #expect(gate.order.map { String(decoding: $0, as: UTF8.self) } == ["a", "b", "a", "a", "a", "a"])
    }
}
