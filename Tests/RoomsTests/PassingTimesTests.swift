import TestKit
import Testing

@testable import Rooms

/// When somebody at a distance passed it, of all markers and of the points that are kept of them.
@Suite("Times of passing")
struct PassingTimesTests {
    private typealias Marker = (centimetres: UInt32, time: Int64)

    /// A run that keeps all its markers.
    private struct Unthinned {
        var markers: [Marker] = []

        func time(passing goal: Double) -> Double? {
            var low = 0
            var high = markers.count
            while low < high {
                let middle = (low + high) / 2
                if Double(markers[middle].centimetres) >= goal { high = middle } else { low = middle + 1 }
            }
            guard low < markers.count else { return nil }
            let after = markers[low]
            guard low > 0 else { return Double(after.time) }
            let before = markers[low - 1]
            let share = (goal - Double(before.centimetres)) / Double(after.centimetres - before.centimetres)
            return Double(before.time) + share * Double(after.time - before.time)
        }
    }

    /// How somebody runs whose markers come once a second.
    struct Manner: Sendable, CustomTestStringConvertible {
        /// Metres by which steps differ, as a standard deviation.
        var noise = 0.3
        /// Now and then half a minute's wait, or a few minutes at 1.4 m/s.
        var hasBreaks = true
        /// Metres below which a step adds nothing, as of the odometer.
        var stillness = 0.0

        var testDescription: String {
            "\(hasBreaks ? "with breaks" : "steadily"), noise \(noise) m, stillness \(stillness) m"
        }
    }

    private func run(_ manner: Manner, seconds: Int, seed: UInt64) -> [Marker] {
        var random = SplitMix(seed: seed)
        var markers: [Marker] = []
        var metres = 0.0
        var counted = 0.0
        var speed = 3.0
        var rest = 0
        for second in 0..<seconds {
            if rest == 0 {
                speed = 3
                rest = 600
                if manner.hasBreaks, second > 0, random.happens(50) {
                    speed = random.happens(50) ? 0 : 1.4
                    rest = speed == 0 ? 30 : Int.random(in: 60...300, using: &random)
                }
            }
            rest -= 1
            // Evenly spread over twice the root of three: of a standard deviation of 1.
            if speed > 0 { metres += max(0, speed + Double.random(in: -1.732...1.732, using: &random) * manner.noise) }
            if metres - counted > manner.stillness { counted = metres }
            markers.append((UInt32(counted * 100), noon + Int64(second) * 1000))
        }
        return markers
    }

    private func passingTimes(of markers: [Marker]) -> PassingTimes {
        var times = PassingTimes()
        for marker in markers { times.append(centimetres: marker.centimetres, time: marker.time) }
        return times
    }

    /// Centimetres: where a marker is, right behind it, and a little farther.
    private func goals(at marker: Marker) -> [Double] { [0, 0.25, 9.5].map { Double(marker.centimetres) + $0 } }

    @Test("without markers there is nothing to say")
    func empty() {
        let times = PassingTimes()
        #expect(times.isEmpty)
        #expect(times.last == nil)
        #expect(times.time(passing: 0) == nil)
    }

