import Geo
import TestKit
import Testing

@testable import ActivityFiles

@Suite("Cleaning of activities")
struct CleaningTests {
    private func activity(_ seconds: [[Int?]]) -> Activity {
        Activity(
            segments: seconds.map { segment in
                Activity.Segment(
                    segment.map { Activity.Point(time: $0.map { Int64($0) * 1000 }, place: Files.place(1, 2)) })
            })
    }

    private func seconds(_ activity: Activity) -> [[Int]] {
        activity.segments.map { $0.points.compactMap { $0.time.map { Int($0 / 1000) } } }
    }

    @Test("points that are not later than the one before are left out, across pauses too, and segments without any")
    func order() {
        let clean = activity([[10, 11, 11, 9, 12], [12, 5], [12, 13]]).cleaned()
        #expect(seconds(clean) == [[10, 11, 12], [13]])
        #expect(clean.warnings == [.repeatedTimes(5)])
    }

    @Test("points without time are left out beside others that have one, and stay in a route")
    func untimed() {
        let clean = activity([[nil, 10, nil], [nil]]).cleaned()
        #expect(seconds(clean) == [[10]])
        #expect(clean.warnings == [.untimed(3)])
        let route = activity([[nil, nil], [nil]])
        #expect(route.cleaned() == route)
    }

    @Test("what comes days before is from a clock that was not set, and what comes days after from a damaged end")
    func clock() {
        let day = 86_400
        let run = Array(20 * day..<20 * day + 100)
        let early = activity([[0, 1], run]).cleaned()
        #expect(seconds(early) == [run])
        #expect(early.warnings == [.clockBeforeFix(2)])
        let late = activity([run + [3000 * day]]).cleaned()
        #expect(seconds(late) == [run])
        #expect(late.warnings == [.clockAfterEnd(1)])
        let both = activity([[0], run + [3000 * day]]).cleaned()
        #expect(seconds(both) == [run])
        // A clock that was ahead.
        #expect(seconds(activity([[3000 * day] + run]).cleaned()) == [run])
        // A day is not more than a day, and a tenth is too much to be thrown away.
        let night = activity([[run[0] - day], run])
        #expect(night.cleaned() == night)
        let half = activity([Array(0..<11), run])
        #expect(half.cleaned() == half)
    }

    @Test("elevations that cannot be are none")
    func elevations() {
        let elevations = [9_999, 9_999.1, -9_999, -10_000, .infinity, .nan] as [Double]
        let activity = Activity(segments: [Activity.Segment(elevations.map { Activity.Point(elevation: $0) })])
        let clean = activity.cleaned()
        #expect(clean.points.map(\.elevation) == [9_999, nil, -9_999, nil, nil, nil])
        #expect(clean.warnings == [.elevations(4)])
    }

    @Test("after cleaning times rise strictly, and cleaning again changes nothing")
    func random() {
        var random = SplitMix(seed: 3)
        for _ in 0..<500 {
            let segments = (0..<4).map { _ in
                (0..<Int.random(in: 0..<40, using: &random)).map { _ -> Int? in
                    random.happens(10)
                        ? nil : Int.random(in: 0..<(random.happens(5) ? 1_000_000_000 : 1000), using: &random)
                }
            }
            let clean = activity(segments).cleaned()
            let times = seconds(clean).flatMap { $0 }
            #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
            if clean.hasTimes { #expect(times.count == clean.points.count) }
            #expect(clean.segments.allSatisfy { !$0.points.isEmpty })
            #expect(clean.cleaned() == clean)
        }
    }

    @Test("nothing is reckoned between segments")
    func distance() {
        let places = [Files.place(0, 0), Files.place(0, 0.001), Files.place(0, 0.002)]
        let points = places.map { Activity.Point(place: $0) }
        let whole = Activity(segments: [Activity.Segment(points)]).reckonedDistance
        let split = Activity(segments: [Activity.Segment([points[0], points[1]]), Activity.Segment([points[2]])])
        #expect(abs(whole - 222.639) < 0.01)
        #expect(abs(split.reckonedDistance - whole / 2) < 1e-6)
    }
}
