import Foundation
import FoundationNetworking

/// A client of any of the worlds: sends what it is told as it is told, and reads JSON.
struct WorldClient {
    let port: Int

    /// A file of a form.
    struct File {
        var name: String
        var filename = "a.png"
        var type = "image/png"
        var bytes: Data
    }

    /// A picture of one pixel.
    static let onePixel =
        Data(
            base64Encoded: """
                iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==
                """) ?? Data()

    /// Sends a request.
    ///
    /// - Parameters:
    ///   - method: The method.
    ///   - path: With the query; what has to be is percent-encoded.
    ///   - body: The body as it is.
    ///   - type: What it is.
    ///   - authorization: The whole header.
    /// - Returns: The answer.
    func send(
        _ method: String, _ path: String, _ body: Data? = nil, type: String = "application/json",
        authorization: String? = nil
    ) async throws -> REST.Answer {
        guard let url = URL(string: path.hasPrefix("http") ? path : "http://127.0.0.1:\(port)\(path)") else {
            throw URLError(.badURL)
        }
        var request = URLRequest(url: url)
        request.httpMethod = method
        request.timeoutInterval = 30
        if let authorization { request.setValue(authorization, forHTTPHeaderField: "Authorization") }
        if let body {
            request.httpBody = body
            request.setValue(type, forHTTPHeaderField: "Content-Type")
        }
        return try await REST.answer(to: request)
    }

    /// Sends JSON as it is written.
    func send(
        _ method: String, _ path: String, json: String, authorization: String? = nil
    ) async throws -> REST.Answer {
        try await send(method, path, Data(json.utf8), authorization: authorization)
    }

    /// Sends a form with files.
    func send(
        _ method: String, _ path: String, files: [File], authorization: String? = nil
    ) async throws -> REST.Answer {
        let boundary = "----boundary\(UInt64.random(in: 0 ... .max))"
        var body = Data()
        for file in files {
            body += Data(
                """
                --\(boundary)\r\nContent-Disposition: form-data; name="\(file.name)"; filename="\(file.filename)"\r\n\
                Content-Type: \(file.type)\r\n\r\n
                """.utf8)
            body += file.bytes + Data("\r\n".utf8)
        }
        body += Data("--\(boundary)--\r\n".utf8)
        return try await send(
            method, path, body, type: "multipart/form-data; boundary=\(boundary)", authorization: authorization)
    }
}

extension REST.Answer {
    /// A value within the body, by the names of members and the indices of elements.
    func value(_ path: Any...) -> Any? {
        path.reduce(json) { value, step in
            switch step {
            case let name as String: (value as? [String: Any])?[name]
            case let index as Int:
                (value as? [Any]).flatMap { $0.indices.contains(index) ? $0[index] : nil }
            default: nil
            }
        }
    }

    func text(_ path: String...) -> String? {
        path.reduce(json) { ($0 as? [String: Any])?[$1] } as? String
    }

    func int(_ path: String...) -> Int? {
        (path.reduce(json) { ($0 as? [String: Any])?[$1] } as? NSNumber)?.intValue
    }
}

extension ServerProcess {
    /// The newest code in the outbox for an address.
    ///
    /// - Parameter count: The address has had so many by then.
    func code(for address: String, count: Int = 1) async throws -> String {
        var codes: [String] = []
        try await eventually("code for \(address)") {
            let text = String(
                decoding: FileManager.default.contents(atPath: directory + "/outbox") ?? Data(), as: UTF8.self)
            codes = text.split(separator: "\n").compactMap { line in
                let mail = (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any]
                return mail?["to"] as? String == address ? mail?["code"] as? String : nil
            }
            return codes.count >= count
        }
        guard let code = codes.last else { throw Phone.Missing(description: "code for \(address)") }
        return code
    }
}