    @Test("while there is room the answer is that of all markers", arguments: 1...20 as ClosedRange<UInt64>)
    func unthinned(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var times = PassingTimes()
        var all = Unthinned()
        var marker: Marker = (UInt32.random(in: 0...500, using: &random), noon)
        while true {
            times.append(centimetres: marker.centimetres, time: marker.time)
            all.markers.append(marker)
            #expect(!times.isEmpty)
            #expect(times.last?.centimetres == marker.centimetres)
            #expect(times.last?.time == marker.time)
            if times.count == PassingTimes.capacity { break }
            if random.happens(60) { marker.centimetres += UInt32.random(in: 1...900, using: &random) }
            // One time in twenty the clock goes back.
            marker.time += random.happens(5) ? -10 * second : Int64.random(in: 1...3000, using: &random)
        }
        #expect(all.markers.count > PassingTimes.capacity, "of waits two points are kept")
        for marker in all.markers {
            for goal in goals(at: marker) { #expect(times.time(passing: goal) == all.time(passing: goal)) }
        }
    }

    @Test("a distance before the first marker was passed with it")
    func beforeTheFirst() {
        let times = passingTimes(of: [(500, noon), (900, noon + second)])
        for goal in [-1, 0, 499.9, 500] { #expect(times.time(passing: goal) == Double(noon)) }
        #expect(times.time(passing: 700) == Double(noon + second / 2))
    }

    @Test("nobody has passed a distance beyond the last marker")
    func beyondTheLast() {
        for count in [1, 2, 100, 1000, 10_000] {
            let markers = run(Manner(), seconds: count, seed: 1)
            let times = passingTimes(of: markers)
            let end = Double(markers[count - 1].centimetres)
            #expect(times.time(passing: end) != nil)
            #expect(times.time(passing: end + 0.01) == nil)
            #expect(times.time(passing: .infinity) == nil)
            #expect(times.time(passing: .nan) == nil)
        }
    }

    @Test("who stands came there with the first marker and leaves after the last one")
    func standing() {
        var markers: [Marker] = (1...1000).map { (300, noon + Int64($0) * second) }
        markers.insert((0, noon), at: 0)
        markers.append((600, noon + 1001 * second))
        let times = passingTimes(of: markers)
        #expect(times.count == 4)
        #expect(times.time(passing: 300) == Double(noon + second))
        #expect(times.time(passing: 450) == Double(noon + 1000 * second + second / 2))
    }

    /// The bounds are a quarter above the largest of 16 seeds, for all answers and for 99 of 100.
    @Test(
        "of a day the times are right to a small share of how long ago they were",
        arguments: [
            (Manner(noise: 0.1, hasBreaks: false), 1 / 500, 1 / 850),
            (Manner(noise: 0.3), 1 / 215, 1 / 330),
            (Manner(noise: 1), 1 / 80, 1 / 120),
            (Manner(noise: 0.3, stillness: 4), 1 / 60, 1 / 100),
            (Manner(noise: 1, stillness: 4), 1 / 75, 1 / 90),
        ] as [(Manner, Double, Double)])
    func errors(manner: Manner, largest: Double, percentile: Double) throws {
        let all = Unthinned(markers: run(manner, seconds: 86_400, seed: 24))
        var times = PassingTimes()
        var shares: [Double] = []
        for (index, marker) in all.markers.enumerated() {
            times.append(centimetres: marker.centimetres, time: marker.time)
            guard (index + 1) % 10_800 == 0 else { continue }
            for passed in all.markers[..<index].enumerated() where passed.offset % 23 == 0 {
                for goal in goals(at: passed.element) where goal <= Double(marker.centimetres) {
                    let exact = try #require(all.time(passing: goal))
                    let answer = try #require(times.time(passing: goal))
                    shares.append(abs(answer - exact) / (Double(marker.time) - exact + PassingTimes.grace))
                }
            }
        }
        shares.sort()
        #expect(shares[shares.count - 1] <= largest)
        #expect(shares[shares.count * 99 / 100] <= percentile)
    }

    @Test("a wait stays a wait however long ago")
    func waits() {
        var markers: [Marker] = []
        var waits: [(centimetres: UInt32, from: Int64, to: Int64)] = []
        var random = SplitMix(seed: 3)
        var time = noon
        var centimetres: UInt32 = 0
        while time < noon + day {
            // Every hour ten minutes.
            if (time - noon) / hour > waits.count {
                let from = markers[markers.count - 1].time
                waits.append((centimetres, from, from + 10 * minute))
                while time <= from + 10 * minute {
                    markers.append((centimetres, time))
                    time += second
                }
            }
            centimetres += UInt32.random(in: 200...400, using: &random)
            markers.append((centimetres, time))
            time += second
        }
        let times = passingTimes(of: markers)
        #expect(waits.count > 20)
        for wait in waits {
            #expect(times.time(passing: Double(wait.centimetres)) == Double(wait.from))
            let left = times.time(passing: Double(wait.centimetres) + 0.01) ?? 0
            #expect(left >= Double(wait.to) && left < Double(wait.to + second))
        }
    }

    @Test(
        "there are never more points than there is room for, and the newest is exact",
        arguments: 1...6 as ClosedRange<UInt32>)
    func capacity(seed: UInt32) {
        var random = SplitMix(seed: UInt64(seed))
        var times = PassingTimes()
        var marker: Marker = (0, noon)
        for _ in 0..<5_000 {
            // A pace, standing, a clock that jumps, by turns.
            marker.time += random.happens(90) ? second : Int64.random(in: -hour...hour, using: &random)
            if random.happens(80) { marker.centimetres += UInt32.random(in: 0...(seed * 400 + 1), using: &random) }
            times.append(centimetres: marker.centimetres, time: marker.time)
            #expect(times.count <= PassingTimes.capacity)
            #expect(times.last?.centimetres == marker.centimetres)
            #expect(times.last?.time == marker.time)
        }
        #expect(times.count > 1)
    }

    @Test("a straight run stays exact")
    func straight() {
        let times = passingTimes(of: (0...100_000).map { (UInt32($0) * 300, noon + Int64($0) * second) })
        for metres in stride(from: 0.0, through: 300_000, by: 1234.5) {
            #expect(times.time(passing: metres * 100) == Double(noon) + metres / 3 * 1000)
        }
    }

    @Test("an hour in which the clock is slow does not spoil the rest of the day")
    func clock() throws {
        var all = Unthinned(markers: run(Manner(), seconds: 43_200, seed: 8))
        let back = 20_000..<23_600
        for index in back { all.markers[index].time -= 5 * minute }
        let times = passingTimes(of: all.markers)
        for (index, marker) in all.markers.enumerated() where !back.contains(index) && index % 50 == 0 {
            let exact = try #require(all.time(passing: Double(marker.centimetres)))
            let answer = try #require(times.time(passing: Double(marker.centimetres)))
            let age = Double(noon + 43_200 * second) - exact
            #expect(abs(answer - exact) <= (age + PassingTimes.grace) / 100)
        }
    }

    @Test("times of any size and in any order are no error")
    func extremeTimes() throws {
        let farthest: Int64 = 1 << 52
        var random = SplitMix(seed: 5)
        let sources: [(Int) -> Int64] = [
            { _ in Int64.random(in: -farthest...farthest, using: &random) },
            { $0 % 2 == 0 ? farthest : -farthest },
            { _ in 0 },
            { -Int64($0) * second },
            { Int64($0) * 30 * day },
            { [.min, .max, 0, noon][$0 % 4] },
        ]
        for time in sources {
            for step in [0, 1, 300, UInt32.max / 2000] {
                var times = PassingTimes()
                for index in 0..<2000 { times.append(centimetres: UInt32(index) * step, time: time(index)) }
                #expect(times.count <= PassingTimes.capacity)
                #expect(times.last?.centimetres == 1999 * step)
                for share in [0, 0.1, 0.5, 1] {
                    #expect(try #require(times.time(passing: Double(1999 * step) * share)).isFinite)
                }
            }
        }
    }

    @Test("a time more than 24 days off is kept as 24 days off")
    func farTimes() {
        var times = passingTimes(of: [(0, noon), (300, noon + 100 * day)])
        #expect(times.last?.time == noon + Int64(Int32.max))
        times.append(centimetres: 600, time: noon - 100 * day)
        #expect(times.last?.time == noon + Int64(Int32.min))
        times.append(centimetres: 900, time: noon + second)
        #expect(times.last?.time == noon + second)
    }

    @Test("a distance that falls counts as standing")
    func falling() {
        let times = passingTimes(of: [(600, noon), (300, noon + second), (900, noon + 2 * second)])
        #expect(times.time(passing: 600) == Double(noon))
        #expect(times.time(passing: 750) == Double(noon + second + second / 2))
    }
}
