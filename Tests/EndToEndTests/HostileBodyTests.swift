import Foundation
import Limits
import TestKit
import Testing

/// Bodies that lack their last byte, of many clients at once.
@Suite("Hostile bodies", .inTurn)
struct HostileBodyTests {
    /// Clients of whose body the last byte is missing; they go when nobody has them any more.
    private func hoard(_ count: Int, on server: ServerProcess) async throws -> [RawSocket] {
        let length = Limit.HTTP.largeBody
        let head = "POST /api/runRoom/update HTTP/1.1\r\nHost: a\r\nContent-Length: \(length)\r\n\r\n{"
        var sockets: [RawSocket] = []
        for _ in 0..<count {
            let socket = try RawSocket.connect(port: server.port)
            try await socket.write(Array(head.utf8) + [UInt8](repeating: UInt8(ascii: " "), count: length - 2))
            sockets.append(socket)
        }
        return sockets
    }

    @Test(
        "the memory of many bodies goes back to the system when their clients are gone, each time anew",
        .disabled(if: ServerProcess.isSanitized, "what is free is kept for a while, to find who uses it all the same"))
    func memory() async throws {
        let server = try await ServerProcess.start()
        let before = try server.residentBytes()
        let count = 40
        for round in 1...3 {
            do {
                let sockets = try await hoard(count, on: server)
                try await eventually("round \(round): \(count) bodies are there") {
                    try server.residentBytes() - before > count * Limit.HTTP.largeBody * 9 / 10
                }
                withExtendedLifetime(sockets) {}
            }
            try await eventually("round \(round): what they took is free") {
                try server.residentBytes() - before < 32 << 20
            }
        }
        #expect(!server.hasEnded)
    }
}
