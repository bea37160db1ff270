import Foundation
import TestKit
import Testing

@testable import Geo

@Suite("Privacy zones") struct PrivacyZoneTests {
    private static let places: [(String, Double, Double)] = [
        ("a city", 39.905, 116.407), ("the equator", 0, 0), ("the antimeridian", -17, 180),
        ("its other name", -17, -180), ("near the north pole", 89.999, 12), ("the north pole", 90, 0),
        ("the south pole", -90, 77), ("the far north", 78.2, -15.6),
    ]

    @Test("a step leads as far as it says, in every direction, over poles and the antimeridian", arguments: places)
    func steps(name: String, latitude: Double, longitude: Double) throws {
        let place = try Coordinate(latitude: latitude, longitude: longitude)
        for metres in [0.0, 1, 100, 2_000, 5_000] {
            for direction in stride(from: 0.0, to: 2 * .pi, by: 0.3) {
                let there = place.moved(by: metres, toward: direction)
                // The ellipsoid is within 0.6 % of the sphere; a coordinate is rounded to a centimetre.
                #expect(abs(place.distance(to: there) - metres) <= metres * 0.006 + 0.01, "\(metres) m, \(direction)")
            }
        }
    }

    @Test("a step goes the way that is meant")
    func directions() throws {
        let place = try Coordinate(latitude: 50, longitude: 179.999)
        #expect(place.moved(by: 500, toward: 0).latitude > 50.004)
        let east = place.moved(by: 500, toward: .pi / 2)
        #expect(east.longitude < -179.99 && abs(east.latitude - 50) < 0.0001)
        #expect(place.moved(by: 500, toward: .pi).latitude < 49.996)
        #expect(place.moved(by: 500, toward: 3 * .pi / 2).longitude < 179.994)
    }

    @Test("hides all within the radius of its middle, and nothing a third of it beyond", arguments: places)
    func circle(name: String, latitude: Double, longitude: Double) throws {
        let center = try Coordinate(latitude: latitude, longitude: longitude)
        var random = SplitMix(seed: 16)
        for radius in [100, 400, 2_000] {
            let zone = PrivacyZone(id: 1, place: center, radius: radius, center: center, seed: random.next())
            for run in 0..<20 as Range<Int64> {
                #expect(zone.hides(center, inRun: run))
                for direction in stride(from: 0.0, to: 2 * .pi, by: 0.7) {
                    #expect(zone.hides(center.moved(by: Double(radius) * 0.99, toward: direction), inRun: run))
                    #expect(!zone.hides(center.moved(by: Double(radius) * 1.35, toward: direction), inRun: run))
                }
            }
        }
    }

    @Test("a way ends where it ended before in the same run, and elsewhere in another")
    func margins() throws {
        let center = try Coordinate(latitude: 48, longitude: 11)
        var random = SplitMix(seed: 3)
        let zone = PrivacyZone(id: 1, hiding: center, radius: 600, using: &random)
        let other = PrivacyZone(id: 2, hiding: center, radius: 600, using: &random)
        let margins = (0..<1000 as Range<Int64>).map { zone.margin(inRun: $0) }
        #expect(margins == (0..<1000).map { zone.margin(inRun: $0) })
        #expect(Set(margins).count == 1000)
        #expect(margins.allSatisfy { (0..<200).contains($0) })
        // Spread over all that there is of it.
        #expect(abs(margins.reduce(0, +) / 1000 - 100) < 10)
        #expect(other.margin(inRun: 7) != zone.margin(inRun: 7))
    }

    @Test("the middle is moved away from the place, never so far that this is not well within", arguments: places)
    func middle(name: String, latitude: Double, longitude: Double) throws {
        let place = try Coordinate(latitude: latitude, longitude: longitude)
        var random = SplitMix(seed: 5)
        var sum = 0.0
        for _ in 0..<500 {
            let zone = PrivacyZone(id: 1, hiding: place, radius: 1_000, using: &random)
            let moved = zone.center.distance(to: place)
            #expect(moved <= 505)
            #expect(zone.hides(place, inRun: 9))
            sum += moved
        }
        // Evenly over a disc: two thirds of its radius on the average.
        #expect(abs(sum / 500 - 333) < 25)
    }

    @Test("the middle stays while the place lies well within; otherwise it is another")
    func changes() throws {
        let place = try Coordinate(latitude: 48, longitude: 11)
        var random = SplitMix(seed: 8)
        for _ in 0..<100 {
            let zone = PrivacyZone(id: 4, hiding: place, radius: 1_000, using: &random)
            let larger = zone.changed(place: place, radius: 2_000, using: &random)
            #expect(larger.center == zone.center && larger.seed == zone.seed && larger.radius == 2_000)
            let smaller = zone.changed(place: place, radius: 100, using: &random)
            #expect(smaller.id == 4 && smaller.center.distance(to: place) <= 51)
            let there = place.moved(by: 3, toward: 1)
            let moved = zone.changed(place: there, radius: 1_000, using: &random)
            #expect(moved.place == there && moved.seed != zone.seed && moved.center != zone.center)
        }
    }

    @Test("a filter leaves the pieces of a way outside, in their order; one without zones leaves all of it")
    func pieces() throws {
        let home = try Coordinate(latitude: 0, longitude: 0)
        let way = (-20...20).map { home.moved(by: abs(Double($0)) * 100, toward: $0 < 0 ? 1 : 2) }
        let zone = PrivacyZone(id: 1, place: home, radius: 500, center: home, seed: 1)
        let filter = PrivacyFilter([zone], run: 77)
        let pieces = filter.pieces(of: way)
        #expect(pieces.count == 2)
        #expect(pieces[0].first == way.first && pieces[1].last == way.last)
        let shown = Set(pieces.flatMap(\.self))
        #expect(way.allSatisfy { shown.contains($0) != filter.hides($0) })
        #expect(shown.allSatisfy { $0.distance(to: home) > 500 })
        #expect(!filter.isClear && PrivacyFilter([], run: 77).isClear)
        #expect(PrivacyFilter([], run: 77).pieces(of: way) == [way])
        #expect(PrivacyFilter([], run: 77).pieces(of: []) == [])
        #expect(PrivacyFilter([.everywhere], run: 77).pieces(of: way) == [])
    }
}
