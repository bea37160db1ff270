import Foundation
package import FoundationNetworking
import Glibc

/// One HTTP request over a connection of its own, sent exactly as it is written: clients of the system mend paths and
/// headers before they send them.
package struct RawHTTP: Sendable {
    package struct Failure: Error {
        let call: String
        let code: CInt
    }

    package struct Answer: Sendable {
        package let status: Int
        package let head: String
        package let bytes: [UInt8]

        /// The body as text.
        package var body: String { String(decoding: bytes, as: UTF8.self) }

        /// The first header of a name in small letters.
        package func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

        /// All headers, their names in small letters.
        package var headers: [(name: String, value: String)] {
            head.split(separator: "\r\n").dropFirst().compactMap { line in
                guard let colon = line.firstIndex(of: ":") else { return nil }
                return (
                    line[..<colon].lowercased(), line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
                )
            }
        }
    }

    package let port: Int

    package init(port: Int) { self.port = port }

    /// Sends a request to a server of this machine, as its URL, method, headers and body say; the rest is ignored.
    package static func send(_ request: URLRequest) async throws -> Answer {
        guard let url = request.url, let port = url.port, let components = URLComponents(string: url.absoluteString)
        else { throw Failure(call: "request without an address", code: 0) }
        let path = components.percentEncodedPath.isEmpty ? "/" : components.percentEncodedPath
        let query = components.percentEncodedQuery.map { "?" + $0 } ?? ""
        let headers = (request.allHTTPHeaderFields ?? [:]).map { "\($0.key): \($0.value)" }
        return try await RawHTTP(port: port).send(
            request.httpMethod ?? "GET", path + query, headers, request.httpBody.map { Array($0) })
    }

    /// Sends a request.
    ///
    /// - Parameters:
    ///   - method: The method.
    ///   - target: The path and query as they are sent.
    ///   - headers: Whole lines; `Host`, `Connection` and the length of a body are added.
    ///   - body: The body, if there is one.
    /// - Returns: The answer, its body without what carries it.
    /// - Throws: ``Failure`` when none came.
    package func send(
        _ method: String, _ target: String, _ headers: [String] = [], _ body: [UInt8]? = nil
    ) async throws -> Answer {
        var lines = ["\(method) \(target) HTTP/1.1", "Host: 127.0.0.1:\(port)", "Connection: close"] + headers
        if let body { lines.append("Content-Length: \(body.count)") }
        let request = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + (body ?? [])
        let port = port
        let output = try await blocking { try Self.exchange(request, port: port) }
        guard let end = Data(output).firstRange(of: Data("\r\n\r\n".utf8)) else {
            throw Failure(call: "answer of \(output.count) bytes", code: 0)
        }
        let head = String(decoding: output[..<end.lowerBound], as: UTF8.self)
        let status = head.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        let answer = Answer(status: status, head: head, bytes: Array(output[end.upperBound...]))
        guard answer.header("transfer-encoding") == "chunked" else { return answer }
        return Answer(status: status, head: head, bytes: try Self.joined(answer.bytes))
    }

    /// Sends JSON as it is written, or nothing.
    package func send(_ method: String, _ target: String, json: String?) async throws -> Answer {
        try await send(
            method, target, json == nil ? [] : ["Content-Type: application/json"], json.map { Array($0.utf8) })
    }

    /// Writes until all is written or an answer comes, and reads to the end.
    private static func exchange(_ request: [UInt8], port: Int) throws -> [UInt8] {
        let descriptor = try LoopbackSocket.connect(port: port)
        defer { close(descriptor) }
        var written = 0
        var answer: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let wanted = CShort(POLLIN) | (written < request.count ? CShort(POLLOUT) : 0)
            var state = pollfd(fd: descriptor, events: wanted, revents: 0)
            guard poll(&state, 1, 30_000) > 0 else { throw Failure(call: "poll", code: errno) }
            if state.revents & CShort(POLLOUT) != 0, answer.isEmpty {
                let count = request[written...].withUnsafeBytes {
                    Glibc.send(
                        descriptor, $0.baseAddress, min($0.count, 64 << 10),
                        CInt(Int(MSG_NOSIGNAL) | Int(MSG_DONTWAIT)))
                }
                if count > 0 { written += count }
            }
            guard state.revents & ~CShort(POLLOUT) != 0 else { continue }
            let count = recv(descriptor, &piece, piece.count, 0)
            if count <= 0 { return answer }
            answer += piece[..<count]
            // Who has begun to answer does not want the rest.
            written = request.count
        }
    }

    /// What chunks carry; RFC 9112, section 7.1.
    private static func joined(_ bytes: [UInt8]) throws -> [UInt8] {
        var body: [UInt8] = []
        var rest = bytes[...]
        while true {
            guard let end = rest.firstIndex(of: UInt8(ascii: "\r")),
                let size = Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16),
                rest.distance(from: end, to: rest.endIndex) >= size + 4
            else { throw Failure(call: "chunk", code: 0) }
            if size == 0 { return body }
            body += rest[(end + 2)..<(end + 2 + size)]
            rest = rest[(end + 4 + size)...]
        }
    }
}
