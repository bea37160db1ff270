import Dispatch
import TestKit
import Testing

@testable import LWS

@Suite("Taking connections", .timeLimit(.minutes(2))) struct AcceptorTests {
    /// Keeps a loop from everything else while `body` runs.
    private func holding(_ loop: EventLoop, _ body: () async throws -> Void) async throws {
        let release = DispatchSemaphore(value: 0)
        let isHeld = Gate()
        loop.execute {
            Task { await isHeld.pass() }
            _ = release.wait(timeout: .now() + 60)
        }
        let result: Result<Void, any Error>
        do {
            try await eventually("hold of the loop") { isHeld.arrived == 1 }
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        release.signal()
        try result.get()
    }

    @Test("who comes while a loop has other work is taken from the system at once, and has an answer afterwards")
    func busyLoop() async throws {
        try await withServer { server, port, loop in
            var clients: [RawClient] = []
            try await holding(loop) {
                for _ in 0..<40 {
                    let client = try RawClient(port: port)
                    client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                    clients.append(client)
                }
                try await eventually("taking of all") { server.acceptedCount == 40 }
            }
            for client in clients {
                let answer = try await blocking { client.receiveAll() }
                #expect(String(decoding: answer, as: UTF8.self).hasPrefix("HTTP/1.1 200 "))
            }
            try await eventually("end of all") { server.acceptedCount == 0 }
        }
    }

    @Test("who is beyond an address's share is turned away also while the loop has other work")
    func shareWhileBusy() async throws {
        try await withServer {
            $0.shares.perAddress = 3
            $0.shares.isExempt = { _ in false }
        } _: { server, port, loop in
            var clients: [RawClient] = []
            try await holding(loop) {
                for _ in 0..<3 { clients.append(try RawClient(port: port)) }
                try await eventually("taking of three") { server.acceptedCount == 3 }
                let fourth = try RawClient(port: port)
                #expect(try await blocking { fourth.receive() } == [])
                #expect(server.acceptedCount == 3)
            }
        }
    }

    @Test("a server that ends with connections that its loop has not taken in closes them")
    func endWhileBusy() async throws {
        try await withServer { server, port, loop in
            var clients: [RawClient] = []
            var stop: Task<Void, Never>?
            try await holding(loop) {
                stop = Task { await server.stop(deadline: .seconds(3)) }
                for _ in 0..<5 { clients.append(try RawClient(port: port)) }
                try await eventually("taking of all") { server.acceptedCount == 5 }
            }
            await stop?.value
            for client in clients { #expect(try await blocking { client.receive() } == []) }
            #expect(server.acceptedCount == 0)
        }
    }
}
