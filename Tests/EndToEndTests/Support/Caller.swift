import Foundation
import Testing

/// One connection of HTTP/1.1 byte by byte: what a test says is what goes out, and nothing is added but `Host` and the
/// length of the body.
final class Caller {
    struct Request {
        var method: String
        var target: String
        var headers: [(name: String, value: String)]
        var body: [UInt8]

        init(
            _ method: String, _ target: String, headers: [(name: String, value: String)] = [], body: [UInt8] = []
        ) {
            self.method = method
            self.target = target
            self.headers = headers
            self.body = body
        }

        var bytes: [UInt8] {
            var head = "\(method) \(target) HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            for header in headers { head += "\(header.name): \(header.value)\r\n" }
            let isFramed = headers.contains { ["content-length", "transfer-encoding"].contains($0.name.lowercased()) }
            if !isFramed, !body.isEmpty || method != "GET" { head += "Content-Length: \(body.count)\r\n" }
            return Array((head + "\r\n").utf8) + body
        }
    }

    struct Answer: CustomStringConvertible {
        let head: RawSocket.Head

        var status: Int { head.status }
        var json: [String: Any] { object as? [String: Any] ?? [:] }
        /// Whatever JSON it is; nil if it is none.
        var object: Any? { try? JSONSerialization.jsonObject(with: Data(head.bytes), options: .fragmentsAllowed) }
        subscript(_ key: String) -> Any? { json[key] }

        /// Whether it says no: by its status, or in a body whose world says it there.
        var isRefusal: Bool {
            if status >= 400 { return true }
            if let outcome = self["status_code"] as? Int { return outcome != 0 }
            guard let code = self["code"] as? Int else { return false }
            return self["coode"] == nil ? code != 200 : code != 0
        }

        /// Whether the server itself is at fault, by its own word.
        var isFailure: Bool {
            guard let code = self["code"] as? Int else { return status >= 500 }
            return status >= 500 || (self["coode"] == nil ? (500..<600).contains(code) : code == 9)
        }

        /// Whether it is a refusal in some shape of the world of a route; of paths that are in no world, in words.
        func isRefusal(under pattern: String) -> Bool {
            let words = ["message", "error", "msg", "status_msg", "detail"].contains { self[$0] is String }
            let isText = head.headers["content-type"]?.hasPrefix("text/plain") ?? false
            return isRefusal && (words || isText && !pattern.hasPrefix("/api/"))
        }

        var description: String { "\(head.status) \(head.body.prefix(300))" }
    }

    let port: Int
    private var socket: RawSocket?

    init(port: Int) { self.port = port }

    /// Sends a request on the connection that the last one left, or on a new one.
    func send(_ request: Request) async throws -> Answer {
        let socket = try self.socket ?? RawSocket.connect(port: port)
        self.socket = nil
        try await socket.write(request.bytes)
        let head = try await socket.readHead(hasBody: request.method != "HEAD")
        if head.headers["connection"]?.lowercased() != "close" { self.socket = socket }
        return Answer(head: head)
    }
}
