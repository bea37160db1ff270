import Testing

@testable import Live

@Suite("How often markers are asked for") struct CadenceRuleTests {
    private let start = ContinuousClock.now
    private var rule: CadenceRule

    init() { rule = CadenceRule(patience: .seconds(10), at: start) }

    private mutating func follow(_ isWatched: Bool, after seconds: Double) -> Bool {
        rule.follow(isWatched: isWatched, at: start + .seconds(seconds))
    }

    @Test("runners are asked for less when nobody has looked for a while, and for all at once when somebody does")
    mutating func bothWays() {
        var told: [Double] = []
        for (isWatched, seconds) in [
            (true, 1), (true, 5), (false, 6), (false, 14.9), (false, 15), (false, 60), (true, 61), (true, 62),
        ] {
            if follow(isWatched, after: seconds) { told.append(seconds) }
        }
        #expect(told == [15, 61])
        #expect(!rule.isCalm)
    }

    @Test("a room into which nobody has looked since it woke becomes calm as well")
    mutating func fromTheStart() {
        var isTold = follow(false, after: 9)
        #expect(!isTold)
        isTold = follow(false, after: 10)
        #expect(isTold && rule.isCalm)
    }

    @Test("a screen that flickers tells everybody twice in the patience at most")
    mutating func flickers() {
        var told = 0
        for tenth in 0..<1_200 where follow(tenth.isMultiple(of: 2), after: Double(tenth) / 10) { told += 1 }
        #expect(told == 0, "it was never dark for long")
        for tenth in 1_200..<3_600 where follow(tenth % 110 == 0, after: Double(tenth) / 10) { told += 1 }
        #expect((1...50).contains(told), "\(told)")
    }
}
