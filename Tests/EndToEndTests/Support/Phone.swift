import Foundation
import HTTPTypes
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
        func row(_ runner: Int) -> Row? {
            (json["runners"] as? [[Any]])?.last { ($0.first as? NSNumber)?.intValue == runner }.map(Row.init)
        }
    }

    /// A runner's state as the protocol's `columns` order it.
    struct Row: Equatable {
        var runner: Int?
        var latitude: Double?
        var longitude: Double?
        var meters: Double?
        var seconds: Double?
        var state: String?
        var place: Int?
        var gapMeters: Double?
        var gapSeconds: Double?

        init(_ values: [Any]) {
            func number(_ index: Int) -> Double? {
                values.indices.contains(index) ? (values[index] as? NSNumber)?.doubleValue : nil
            }
            runner = number(0).map { Int($0) }
            latitude = number(1)
            longitude = number(2)
            meters = number(3)
            seconds = number(4)
            state = values.indices.contains(5) ? values[5] as? String : nil
            place = number(6).map { Int($0) }
            gapMeters = number(7)
            gapSeconds = number(8)
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
    static func connect(
        port: Int, subprotocol: String? = "runroom.v1", headers: HTTPFields = [:]
    ) async throws -> Phone {
        let phone = Phone(loop: shared.loop)
        shared.loop.execute {
            shared.client.connect(
                host: "127.0.0.1", port: port, path: "/live", subprotocol: subprotocol, headers: headers,
                handler: Ear(phone))
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
    @discardableResult
    func next(
        _ type: String, _ kind: String? = nil, where fits: (Message) -> Bool = { _ in true }
    ) async throws -> Message {
        var found: Message?
        try await wait("\(type) \(kind ?? "")") { state in
            while state.read < state.messages.count {
                let message = state.messages[state.read]
                state.read += 1
                if message.type == type, kind == nil || message.kind == kind, fits(message) {
                    found = message
                    return true
                }
            }
            return false
        }
        guard let found else { throw Missing(description: type) }
        return found
    }

    /// Waits until a runner's newest row satisfies a condition, however many messages that takes.
    @discardableResult
    func row(of runner: Int, _ what: String = "row", where fits: (Row) -> Bool = { _ in true }) async throws -> Row {
        var found: Row?
        try await wait("\(what) of runner \(runner)") { state in
            found = state.messages.reversed().lazy.compactMap { $0.row(runner) }.first
            return found.map(fits) ?? false
        }
        guard let found else { throw Missing(description: what) }
        return found
    }

    /// An event that has come or comes yet, looked at before or not.
    func event(_ kind: String, where fits: (Message) -> Bool = { _ in true }) async throws -> Message {
        var found: Message?
        try await wait("event \(kind)") { state in
            found = state.messages.first { $0.type == "event" && $0.kind == kind && fits($0) }
            return found != nil
        }
        guard let found else { throw Missing(description: kind) }
        return found
    }

    /// Waits until the server has answered a ping: everything that was sent before has been looked at.
    func settle() async throws {
        let name = UUID().uuidString
        send(["type": "ping", "t": name])
        try await wait("pong") { state in
            state.messages.contains { $0.type == "pong" && $0.string("t") == name }
        }
    }

    /// The numbers of the events that came, in the order in which they came.
    var eventNumbers: [Int] { all("event").compactMap { $0.int("event") } }

    var isOpen: Bool { state.withLock { $0.socket != nil } }

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

    /// Looks again and again until a condition holds, or the connection is over and it cannot come to hold.
    private func wait(_ what: String, until holds: (inout State) -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            let (isThere, close) = state.withLock { (holds(&$0), $0.close) }
            if isThere { return }
            if let close {
                let heard = messages.suffix(5).map(\.text)
                throw Missing(description: "no \(what) before the close \(close); heard last: \(heard)")
            }
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
