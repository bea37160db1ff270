import Geo
import Testing

@testable import Simulator

@Suite("A run as it is sent") struct PerformanceTests {
    func plan(_ count: Int, pauses: [Range<Int64>] = []) throws -> RunPlan {
        RunPlan(
            points: try (1...count).map {
                RunPlan.Point(
                    offset: Int64($0) * 1000, place: try Coordinate(latitude: 40, longitude: Double($0) / 1e4))
            }, pauses: pauses)
    }

    @Test("the start comes first, then what is due, and the finish only when everything is acknowledged")
    func order() throws {
        var run = Performance(plan: try plan(5), start: 100)
        #expect(run.next(at: 0) == .control(.start, time: 100))
        #expect(run.next(at: 900) == nil)
        #expect(run.next(at: 3500) == .markers(1...3))
        #expect(run.next(at: 9000) == .markers(4...5))
        #expect(run.next(at: 9000) == nil)
        #expect(run.acknowledge(4) == nil)
        #expect(run.next(at: 9000) == nil)
        #expect(run.acknowledge(5) == nil)
        #expect(run.next(at: 9000) == .control(.finish, time: 5100))
        #expect(run.isFinishing)
    }

    @Test(
        "a start, a pause and a finish do not wait until markers are asked for, and a finish waits for its acknowledgements"
    )
    func urgency() throws {
        var run = Performance(plan: try plan(5, pauses: [2500..<4500]), start: 0)
        #expect(run.nextUrgent == 0 && run.isUrgent(at: 0))
        #expect(run.next(at: 0) == .control(.start, time: 0))
        #expect(run.nextUrgent == 2500 && !run.isUrgent(at: 2499) && run.isUrgent(at: 2500))
        #expect(run.next(at: 3000) == .markers(1...2))
        #expect(run.next(at: 3000) == .control(.pause, time: 2500))
        #expect(run.next(at: 4500) == .markers(3...4))
        #expect(run.next(at: 4500) == .control(.start, time: 4500))
        #expect(run.nextUrgent == 5000)
        #expect(run.next(at: 5000) == .markers(5...5))
        #expect(run.nextUrgent == nil, "only acknowledgements are awaited")
        #expect(run.acknowledge(5) == nil)
        #expect(run.isUrgent(at: 5000))
        #expect(run.next(at: 5000) == .control(.finish, time: 5000))
        #expect(run.nextUrgent == nil)
    }

    @Test("a pause goes out after the markers before it, even in a hurry")
    func pause() throws {
        var run = Performance(plan: try plan(6, pauses: [2500..<4500]), start: 0)
        var steps: [Performance.Step] = []
        while let step = run.next(at: 60_000, limit: 1) { steps.append(step) }
        #expect(
            steps == [
                .control(.start, time: 0), .markers(1...1), .markers(2...2), .control(.pause, time: 2500),
                .markers(3...3), .markers(4...4), .control(.start, time: 4500), .markers(5...5), .markers(6...6),
            ])
    }

    @Test("after a cut, what the room does not have is sent again and nothing else")
    func rejoin() throws {
        var run = Performance(plan: try plan(5), start: 0)
        _ = run.next(at: 0)
        _ = run.next(at: 4000)
        #expect(run.acknowledge(2) == nil)
        run.confirm(.started)
        #expect(run.rejoin(state: .running, stored: 3, recovered: true) == nil)
        #expect(run.next(at: 5000) == .markers(4...5))
        #expect(run.outbox.resent == 1)
        #expect(run.outbox.acknowledged == 3)
    }

    @Test("a start that was cut off is sent again; one that only lost its event is not")
    func controls() throws {
        var run = Performance(plan: try plan(5), start: 0)
        _ = run.next(at: 0)
        #expect(run.rejoin(state: .ready, stored: 0, recovered: true) == nil)
        #expect(run.next(at: 0) == .control(.start, time: 0))
        #expect(run.rejoin(state: .running, stored: 0, recovered: false) == nil)
        #expect(run.next(at: 1000) == .markers(1...1))
    }

    @Test("a server that forgets or invents markers is found out")
    func lies() throws {
        var run = Performance(plan: try plan(5), start: 0)
        _ = run.next(at: 0)
        _ = run.next(at: 3000)
        #expect(run.acknowledge(4) != nil)
        #expect(run.acknowledge(3) == nil)
        #expect(run.acknowledge(2) != nil)
        run.confirm(.started)
        #expect(run.rejoin(state: .running, stored: 2, recovered: true) != nil)
        #expect(run.rejoin(state: .running, stored: 9, recovered: true) != nil)
    }

    @Test("markers lost in a tunnel come after later ones")
    func tunnel() throws {
        var run = Performance(plan: try plan(9), start: 0)
        _ = run.next(at: 0)
        run.loseSignal(at: 3000, until: 6000)
        #expect(run.next(at: 5000) == .markers(4...5))
        #expect(run.next(at: 6000) == .markers(1...3))
        #expect(run.next(at: 6000) == .markers(6...6))
        #expect(run.outbox.resent == 0)
    }

    @Test("tells when there is something to send next, and nothing while an answer is awaited")
    func due() throws {
        var run = Performance(plan: try plan(3), start: 0)
        #expect(run.nextDue == 0)
        _ = run.next(at: 0)
        #expect(run.nextDue == 1000)
        _ = run.next(at: 1000)
        run.loseSignal(at: 3000, until: 9000)
        #expect(run.nextDue == 0)
        #expect(run.next(at: 3000) == .markers(2...3))
        #expect(run.nextDue == nil)
        #expect(run.acknowledge(3) == nil)
        #expect(run.nextDue == 3000)
        #expect(run.next(at: 3000) == .control(.finish, time: 3000))
        #expect(run.nextDue == nil)
    }

    @Test("a replay starts so early that no marker is ever ahead of the clock", arguments: [1.0, 1.5, 10, 1000])
    func replay(speed: Double) {
        let (now, length) = (1_732_350_000_000 as Int64, 600_000 as Int64)
        let start = Performance.start(now: now, length: length, speed: speed)
        #expect(speed > 1 || start == now)
        for offset in stride(from: 0, through: length, by: 1000) {
            #expect(Double(start + offset) <= Double(now) + Double(offset) / speed)
        }
    }
}
