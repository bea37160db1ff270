import Foundation
import Logging
import Mail
import Synchronization
import TestKit
import Testing

/// A transport that does as it is told, and a clock.
private final class Carrier: MailTransport {
    struct State {
        var delivered: [String] = []
        var attempts = 0
        var failures: [MailFailure] = []
        var isBlocked = false
        /// Whose mail is not taken.
        var held: Set<String> = []
    }

    let connections: Int

    let state = Mutex(State())

    init(connections: Int = 1) { self.connections = connections }

    func deliver(_ mail: OutgoingMail, isCancelled: @escaping @Sendable () -> Bool) throws(MailFailure) {
        while state.withLock({ $0.isBlocked || $0.held.contains(mail.to) }), !isCancelled() { usleep(1000) }
        let failure = state.withLock { state -> MailFailure? in
            state.attempts += 1
            if let failure = state.failures.first {
                state.failures.removeFirst()
                return failure
            }
            state.delivered.append(mail.to)
            return nil
        }
        if let failure { throw failure }
    }

    var delivered: [String] { state.withLock { $0.delivered } }
    var attempts: Int { state.withLock { $0.attempts } }
}

@Suite("The mail queue") struct MailQueueTests {
    private let carrier = Carrier()
    private let clock = ManualClock(0)

    private func queue(
        _ carrier: Carrier? = nil, capacity: Int = 10, pauses: [Int64] = [1],
        logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    ) -> MailQueue {
        let now = { @Sendable [clock] in clock.now }
        return MailQueue(
            transport: carrier ?? self.carrier, capacity: capacity, retries: MailQueue.Retries(pauses: pauses),
            logger: logger, now: now)
    }

    private func mail(_ to: String) -> OutgoingMail { OutgoingMail(to: to, .code("123456"), at: 0, expiresAt: 600_000) }

    private func eventually(_ holds: () -> Bool) async throws {
        try await TestKit.eventually("such mail", within: .seconds(60)) {
            // A clock that stands still needs a push.
            clock.advance(milliseconds: 1)
            return holds()
        }
    }

    @Test("mail goes out in the order in which it came")
    func order() async throws {
        let queue = queue()
        for to in ["a", "b", "c"] { #expect(queue.put(mail(to))) }
        try await eventually { carrier.delivered.count == 3 }
        #expect(carrier.delivered == ["a", "b", "c"])
        try await eventually { queue.count == 0 }
    }

    @Test("what fails for the moment is tried again, and does not hold up the others")
    func retries() async throws {
        carrier.state.withLock { $0.failures = [MailFailure(isPermanent: false, "later")] }
        let queue = queue(pauses: [5])
        for to in ["a", "b"] { #expect(queue.put(mail(to))) }
        try await eventually { carrier.delivered.count == 2 }
        #expect(carrier.delivered == ["b", "a"])
    }

    @Test("mail that a server makes much of holds up no other, as long as there are connections")
    func slow() async throws {
        let carrier = Carrier(connections: 3)
        carrier.state.withLock { $0.held = ["slow", "slower"] }
        let queue = queue(carrier)
        for to in ["slow", "slower", "a", "b", "c"] { #expect(queue.put(mail(to))) }
        try await eventually { carrier.delivered == ["a", "b", "c"] }
        #expect(queue.count == 2)
        carrier.state.withLock { $0.held = [] }
        try await eventually { queue.count == 0 }
        #expect(carrier.delivered.count == 5)
    }

    @Test("a log has of an address what its owner knows it by, and nobody else")
    func log() async throws {
        let log = RecordingLog(), carrier = Carrier()
        carrier.state.withLock { $0.failures = [MailFailure(isPermanent: true, "never")] }
        let queue = queue(carrier, logger: log.logger)
        for to in ["ana.lang@example.org", "ben@example.org"] { #expect(queue.put(mail(to))) }
        try await eventually { queue.count == 0 && log.lines.count == 2 }
        #expect(log.lines.contains { $0.contains("mail not sent") && $0.contains("a…@example.org") })
        #expect(log.lines.contains { $0.contains("mail sent") && $0.contains("b…@example.org") })
        #expect(log.lines.allSatisfy { !$0.contains("ana") && !$0.contains("ben") && !$0.contains("123456") })
        for address in ["", "x", "@"] { #expect(mail(address).shortAddress.first == "…") }
    }

    @Test("what fails for good is not tried again")
    func permanent() async throws {
        carrier.state.withLock { $0.failures = [MailFailure(isPermanent: true, "never")] }
        let queue = queue()
        for to in ["a", "b"] { #expect(queue.put(mail(to))) }
        try await eventually { queue.count == 0 }
        #expect(carrier.delivered == ["b"] && carrier.attempts == 2)
    }

    @Test("a code that has expired is not sent any more")
    func expiry() async throws {
        carrier.state.withLock {
            $0.failures = [MailFailure](repeating: MailFailure(isPermanent: false, "later"), count: 100)
        }
        let queue = queue(pauses: [1, 599_999])
        #expect(queue.put(mail("a")))
        try await eventually { queue.count == 0 }
        #expect(carrier.delivered.isEmpty && carrier.attempts == 2)
    }

    @Test("no more than the queue holds is taken on, and nothing after the stop")
    func bounds() async throws {
        carrier.state.withLock { $0.isBlocked = true }
        let queue = queue(capacity: 2)
        #expect(queue.put(mail("first")))
        // One is under way when another two fit behind it.
        var taken = 0
        try await eventually {
            if queue.put(mail("next")) { taken += 1 }
            return taken == 2 && !queue.put(mail("more"))
        }
        #expect(queue.count == 3)
        queue.stop()
        #expect(!queue.put(mail("late")))
        // What is under way is told to give up.
        try await eventually { carrier.attempts == 1 }
    }
}
