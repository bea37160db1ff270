import Testing

@testable import Services

@Suite("Rate limiter") struct RateLimiterTests {
    @Test("a burst is allowed, then as many as come back with time")
    func refills() throws {
        let watch = Stopwatch()
        let limiter = RateLimiter(RateLimit(burst: 3, perMinute: 6), now: { watch.now })
        for _ in 0..<3 { try limiter.take("192.0.2.1") }
        #expect(throws: ServicesError.tooOften(retryAfter: 10)) { try limiter.take("192.0.2.1") }
        watch.advance(.seconds(9))
        #expect(throws: ServicesError.tooOften(retryAfter: 1)) { try limiter.take("192.0.2.1") }
        watch.advance(.seconds(1))
        try limiter.take("192.0.2.1")
        #expect(throws: ServicesError.self) { try limiter.take("192.0.2.1") }
        watch.advance(.seconds(3600))
        for _ in 0..<3 { try limiter.take("192.0.2.1") }
        #expect(throws: ServicesError.self) { try limiter.take("192.0.2.1") }
    }

    @Test("addresses have buckets of their own; the 64 bits of an IPv6 subscriber are one address")
    func tellsAddressesApart() throws {
        let limiter = RateLimiter(RateLimit(burst: 1, perMinute: 1))
        try limiter.take("192.0.2.1")
        try limiter.take("192.0.2.2")
        try limiter.take("2001:db8:0:1::1")
        try limiter.take("2001:db8:0:2::1")
        #expect(throws: ServicesError.self) { try limiter.take("2001:db8:0:1:ffff::2") }
        #expect(throws: ServicesError.self) { try limiter.take("::ffff:192.0.2.1") }
    }

    @Test("the table is bounded, and forgets the fullest buckets first")
    func isBounded() throws {
        let limiter = RateLimiter(RateLimit(burst: 2, perMinute: 0.001), capacity: 100)
        for _ in 0..<2 { try limiter.take("198.51.100.1") }
        for host in 0..<1000 { try limiter.take("10.0.\(host / 250).\(host % 250)") }
        #expect(limiter.count <= 100)
        #expect(throws: ServicesError.self) { try limiter.take("198.51.100.1") }
    }
}
