import Testing

@testable import Live

@Suite("Message budget") struct MessageBudgetTests {
    @Test("a burst is taken, and what is beyond it is not") func burst() {
        let start = Moment.now
        var budget = MessageBudget(perSecond: 20, burst: 60, at: start)
        for _ in 0..<60 {
            let isTaken = budget.take(at: start)
            #expect(isTaken)
        }
        let isTaken = budget.take(at: start)
        #expect(!isTaken)
    }

    @Test("twenty a second may go on for ever") func sustained() {
        let start = Moment.now
        var budget = MessageBudget(perSecond: 20, burst: 60, at: start)
        for index in 0..<2000 {
            let isTaken = budget.take(at: start + .milliseconds(50 * index))
            #expect(isTaken)
        }
    }

    @Test("what was saved up is never more than a burst") func idle() {
        let start = Moment.now
        var budget = MessageBudget(perSecond: 20, burst: 60, at: start)
        let later = start + .seconds(3600)
        let taken = (0..<100).count { _ in budget.take(at: later) }
        #expect(taken == 60)
    }
}
