import HTTPTypes
import LWS

@testable import Web

/// Asks a site's router as a browser would.
struct Browser {
    let router: Router

    init(_ configuration: SiteConfiguration = SiteConfiguration()) throws { router = try Site(configuration).router }

    /// - Returns: The answer; nil where no page is.
    func get(_ target: String, _ headers: HTTPFields = [:]) async throws -> Response? {
        let parsed = try RequestTarget(target)
        guard case .route(let route, let parameters) = router.match(.get, path: parsed.path) else { return nil }
        let head = HTTPRequestHead(
            method: .get, target: target, path: parsed.path, query: parsed.query, headers: headers,
            remoteAddress: "127.0.0.1")
        return try await route.handler(
            HTTPServerRequest(head: head, body: .bytes([]), parameters: parameters))
    }

    func text(_ target: String, _ headers: HTTPFields = [:]) async throws -> String {
        String(decoding: try await get(target, headers)?.bytes ?? [], as: UTF8.self)
    }
}

extension Response {
    var bytes: [UInt8] {
        if case .bytes(let bytes) = body { bytes } else { [] }
    }
}
