import Foundation
import LWS
import Synchronization

/// A client of the live protocol.
///
/// `@unchecked`: the socket is touched on the loop only, the rest is behind a mutex.
final class Phone: WebSocketHandler, @unchecked Sendable {
    private struct Inbox {
        var heard: [Heard] = []
        var isOver = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let loop: EventLoop
    private var socket: WebSocket?
    private var unsent: [String] = []
    private let inbox = Mutex(Inbox())

    init(loop: EventLoop) { self.loop = loop }

    func send(_ text: String) {
        loop.execute { [self] in
            unsent.append(text)
            flush()
        }
    }

    func hangUp() { loop.execute { [self] in socket?.close(code: 1000) } }

    private func flush() {
        guard let socket else { return }
        while let next = unsent.first, socket.send(OutgoingMessage(next)) { unsent.removeFirst() }
        if !unsent.isEmpty { socket.requestWritable() }
    }

    /// The next message of a type; those before it are dropped.
    ///
    /// - Throws: ``Silence`` when the connection ended before it; `CancellationError` when the test's time is over.
    func next(_ type: String, where isIt: (Heard) -> Bool = { _ in true }) async throws -> Heard {
        let all = try await all(until: type, where: isIt)
        return all[all.count - 1]
    }

    /// As ``next(_:where:)``, with those before it.
    func all(until type: String, where isIt: (Heard) -> Bool = { _ in true }) async throws -> [Heard] {
        while true {
            let (found, isOver) = inbox.withLock { inbox -> ([Heard], Bool) in
                guard let index = inbox.heard.firstIndex(where: { $0.type == type && isIt($0) }) else {
                    return ([], inbox.isOver)
                }
                let found = Array(inbox.heard[...index])
                inbox.heard.removeFirst(index + 1)
                return (found, inbox.isOver)
            }
            if !found.isEmpty { return found }
            guard !isOver else { throw Silence(wanted: type) }
            try Task.checkCancellation()
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let isLate = inbox.withLock { inbox in
                        let isThere = inbox.isOver || inbox.heard.contains { $0.type == type && isIt($0) }
                        if isThere || Task.isCancelled { return true }
                        inbox.waiter = continuation
                        return false
                    }
                    if isLate { continuation.resume() }
                }
            } onCancel: {
                inbox.withLock { exchange(&$0.waiter, with: nil) }?.resume()
            }
        }
    }

    /// Waits for an event of a kind.
    func event(_ kind: String) async throws -> Heard {
        try await next("event") { $0.text("kind") == kind }
    }

    /// Waits for the end.
    /// - Returns: The code of the close frame.
    func closed() async throws -> Int? { try await next("closed").number("code").map { Int($0) } }

    struct Silence: Error { var wanted: String }

    // MARK: - WebSocketHandler

    func didOpen(_ socket: WebSocket) {
        self.socket = socket
        flush()
    }

    func didReceive(text: UnsafeRawBufferPointer, from socket: WebSocket) {
        hear(Heard(String(decoding: text, as: UTF8.self)))
    }

    func didBecomeWritable(_ socket: WebSocket) { flush() }

    func didClose(_ socket: WebSocket, code: UInt16?, reason: String) {
        self.socket = nil
        hear(Heard(#"{"type":"closed","code":\#(code.map { "\($0)" } ?? "null")}"#), isLast: true)
    }

    private func hear(_ heard: Heard, isLast: Bool = false) {
        let waiter = inbox.withLock { inbox in
            inbox.heard.append(heard)
            inbox.isOver = isLast
            defer { inbox.waiter = nil }
            return inbox.waiter
        }
        waiter?.resume()
    }
}

/// A message as it came.
struct Heard: Sendable, CustomStringConvertible {
    let description: String

    init(_ text: String) { description = text }

    private var object: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(description.utf8))) as? [String: Any] ?? [:]
    }

    var type: String { text("type") ?? "" }
    func text(_ key: String) -> String? { object[key] as? String }
    func number(_ key: String) -> Double? { object[key] as? Double }
    func flag(_ key: String) -> Bool? { object[key] as? Bool }
    /// Values of one column of `runners`.
    func column(_ index: Int) -> [String] {
        (object["runners"] as? [[Any]] ?? []).map { "\($0[index])" }
    }
}

/// Markers `ids`, a second and about three metres apart.
func markers(_ ids: some Sequence<Int>) -> String {
    let now = Int(Date().timeIntervalSince1970 * 1000) - 1_000_000
    let list = ids.map {
        #"{"id":\#($0),"latitude":\#(48.0 + Double($0) * 0.00003),"longitude":11.5,"time":\#(now + $0 * 1000)}"#
    }
    return #"{"type":"markers","markers":[\#(list.joined(separator: ","))]}"#
}
