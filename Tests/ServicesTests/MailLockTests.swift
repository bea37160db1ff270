import Testing

@testable import Services

@Suite("The lock of a mail address") struct MailLockTests {
    private let ana = AddressKey("192.0.2.1"), eve = AddressKey("198.51.100.7")

    @Test("it closes after the last of its failures, to those who have failed, and opens after the span")
    func closes() {
        var lock = MailLock(limit: 3, span: 100)
        for time in [Int64(0), 10, 20] {
            #expect(!lock.isClosed("a@x", to: eve, at: time))
            let isHeard = lock.recordFailure(at: "a@x", by: eve, at: time)
            #expect(isHeard)
        }
        #expect(lock.isClosed("a@x", to: eve, at: 119) && !lock.isClosed("a@x", to: eve, at: 120))
        #expect(!lock.isClosed("a@x", to: ana, at: 21) && !lock.isClosed("b@x", to: eve, at: 21))
        // Not heard: others have closed it meanwhile.
        let isHeard = lock.recordFailure(at: "a@x", by: eve, at: 50)
        // Who has not failed is heard once, and closes it for longer.
        let isAnaHeard = lock.recordFailure(at: "a@x", by: ana, at: 90)
        #expect(!isHeard && isAnaHeard)
        #expect(lock.isClosed("a@x", to: ana, at: 189) && !lock.isClosed("a@x", to: ana, at: 190))
        // Of the other the failure is so long ago that there is a new one to be heard.
        #expect(lock.isClosed("a@x", to: eve, at: 119) && !lock.isClosed("a@x", to: eve, at: 120))
        lock.clear("a@x")
        #expect(!lock.isClosed("a@x", to: ana, at: 100) && lock.count == 0)
    }

    @Test("failures that lie apart close nothing")
    func apart() {
        var lock = MailLock(limit: 3, span: 100)
        for time in stride(from: Int64(0), to: 1000, by: 50) {
            let isHeard = lock.recordFailure(at: "a@x", by: eve, at: time)
            #expect(isHeard)
        }
    }

    @Test("what it remembers is bounded, in mail addresses and in who has failed at one")
    func bounded() {
        var lock = MailLock(limit: 3, span: 100, capacity: 10, guessers: 10)
        for number in 0..<100 { _ = lock.recordFailure(at: "\(number)@x", by: eve, at: Int64(number) / 10) }
        #expect(lock.count <= 10)
        for number in 0..<100 {
            _ = lock.recordFailure(at: "a@x", by: AddressKey("192.0.2.\(number)"), at: 20 + Int64(number) / 10)
        }
        // The newest is known, the oldest is not.
        #expect(lock.isClosed("a@x", to: AddressKey("192.0.2.99"), at: 40))
        #expect(!lock.isClosed("a@x", to: AddressKey("192.0.2.0"), at: 40))
    }
}
