import Foundation
import Glibc
import TestKit

/// A plain socket to a server of 127.0.0.1, for requests that no decent client sends.
///
/// Each call blocks its thread for 10 s at most, so tests call it through `blocking`.
///
/// `@unchecked`: a test uses it from one task at a time.
final class RawClient: @unchecked Sendable {
    private let descriptor: CInt

    init(port: Int) throws {
        descriptor = try LoopbackSocket.connect(port: port, patience: 10)
    }

    deinit { Glibc.close(descriptor) }

    /// Sends everything, or as much as the server takes before it closes.
    func send(_ bytes: some Collection<UInt8>) {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
            if count <= 0 { return }
            rest = rest.dropFirst(count)
        }
    }

    func send(_ text: String) { send(Array(text.utf8)) }

    /// Sends what the kernel takes at once.
    ///
    /// - Returns: How many bytes that were.
    func trySend(_ bytes: ArraySlice<UInt8>) -> Int {
        let flags = CInt(Int(MSG_NOSIGNAL) | Int(MSG_DONTWAIT))
        return max(0, bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, flags) })
    }

    /// Says that nothing more comes, and goes on receiving.
    func endSending() { shutdown(descriptor, CInt(SHUT_WR)) }

    /// What comes next; empty when the server has closed, nil when nothing came.
    func receive(atMost limit: Int = 65_536) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: limit)
        let count = recv(descriptor, &buffer, limit, 0)
        // A reset is an end too.
        if count < 0 { return errno == ECONNRESET ? [] : nil }
        return Array(buffer[..<count])
    }

    /// Everything until the server closes.
    func receiveAll() -> [UInt8] {
        var all: [UInt8] = []
        while let bytes = receive(), !bytes.isEmpty { all += bytes }
        return all
    }

    /// So many bytes; fewer when the server has ended the connection.
    func receive(count: Int) -> [UInt8] {
        var all: [UInt8] = []
        while all.count < count, let bytes = receive(atMost: min(65_536, count - all.count)), !bytes.isEmpty {
            all += bytes
        }
        return all
    }

    /// Until `marker` has come.
    func receive(until marker: String) -> String {
        var all: [UInt8] = []
        while !String(decoding: all, as: UTF8.self).contains(marker), let bytes = receive(), !bytes.isEmpty {
            all += bytes
        }
        return String(decoding: all, as: UTF8.self)
    }

    /// Sends a request and returns everything until the server closes.
    static func exchange(_ request: String, port: Int) async throws -> String {
        try await blocking {
            let client = try RawClient(port: port)
            client.send(request)
            return String(decoding: client.receiveAll(), as: UTF8.self)
        }
    }

    /// A WebSocket handshake for `path`.
    static func handshake(_ path: String = "/echo", headers: String = "") -> String {
        "GET \(path) HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\(headers)\r\n"
    }

    /// A masked frame of a client.
    static func frame(opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true) -> [UInt8] {
        ClientFrame.bytes(opcode: opcode, payload, isFinal: isFinal)
    }
}
