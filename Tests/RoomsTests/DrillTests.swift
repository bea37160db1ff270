import Foundation
import TestKit
import Testing

@testable import Rooms

/// Which drills there are, and for how long.
private enum Drills {
    /// That found something once.
    static let once: [UInt64] = [16_634_906_954_794_052_231]
    private static let environment = ProcessInfo.processInfo.environment
    /// Other ones each time, or the one that is to be repeated.
    static let fresh: [Drill] = {
        if let seed = environment["RUNROOM_DRILL_SEED"].flatMap(UInt64.init) { return [Drill(seed: seed)] }
        let drills = (0..<Seeds.count(of: 20)).map { _ in Drill(seed: .random(in: 1_000...UInt64.max)) }
        print("seeds of drills: \(drills.map(\.description).joined(separator: " "))")
        return drills
    }()
    /// For how many seconds they go on, by hand.
    static let seconds = environment["RUNROOM_DRILL_SECONDS"].flatMap(Double.init)
}

/// Whatever is commanded: by seeds that are the same on every run, by others each time, and for as long as told.
///
/// A fault that is built in to be found: `swift test -Xswiftc -DPLANTED_FAULT --filter DrillTests`.
@Suite("Drills of a room") struct DrillTests {
    @Test(
        "whatever is commanded, all holds that must, and a crash loses nothing",
        arguments: Seeds.some(of: Drills.once + Array(1...20)))
    fileprivate func fixed(seed: UInt64) { Drill(seed: seed).run() }

    @Test("nor do twenty seeds find anything that nobody has seen before", arguments: Drills.fresh)
    fileprivate func fresh(drill: Drill) { drill.run() }

    @Test("nor do as many as there is time for", .enabled(if: Drills.seconds != nil))
    func forAsLongAsTold() {
        let end = ContinuousClock.now + .seconds(Drills.seconds ?? 0)
        var count = 0
        while ContinuousClock.now < end {
            guard Drill(seed: .random(in: 1_000...UInt64.max)).run() else { break }
            count += 1
        }
        print("\(count) drills found nothing")
    }

    @Test("what fails is cut down to the commands that it takes")
    func shrinking() {
        // One command out of many is at fault, if two others came before it.
        let few = Shrinking.shrink(Array(1...400)) { commands in
            guard let place = commands.firstIndex(of: 250) else { return nil }
            return Set(commands[..<place]).isSuperset(of: [7, 100]) ? 250 : nil
        }
        #expect(few == [7, 100, 250])
    }
}
