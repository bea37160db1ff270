import HTTPTypes
import LWS
import Services
import TestKit
import Testing

@testable import API
@testable import Endpoints

extension TestAPI {
    /// Sends a form as the server would hand it over.
    func upload(
        _ target: String, fields: [String: String] = [:],
        files: [MultipartForm.File] = [], token: String? = nil, from address: String = "192.0.2.1",
        method: HTTPRequest.Method = .post, headers: HTTPFields = [:]
    ) async throws -> Answer {
        let parsed = try RequestTarget(target)
        var headers = headers
        headers[.contentType] = "multipart/form-data"
        if let token { headers[.authorization] = "Bearer \(token)" }
        let head = HTTPRequestHead(
            method: method, target: target, path: parsed.path, query: parsed.query, headers: headers,
            remoteAddress: address)
        let form = MultipartForm(fields: fields.map { ($0.key, $0.value) }, files: files)
        return try await take(head, .multipart(form))
    }
}

extension MultipartForm.File {
    static func make(_ name: String, _ bytes: [UInt8], filename: String = "a.png") -> MultipartForm.File {
        MultipartForm.File(name: name, filename: filename, contentType: "image/png", content: .bytes(bytes))
    }
}

/// A picture of one pixel.
let onePixel = Picture.png
