import HTTPTypes
import LWS
import Synchronization
import Testing

@testable import API
@testable import Endpoints

@Suite("The doors of operators and of everybody") struct OperatorDoorTests {
    private func status(
        _ path: String, _ side: OperatorDoor.Side, from address: String, headers: HTTPFields = [:]
    ) async throws -> Int {
        try await withAPI { api in
            let door = OperatorDoor(responder: api.responder, side: side)
            let target = try RequestTarget(path)
            let head = HTTPRequestHead(
                method: .get, target: path, path: target.path, query: [], headers: headers, remoteAddress: address)
            let response = await door.respond(to: HTTPServerRequest(head: head, body: .bytes([]), parameters: [:]))
            let isOfOperators = [["healthz"], ["readyz"], ["metrics"]].contains(head.path)
            #expect(door.answersWhenFull(head) == (isOfOperators && response.status != .notFound))
            return response.status.code
        }
    }

    @Test(
        "who asks on the machine itself is told its figures; others, and who comes through a proxy there, find nothing",
        arguments: ["/metrics", "/readyz", "/metrics/", "/%6detrics"])
    func everybody(path: String) async throws {
        for (address, headers, expected) in [
            ("127.0.0.1", [:], 200), ("127.8.9.1", [:], 200), ("::1", [:], 200), ("192.0.2.1", [:], 404),
            ("2001:db8::1", [:], 404), ("", [:], 404), ("127.0.0.1", [.via: "1.1 proxy"], 404),
            ("127.0.0.1", [HTTPField.Name("X-Forwarded-For")!: "127.0.0.1"], 404),
            ("::1", [HTTPField.Name("Forwarded")!: "for=192.0.2.1"], 404),
            ("::1", [HTTPField.Name("X-Real-IP")!: "192.0.2.1"], 404),
        ] as [(String, HTTPFields, Int)] {
            let found = try await status(path, .everybody, from: address, headers: headers)
            #expect(found == expected, "\(path) from \(address) \(headers)")
        }
        #expect(try await status("/healthz", .everybody, from: "192.0.2.1") == 200)
    }

    @Test("where operators have a listener of their own, each has what is its own")
    func separate() async throws {
        for (path, clients, operators) in [
            ("/metrics", 404, 200), ("/readyz", 404, 200), ("/healthz", 200, 200), ("/", 200, 404),
            ("/openapi.json", 200, 404),
        ] {
            #expect(try await status(path, .clients, from: "127.0.0.1") == clients, "\(path)")
            #expect(try await status(path, .operators, from: "192.0.2.1") == operators, "\(path)")
        }
    }

    @Test("a value is made once within its lifetime, also for those who ask while it is made")
    func brief() async {
        let count = Atomic(0)
        let long = Brief(for: .seconds(3600)) {
            await Task.yield()
            return count.add(1, ordering: .relaxed).newValue
        }
        let values = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<20 { group.addTask { await long.value } }
            return await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(values == [1])
        let none = Brief(for: .zero) { count.add(1, ordering: .relaxed).newValue }
        #expect(await none.value == 2)
        #expect(await none.value == 3)
    }

    @Test(
        "an address to listen on is a host and a port",
        arguments: [
            ("127.0.0.1:9000", ListenAddress(host: "127.0.0.1", port: 9000)),
            ("[::1]:0", ListenAddress(host: "::1", port: 0)),
            ("localhost:65535", .init(host: "localhost", port: 65535)),
            ("9000", nil), (":9000", nil), ("::1:9000", nil), ("a:65536", nil), ("a:-1", nil), ("a:", nil), ("", nil),
            ("[]:1", nil), ("a b:1", nil),
        ] as [(String, ListenAddress?)])
    func addresses(text: String, address: ListenAddress?) {
        #expect(ListenAddress(text) == address)
        if let address { #expect(ListenAddress(address.description) == address) }
    }
}
