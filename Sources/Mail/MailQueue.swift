import Foundation
public import Limits
public import Logging

/// Mail on its way out: threads of its own deliver it, and try again what fails for the moment.
///
/// Bounded, so that a mail server that is down costs no more than the mail that it does not take. What waits when the
/// process ends is lost: whoever waits for a code asks for another.
public final class MailQueue: Sendable {
    /// How often and when.
    public struct Retries: Sendable {
        /// How long to wait after each failure, in milliseconds; the last of them is used for all further ones.
        public var pauses: [Int64] = [1000, 5000, 20_000, 60_000]

        public init() {}

        /// - Precondition: `pauses` is not empty.
        public init(pauses: [Int64]) {
            precondition(!pauses.isEmpty)
            self.pauses = pauses
        }

        func pause(after failures: Int) -> Int64 { pauses[min(failures, pauses.count) - 1] }
    }

    private let inbox: Inbox

    /// Starts the threads, one for each connection of the transport.
    ///
    /// - Parameters:
    ///   - transport: Delivers.
    ///   - capacity: How many mails may wait.
    ///   - retries: When to try again.
    ///   - logger: Hears whether mail went out, and never of a code.
    ///   - now: The clock, in milliseconds since 1970.
    public init(
        transport: any MailTransport, capacity: Int = Limit.Mail.queue, retries: Retries = Retries(), logger: Logger,
        now: @escaping @Sendable () -> Int64
    ) {
        let inbox = Inbox(capacity: capacity)
        self.inbox = inbox
        for number in 1...max(1, transport.connections) {
            let thread = Thread { Self.run(inbox, transport, retries, logger, now) }
            thread.name = "mail.\(number)"
            thread.start()
        }
    }

    deinit { inbox.close() }

    /// Takes a mail on.
    ///
    /// - Returns: False when too many wait, or the queue is stopped.
    public func put(_ mail: OutgoingMail) -> Bool { inbox.put(mail) }

    /// Delivers no more, and ends what is under way; from any thread, may be repeated.
    public func stop() { inbox.close() }

    /// How many mails wait or are under way.
    public var count: Int { inbox.count }

    private static func run(
        _ inbox: Inbox, _ transport: any MailTransport, _ retries: Retries, _ logger: Logger,
        _ now: @Sendable () -> Int64
    ) {
        while let entry = inbox.take(now) {
            do {
                try transport.deliver(entry.mail) { inbox.isClosed }
                inbox.finish()
                logger.info("mail sent", metadata: ["to": "\(entry.mail.shortAddress)"])
            } catch {
                let failures = entry.failures + 1, next = now() + retries.pause(after: failures)
                // What has expired is not worth sending.
                if error.isPermanent || next >= entry.mail.expiresAt {
                    inbox.finish()
                    logger.error(
                        "mail not sent",
                        metadata: ["to": "\(entry.mail.shortAddress)", "tries": "\(failures)", "error": "\(error)"])
                } else {
                    inbox.putBack(Entry(mail: entry.mail, failures: failures, notBefore: next))
                    logger.warning(
                        "mail not sent, to be tried again",
                        metadata: ["to": "\(entry.mail.shortAddress)", "tries": "\(failures)", "error": "\(error)"])
                }
            }
        }
        let left = inbox.takeLeft()
        if left > 0 { logger.warning("mail lost with the end of the server", metadata: ["mails": "\(left)"]) }
    }

    private struct Entry: Sendable {
        var mail: OutgoingMail
        var failures = 0
        /// Milliseconds since 1970.
        var notBefore: Int64 = 0
    }

    /// What waits to be delivered.
    ///
    /// `@unchecked`: `condition` is held wherever the variables are touched; `Mutex` cannot be waited on.
    private final class Inbox: @unchecked Sendable {
        private let condition = NSCondition()
        private let capacity: Int
        private var waiting: [Entry] = []
        private var underWay = 0
        private var isDone = false
        private var isLossTold = false

        init(capacity: Int) { self.capacity = capacity }

        var isClosed: Bool { condition.withLock { isDone } }
        var count: Int { condition.withLock { waiting.count + underWay } }

        func put(_ mail: OutgoingMail) -> Bool {
            condition.withLock {
                guard !isDone, waiting.count < capacity else { return false }
                waiting.append(Entry(mail: mail))
                condition.signal()
                return true
            }
        }

        func putBack(_ entry: Entry) {
            condition.withLock {
                underWay -= 1
                waiting.append(entry)
            }
        }

        func finish() { condition.withLock { underWay -= 1 } }

        /// How many mails will not go out any more, for the first who asks.
        func takeLeft() -> Int {
            condition.withLock {
                if isLossTold { return 0 }
                isLossTold = true
                return waiting.count
            }
        }

        /// Waits for a mail whose time has come; nil once the queue is closed.
        func take(_ now: () -> Int64) -> Entry? {
            condition.withLock {
                while !isDone {
                    let time = now()
                    if let index = waiting.firstIndex(where: { $0.notBefore <= time }) {
                        underWay += 1
                        return waiting.remove(at: index)
                    }
                    if let next = waiting.map(\.notBefore).min() {
                        _ = condition.wait(until: Date(timeIntervalSinceNow: Double(next - time) / 1000))
                    } else {
                        condition.wait()
                    }
                }
                return nil
            }
        }

        func close() {
            condition.withLock {
                isDone = true
                condition.broadcast()
            }
        }
    }
}
