internal import Foundation
internal import HTTPTypes
internal import LWS

/// All answers of the pages, made beforehand.
struct PreparedSite: Sendable {
    enum Page: String, CaseIterable {
        case home, room, board, embed, new, runs, run, forum, post, me, admin, setup, offline, missing

        /// Of use without the server: the service worker keeps them, and the files that they need.
        static let shell: [Page] = [.home, .room, .board, .offline]
    }

    private struct PageKey: Hashable {
        var page: Page
        var language: Language
    }

    /// Where styles and scripts are, under a name that changes with their content: whoever has one never asks again.
    static let filesPath = "/web"

    private let version: String
    /// What the addresses of this version's files begin with.
    private let prefix: String
    private let files: [String: SiteAnswer]
    /// Nil where pages have their files one by one.
    private let bundles: PageBundles?
    private let pages: [PageKey: SiteAnswer]
    private let clientModule: SiteAnswer
    private let serviceWorker: SiteAnswer
    private let manifests: [Language: SiteAnswer]
    private let handbook: Handbook

    /// Modules that are not ours: they stay files of their own.
    private static let foreignModules: Set<String> = ["leaflet.js"]

    /// - Throws: ``SiteError`` naming the page that cannot be made, and why.
    init(_ files: [SiteFile], _ configuration: SiteConfiguration) throws(SiteError) {
        let byName = Dictionary(files.map { ($0.name, $0) }) { first, _ in first }
        let served = files.filter { $0.contentType != nil && $0.name != Self.workerName }
        var hash = ContentHash()
        // Pages say what is in a bundle.
        for file in served + files.filter({ $0.name.hasSuffix(".html") }) {
            hash.add(file.name.utf8)
            hash.add(file.bytes)
        }
        hash.add("\(PageBundles.revision)".utf8)
        version = hash.description
        prefix = "\(Self.filesPath)/\(version)/"
        // Whoever works on the pages sees them as they are written.
        let bundles =
            configuration.root == nil ? PageBundles(byName, foreign: Self.foreignModules, below: prefix) : nil
        self.bundles = bundles
        self.files = Dictionary(
            uniqueKeysWithValues: served.map { file in
                (file.name, SiteAnswer(file.bytes, headers: Self.fileHeaders(file, caching: Self.forever)))
            })
        guard let client = byName["runroom.js"] else { throw SiteError(description: "runroom.js is missing") }
        clientModule = SiteAnswer(client.bytes, headers: Self.fileHeaders(client, caching: "no-cache"))

        var pages: [PageKey: SiteAnswer] = [:]
        let headers = Self.pageHeaders(configuration, embedders: [])
        let embedHeaders = Self.pageHeaders(configuration, embedders: configuration.embedders)
        var allValues: [Language: PageTemplate.Values] = [:]
        var manifests: [Language: SiteAnswer] = [:]
        var shell: Set<String> = []
        let scripts = served.filter { $0.name.hasSuffix(".js") }.map { ($0.name, ScriptWords($0.bytes)) }
        for language in Language.allCases {
            let words = try Self.words(language, byName)
            let askedFor = Dictionary(
                uniqueKeysWithValues: scripts.map { name, script in
                    (name, words.filter { script.mayAsk(for: $0.key) })
                })
            var values = PageTemplate.Values(
                words: words, filePrefix: prefix, files: Set(self.files.keys), parts: ["page": "", "demo": ""])
            if let demo = configuration.demo {
                values.parts["demoAddress"] = PageTemplate.escaped(demo.address)
                values.parts["demo"] = try Self.filled("demo.html", byName, values)
            }
            // Each may have those before it.
            for part in [
                "frame", "head", "watching", "columns", "password", "bar", "top", "account", "share", "write",
                "report",
                "devices", "device", "confidants",
            ] {
                values.parts[part] = try Self.filled("\(part).html", byName, values)
            }
            let blank = try Self.filled("handbook.html", byName, Handbook.complete(values, nil, []))
            // Its pages are made when they are asked for, and their files may be asked for before.
            if let bundles { _ = bundles.bundled(blank, named: Handbook.name) }
            allValues[language] = values
            allValues[language]?.parts["page"] = try Self.pageData(
                Self.files(named: blank, below: prefix), askedFor, configuration)
            manifests[language] = SiteAnswer(
                Array(try Self.filled("manifest.webmanifest", byName, values).utf8), headers: Self.manifestHeaders)
            for page in Page.allCases {
                let template = "\(page.rawValue).html"
                let names = Self.files(named: try Self.filled(template, byName, values), below: prefix)
                var complete = values
                complete.parts["page"] = try Self.pageData(names, askedFor, configuration)
                var text = try Self.filled(template, byName, complete)
                if let bundles { text = bundles.bundled(text, named: page.rawValue) }
                if Page.shell.contains(page) { shell.formUnion(Self.files(named: text, below: prefix)) }
                pages[PageKey(page: page, language: language)] = SiteAnswer(
                    Array(text.utf8), headers: page == .embed ? embedHeaders : headers)
            }
        }
        self.pages = pages
        self.manifests = manifests
        serviceWorker = SiteAnswer(
            Array(try Self.serviceWorker(keeping: shell.sorted(), below: prefix, byName).utf8),
            headers: [.contentType: "text/javascript; charset=utf-8", .cacheControl: "no-cache"])
        handbook = Handbook(
            files: files, template: try Self.template("handbook.html", byName), values: allValues, headers: headers
        ) { bundles?.bundled($0, named: Handbook.name) ?? $0 }
    }

