import Foundation
import Glibc

/// One HTTP request over a connection of its own, sent exactly as it is written: clients of the system mend paths and
/// headers before they send them.
struct RawHTTP {
    struct Failure: Error {
        let call: String
        let code: CInt
    }

    struct Answer {
        let status: Int
        let head: String
        let bytes: [UInt8]

        func header(_ name: String) -> String? {
            for line in head.split(separator: "\r\n") where line.lowercased().hasPrefix("\(name):") {
                return line.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces)
            }
            return nil
        }
    }

    let port: Int

    func send(
        _ method: String, _ target: String, _ headers: [String] = [], _ body: [UInt8]? = nil
    ) async throws -> Answer {
        var lines = ["\(method) \(target) HTTP/1.1", "Host: 127.0.0.1", "Connection: close"] + headers
        if let body { lines.append("Content-Length: \(body.count)") }
        let request = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + (body ?? [])
        let port = port
        let output = try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try Self.exchange(request, port: port) })
            }
        }
        guard let end = Data(output).firstRange(of: Data("\r\n\r\n".utf8)) else {
            throw Failure(call: "answer of \(output.count) bytes", code: 0)
        }
        let head = String(decoding: output[..<end.lowerBound], as: UTF8.self)
        let status = head.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        return Answer(status: status ?? 0, head: head, bytes: Array(output[end.upperBound...]))
    }

    /// Writes until all is written or an answer comes, and reads to the end.
    private static func exchange(_ request: [UInt8], port: Int) throws -> [UInt8] {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(call: "socket", code: errno) }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw Failure(call: "connect", code: errno) }

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
}
