import Foundation
import Testing

@testable import Services

@Suite("What runs come to") struct OverviewTests {
    private typealias Mark = BestEffort.Passings.Mark

    private func passings(_ seconds: [Double], end: Mark? = nil) -> BestEffort.Passings {
        let kilometers = seconds.enumerated().map { Mark(meters: Double($0.offset + 1) * 1000, seconds: $0.element) }
        return BestEffort.Passings(kilometers + (end.map { [$0] } ?? []))
    }

    @Test("the best kilometre is the fastest of all, wherever it is")
    func kilometer() {
        let run = passings([300, 580, 900, 1150], end: Mark(meters: 4400, seconds: 1300))
        #expect(BestEffort(over: 1000, of: run)?.seconds == 250)
        #expect(BestEffort(over: 5000, of: run) == nil)
        #expect(BestEffort(over: 0, of: run) == nil)
    }

    @Test("a stretch may begin in the middle of a kilometre, and end at the run's end")
    func betweenMarks() throws {
        // 10 km at 300 s, then 500 m at 200 s a kilometre.
        let run = passings((1...10).map { Double($0) * 300 }, end: Mark(meters: 10_500, seconds: 3100))
        #expect(BestEffort(over: 10_000, of: run)?.seconds == 2950)
        #expect(BestEffort(over: 1000, of: run)?.seconds == 250)
        #expect(try #require(BestEffort(over: 10_500, of: run)).seconds == 3100)
        let half = passings((1...21).map { Double($0) * 300 }, end: Mark(meters: 21_097.5, seconds: 6329.25))
        #expect(abs(try #require(BestEffort(over: 21_097.5, of: half)).seconds - 6329.25) < 1e-6)
    }

    @Test("the search by marks finds what trying every metre finds")
    func exhaustive() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<50 {
            var time = 0.0
            let seconds = (0..<8).map { _ in
                time += Double.random(in: 200...400, using: &generator)
                return time
            }
            let run = passings(seconds, end: Mark(meters: 8350, seconds: time + 100))
            func at(_ meters: Double) -> Double {
                let after = run.marks.firstIndex { $0.meters >= meters } ?? run.marks.count - 1
                guard after > 0 else { return 0 }
                let from = run.marks[after - 1], to = run.marks[after]
                return from.seconds + (to.seconds - from.seconds) * (meters - from.meters) / (to.meters - from.meters)
            }
            for length in [1000, 2345, 5000.0] {
                let tried = stride(from: 0, through: 8350 - length, by: 1).map { at($0 + length) - at($0) }.min()
                let found = try #require(BestEffort(over: length, of: run)).seconds
                #expect(abs(found - (tried ?? 0)) < 1e-6, "\(run)")
            }
        }
    }

    @Test("marks that go back are left out")
    func disorder() {
        let run = BestEffort.Passings([
            Mark(meters: 1000, seconds: 300), Mark(meters: 900, seconds: 310), Mark(meters: 2000, seconds: 300),
            Mark(meters: 2000, seconds: 650),
        ])
        #expect(run.marks.map(\.meters) == [0, 1000, 2000])
        #expect(BestEffort(over: 1000, of: run)?.seconds == 300)
    }

    @Test("splits as a record has them are marks, and what is none of a record is none")
    func splits() throws {
        let text = #"[{"kilometer":1,"seconds":300.1,"total":300.1},{"kilometer":2,"seconds":290,"total":590.1}]"#
        let run = try #require(BestEffort.Passings(splits: text, meters: 2010, seconds: 600))
        #expect(run.marks.map(\.seconds) == [0, 300.1, 590.1, 600])
        #expect(BestEffort.Passings(splits: "{", meters: 1, seconds: 1) == nil)
    }

    /// Sunday, 29 November 2026, 23:30 in Berlin, which is Monday in Shanghai.
    private let sunday: Int64 = 1_795_991_400_000

    @Test("weeks begin on Monday and days where the runner is")
    func weeks() throws {
        let berlin = try #require(TimeZone(identifier: "Europe/Berlin"))
        let shanghai = try #require(TimeZone(identifier: "Asia/Shanghai"))
        var there = RunningPeriods(.week, count: 2, until: sunday, in: berlin)
        var here = RunningPeriods(.week, count: 2, until: sunday, in: shanghai)
        // 23 November, 00:00 in Berlin; 30 November in Shanghai.
        #expect(there.periods.map(\.start) == [1_794_783_600_000, 1_795_388_400_000])
        #expect(here.periods.map(\.start) == [1_795_363_200_000, 1_795_968_000_000])
        there.add(meters: 5000, seconds: 1500, at: 1_795_388_400_000)
        there.add(meters: 3000, seconds: 1000, at: 1_795_388_399_999)
        there.add(meters: 9, seconds: 9, at: 5)
        #expect(there.periods.map(\.meters) == [3000, 5000] && there.periods.map(\.runs) == [1, 1])
        here.add(meters: 1, seconds: 1, at: sunday)
        #expect(here.periods.map(\.seconds) == [0, 1])
    }

    @Test("months are whole ones, whatever day it is")
    func months() throws {
        let berlin = try #require(TimeZone(identifier: "Europe/Berlin"))
        // 31 October 2026, 12:00; the clocks went back a week ago.
        let months = RunningPeriods(.month, count: 3, until: 1_793_444_400_000, in: berlin)
        // 1 August, 1 September, 1 October, at summer time.
        #expect(months.periods.map(\.start) == [1_785_535_200_000, 1_788_213_600_000, 1_790_805_600_000])
    }
}
