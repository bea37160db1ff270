import Geo
import Testing

@testable import Simulator

@Suite("A club that runs for people to look at") struct ClubTests {
    static func club(seed: UInt64 = 1, size: Int = 8) -> Club {
        Club(size: size, latitude: 40.0170, longitude: 116.3900, seed: seed)
    }

    static let firstRuns = Result { try (0..<8).map { try club().plan(of: $0, run: 0, interval: 1) } }

    @Test("has names that people have, each once, and no suffix on them")
    func names() {
        let nicknames = Club.people.map(\.nickname)
        #expect(Set(nicknames).count == nicknames.count)
        #expect(Set(Club.people.map(\.handle)).count == Club.people.count)
        for person in Club.people {
            #expect((2...14).contains(person.nickname.count))
            #expect(person.nickname.allSatisfy { $0.isLetter || $0 == " " }, "\(person.nickname)")
            #expect(person.handle.allSatisfy { $0.isASCII && $0.isLowercase }, "\(person.handle)")
        }
    }

    @Test("has usernames that can be read, the same each time, and never longer than a server takes")
    func usernames() {
        #expect(Club.username(of: 0, in: "demo") == "demo-ana")
        let room = String(repeating: "园", count: 64)
        for person in Club.people.indices {
            let name = Club.username(of: person, in: room)
            #expect(name.count == 32 && name.hasSuffix("-" + Club.people[person].handle))
        }
        #expect(Club.accountPassword(room: "demo", password: "a") != Club.accountPassword(room: "demo", password: "b"))
        #expect(Club.accountPassword(room: room, password: String(repeating: "x", count: 128)).count == 128)
    }

    @Test("runs at 4:10 to 6:40 a kilometre, whoever it is and whichever run", arguments: Club.people.indices)
    func paces(person: Int) throws {
        for run in 0..<2 {
            let reckoning = try Self.club(size: 16).plan(of: person, run: run, interval: 1).reckoning(start: 0)
            let pace = reckoning.seconds(finishedAt: 0) / reckoning.meters * 1000
            #expect((250...400).contains(pace), "\(pace) s/km")
        }
    }

    @Test("runs for 15 to 40 minutes, each time as long as it likes, and ends where it began")
    func lengths() throws {
        let plans = try Self.firstRuns.get() + [try Self.club().plan(of: 0, run: 1, interval: 1)]
        #expect(plans.allSatisfy { (15 * 60_000...40 * 60_000).contains($0.length) })
        #expect(Set(plans.map { $0.length / 10_000 }).count > 5)
        for plan in plans {
            let (first, last) = (try #require(plan.points.first), try #require(plan.points.last))
            #expect(first.place.distance(to: last.place) < 25)
        }
    }

    @Test("keeps to one path, a few metres wide, a marker a second")
    func path() throws {
        let lap = Self.club().lap
        #expect((700...900).contains(lap.length))
        let path = try stride(from: 0, to: lap.length, by: 3).map { try lap.place(at: $0) }
        for plan in try Self.firstRuns.get() {
            let distances = plan.points.enumerated().filter { $0.offset.isMultiple(of: 60) }.map { point in
                path.map { $0.distance(to: point.element.place) }.min() ?? .infinity
            }
            #expect(distances.allSatisfy { $0 < 14 }, "a path, and the error of a receiver")
            #expect(distances.reduce(0, +) / Double(distances.count) < 4)
            let steps = zip(plan.points, plan.points.dropFirst()).map { $1.offset - $0.offset }
            #expect(steps.allSatisfy { (900...4000).contains($0) }, "around a pause there is a gap")
            #expect(steps.filter { $0 > 1100 }.count <= 2 * plan.pauses.count)
        }
    }

    @Test("overtakes: two who are close change places again and again")
    func places() throws {
        let runs = try Self.firstRuns.get().map { plan in
            var reckoner = DistanceReckoner(start: 0, pauses: plan.pauses)
            return plan.points.indices.prefix(850).map { index in
                reckoner.add(plan.marker(index + 1, start: 0))
                return reckoner.meters
            }
        }
        func order(at second: Int) -> [Int] { runs.indices.sorted { runs[$0][second] > runs[$1][second] } }
        let orders = stride(from: 120, to: 850, by: 10).map(order)
        let changes = zip(orders, orders.dropFirst()).filter { $0 != $1 }.count
        #expect((3...60).contains(changes), "\(changes) changes in twelve minutes")
    }

    @Test(
        "stops for a while: somebody in the second minute, and then one after the other",
        arguments: [1, 2, 3, 42] as [UInt64])
    func pauses(seed: UInt64) throws {
        let plans = try (0..<8).map { try Self.club(seed: seed).plan(of: $0, run: 0, interval: 1) }
        let pauses = plans.flatMap(\.pauses).sorted { $0.lowerBound < $1.lowerBound }
        #expect(pauses.allSatisfy { (15_000...40_000).contains($0.count) })
        let first = try #require(pauses.first?.lowerBound)
        // Everybody has started within ten seconds.
        #expect((60_000...110_000).contains(first), "\(first)")
        let inTwelveMinutes = pauses.prefix { $0.lowerBound < 720_000 }
        for (one, other) in zip(inTwelveMinutes, inTwelveMinutes.dropFirst()) {
            #expect((80_000...160_000).contains(other.lowerBound - one.lowerBound))
        }
        for plan in plans { #expect(plan.pauses.allSatisfy { $0.upperBound + 60_000 < plan.length }) }
    }

    @Test("is the same for the same seed, and another for another")
    func seeds() throws {
        let plan = try Self.club().plan(of: 3, run: 2, interval: 1)
        #expect(try Self.club().plan(of: 3, run: 2, interval: 1).points == plan.points)
        #expect(try Self.club(seed: 2).plan(of: 3, run: 2, interval: 1).points != plan.points)
        #expect(try Self.club().plan(of: 3, run: 3, interval: 1).points != plan.points)
        #expect(try Self.club().plan(of: 4, run: 2, interval: 1).points != plan.points)
    }

    @Test(
        "loses signal one at a time, soon for the first time, and cheers oftener",
        arguments: 1...20 as ClosedRange<UInt64>)
    func occasions(seed: UInt64) {
        func times(_ occasions: Occasions, until end: Int) -> [Int] {
            var recurrence = Recurrence(occasions, from: .seconds(1000), using: SeededGenerator(seed: seed))
            return (0..<end).filter { recurrence.isDue(at: .seconds(Double(1000 + $0))) }
        }
        let losses = times(Club.signalLosses, until: 4 * 3600)
        #expect(losses[0] <= 90)
        for (one, other) in zip(losses, losses.dropFirst()) {
            // With a second for a look that comes late.
            #expect((120...181).contains(other - one))
            #expect(Double(other - one) > Club.absences.upperBound + 10, "back long before the next is away")
        }
        #expect(Club.absences.lowerBound > 10, "a room says offline after ten seconds")
        let cheers = times(Club.cheers, until: 3600)
        #expect(cheers[0] <= 20)
        for (one, other) in zip(cheers, cheers.dropFirst()) { #expect((15...41).contains(other - one)) }
    }
}
