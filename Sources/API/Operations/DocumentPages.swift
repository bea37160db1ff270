import Endpoints
import HTTPTypes
import LWS
import Services
import Synchronization

/// The description of the API, for programs and for people: two pages, made once when all routes are known.
final class DocumentPages: Sendable {
    private let bytes = Mutex<(json: [UInt8], html: [UInt8])>(([], []))

    var endpoints: [Endpoint] {
        [
            .operation("/openapi.json", "This description", .json(Schema.anyObject)) { [self] _ in json },
            .operation("/docs", "This description for people", .text("A page.", type: "text/html")) { [self] _ in html
            },
        ]
    }

    /// Writes them; what they describe holds the pages' own routes as well.
    func fill(_ document: OpenAPIDocument) {
        let json = document.json.bytes, html = DocumentPage(document).bytes
        bytes.withLock { $0 = (json, html) }
    }

    private var json: Response { answer(bytes.withLock(\.json), type: "application/json; charset=utf-8") }

    private var html: Response {
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
