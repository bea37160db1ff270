import Testing

@testable import Live

@Suite("Phases of the tick") struct TickPhasingTests {
    @Test(
        "a phase begins where its number says, however long the server has been up",
        arguments: [(200, 10), (205, 10), (33, 10), (10, 10), (1000, 7), (3, 10)])
    func starts(milliseconds: Int, count: Int) {
        let phasing = TickPhasing(tick: .milliseconds(milliseconds), count: count)
        for days in [0, 1, 400] {
            let elapsed = Duration.seconds(days * 86_400) + .microseconds(1_234_567)
            let phase = phasing.phase(at: elapsed)
            #expect(phasing.start(of: phase) <= elapsed)
            #expect(phasing.start(of: phase + 1) > elapsed)
            #expect(phasing.phase(at: phasing.start(of: phase)) == phase)
            // A tick later it is the same phase's turn.
            #expect(phasing.start(of: phase + Int64(count)) - phasing.start(of: phase) == .milliseconds(milliseconds))
        }
    }

    @Test("after a delay every phase of the tick is served once, the latest last")
    func delays() {
        let phasing = TickPhasing(tick: .milliseconds(100), count: 10)
        #expect(phasing.due(from: 5, at: .milliseconds(50)) == 5...5)
        #expect(phasing.due(from: 5, at: .milliseconds(75)) == 5...7)
        #expect(phasing.due(from: 5, at: .milliseconds(1000)) == 91...100)
        // A timer that is early by a rounding still serves what it was set for.
        #expect(phasing.due(from: 5, at: .milliseconds(49)) == 5...5)
    }
}
