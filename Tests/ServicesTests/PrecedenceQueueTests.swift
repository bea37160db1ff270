import TestKit
import Testing

@testable import Services

@Suite("Those who guess wait behind the others")
struct PrecedenceQueueTests {
    @Test("after three of the others, of whom every second came last, one of them is taken, and without others each")
    func order() {
        var queue = PrecedenceQueue<Int, String>(limit: 40, share: 20)
        for number in 1...8 {
            let isTaken = queue.push("g\(number)", for: -1, isDeferred: true)
            #expect(isTaken)
        }
        for number in 1...7 {
            let isTaken = queue.push("o\(number)", for: number, isDeferred: false)
            #expect(isTaken)
        }
        var taken: [String] = []
        while let next = queue.pop() { taken.append(next) }
        #expect(
            taken == [
                "o1", "o7", "o2", "g1", "o6", "o3", "o5", "g2", "o4", "g3", "g4", "g5", "g6", "g7", "g8",
            ])
        #expect(queue.count == 0)
    }

    @Test("who is found to guess is put behind with all that waits for them, in its order")
    func postponed() {
        var queue = PrecedenceQueue<Int, String>(limit: 16, share: 8)
        for number in 1...5 {
            let isTaken = queue.push("g\(number)", for: -1, isDeferred: false)
            #expect(isTaken)
        }
        for number in 1...4 {
            let isTaken = queue.push("o\(number)", for: number, isDeferred: false)
            #expect(isTaken)
        }
        queue.postpone(-1)
        queue.postpone(-2)
        #expect(queue.count == 9)
        var taken: [String] = []
        while let next = queue.pop() { taken.append(next) }
        #expect(taken == ["o1", "o4", "o2", "g1", "o3", "g2", "g3", "g4", "g5"])
        #expect(queue.count == 0)
    }

    @Test("they fill half of the queue and no more, from however many addresses")
    func bound() {
        var queue = PrecedenceQueue<Int, Int>(limit: 64, share: 4)
        var taken = 0
        for key in 0..<100 {
            for number in 0..<10 where queue.push(number, for: key, isDeferred: true) { taken += 1 }
        }
        #expect(taken == 32)
        for key in 100..<200 where queue.push(0, for: key, isDeferred: false) { taken += 1 }
        #expect(taken == 64 && queue.count == 64)
    }

    @Test("who comes behind a crowd waits for one of it, and the crowd's first for one of each who comes")
    func crowd() {
        var queue = PrecedenceQueue<Int, Int>(limit: 64, share: 4)
        for key in 0..<20 {
            let isTaken = queue.push(key, for: key, isDeferred: false)
            #expect(isTaken)
        }
        var order: [Int] = []
        for step in 0..<40 {
            if step % 2 == 0 {
                let isTaken = queue.push(100 + step, for: 100 + step, isDeferred: false)
                #expect(isTaken)
            }
            if let next = queue.pop() { order.append(next) }
        }
        #expect(order == (0..<20).flatMap { [$0, 100 + 2 * $0] })
    }

    @Test("whatever is pushed and taken, everything comes out once, and nobody waits for more than their turn")
    func random() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix(seed: seed)
        var queue = PrecedenceQueue<Int, (number: Int, isDeferred: Bool)>(limit: 24, share: 3)
        var waiting: [Int: Bool] = [:], sinceDeferred = 0
        for step in 0..<5000 {
            if Bool.random(using: &random) {
                let isDeferred = Bool.random(using: &random)
                let key = Int.random(in: 0..<6, using: &random) + (isDeferred ? 10 : 0)
                if queue.push((step, isDeferred), for: key, isDeferred: isDeferred) { waiting[step] = isDeferred }
            } else {
                let hadDeferred = waiting.values.contains(true), hadOthers = waiting.values.contains(false)
                guard let next = queue.pop() else {
                    #expect(waiting.isEmpty, "seed \(seed)")
                    continue
                }
                #expect(waiting.removeValue(forKey: next.number) == next.isDeferred, "seed \(seed)")
                sinceDeferred = next.isDeferred || !hadDeferred ? 0 : sinceDeferred + 1
                #expect(sinceDeferred <= PrecedenceQueue<Int, Int>.headStart, "seed \(seed)")
                if !hadOthers { #expect(next.isDeferred, "seed \(seed)") }
            }
            #expect(queue.count == waiting.count, "seed \(seed)")
        }
    }

    @Test("an address from which a wrong password came waits behind others for a while, and others of its kind do not")
    func failures() {
        let clock = Stopwatch()
        let failures = RecentFailures(now: { clock.now })
        failures.note(AddressKey("192.0.2.1"))
        #expect(failures.includes(AddressKey("192.0.2.1")) && failures.includes(AddressKey("::ffff:192.0.2.1")))
        #expect(!failures.includes(AddressKey("192.0.2.2")))
        clock.advance(.seconds(299))
        #expect(failures.includes(AddressKey("192.0.2.1")))
        clock.advance(.seconds(1))
        #expect(!failures.includes(AddressKey("192.0.2.1")))
    }
}
