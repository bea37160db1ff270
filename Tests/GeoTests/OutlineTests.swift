import TestKit
import Testing

@testable import Geo

@Suite("Outline")
struct OutlineTests {
    /// By going once around, edge by edge: the rule of the half-open edges without anything that makes it quick.
    private func isInside(_ place: Coordinate, _ rings: [[Int32]]) -> Bool {
        var isInside = false
        for ring in rings {
            for index in stride(from: 0, to: ring.count, by: 2) {
                let next = (index + 2) % ring.count
                let one = (latitude: Int64(ring[index]) * 10_000, longitude: Int64(ring[index + 1]) * 10_000)
                let other = (latitude: Int64(ring[next]) * 10_000, longitude: Int64(ring[next + 1]) * 10_000)
                let (latitude, longitude) = (Int64(place.latitudeE7), Int64(place.longitudeE7))
                guard (one.latitude > latitude) != (other.latitude > latitude) else { continue }
                let north = other.latitude - one.latitude
                let side =
                    (longitude - one.longitude) * north - (latitude - one.latitude) * (other.longitude - one.longitude)
                if north > 0 ? side > 0 : side < 0 { isInside.toggle() }
            }
        }
        return isInside
    }

    /// A square with a square hole, and an hourglass beside it whose waist is a level edge.
    private static let simple: [[Int32]] = [
        [0, 0, 0, 3000, 3000, 3000, 3000, 0],
        [1000, 1000, 1000, 2000, 2000, 2000, 2000, 1000],
        [0, 4000, 1500, 5000, 1500, 6000, 0, 7000, 3000, 7000, 1500, 6000, 1500, 5000, 3000, 4000],
    ]

    @Test("an area has holes, and may come in several pieces")
    func pieces() throws {
        let outline = Outline(thousandths: Self.simple)
        func contains(_ latitude: Double, _ longitude: Double) throws -> Bool {
            outline.contains(try Coordinate(latitude: latitude, longitude: longitude))
        }
        #expect(try contains(0.5, 0.5))
        #expect(try contains(2.5, 1.5))
        #expect(try !contains(1.5, 1.5), "in the hole")
        #expect(try contains(1.5, 2.5))
        #expect(try !contains(1.5, 3.5), "between the pieces")
        #expect(try contains(1.4, 4.5))
        #expect(try !contains(0.2, 4.5))
        #expect(try !contains(1.6, 5.5), "beside the waist")
        #expect(try !contains(-0.1, 1.5))
        #expect(try !contains(3.1, 1.5))
        #expect(try !contains(1.5, -0.1))
        #expect(try !contains(1.5, 7.1))
    }

    @Test("of the two areas on both sides of an edge exactly one has each place on it")
    func edges() throws {
        let west = Outline(thousandths: [[0, 0, 0, 1000, 1000, 1300, 2000, 900, 2000, 0]])
        let east = Outline(thousandths: [[0, 1000, 0, 2000, 2000, 2000, 2000, 900, 1000, 1300]])
        for step in Int32(0)..<2000 {
            let longitude = step < 1000 ? 10_000_000 + step * 3_000 : 13_000_000 - (step - 1000) * 4_000
            let place = try Coordinate(latitudeE7: step * 10_000, longitudeE7: longitude)
            #expect(west.contains(place) != east.contains(place), "\(step)")
        }
    }

    @Test("it answers as one does who goes around edge by edge")
    func agreement() throws {
        var random = SplitMix(seed: 9)
        for rings in [Self.simple, ShiftedOutline.rings] {
            let outline = Outline(thousandths: rings)
            let corners = rings.flatMap { $0 }
            for step in 0..<3000 {
                var (latitude, longitude): (Int32, Int32)
                // At a corner, on its level or its meridian, around it, or anywhere.
                let corner = Int.random(in: 0..<corners.count / 2, using: &random) * 2
                (latitude, longitude) = (corners[corner] * 10_000, corners[corner + 1] * 10_000)
                if step % 4 == 1 { longitude += .random(in: -50_000_000...50_000_000, using: &random) }
                if step % 4 == 2 { latitude += .random(in: -50_000_000...50_000_000, using: &random) }
                if step % 4 == 3 {
                    latitude += .random(in: -300_000...300_000, using: &random)
                    longitude += .random(in: -300_000...300_000, using: &random)
                }
                let place = try Coordinate(latitudeE7: latitude, longitudeE7: longitude)
                #expect(outline.contains(place) == isInside(place, rings), "\(latitude), \(longitude)")
            }
        }
    }
}