    // MARK: - Answers

    /// A page in the language of who asks, or its address again when that was to choose one.
    func page(_ page: Page, for request: HTTPServerRequest) -> Response {
        // Who puts a room into a frame chooses for it alone.
        if page != .embed, let response = choice(of: request) { return response }
        let language = language(of: request)
        guard let answer = pages[PageKey(page: page, language: language)] else {
            preconditionFailure("every page is made in every language")
        }
        var response = answer.response(to: request)
        if page == .missing, response.status == .ok { response.status = .notFound }
        return response
    }

    /// A page of the handbook, as ``page(_:for:)`` has others.
    func handbook(_ name: String, for request: HTTPServerRequest) throws -> Response {
        if let response = choice(of: request) { return response }
        guard let answer = try handbook.page(name, in: language(of: request)) else {
            return page(.missing, for: request)
        }
        return answer.response(to: request)
    }

    private func language(of request: HTTPServerRequest) -> Language {
        let head = request.head
        return head.queryValue("lang").flatMap(Language.init(rawValue:))
            ?? Language(cookies: head.headers[.cookie], accepted: head.headers[.acceptLanguage])
    }

    /// What remembers the language that an address chooses; nil for one that chooses none.
    private func choice(of request: HTTPServerRequest) -> Response? {
        guard let choice = request.head.queryValue("lang") else { return nil }
        let path = String(request.head.target.prefix { $0 != "?" })
        var response = Response(status: .seeOther, headers: [.location: path, .cacheControl: "no-store"])
        if let language = Language(rawValue: choice) {
            response.headers[.setCookie] =
                "\(Language.cookie)=\(language.rawValue); Path=/; Max-Age=31536000; SameSite=Lax"
        }
        return response
    }

    /// The client module under its own address, for pages of other people.
    func client(for request: HTTPServerRequest) -> Response { clientModule.response(to: request) }

    /// What keeps the shell of the pages in a browser.
    func serviceWorker(for request: HTTPServerRequest) -> Response { serviceWorker.response(to: request) }

    /// What a browser needs to know to put the pages among a device's apps.
    func manifest(for request: HTTPServerRequest) -> Response {
        guard let answer = manifests[language(of: request)] else {
            preconditionFailure("there is one in every language")
        }
        return answer.response(to: request)
    }

    /// What the addresses of files begin with at present, for pages that want to know whether they are of this version.
    var currentPrefix: Response {
        Response(
            status: .ok, headers: [.contentType: "text/plain; charset=utf-8", .cacheControl: "no-store"],
            body: .bytes(Array((prefix + "\n").utf8)))
    }

    /// A style or script; 404 for one of another version of the server.
    func file(for request: HTTPServerRequest) throws -> Response {
        guard request.parameters["version"] == version, let file = try request.parameters["file"].flatMap(answer) else {
            return Response(
                status: .notFound, headers: [.contentType: "text/plain; charset=utf-8", .cacheControl: "no-store"],
                body: .bytes(Array("There is no such file in this version of the server.\n".utf8)))
        }
        return file.response(to: request)
    }

    private func answer(_ name: String) throws -> SiteAnswer? {
        try files[name] ?? bundles?.answer(name) { Self.fileHeaders($0, caching: Self.forever) }
    }

    /// The compressed size of a file, in bytes.
    func compressedCount(of file: String) throws -> Int? { try answer(file)?.compressedCount }

    /// The names of the bundles.
    var bundleNames: [String] { bundles?.names ?? [] }

    // MARK: - Making them

    /// Not served as it is: it is filled, and stands above all pages, which it could not keep otherwise.
    private static let workerName = "service-worker.js"

    private static let manifestHeaders: HTTPFields = [
        .contentType: "application/manifest+json", .cacheControl: "no-cache", .vary: "Accept-Language, Cookie",
    ]

    /// The names of the files that a page needs.
    private static func files(named page: String, below prefix: String) -> [String] {
        page.split(separator: "\"").filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
    }

