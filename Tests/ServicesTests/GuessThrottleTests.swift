import TestKit
import Testing

@testable import Services

@Suite("Guess throttle")
struct GuessThrottleTests {
    private let clock = Stopwatch()
    private let throttle: GuessThrottle

    init() {
        throttle = GuessThrottle(
            own: RateLimit(burst: 3, perMinute: 6), all: RateLimit(burst: 6, perMinute: 6), capacity: 8
        ) { [clock] in clock.now }
    }

    private func guess(_ door: String = "room", _ address: String = "192.0.2.1", isRight: Bool = false)
        -> GuessThrottle.Verdict
    {
        throttle.judge(door, from: address) { isRight }
    }

    @Test("an address has its wrong guesses at each door, and gets them back one by one")
    func own() {
        for _ in 0..<3 { #expect(guess() == .wrong) }
        #expect(guess() == .throttled(retryAfter: 10))
        #expect(guess(isRight: true) == .throttled(retryAfter: 10), "or else each guess would be heard")
        #expect(guess("another") == .wrong)
        #expect(guess("room", "192.0.2.2", isRight: true) == .right)
        clock.advance(.seconds(10))
        #expect(guess() == .wrong)
        #expect(guess() == .throttled(retryAfter: 10))
    }

    @Test("right passwords cost nothing, and give nothing back")
    func right() {
        for _ in 0..<100 { #expect(guess(isRight: true) == .right) }
        #expect(guess() == .wrong && guess() == .wrong)
        #expect(guess(isRight: true) == .right)
        #expect(guess() == .wrong)
        #expect(guess() == .throttled(retryAfter: 10))
    }

    @Test("where very many guess wrong, who has guessed wrong is heard once a minute, and others as ever")
    func attack() {
        for address in 1...3 { for _ in 0..<2 { #expect(guess("room", "192.0.2.\(address)") == .wrong) } }
        #expect(guess("room", "192.0.2.1") == .throttled(retryAfter: 60))
        #expect(guess("room", "192.0.2.9", isRight: true) == .right)
        // Somebody who is honest and mistypes, while the attack goes on.
        #expect(guess("room", "192.0.2.9") == .wrong)
        #expect(guess("room", "192.0.2.9", isRight: true) == .throttled(retryAfter: 60))
        for _ in 0..<6 {
            clock.advance(.seconds(10))
            _ = guess("room", "198.51.100.\(Int.random(in: 1...200))")
        }
        #expect(guess("room", "192.0.2.9", isRight: true) == .right)
        // Elsewhere nothing has happened.
        #expect(guess("another", "192.0.2.1") == .wrong && guess("another", "192.0.2.1") == .wrong)
    }

    @Test("an attack is over some time after its end")
    func calm() {
        for address in 1...3 { for _ in 0..<2 { #expect(guess("room", "192.0.2.\(address)") == .wrong) } }
        #expect(guess("room", "192.0.2.1") == .throttled(retryAfter: 60))
        clock.advance(.seconds(10))
        #expect(guess("room", "192.0.2.1") == .wrong)
    }

    @Test("one network of IPv6 is one address")
    func networks() {
        for last in 1...3 { #expect(guess("room", "2001:db8::\(last)") == .wrong) }
        #expect(guess("room", "2001:db8::4") == .throttled(retryAfter: 10))
        #expect(guess("room", "2001:db8:0:1::4") == .wrong)
    }

    @Test("what is remembered is bounded")
    func bounded() {
        for index in 0..<100 { #expect(guess("room \(index)", "198.51.100.\(index)") == .wrong) }
        #expect(throttle.count <= 8)
    }
}
