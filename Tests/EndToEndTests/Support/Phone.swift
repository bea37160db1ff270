import Foundation
import LWS
import Synchronization

/// A client of the live protocol that keeps all it hears and lets tests wait for what they expect.
final class Phone: Sendable {
    struct Message: @unchecked Sendable {
        let text: String
        /// `@unchecked`: what JSONSerialization makes is never changed.
        let json: [String: Any]

        var type: String { json["type"] as? String ?? "" }
        var kind: String { json["kind"] as? String ?? "" }
        func int(_ key: String) -> Int? { (json[key] as? NSNumber)?.intValue }
        func double(_ key: String) -> Double? { (json[key] as? NSNumber)?.doubleValue }
        func string(_ key: String) -> String? { json[key] as? String }
        /// The row of a runner in a frame or in `joined`.
        func row(_ runner: Int) -> [Any]? {
            (json["runners"] as? [[Any]])?.last { ($0.first as? NSNumber)?.intValue == runner }
        }
    }

    struct Missing: Error, CustomStringConvertible {
        var description: String
    }

    private struct State {
        var socket: WebSocket?
        var messages: [Message] = []
        /// How many of them have been looked at by `next`.
        var read = 0
        var close: (code: UInt16?, reason: String)?
    }

    private let state = Mutex(State())
    private let loop: EventLoop

    /// One loop and one client for all tests.
    private static let shared: (loop: EventLoop, client: WebSocketClient) = {
        // Without a loop no test of this target can run.
        let loop = try! EventLoop(name: "phones")
        return (loop, try! WebSocketClient(loop: loop))
    }()

    private init(loop: EventLoop) { self.loop = loop }

    /// Connects, and says nothing yet.
    static func connect(port: Int, subprotocol: String? = "runroom.v1") async throws -> Phone {
        let phone = Phone(loop: shared.loop)
        shared.loop.execute {
            shared.client.connect(
                host: "127.0.0.1", port: port, path: "/live", subprotocol: subprotocol, handler: Ear(phone))
        }
        try await phone.wait("a connection") { $0.socket != nil || $0.close != nil }
        if let close = phone.state.withLock({ $0.close }) { throw Missing(description: "refused: \(close)") }
        return phone
    }

    /// Connects and joins.
    static func joined(
        port: Int, room: String, password: String? = "pw", token: String? = nil, _ more: [String: Any] = [:]
    ) async throws -> (phone: Phone, joined: Message) {
        let phone = try await connect(port: port)
        var join: [String: Any] = ["type": "join", "runID": room]
        join["password"] = password
        join["token"] = token
        phone.send(join.merging(more) { $1 })
        return (phone, try await phone.next("joined"))
    }

    func send(_ message: [String: Any]) {
        // Tests send what JSON can say.
        let data = try! JSONSerialization.data(withJSONObject: message)
        send(text: String(decoding: data, as: UTF8.self))
    }

    func send(text: String) {
        let message = OutgoingMessage(text)
        loop.execute { [self] in trySend(message, attempts: 1000) }
    }

    private func trySend(_ message: OutgoingMessage, attempts: Int) {
        guard attempts > 0, let socket = state.withLock({ $0.socket }), !socket.send(message) else { return }
        loop.execute { [self] in trySend(message, attempts: attempts - 1) }
    }

    /// The next message of a type, and of a kind, that has not been looked at; what comes before it is passed over.
    func next(_ type: String, _ kind: String? = nil, where fits: @escaping @Sendable (Message) -> Bool = { _ in true })
        async throws -> Message
    {
        let found = Mutex<Message?>(nil)
        try await wait("\(type) \(kind ?? "")") { state in
            while state.read < state.messages.count {
                let message = state.messages[state.read]
                state.read += 1
                if message.type == type, kind == nil || message.kind == kind, fits(message) {
                    found.withLock { $0 = message }
                    return true
                }
            }
            return false
        }
        guard let message = found.withLock({ $0 }) else { throw Missing(description: type) }
        return message
    }

    /// How the connection ended.
    func closed() async throws -> (code: UInt16?, reason: String) {
        try await wait("a close") { $0.close != nil }
        return state.withLock { $0.close } ?? (nil, "")
    }

    var messages: [Message] { state.withLock { $0.messages } }
    func all(_ type: String) -> [Message] { messages.filter { $0.type == type } }

    /// Drops the connection without a word.
    func hangUp() {
        loop.execute { [self] in state.withLock { $0.socket }?.close(code: 1000) }
    }

    /// Looks again and again until a condition holds, for at most ten seconds.
    private func wait(_ what: String, until holds: (inout State) -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(10)
        while !state.withLock({ holds(&$0) }) {
            guard ContinuousClock.now < deadline else {
                let heard = messages.suffix(5).map(\.text)
                throw Missing(description: "no \(what) came; heard last: \(heard)")
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// What hears for the phone, on the loop.
    private final class Ear: WebSocketHandler {
        private let phone: Phone

        init(_ phone: Phone) { self.phone = phone }

        func didOpen(_ socket: WebSocket) { phone.state.withLock { $0.socket = socket } }

        func didReceive(text: UnsafeRawBufferPointer, from socket: WebSocket) {
            let json = (try? JSONSerialization.jsonObject(with: Data(text))) as? [String: Any] ?? [:]
            let message = Message(text: String(decoding: text, as: UTF8.self), json: json)
            phone.state.withLock { $0.messages.append(message) }
        }

        func didBecomeWritable(_ socket: WebSocket) {}

        func didClose(_ socket: WebSocket, code: UInt16?, reason: String) {
            phone.state.withLock { state in
                state.socket = nil
                state.close = (code, reason)
            }
        }
    }
}
