import Limits
import Testing

@testable import Live

@Suite("Whose turn for a frame it is") struct FrameTurnsTests {
    private final class Somebody: FrameTaker {
        var turn: FrameTurn

        init(every interval: Int32) { turn = FrameTurn(interval: interval) }
    }

    private var turns = FrameTurns<Somebody>(longest: 50)

    /// Another tick, in which everything changes: who is ready takes a frame.
    @discardableResult private mutating func tick() -> [Somebody] {
        _ = turns.advance()
        let takers = turns.ready
        for taker in takers.reversed() { turns.took(taker) }
        return takers
    }

    /// At which of so many ticks each takes a frame.
    private mutating func ticks(_ people: [Somebody], for count: Int) -> [[Int]] {
        var taken = Array(repeating: [Int](), count: people.count)
        for tick in 1...count {
            let takers = self.tick()
            for (index, somebody) in people.enumerated() where takers.contains(where: { $0 === somebody }) {
                taken[index].append(tick)
            }
        }
        return taken
    }

    @Test("each takes a frame at the next tick, and then as often as it wants at most")
    mutating func rates() {
        let people = [1, 5, 50, 0, 5].map { Somebody(every: $0) }
        for somebody in people { turns.add(somebody) }
        #expect(turns.takers == 4)
        #expect(
            ticks(people, for: 52) == [
                Array(1...52), [1, 6, 11, 16, 21, 26, 31, 36, 41, 46, 51], [1, 51], [],
                [1, 6, 11, 16, 21, 26, 31, 36, 41, 46, 51],
            ])
        #expect(turns.takers == 4 && turns.isAnyoneWaiting)
    }

    @Test("those of one rate who take a frame together do so ever after, and the ticks rest when nobody waits")
    mutating func rests() {
        for _ in 0..<100 { turns.add(Somebody(every: 5)) }
        tick()
        #expect(turns.ready.isEmpty && turns.isAnyoneWaiting)
        for _ in 1..<5 {
            let come = turns.advance()
            #expect(come.isEmpty)
        }
        // Nothing happens: they are the next, whenever that is.
        let come = turns.advance()
        #expect(come == 0..<100 && !turns.isAnyoneWaiting)
        let none = turns.advance()
        #expect(none.isEmpty && turns.ready.count == 100)
    }

    @Test("only those whose turn has just come are to be looked at while nothing changes")
    mutating func justCome() {
        let often = [1, 1].map { Somebody(every: $0) }
        let rare = Somebody(every: 3)
        for somebody in often + [rare] { turns.add(somebody) }
        tick()
        for _ in 1..<3 {
            let come = turns.advance()
            #expect(come == 2..<2)
        }
        let come = turns.advance()
        #expect(come == 2..<3 && turns.ready[2] === rare)
    }

    @Test("who wants more frames than before has its turn at the next tick; who wants fewer waits as long as it says")
    mutating func changes() {
        let (up, awake, down, off) = (
            Somebody(every: 50), Somebody(every: 0), Somebody(every: 2), Somebody(every: 1)
        )
        let people = [up, awake, down, off]
        for somebody in people { turns.add(somebody) }
        tick()
        turns.change(up, to: 5)
        turns.change(awake, to: 5)
        turns.change(down, to: 4)
        turns.change(off, to: 0)
        #expect(turns.takers == 3)
        #expect(ticks(people, for: 9) == [[1, 6], [1, 6], [4, 8], []])
        // What is said again changes nothing.
        turns.change(up, to: 5)
        turns.change(off, to: 0)
        turns.change(awake, to: 0)
        #expect(ticks(people, for: 3) == [[2], [], [3], []])
        turns.change(off, to: 1)
        #expect(ticks([off], for: 3) == [[1, 2, 3]])
    }

    @Test("who goes has no turn, wherever it stood, and nobody else loses one")
    mutating func goes() {
        var random = SystemRandomNumberGenerator()
        var people = (0..<60).map { Somebody(every: Int32($0 % 6)) }
        for somebody in people { turns.add(somebody) }
        for _ in 0..<300 {
            if let gone = people.randomElement(using: &random), people.count > 12 {
                turns.remove(gone)
                turns.remove(gone)
                people.removeAll { $0 === gone }
            }
            if let other = people.randomElement(using: &random) {
                turns.change(other, to: .random(in: 0...6, using: &random))
            }
            let takers = tick()
            #expect(takers.allSatisfy { taker in people.contains { $0 === taker } })
            #expect(turns.takers == people.count { $0.turn.interval > 0 })
        }
        let taken = ticks(people, for: 60).map(\.count)
        #expect(
            zip(people, taken).allSatisfy { somebody, count in
                somebody.turn.interval == 0 ? count == 0 : (60 / Int(somebody.turn.interval) - 1...61).contains(count)
            })
    }

    @Test(
        "a rate is at most so many frames a second, and never more than there are ticks",
        arguments: [
            (0, 0), (0.1, 50), (0.3, 17), (1, 5), (2, 3), (2.5, 2), (4.9, 2), (5, 1), (6, 1), (1e300, 1),
        ] as [(Double, Int32)])
    func intervals(rate: Double, interval: Int32) throws {
        #expect(try #require(FrameRate(rate)).interval(in: .milliseconds(200)) == interval)
    }

    @Test("what is none is not taken for a rate", arguments: [-1, -0.1, 0.05, 0.0999, .nan, -.infinity])
    func refuses(rate: Double) { #expect(FrameRate(rate) == nil) }

    @Test("a tick that is longer than the slowest rate is for everybody")
    func longTicks() {
        #expect(FrameRate.longestInterval(in: .seconds(60)) == 1)
        #expect(FrameRate.longestInterval(in: .milliseconds(200)) == 50)
        #expect(FrameRate.everyTick.interval(in: .seconds(60)) == 1)
        var turns = FrameTurns<Somebody>(longest: 1)
        let somebody = Somebody(every: 0)
        turns.add(somebody)
        turns.change(somebody, to: 1)
        let come = turns.advance()
        #expect(come == 0..<1)
    }
}
