import Glibc
import Logging
import Testing

@testable import LWS

/// What belongs to a loop's thread and is touched on another one.
@Suite("The loop's thread", .timeLimit(.minutes(2))) struct LoopThreadTests {
    private static func makeServer(_ loop: EventLoop) -> Server {
        Server(
            configuration: ServerConfiguration(), loop: loop, responder: TestResponder(), endpoints: [.echo()],
            logger: Logger(label: "test"))
    }

    @Test("a server tells how much it has to do on its loop, and traps elsewhere")
    func guardsServers() async throws {
        let loop = try EventLoop()
        let server = Self.makeServer(loop)
        #expect(await loop.run { server.load.connections } == 0)
        await loop.shutDown()
        await #expect(processExitsWith: .failure) {
            _ = LoopThreadTests.makeServer(try EventLoop()).connectionCount
        }
        await #expect(processExitsWith: .failure) { _ = LoopThreadTests.makeServer(try EventLoop()).load }
    }

    @Test("a value of a loop is reached on its thread, and traps elsewhere")
    func guardsValues() async throws {
        let loop = try EventLoop()
        let local = await loop.run { LoopLocal(7, on: loop) }
        #expect(await loop.run { local.value } == 7)
        await loop.shutDown()
        await #expect(processExitsWith: .failure) { _ = LoopLocal(7, on: try EventLoop()) }
        await #expect(processExitsWith: .failure) {
            let loop = try EventLoop()
            _ = await loop.run { LoopLocal(7, on: loop) }.value
        }
    }

    @Test("a WebSocket is used on its loop, and traps elsewhere")
    func guardsSockets() async {
        await #expect(processExitsWith: .failure) {
            try await withServer(endpoints: [.echo()]) { _, port, loop in
                let client = try WebSocketClient(loop: loop)
                let recorder = SocketRecorder()
                await loop.run {
                    client.connect(
                        host: "127.0.0.1", port: port, path: "/echo", subprotocol: nil, handler: recorder)
                }
                _ = await recorder.events.first { $0 == .opened }
                let socket = await loop.run { recorder.socket }
                // Only this may be what ends the process.
                guard let socket else { exit(0) }
                socket.send(OutgoingMessage("from elsewhere"))
                exit(0)
            }
            exit(0)
        }
    }
}
