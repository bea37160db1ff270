import HTTPTypes
import TestKit
import Testing

@testable import LWS

@Suite("Connections of one address") struct AddressSharesTests {
    /// The value where expectations can change it.
    private final class Counter {
        private var shares: AddressShares
        init(limit: Int) { shares = AddressShares(limit: limit) }
        func take(_ address: IPAddress) -> AddressShares.Share? { shares.take(address) }
        func giveBack(_ share: AddressShares.Share) { shares.giveBack(share) }
        func isNews(_ address: IPAddress, at now: ContinuousClock.Instant) -> Bool { shares.isNews(address, at: now) }
        var networkCount: Int { shares.networkCount }
    }

    private func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

    // MARK: - Addresses

    @Test(
        "an address of IPv4 is the same however it is written",
        arguments: [("10.1.2.3", "::ffff:10.1.2.3"), ("127.0.0.1", "::ffff:7f00:1")])
    func reads(v4: String, mapped: String) throws {
        #expect(try address(v4) == address(mapped))
        #expect(try address(v4).isV4)
    }

    @Test(
        "what is no address is none",
        arguments: ["", "1.2.3", "localhost", "1.2.3.4:80", "[::1]", "::1::", "10.0.0.256"])
    func refuses(text: String) { #expect(IPAddress(text) == nil) }

    @Test(
        "this machine's own addresses are known",
        arguments: [
            ("127.0.0.1", true), ("127.255.3.4", true), ("::1", true), ("::ffff:127.0.0.1", true), ("128.0.0.1", false),
            ("126.255.255.255", false), ("::2", false), ("::", false), ("fe80::1%eth0", false), ("1:0::7f00:1", false),
        ])
    func knowsLoopback(text: String, isLoopback: Bool) throws { #expect(try address(text).isLoopback == isLoopback) }

    @Test("a prefix has as many bits as it says", arguments: 0...128)
    func cuts(bits: Int) throws {
        let ones = try address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff").prefix(bits)
        #expect(ones.high.nonzeroBitCount + ones.low.nonzeroBitCount == bits)
        #expect(ones.high.leadingZeroBitCount == (bits == 0 ? 64 : 0))
        #expect(ones.high.trailingZeroBitCount == max(0, 64 - bits))
        #expect(ones.low.trailingZeroBitCount == min(64, 128 - bits))
    }

    // MARK: - Shares

    @Test("an address has as many connections as it may, and one more for each that it gives back")
    func counts() throws {
        let shares = Counter(limit: 3)
        let (one, other) = (try address("192.0.2.1"), try address("192.0.2.2"))
        var taken: [AddressShares.Share] = []
        for _ in 0..<3 { taken.append(try #require(shares.take(one))) }
        #expect(shares.take(one) == nil)
        #expect(try shares.take(address("::ffff:192.0.2.1")) == nil)
        // The next address of IPv4 may be somebody else.
        let another = try #require(shares.take(other))
        shares.giveBack(taken.removeLast())
        taken.append(try #require(shares.take(one)))
        #expect(shares.take(one) == nil)
        for share in taken + [another] { shares.giveBack(share) }
        #expect(shares.networkCount == 0)
    }

    @Test("a /64 of IPv6 counts as one address, and a /48 has four times its share")
    func countsNetworks() throws {
        let shares = Counter(limit: 2)
        func take(_ text: String) throws -> Bool { shares.take(try address(text)) != nil }
        #expect(try take("2001:db8:1:1::1") && take("2001:db8:1:1:ffff::2"))
        #expect(try !take("2001:db8:1:1::3"))
        for network in 2...4 {
            #expect(try take("2001:db8:1:\(network)::1") && take("2001:db8:1:\(network)::2"))
        }
        // Eight of that /48 by now.
        #expect(try !take("2001:db8:1:5::1"))
        #expect(try take("2001:db8:2:1::1"))
    }

    @Test("a refusal counts nothing, neither for the network nor for its surroundings")
    func leavesNothing() throws {
        let shares = Counter(limit: 1)
        let first = try #require(shares.take(try address("2001:db8::1")))
        for _ in 0..<10 { #expect(shares.take(try address("2001:db8::2")) == nil) }
        shares.giveBack(first)
        for network in 1...4 { #expect(shares.take(try address("2001:db8:0:\(network)::1")) != nil) }
        #expect(shares.take(try address("2001:db8:0:5::1")) == nil)
    }

    @Test("without a limit nothing is counted")
    func countsNothing() throws {
        let shares = Counter(limit: 0)
        for _ in 0..<1000 { #expect(shares.take(try address("192.0.2.1")) != nil) }
        #expect(shares.networkCount == 0)
    }

    @Test("whatever comes and goes, nobody has more than the limit, and nothing is left in the end")
    func staysWithinLimits() throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("seed \(seed)")
        var generator = SplitMix(seed: seed)
        let pool =
            try (0..<4).map { try address("192.0.2.\($0)") }
            + (0..<12).map { try address("2001:db8:\($0 / 6):\($0 % 6)::\($0)") }
        let shares = Counter(limit: 5)
        var held: [(IPAddress, AddressShares.Share)] = []
        for _ in 0..<5000 {
            if Bool.random(using: &generator), !held.isEmpty {
                let index = Int.random(in: 0..<held.count, using: &generator)
                shares.giveBack(held.remove(at: index).1)
                continue
            }
            let address = pool.randomElement(using: &generator)!
            let network = held.count { $0.0 == address }
            let site = held.count { !address.isV4 && $0.0.prefix(48) == address.prefix(48) }
            let share = shares.take(address)
            #expect((share != nil) == (network < 5 && (address.isV4 || site < 20)))
            if let share { held.append((address, share)) }
        }
        for (_, share) in held { shares.giveBack(share) }
        #expect(shares.networkCount == 0)
    }

    @Test("that an address is refused is news once a minute, of a thousand addresses at once")
    func reports() throws {
        let shares = Counter(limit: 1)
        let start = ContinuousClock.now
        let one = try address("2001:db8::1")
        var news = [shares.isNews(one, at: start), shares.isNews(try address("2001:db8::2"), at: start)]
        news += [shares.isNews(one, at: start + .seconds(59)), shares.isNews(one, at: start + .seconds(60))]
        #expect(news == [true, false, false, true])
        let told = try (0..<2000).count {
            shares.isNews(try address("10.0.\($0 / 256).\($0 % 256)"), at: start + .seconds(61))
        }
        #expect(told == AddressShares.reportCapacity - 1)
        let isNews = shares.isNews(try address("10.9.9.9"), at: start + .seconds(200))
        #expect(isNews)
    }

    // MARK: - A server

    @Test("who has as many connections as an address may have is not let in, and others that come later are")
    func closesDoor() async throws {
        try await withServer(endpoints: [.echo()]) {
            $0.shares.perAddress = 3
            $0.shares.isExempt = { _ in false }
        } _: { server, port, loop in
            var clients: [RawClient] = []
            for _ in 0..<3 {
                clients.append(
                    try await blocking {
                        let client = try RawClient(port: port)
                        client.send(RawClient.handshake())
                        #expect(client.receive(until: "\r\n\r\n").hasPrefix("HTTP/1.1 101 "))
                        return client
                    })
            }
            for _ in 0..<5 {
                #expect(try await RawClient.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n", port: port).isEmpty)
            }
            #expect(await loop.run { server.load.refusedByAddress } == 5)
            #expect(await loop.run { server.connectionCount } == 3)
            clients.removeLast()
            // The server hears of that end a moment later.
            var answer = ""
            for _ in 0..<200 where answer.isEmpty {
                answer = try await RawClient.exchange(
                    "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", port: port)
            }
            #expect(answer.hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test("this machine's own connections are not counted, unless they hand on those of others")
    func exemptsLoopback() async throws {
        try await withServer {
            $0.shares.perAddress = 1
        } _: { server, port, _ in
            try await blocking {
                let clients = try (0..<50).map { _ in try RawClient(port: port) }
                for client in clients {
                    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                    #expect(client.receive(until: "hello").hasPrefix("HTTP/1.1 200 "))
                }
            }
        }
    }

    @Test(
        "behind a proxy it is those for whom it speaks that are counted: WebSockets while they live, requests while they take"
    )
    func countsForwarded() async throws {
        let forwarded = HTTPField.Name("X-Client")!
        try await withServer(endpoints: [.echo()]) {
            $0.shares.perAddress = 2
            $0.shares.isProxy = { $0 == "127.0.0.1" }
            $0.shares.client = { $0.headers[forwarded] ?? $0.remoteAddress }
        } _: { server, port, loop in
            func open(_ client: String) async throws -> (RawClient, String) {
                try await blocking {
                    let raw = try RawClient(port: port)
                    raw.send(RawClient.handshake(headers: "X-Client: \(client)\r\n"))
                    return (raw, String(raw.receive(until: "\r\n\r\n").prefix(12)))
                }
            }
            let first = try await open("198.51.100.1")
            let second = try await open("198.51.100.1")
            let third = try await open("198.51.100.1")
            let other = try await open("198.51.100.2")
            #expect(
                [first.1, second.1, third.1, other.1] == [
                    "HTTP/1.1 101", "HTTP/1.1 101", "HTTP/1.1 503", "HTTP/1.1 101",
                ])
            #expect(await loop.run { server.load.refusedByAddress } == 1)
            // Requests one after the other on one connection of the proxy, each somebody else's, are given back in turn.
            try await blocking {
                let proxy = try RawClient(port: port)
                for number in 0..<20 {
                    proxy.send("GET / HTTP/1.1\r\nHost: a\r\nX-Client: 198.51.100.\(number % 2 + 3)\r\n\r\n")
                    #expect(proxy.receive(until: "hello").hasPrefix("HTTP/1.1 200 "))
                }
                proxy.send("GET / HTTP/1.1\r\nHost: a\r\nX-Client: 198.51.100.1\r\n\r\n")
                let answer = String(decoding: proxy.receiveAll(), as: UTF8.self)
                #expect(answer.contains("HTTP/1.1 503 ") && answer.contains("Retry-After: "))
            }
            first.0.send(RawClient.frame(opcode: 8, [3, 0xe8]))
            #expect(try await blocking { first.0.receiveAll() } == [0x88, 2, 3, 0xe8])
            var again = try await open("198.51.100.1")
            for _ in 0..<200 where again.1 != "HTTP/1.1 101" { again = try await open("198.51.100.1") }
            #expect(again.1 == "HTTP/1.1 101")
        }
    }
}
