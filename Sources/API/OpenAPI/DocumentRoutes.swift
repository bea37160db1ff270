import HTTPTypes
import LWS
import Services
import Synchronization

/// The description of the API, for programs and for people.
struct DocumentRoutes: Sendable {
    /// Adds the routes, the last ones: what they describe is the table as it is then, they themselves included.
    static func add(to table: inout RouteTable) {
        let pages = Pages()
        table.on(.get, "/openapi.json", errors: .text) { _ in pages.json }
        table.on(.get, "/docs", errors: .text) { _ in pages.html }
        let document = OpenAPIDocument(routes: table.entries)
        pages.fill(json: document.json.bytes, html: DocumentPage(document).bytes)
    }
}

/// The two pages, made once when all routes are known.
private final class Pages: Sendable {
    private let bytes = Mutex<(json: [UInt8], html: [UInt8])>(([], []))

    func fill(json: [UInt8], html: [UInt8]) { bytes.withLock { $0 = (json, html) } }

    var json: Response { answer(bytes.withLock(\.json), type: "application/json; charset=utf-8") }

    var html: Response {
        var response = answer(bytes.withLock(\.html), type: "text/html; charset=utf-8")
        // Its own style, and nothing else from anywhere.
        response.headers[.contentSecurityPolicy] =
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        return response
    }

    private func answer(_ bytes: [UInt8], type: String) -> Response {
        Response(status: .ok, headers: [.contentType: type, .cacheControl: "no-cache"], body: .bytes(bytes))
    }
}
