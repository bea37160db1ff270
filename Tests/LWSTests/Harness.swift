import HTTPTypes
import Logging
import Synchronization
import Testing

@testable import LWS

/// Answers `/echo` with what it got, and everything else with what a test says.
struct TestResponder: HTTPResponder {
    var policy = BodyPolicy()
    /// Paths that are answered by a server that is full.
    var vital: Set<String> = []
    var gate: @Sendable (HTTPRequestHead) async -> LWS.HTTPResponse? = { _ in nil }
    /// Gets the fields that came before what is to go to disk.
    var spillGate: @Sendable ([(name: String, value: String)]) async -> LWS.HTTPResponse? = { _ in nil }
    var handler: @Sendable (HTTPServerRequest) async -> LWS.HTTPResponse = { request in
        var headers = HTTPFields()
        headers[.contentType] = "text/plain; charset=utf-8"
        return HTTPResponse(status: .ok, headers: headers, body: .bytes(Array("hello \(request.head.target)".utf8)))
    }

    func bodyPolicy(for head: HTTPRequestHead) -> BodyPolicy { policy }

    func answersWhenFull(_ head: HTTPRequestHead) -> Bool { vital.contains(head.target) }

    @concurrent func refusal(of head: HTTPRequestHead) async -> LWS.HTTPResponse? { await gate(head) }

    @concurrent func refusal(
        of head: HTTPRequestHead, spillingAfter fields: [(name: String, value: String)]
    ) async -> LWS.HTTPResponse? { await spillGate(fields) }

    @concurrent func respond(to request: HTTPServerRequest) async -> LWS.HTTPResponse { await handler(request) }

    func refusal(_ status: HTTPTypes.HTTPResponse.Status, path: String, sentence: String?) -> LWS.HTTPResponse {
        HTTPResponse(
            status: status, body: .bytes(Array("\(sentence.map { "\($0); " } ?? "")refused \(status.code)".utf8)))
    }
}

/// Runs `body` against a server on a loop of its own, and takes both down afterwards.
func withServer(
    _ responder: TestResponder = TestResponder(), endpoints: [WebSocketEndpoint] = [],
    logger: Logger = Logger(label: "test"), level: Logger.Level = .error,
    configure: (inout ServerConfiguration) -> Void = { _ in },
    disk makeDisk: (EventLoop) -> any Disk = { ThreadPoolDisk(loop: $0) },
    _ body: (_ server: Server, _ port: Int, _ loop: EventLoop) async throws -> Void
) async throws {
    var configuration = ServerConfiguration()
    configure(&configuration)
    let loop = try EventLoop(name: "test")
    var logger = logger
    logger.logLevel = level
    let server = Server(
        configuration: configuration, loop: loop, disk: makeDisk(loop), responder: responder, endpoints: endpoints,
        logger: logger)
    let port: Int
    do {
        port = try await server.start()
    } catch {
        await loop.shutDown()
        throw error
    }
    let result: Result<Void, any Error>
    do { result = .success(try await body(server, port, loop)) } catch { result = .failure(error) }
    await server.stop(deadline: .seconds(3))
    await loop.shutDown()
    try result.get()
}

extension EventLoop {
    /// Runs `body` on the loop and returns what it returned.
    func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in execute { continuation.resume(returning: body()) } }
    }
}

/// Where whoever comes waits until it is opened, as handlers of tests do.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var arrived = 0
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// How many have come so far.
    var arrived: Int { state.withLock { $0.arrived } }

    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                state.arrived += 1
                if !state.isOpen { state.waiters.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        let waiters = state.withLock { state in
            state.isOpen = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}

/// What happened on a WebSocket, in order, for tests to wait for.
///
/// `@unchecked`: `socket` and the closures are only touched on the loop's thread, the rest is behind the stream.
final class SocketRecorder: WebSocketHandler, @unchecked Sendable {
    enum Event: Sendable, Equatable {
        case opened
        case text(String)
        case writable
        case fellBehind
        case closed(UInt16?, String)
    }

    let events: AsyncStream<Event>
    private let continuation: AsyncStream<Event>.Continuation
    private(set) var socket: WebSocket?
    var onOpen: (WebSocket) -> Void = { _ in }
    var onText: (WebSocket, UnsafeRawBufferPointer) -> Void = { _, _ in }
    var onWritable: (WebSocket) -> Void = { _ in }

    init() { (events, continuation) = AsyncStream.makeStream() }

    func didOpen(_ socket: WebSocket) {
        self.socket = socket
        onOpen(socket)
        continuation.yield(.opened)
    }

    func didReceive(text: UnsafeRawBufferPointer, from socket: WebSocket) {
        onText(socket, text)
        continuation.yield(.text(String(decoding: text, as: UTF8.self)))
    }

    func didBecomeWritable(_ socket: WebSocket) {
        onWritable(socket)
        continuation.yield(.writable)
    }

    func didFallBehind(_ socket: WebSocket) {
        continuation.yield(.fellBehind)
        socket.close(code: 4010, reason: "too slow")
    }

    func didClose(_ socket: WebSocket, code: UInt16?, reason: String) {
        self.socket = nil
        continuation.yield(.closed(code, reason))
        continuation.finish()
    }

    static func echo() -> SocketRecorder {
        let recorder = SocketRecorder()
        recorder.onText = { socket, text in socket.send(OutgoingMessage(String(decoding: text, as: UTF8.self))) }
        return recorder
    }
}

extension WebSocketEndpoint {
    /// `/echo`, with the handlers that it makes kept for the test.
    static func echo(
        maxMessageBytes: Int = 1 << 16, backlog: BacklogLimits = BacklogLimits(),
        keep: (@Sendable (SocketRecorder) -> Void)? = nil,
        refuse: @escaping @Sendable (HTTPRequestHead) -> LWS.HTTPResponse? = { _ in nil }
    ) -> WebSocketEndpoint {
        WebSocketEndpoint(
            path: "/echo", subprotocol: "echo.v1", maxMessageBytes: maxMessageBytes, backlog: backlog, refuse: refuse
        ) { _ in
            let recorder = SocketRecorder.echo()
            keep?(recorder)
            return recorder
        }
    }
}