    private static func serviceWorker(
        keeping names: [String], below prefix: String, _ files: [String: SiteFile]
    ) throws(SiteError) -> String {
        // Names of files have nothing in them that would have to be escaped.
        let list = names.map { "\"\($0)\"" }.joined(separator: ",")
        let shell = "{\"prefix\":\"\(prefix)\",\"files\":[\(list)]}"
        return try filled(
            workerName, files, PageTemplate.Values(words: [:], filePrefix: prefix, files: [], parts: ["shell": shell]))
    }

    private static let forever = "public, max-age=31536000, immutable"

    private static func fileHeaders(_ file: SiteFile, caching: String) -> HTTPFields {
        [.contentType: file.contentType ?? "application/octet-stream", .cacheControl: caching]
    }

    /// Nothing but this server's own files runs, shows or is spoken to, tiles excepted if there are any; and none but the
    /// embedders' pages may have it in a frame.
    private static func pageHeaders(_ configuration: SiteConfiguration, embedders: [String]) -> HTTPFields {
        let tileHost = configuration.tiles.flatMap { tileOrigin($0.url) }
        let policy = [
            "default-src 'none'", "script-src 'self'", "style-src 'self'",
            "img-src 'self' data:" + (tileHost.map { " " + $0 } ?? ""), "connect-src 'self'",
            "manifest-src 'self'", "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors " + (embedders.isEmpty ? "'none'" : embedders.joined(separator: " ")),
        ]
        var headers: HTTPFields = [
            .contentType: "text/html; charset=utf-8", .cacheControl: "no-cache",
            .vary: "Accept, Accept-Language, Cookie", .contentSecurityPolicy: policy.joined(separator: "; "),
        ]
        headers[.crossOriginOpenerPolicy] = "same-origin"
        headers[.permissionsPolicy] = "geolocation=(self), screen-wake-lock=(self), camera=(), microphone=()"
        // Tile hosts ask who their tiles are for; nobody else is told.
        if tileHost != nil { headers[.referrerPolicy] = "strict-origin-when-cross-origin" }
        return headers
    }

    /// The origin of tiles for a content policy; nil for tiles of this server.
    private static func tileOrigin(_ url: String) -> String? {
        guard let scheme = ["https://", "http://"].first(where: url.hasPrefix) else { return nil }
        let host = url.dropFirst(scheme.count).prefix { $0 != "/" }
        return scheme + host.replacing("{s}", with: "*")
    }

    private static func template(_ name: String, _ files: [String: SiteFile]) throws(SiteError) -> PageTemplate {
        guard let file = files[name] else { throw SiteError(description: "\(name) is missing") }
        return PageTemplate(text: String(decoding: file.bytes, as: UTF8.self))
    }

    private static func filled(
        _ name: String, _ files: [String: SiteFile], _ values: PageTemplate.Values
    ) throws(SiteError) -> String {
        let template = try template(name, files)
        do {
            return try template.filled(with: values)
        } catch {
            throw SiteError(description: "\(name): \(error)")
        }
    }

    private static func words(_ language: Language, _ files: [String: SiteFile]) throws(SiteError) -> [String: String] {
        let name = "\(language.rawValue).json"
        guard let file = files[name] else { throw SiteError(description: "\(name) is missing") }
        do {
            return try JSONDecoder().decode([String: String].self, from: Data(file.bytes))
        } catch {
            throw SiteError(description: "\(name) is not JSON of texts: \(error)")
        }
    }

    /// What the scripts read: JSON that may stand in a page, with the words that the scripts which it names may ask for.
    private static func pageData(
        _ names: [String], _ askedFor: [String: [String: String]], _ configuration: SiteConfiguration
    ) throws(SiteError) -> String {
        struct PageData: Encodable {
            struct Tiles: Encodable {
                var url: String
                var attribution: String
                var closestZoom: Int
            }
            struct Settings: Encodable {
                var demoRoom: String?
                var tiles: Tiles?
                var crs: String
            }
            var words: [String: String]
            var settings: Settings
        }
        let data = PageData(
            words: names.compactMap { askedFor[$0] }.reduce(into: [:]) { $0.merge($1) { word, _ in word } },
            settings: PageData.Settings(
                demoRoom: configuration.demo?.runID,
                tiles: configuration.tiles.map {
                    PageData.Tiles(
                        url: $0.url, attribution: PageTemplate.escaped($0.attribution), closestZoom: $0.closestZoom)
                },
                crs: configuration.mapSystem.rawValue))
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        do {
            let text = String(decoding: try encoder.encode(data), as: UTF8.self)
            // Nothing in it may end the element that it stands in.
            return text.replacing("<", with: "\\u003c")
        } catch {
            throw SiteError(description: "the words cannot be written: \(error)")
        }
    }
}

extension HTTPField.Name {
    fileprivate static let crossOriginOpenerPolicy = HTTPField.Name("Cross-Origin-Opener-Policy")!
    fileprivate static let permissionsPolicy = HTTPField.Name("Permissions-Policy")!
    fileprivate static let referrerPolicy = HTTPField.Name("Referrer-Policy")!
}
