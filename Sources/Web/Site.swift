internal import Foundation
internal import HTTPTypes
public import LWS

/// The pages that people open in a browser, and all that these load.
///
/// No rules are here, and no data: a page speaks to the server over the wires that every other client uses. Everything
/// is prepared once, from bytes in the executable; a request then costs a look-up.
public struct Site: Sendable {
    /// What the pages answer, to be served beside the API.
    ///
    /// `GET /` is meant for who asks for HTML, a browser as a rule. `GET /missing` is what such a one is told of an
    /// address that nothing is behind.
    public let router: Router

    /// Makes all pages.
    ///
    /// - Parameter configuration: With a ``SiteConfiguration/root``, everything is read and made anew for each request.
    /// - Throws: ``SiteError`` for pages that cannot be made, which is a mistake in their files.
    public init(_ configuration: SiteConfiguration = SiteConfiguration()) throws(SiteError) {
        if let root = configuration.root {
            _ = try PreparedSite(SiteFile.onDisk(below: root), configuration)
            router = Self.router(configuration.tileSource) {
                try PreparedSite(SiteFile.onDisk(below: root), configuration)
            }
        } else {
            let prepared = try PreparedSite(SiteFile.embedded(), configuration)
            router = Self.router(configuration.tileSource) { prepared }
        }
    }

    private static func router(
        _ tiles: SiteConfiguration.TileSource?, _ prepared: @escaping @Sendable () throws -> PreparedSite
    ) -> Router {
        var router = Router()
        router.on(.get, "/") { request in try prepared().page(.home, for: request) }
        router.on(.get, "/r") { request in roomAddress(of: request.head.queryValue("code") ?? "") }
        // A room by its code, or by a link: then the page asks where it leads.
        for room in ["/r/{runID}", "/s/{link}"] {
            router.on(.get, room) { request in
                let isInFrame = request.head.queryValue("embed") != nil
                return try prepared().page(isInFrame ? .embed : .room, for: request)
            }
            router.on(.get, room + "/board") { request in try prepared().page(.board, for: request) }
        }
        router.on(.get, "/new") { request in try prepared().page(.new, for: request) }
        router.on(.get, "/runs") { request in try prepared().page(.runs, for: request) }
        router.on(.get, "/runs/{id}") { request in try prepared().page(.run, for: request) }
        router.on(.get, "/forum") { request in try prepared().page(.forum, for: request) }
        router.on(.get, "/forum/{post}") { request in try prepared().page(.post, for: request) }
        router.on(.get, "/me") { request in try prepared().page(.me, for: request) }
        router.on(.get, "/admin") { request in try prepared().page(.admin, for: request) }
        // By the address that the server printed.
        router.on(.get, "/admin/setup") { request in try prepared().page(.setup, for: request) }
        router.on(.get, Handbook.path) { request in try prepared().handbook(Handbook.first, for: request) }
        router.on(.get, "\(Handbook.path)/{page}") { request in
            try prepared().handbook(request.parameters["page"] ?? "", for: request)
        }
        router.on(.get, "/offline") { request in try prepared().page(.offline, for: request) }
        router.on(.get, "/manifest.webmanifest") { request in try prepared().manifest(for: request) }
        router.on(.get, "/service-worker.js") { request in try prepared().serviceWorker(for: request) }
        router.on(.get, "/missing") { request in try prepared().page(.missing, for: request) }
        router.on(.get, "/client/runroom.js") { request in try prepared().client(for: request) }
        router.on(.get, PreparedSite.filesPath) { _ in try prepared().currentPrefix }
        router.on(.get, "\(PreparedSite.filesPath)/{version}/{file}") { request in
            try prepared().file(for: request)
        }
        if let tiles {
            router.on(.get, "/tiles/{z}/{x}/{y}") { request in try await tile(from: tiles, for: request) }
        }
        return router
    }

    /// A picture of the ground; nothing, and no error, where the map has none.
    private static func tile(
        from source: SiteConfiguration.TileSource, for request: HTTPServerRequest
    ) async throws -> Response {
        let numbers = ["z", "x", "y"].compactMap { request.parameters[$0].flatMap { Int($0) } }
        guard numbers.count == 3, let bytes = try await source.tile(numbers[0], numbers[1], numbers[2]) else {
            return Response(status: .noContent, headers: [.cacheControl: "public, max-age=3600"])
        }
        return SiteAnswer(picture: bytes, type: source.contentType).response(to: request)
    }

    /// Where somebody goes who has typed a room's code.
    private static func roomAddress(of code: String) -> Response {
        let code = code.trimmingCharacters(in: .whitespacesAndNewlines)
        // Dots alone would lead elsewhere.
        let isRoom = !code.isEmpty && code != "." && code != ".."
        let address = isRoom ? SiteConfiguration.DemoRoom.path(of: code) : "/"
        return Response(status: .seeOther, headers: [.location: address, .cacheControl: "no-store"])
    }
}

/// Why there are no pages.
public struct SiteError: Error, CustomStringConvertible, Hashable {
    public let description: String
}

extension SiteConfiguration.DemoRoom {
    /// The path of a room's page.
    static func path(of runID: String) -> String { "/r/" + percentEncoded(runID) }

    /// The page with the password behind it, where no server sees it.
    var address: String { Self.path(of: runID) + "#password=" + Self.percentEncoded(password) }

    private static func percentEncoded(_ text: String) -> String {
        let unreserved = CharacterSet(
            charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
        // Nil is for text that is not Unicode only, which a String cannot be.
        return text.addingPercentEncoding(withAllowedCharacters: unreserved) ?? ""
    }
}
