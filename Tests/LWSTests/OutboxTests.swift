import TestKit
import Testing

@testable import LWS

@Suite("What waits for peers that do not read, as a value") struct OutboxTests {
    private let start = ContinuousClock.now

    private func message(_ count: Int) -> OutgoingMessage { OutgoingMessage(String(repeating: "m", count: count)) }

    @Test("what is put in comes out in order, and its bytes are counted meanwhile")
    func keepsOrder() {
        var outbox = Outbox(BacklogLimits())
        #expect(outbox.isEmpty && outbox.bytes == 0)
        for count in [3, 1, 2] {
            let isFine = outbox.put(message(count), at: start)
            #expect(isFine)
        }
        #expect(outbox.bytes == 6)
        for count in [3, 1, 2] { #expect(outbox.next()?.count == count) }
        #expect(outbox.next() == nil && outbox.isEmpty && outbox.bytes == 0)
    }

    @Test("the byte that is too much is found when it is put in")
    func boundsBytes() {
        var outbox = Outbox(BacklogLimits(bytes: 100))
        let (first, second, third) = (
            outbox.put(message(60), at: start), outbox.put(message(40), at: start), outbox.put(message(1), at: start)
        )
        #expect(first && second && !third)
        outbox.removeAll()
        #expect(outbox.isEmpty && outbox.bytes == 0)
    }

    @Test("the oldest message decides the age, and the next one when it is out")
    func ages() {
        var outbox = Outbox(BacklogLimits(age: .seconds(30)))
        #expect(!outbox.isTooOld(at: start + .seconds(1000)))
        _ = outbox.put(message(1), at: start)
        _ = outbox.put(message(1), at: start + .seconds(20))
        #expect(!outbox.isTooOld(at: start + .seconds(30)))
        #expect(outbox.isTooOld(at: start + .milliseconds(30_001)))
        let isFine = outbox.put(message(1), at: start + .seconds(31))
        #expect(!isFine)
        _ = outbox.next()
        #expect(!outbox.isTooOld(at: start + .seconds(50)))
        #expect(outbox.isTooOld(at: start + .milliseconds(50_001)))
    }

    @Test("what is being written is too old when the peer has taken nothing of it for so long, however large it is")
    func seesStandstill() {
        var outbox = Outbox(BacklogLimits(age: .seconds(30)))
        // Of a frame, which need not arrive.
        outbox.hasProgressed(at: start)
        #expect(!outbox.isTooOld(at: start + .seconds(100)))
        outbox.isWriting(at: start)
        for second in [20, 40, 60] { outbox.hasProgressed(at: start + .seconds(second)) }
        #expect(!outbox.isTooOld(at: start + .seconds(90)))
        #expect(outbox.isTooOld(at: start + .seconds(91)))
        outbox.hasWritten()
        #expect(!outbox.isTooOld(at: start + .seconds(1000)))
    }

    @Test("nobody has to go while all hold no more than they may together")
    func staysWithin() {
        var ledger = BacklogLedger<Int>(limit: 800)
        for id in 0..<8 { ledger.note(id, holds: 100) }
        #expect(ledger.total == 800 && ledger.surplus.isEmpty)
        #expect(Set(ledger.holders) == Set(0..<8))
        ledger.note(0, holds: 0)
        ledger.note(1, holds: 50)
        #expect(ledger.total == 650 && !ledger.holders.contains(0))
    }

    @Test("those who hold the most go, until an eighth is free")
    func choosesLargest() {
        var ledger = BacklogLedger<String>(limit: 800)
        ledger.note("small", holds: 10)
        ledger.note("large", holds: 400)
        ledger.note("larger", holds: 500)
        #expect(ledger.surplus == ["larger"])
        ledger.note("larger", holds: 0)
        #expect(ledger.surplus.isEmpty && ledger.total == 410)
        for id in 0..<100 { ledger.note("equal \(id)", holds: 9) }
        ledger.note("large", holds: 0)
        #expect(ledger.total == 910)
        let gone = ledger.surplus
        for id in gone { ledger.note(id, holds: 0) }
        #expect((690...700).contains(ledger.total) && !gone.contains("large"))
    }

    @Test("the total is the sum of what was noted last, whatever was noted")
    func sums() {
        let seed = UInt64.random(in: 0 ... .max)
        print("seed \(seed)")
        var generator = SplitMix(seed: seed)
        var ledger = BacklogLedger<Int>(limit: 10_000)
        var held: [Int: Int] = [:]
        for _ in 0..<2000 {
            let (id, bytes) = (Int.random(in: 0..<50, using: &generator), Int.random(in: 0...900, using: &generator))
            held[id] = bytes
            ledger.note(id, holds: bytes)
            for id in ledger.surplus {
                held[id] = 0
                ledger.note(id, holds: 0)
            }
            #expect(ledger.total == held.values.reduce(0, +))
            #expect(ledger.total <= ledger.limit)
        }
    }
}
