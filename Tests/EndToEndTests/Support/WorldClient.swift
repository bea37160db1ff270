import Foundation
import TestKit

/// A client of any of the worlds: sends what it is told as it is told, and reads JSON.
struct WorldClient {
    let port: Int

    /// Sends a request.
    ///
    /// - Parameters:
    ///   - method: The method.
    ///   - path: With the query, or a whole address of this server; what has to be is percent-encoded.
    ///   - body: The body as it is.
    ///   - type: What it is.
    ///   - authorization: The whole header.
    /// - Returns: The answer.
    /// - Throws: When there is none.
    func send(
        _ method: String, _ path: String, _ body: Data? = nil, type: String = "application/json",
        authorization: String? = nil
    ) async throws -> REST.Answer {
        var headers: [String: String] = [:]
        headers["Authorization"] = authorization
        if body != nil { headers["Content-Type"] = type }
        let base = "http://127.0.0.1:\(port)"
        return try await REST(port: port).send(
            method, path.hasPrefix(base) ? String(path.dropFirst(base.count)) : path, headers, body)
    }

    /// Sends JSON as it is written.
    func send(
        _ method: String, _ path: String, json: String, authorization: String? = nil
    ) async throws -> REST.Answer {
        try await send(method, path, Data(json.utf8), authorization: authorization)
    }

    /// Sends a form.
    func send(
        _ method: String, _ path: String, form: Multipart, authorization: String? = nil
    ) async throws -> REST.Answer {
        var headers = Multipart.headers
        headers["Authorization"] = authorization
        return try await REST(port: port).send(method, path, headers, form.body)
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
    /// - Parameters:
    ///   - address: To whom.
    ///   - count: The address has had so many by then.
    /// - Returns: The code.
    /// - Throws: ``Phone/Missing`` when none comes.
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
