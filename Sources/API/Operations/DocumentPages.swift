import Endpoints
import HTTPTypes
import LWS
import Services
import Synchronization

/// The description of the API, for programs and for people: two pages, made once, when somebody first asks.
///
/// Not before, since it takes longer than all else that a server does to start.
final class DocumentPages: Sendable {
    private struct Pages {
        var routes: [OpenAPIDocument.Route] = []
        var written: (json: [UInt8], html: [UInt8])?
    }

    private let pages = Mutex(Pages())

    var endpoints: [Endpoint] {
        [
            .operation("/openapi.json", "This description", .json(Schema.anyObject)) { [self] _ in json },
            .operation("/docs", "This description for people", .text("A page.", type: "text/html")) { [self] _ in html
            },
        ]
    }

    /// Says what they describe, which holds the pages' own routes as well.
    func describe(_ routes: [RouteTable.Entry]) {
        pages.withLock { $0 = Pages(routes: routes.map(\.described)) }
    }

    /// Who asks meanwhile waits for who asked first.
    private var written: (json: [UInt8], html: [UInt8]) {
        pages.withLock { pages in
            if let written = pages.written { return written }
            let document = OpenAPIDocument(pages.routes)
            let written = (json: document.json.bytes, html: DocumentPage(document).bytes)
            pages.written = written
            return written
        }
    }

    private var json: Response { answer(written.json, type: "application/json; charset=utf-8") }

    private var html: Response {
        var response = answer(written.html, type: "text/html; charset=utf-8")
        // Its own style, and nothing else from anywhere.
        response.headers[.contentSecurityPolicy] =
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        return response
    }

    private func answer(_ bytes: [UInt8], type: String) -> Response {
        Response(status: .ok, headers: [.contentType: type, .cacheControl: "no-cache"], body: .bytes(bytes))
    }
}
