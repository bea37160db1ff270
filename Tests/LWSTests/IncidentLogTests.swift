import Logging
import Synchronization
import Testing

@testable import LWS

@Suite("Incident log") struct IncidentLogTests {
    private let start = ContinuousClock.now

    @Test("the first of a kind from an address has a line, and the next one a minute later says how many there were")
    func oneLineAMinute() {
        var log = IncidentLog()
        #expect(log.note("close 1002", from: "a", at: start) == 0)
        for second in 1...59 { #expect(log.note("close 1002", from: "a", at: start + .seconds(second)) == nil) }
        #expect(log.note("close 1002", from: "a", at: start + .seconds(60)) == 59)
        #expect(log.note("close 1002", from: "a", at: start + .seconds(61)) == nil)
        #expect(log.note("close 1002", from: "a", at: start + .seconds(120)) == 1)
    }

    @Test("kinds and addresses are told apart")
    func tellsApart() {
        var log = IncidentLog()
        #expect(log.note("close 1002", from: "a", at: start) == 0)
        #expect(log.note("close 1007", from: "a", at: start) == 0)
        #expect(log.note("close 1002", from: "b", at: start) == 0)
        #expect(log.note("close 1002", from: "a", at: start) == nil)
    }

    @Test("a hundred thousand addresses cost no more than the table, and share the lines of one")
    func isBounded() {
        var log = IncidentLog(capacity: 10)
        var lines = 0
        for number in 0..<100_000 where log.note("close 1002", from: "\(number)", at: start) != nil { lines += 1 }
        #expect(lines == 11)
        #expect(log.count == 11)
        // A minute later there is room again.
        #expect(log.note("close 1002", from: "new", at: start + .seconds(61)) == 0)
        #expect(log.count == 1)
    }

    @Test("a reporter writes what, who and how many")
    func writes() {
        let lines = Lines()
        let reporter = IncidentReporter(
            logger: Logger(label: "test") { _ in lines }, log: IncidentLog(interval: .zero, capacity: 2))
        reporter.refused("close 1002", from: "127.0.0.1")
        #expect(lines.all == ["refused kind=close 1002 address=127.0.0.1"])
    }

    @Test("a failure that clients meet over and over is one line for each place, until it is time for the next")
    func failures() {
        let lines = Lines()
        let reporter = IncidentReporter(logger: Logger(label: "test") { _ in lines })
        for _ in 0..<1_000 { reporter.failed("request failed", at: "GET /a 507", metadata: [:]) }
        reporter.failed("request failed", at: "GET /b 507", metadata: [:])
        #expect(lines.all == ["request failed", "request failed"])
    }

    /// Keeps what is logged.
    private final class Lines: LogHandler, Sendable {
        private let state = Mutex([String]())
        var all: [String] { state.withLock { $0 } }
        var metadata: Logger.Metadata {
            get { [:] }
            set {}
        }
        var logLevel: Logger.Level {
            get { .info }
            set {}
        }
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { nil }
            set {}
        }

        func log(event: LogEvent) {
            let order = ["kind", "address", "more"]
            let parts = order.compactMap { key in event.metadata?[key].map { "\(key)=\($0)" } }
            state.withLock { $0.append(([("\(event.message)")] + parts).joined(separator: " ")) }
        }
    }
}
