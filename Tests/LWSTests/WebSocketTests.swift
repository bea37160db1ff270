import HTTPTypes
import Synchronization
import Testing

@testable import LWS

@Suite("WebSocket", .timeLimit(.minutes(1))) struct WebSocketTests {
    /// Opens a client connection and returns its recorder.
    func connect(
        _ client: WebSocketClient, on loop: EventLoop, port: Int, path: String = "/echo",
        subprotocol: String? = "echo.v1"
    ) async -> SocketRecorder {
        let recorder = SocketRecorder()
        await loop.run {
            client.connect(host: "127.0.0.1", port: port, path: path, subprotocol: subprotocol, handler: recorder)
        }
        return recorder
    }

    @Test(
        "a message comes back whole, whatever its size",
        arguments: [0, 1, 125, 126, 511, 512, 513, 4096, 65_535, 65_536])
    func echoes(count: Int) async throws {
        try await withServer(endpoints: [.echo()]) { _, port, loop in
            let client = try WebSocketClient(loop: loop)
            let recorder = await connect(client, on: loop, port: port)
            var events = recorder.events.makeAsyncIterator()
            #expect(await events.next() == .opened)
            let text = String(repeating: "x", count: count)
            await loop.run { _ = recorder.socket?.send(OutgoingMessage(text)) }
            #expect(await events.next() == .text(text))
            await client.shutDown()
            #expect(await events.next() == .closed(1000, ""))
        }
    }

    @Test("many clients share a loop, and each gets its own messages")
    func serves() async throws {
        try await withServer(endpoints: [.echo()]) { server, port, loop in
            let client = try WebSocketClient(loop: loop)
            var recorders: [SocketRecorder] = []
            for _ in 0..<200 { recorders.append(await connect(client, on: loop, port: port)) }
            for (number, recorder) in recorders.enumerated() {
                var events = recorder.events.makeAsyncIterator()
                #expect(await events.next() == .opened)
                await loop.run { _ = recorder.socket?.send(OutgoingMessage("\(number)")) }
                #expect(await events.next() == .text("\(number)"))
            }
            #expect(await loop.run { server.webSocketCount } == 200)
            await client.shutDown()
        }
    }
}
