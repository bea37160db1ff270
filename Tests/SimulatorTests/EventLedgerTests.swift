import Testing

@testable import Simulator

@Suite("What a viewer saw") struct EventLedgerTests {
    func joined(event: Int, epoch: String = "e", recovered: Bool = false, events: [Int] = []) -> ServerMessage.Joined {
        var joined = ServerMessage.Joined()
        joined.epoch = epoch
        joined.event = event
        joined.recovered = recovered
        joined.columns = RunnerRow.columns
        joined.events = events.map { RoomEvent(number: $0, time: 0, kind: .cheer) }
        return joined
    }

    @Test("events in order are as promised; a gap and a repeat are not")
    func order() {
        var ledger = EventLedger()
        ledger.receive(joined(event: 4))
        ledger.receive(event: 5)
        #expect(ledger.faults.isEmpty)
        ledger.receive(event: 7)
        #expect(ledger.faults.count == 1)
        ledger.receive(event: 7)
        #expect(ledger.faults.count == 2)
    }

    @Test("frames go forward in time")
    func frames() {
        var ledger = EventLedger()
        ledger.receive(frame: 1000)
        ledger.receive(frame: 1000)
        #expect(ledger.faults.isEmpty)
        ledger.receive(frame: 999)
        #expect(ledger.faults.count == 1)
    }

    @Test("a recovery joins on, or is found out")
    func recovery() {
        var ledger = EventLedger()
        ledger.receive(joined(event: 4))
        ledger.receive(joined(event: 6, recovered: true, events: [5, 6]))
        #expect(ledger.faults.isEmpty)
        ledger.receive(joined(event: 9, recovered: true, events: [8, 9]))
        #expect(ledger.faults.count == 1)
        ledger.receive(joined(event: 9, epoch: "f"))
        #expect(ledger.faults.count == 2)
    }

    @Test(
        "“The last 256 events of a room can be recovered by since”: who missed no more must get them",
        arguments: [(4, true), (5, true), (260, true), (261, false), (3, true)])
    func recoverable(event: Int, isFault: Bool) {
        var ledger = EventLedger()
        ledger.receive(joined(event: 4))
        ledger.receive(joined(event: event))
        #expect(ledger.faults.isEmpty == !isFault)
        var other = EventLedger()
        other.receive(joined(event: 4))
        other.receive(joined(event: event, epoch: "f"))
        #expect(other.faults == ["the epoch changed from e to f"])
    }

    @Test("a server of nonsense does not fill the memory")
    func bound() {
        var ledger = EventLedger()
        for _ in 0..<1000 { ledger.receive(event: 7) }
        #expect((1...100).contains(ledger.faults.count))
    }

    @Test(
        "what a close code means is what the protocol's table says",
        arguments: [
            (1001, "1234", AfterClose.reconnect(after: .milliseconds(1234))), (1012, "", .reconnect(after: nil)),
            (nil, "", .reconnect(after: nil)), (4010, "", .reconnect(after: nil)), (4008, "", .reconnect(after: nil)),
            (4011, "", .reconnect(after: .seconds(5))), (4003, "", .giveUp("closed with 4003")),
            (4009, "x", .giveUp("closed with 4009 “x”")), (4001, "", .logIn(orGiveUp: "closed with 4001")),
        ] as [(UInt16?, String, AfterClose)])
    func closing(code: UInt16?, reason: String, meaning: AfterClose) {
        #expect(AfterClose(code: code, reason: reason) == meaning)
    }

    @Test("waits grow to ten seconds and differ")
    func backOff() {
        var generator = SeededGenerator(seed: 1)
        var backOff = BackOff()
        let waits = (0..<12).map { _ in backOff.next(using: &generator) }
        #expect(waits.allSatisfy { $0 <= .seconds(10) && $0 >= .milliseconds(40) })
        #expect(waits[0] <= .milliseconds(400))
        #expect(Set(waits).count > 6)
    }
}
