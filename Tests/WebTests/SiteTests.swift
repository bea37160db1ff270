import Foundation
import HTTPTypes
import LWS
import Testing

@testable import Web

@Suite("The pages") struct SiteTests {
    @Test("pages are HTML in the language that the browser prefers, or that was chosen before")
    func languages() async throws {
        let browser = try Browser()
        let cases: [(HTTPFields, String)] = [
            ([:], "en"), ([.acceptLanguage: "zh-CN,zh;q=0.9,en;q=0.8"], "zh-CN"),
            ([.acceptLanguage: "fr, en;q=0.4, zh;q=0.6"], "zh-CN"), ([.acceptLanguage: "zh;q=0, de"], "en"),
            ([.acceptLanguage: "zh", .cookie: "a=b; language=en"], "en"),
            ([.acceptLanguage: "en", .cookie: "language=zh"], "zh-CN"),
            ([.acceptLanguage: "en", .cookie: "a=b\u{37E}language=zh"], "en"), ([.cookie: "language=xx"], "en"),
        ]
        let paths = [
            "/", "/r/159", "/r/%E8%B7%91%2F1", "/r/159/board", "/r/159?embed", "/s/VY9Zb0nDq1oQw3Jt5kfXRg",
            "/s/VY9Zb0nDq1oQw3Jt5kfXRg/board", "/s/VY9Zb0nDq1oQw3Jt5kfXRg?embed", "/new", "/runs", "/runs/5", "/forum",
            "/forum/1", "/me", "/admin", "/admin/setup", "/handbook", "/handbook/running", "/offline",
        ]
        for path in paths {
            for (headers, language) in cases {
                let answer = try #require(try await browser.get(path, headers))
                #expect(answer.status == .ok)
                #expect(answer.headers[.contentType] == "text/html; charset=utf-8")
                #expect(answer.headers[.vary]?.contains("Accept-Language") == true)
                let page = String(decoding: answer.bytes, as: UTF8.self)
                #expect(page.contains("<html lang=\"\(language)\">"), "\(path) \(headers)")
            }
        }
    }

    @Test("the page for addresses that lead nowhere is not found, and may be asked for again")
    func missing() async throws {
        let browser = try Browser()
        let answer = try #require(try await browser.get("/missing"))
        #expect(answer.status == .notFound)
        let tag = try #require(answer.headers[.eTag])
        #expect(try await browser.get("/missing", [.ifNoneMatch: tag])?.status == .notModified)
    }

    @Test("choosing a language sets a cookie and leads back to the same address")
    func choosesLanguage() async throws {
        let browser = try Browser()
        let answer = try #require(try await browser.get("/r/a%20b?lang=zh"))
        #expect(answer.status == .seeOther)
        #expect(answer.headers[.location] == "/r/a%20b")
        #expect(answer.headers[.setCookie] == "language=zh; Path=/; Max-Age=31536000; SameSite=Lax")
        let unknown = try #require(try await browser.get("/?lang=%0d%0aX"))
        #expect(unknown.headers[.location] == "/" && unknown.headers[.setCookie] == nil)
    }

    @Test(
        "a typed code leads to its room, whatever is in it",
        arguments: [
            ("159", "/r/159"), ("%20159%20", "/r/159"), ("a%2Fb", "/r/a%2Fb"), ("%E8%B7%91", "/r/%E8%B7%91"),
            ("%3Fx%23y", "/r/%3Fx%23y"), ("", "/"), ("..", "/"), (".", "/"), ("...", "/r/..."),
        ])
    func findsRoom(code: String, address: String) async throws {
        let answer = try #require(try await Browser().get("/r?code=\(code)"))
        #expect(answer.status == .seeOther)
        #expect(answer.headers[.location] == address)
    }

    @Test("pages allow nothing but this server's own files, and tiles only where there are some")
    func isStrict() async throws {
        let policy = try #require(try await Browser().get("/r/1")?.headers[.contentSecurityPolicy])
        #expect(policy.hasPrefix("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "))
        #expect(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"))
        var configuration = SiteConfiguration()
        configuration.tiles = .init(url: "https://{s}.tiles.example/{z}/{x}/{y}.png", attribution: "© <A & B>")
        let answer = try #require(try await Browser(configuration).get("/r/1"))
        #expect(
            answer.headers[.contentSecurityPolicy]?.contains("img-src 'self' data: https://*.tiles.example;") == true)
        #expect(answer.headers[.init("Referrer-Policy")!] == "strict-origin-when-cross-origin")
        let page = String(decoding: answer.bytes, as: UTF8.self)
        #expect(page.contains("© &lt;A &amp; B&gt;"))
    }

    @Test("a room is shown in frames of those origins that are named, in the language they choose; all else in none")
    func embeds() async throws {
        let closed = try #require(try await Browser().get("/r/1?embed")?.headers[.contentSecurityPolicy])
        #expect(closed.hasSuffix("frame-ancestors 'none'"))
        var configuration = SiteConfiguration()
        configuration.embedders = ["https://a.example", "https://b.example"]
        let browser = try Browser(configuration)
        for path in ["/r/1?embed", "/s/VY9Zb0nDq1oQw3Jt5kfXRg?embed=1"] {
            let answer = try #require(try await browser.get(path))
            #expect(
                answer.headers[.contentSecurityPolicy]?.hasSuffix("frame-ancestors https://a.example https://b.example")
                    == true)
        }
        for path in ["/r/1", "/r/1/board", "/r/1/board?embed", "/me?embed", "/"] {
            let answer = try #require(try await browser.get(path))
            #expect(answer.headers[.contentSecurityPolicy]?.hasSuffix("frame-ancestors 'none'") == true, "\(path)")
        }
        #expect(try await browser.text("/r/1?embed&lang=zh").contains("<html lang=\"zh-CN\">"))
        #expect(try await browser.get("/r/1?embed&lang=zh")?.headers[.setCookie] == nil)
    }

    @Test("a page finds out what version of the pages the server has")
    func tellsVersion() async throws {
        let browser = try Browser()
        let answer = try #require(try await browser.get("/web"))
        #expect(answer.headers[.cacheControl] == "no-store")
        let prefix = String(decoding: answer.bytes, as: UTF8.self).trimmingCharacters(in: .newlines)
        #expect(try await browser.text("/").contains("src=\"\(prefix)home.page.js\""))
    }

    @Test("the handbook's links lead to pages and sections that there are, and its first page to each")
    func linksHandbook() async throws {
        let browser = try Browser()
        let names = SiteFile.embedded().map(\.name).filter { $0.hasSuffix(".md") }.map { String($0.dropLast(3)) }
        #expect(names.count > 10)
        var pages: [String: String] = [:]
        for name in names {
            let path = name == "index" ? "/handbook" : "/handbook/\(name)"
            let answer = try #require(try await browser.get(path))
            #expect(answer.status == .ok, "\(path)")
            pages[path] = String(decoding: answer.bytes, as: UTF8.self)
        }
        for (path, page) in pages {
            let article = try #require(page.firstMatch(of: /<article[^>]*>([\s\S]*)<\/article>/)?.1)
            #expect(article.matches(of: /<h1[ >]/).count == 1, "\(path)")
            for link in page.matches(of: /href="((?:\/handbook|#)[^"]*)"/).map(\.1) {
                let parts = link.split(separator: "#", omittingEmptySubsequences: false).map(String.init)
                let target = try #require(pages[parts[0].isEmpty ? path : parts[0]], "\(path) → \(link)")
                if parts.count > 1 { #expect(target.contains(" id=\"\(parts[1])\""), "\(path) → \(link)") }
            }
            #expect(!article.contains(".md\""), "\(path) has a link to a file")
            #expect(path == "/handbook" || pages["/handbook"]?.contains("<td><a href=\"\(path)\"") == true, "\(path)")
        }
        #expect(try await browser.get("/handbook/nothing")?.status == .notFound)
        let readme = try String(
            contentsOf: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../README.md"),
            encoding: .utf8)
        let linked = readme.matches(of: #/\(Sources/Web/Site/handbook/([a-z-]+)\.md\)/#).map { String($0.1) }
        #expect(Set(linked + ["index"]) == Set(names))
    }

    @Test("Markdown is HTML without anybody's own, with headings to lead to and tables that scroll by keys")
    func rendersMarkdown() {
        let page = Markdown(
            """
            # A *page*, `code`

            ## Two

            ## Two

            <script>alert(1)</script>

            [there](other.md#x) and [away](https://a.example)

            | a | b |
            | --- | --- |
            | 1 | `2 < 3` |

            | | |
            | --- | --- |
            | c | d |
            """, address: { $0 == "other.md#x" ? "/there" : $0 })
        #expect(page.title == "A page, code")
        #expect(page.sections.map(\.id) == ["a-page-code", "two", "two-1"])
        #expect(page.html.contains("<h2 id=\"two-1\">Two</h2>"))
        #expect(page.html.contains("<a href=\"/there\">there</a>") && page.html.contains("href=\"https://a.example\""))
        #expect(!page.html.contains("<script"))
        let scrolling = "<div class=\"table\" role=\"group\" aria-labelledby=\"two-1\" tabindex=\"0\"><table>"
        #expect(page.html.components(separatedBy: scrolling).count == 3)
        #expect(page.html.contains("<code>2 &lt; 3</code>"))
        #expect(page.html.contains("<th>a</th>") && page.html.contains("<td>c</td>"))
        #expect(!page.html.contains("<th></th>") && page.html.components(separatedBy: "<thead>").count == 2)
    }

    @Test("browsers are told how to keep the pages as an app, in the language of who asks")
    func tellsManifest() async throws {
        let browser = try Browser()
        let answer = try #require(try await browser.get("/manifest.webmanifest", [.acceptLanguage: "zh"]))
        #expect(answer.headers[.contentType] == "application/manifest+json")
        let manifest = try #require(try JSONSerialization.jsonObject(with: Data(answer.bytes)) as? [String: Any])
        #expect(manifest["lang"] as? String == "zh-CN" && manifest["display"] as? String == "standalone")
        let icons = try #require(manifest["icons"] as? [[String: String]])
        #expect(icons.contains { $0["sizes"] == "512x512" && $0["purpose"] == "maskable" })
        for icon in icons {
            let file = try #require(try await browser.get(icon["src"] ?? ""))
            #expect(file.headers[.contentType] == icon["type"])
        }
        for path in ["/", "/r/1", "/r/1/board", "/me"] {
            #expect(try await browser.text(path).contains("<link rel=\"manifest\" href=\"/manifest.webmanifest\">"))
        }
    }

    @Test("the service worker keeps every file that the pages need which it keeps, and none of another version")
    func fillsServiceWorker() async throws {
        let browser = try Browser()
        let answer = try #require(try await browser.get("/service-worker.js"))
        #expect(answer.headers[.cacheControl] == "no-cache")
        let worker = String(decoding: answer.bytes, as: UTF8.self)
        let shell = try #require(worker.firstMatch(of: /JSON\.parse\('([^']+)'\)/)?.1)
        let told = try #require(try JSONSerialization.jsonObject(with: Data(shell.utf8)) as? [String: Any])
        let prefix = try #require(told["prefix"] as? String)
        let kept = Set((told["files"] as? [String] ?? []).map { prefix + $0 })
        for path in ["/", "/r/-", "/s/-", "/r/-/board", "/offline"] {
            let names = Set(try await browser.text(path).matches(of: /"(\/web\/[^"]+)"/).map { String($0.1) })
            #expect(names.count >= 3 && names.isSubset(of: kept), "\(path)")
        }
        for name in kept { #expect(try await browser.get(name)?.status == .ok, "\(name)") }
        #expect(try await browser.get(prefix + "service-worker.js")?.status == .notFound, "unfilled")
    }

    @Test("what a page names is there, may be kept for ever, and is compressed for who takes it")
    func servesFiles() async throws {
        let browser = try Browser()
        let paths = [
            "/", "/r/159", "/r/159/board", "/r/159?embed", "/new", "/runs", "/runs/5", "/forum", "/forum/1", "/me",
            "/handbook", "/admin", "/missing",
        ]
        for path in paths {
            let page = try await browser.text(path)
            let names = page.matches(of: /(?:href|src)="(\/web\/[^"]+)"/).map { String($0.1) }
            #expect(names.count > 2)
            for name in names {
                let plain = try #require(try await browser.get(name))
                #expect(plain.status == .ok)
                #expect(plain.headers[.cacheControl] == "public, max-age=31536000, immutable")
                #expect(plain.headers[.contentEncoding] == nil && !plain.bytes.isEmpty)
                let packed = try #require(try await browser.get(name, [.acceptEncoding: "br, gzip;q=0.8"]))
                if packed.headers[.contentEncoding] == "gzip" {
                    #expect(try unpacked(packed.bytes) == plain.bytes)
                    #expect(packed.bytes.count < plain.bytes.count)
                    #expect(packed.headers[.vary]?.contains("Accept-Encoding") == true)
                    #expect(packed.headers[.eTag] != plain.headers[.eTag])
                } else {
                    #expect(packed.bytes == plain.bytes)
                }
                let refused = try await browser.get(name, [.acceptEncoding: "gzip;q=0, *"])
                #expect(refused?.headers[.contentEncoding] == nil)
            }
        }
    }

    @Test("modules name only files that there are, so that none is asked for in vain")
    func importsExist() throws {
        let files = SiteFile.embedded()
        let names = Set(files.map(\.name))
        for file in files where file.name.hasSuffix(".js") && file.name != "leaflet.js" {
            let text = String(decoding: file.bytes, as: UTF8.self)
            for match in text.matches(of: /from '\.\/([^']+)'/) {
                #expect(names.contains(String(match.1)), "\(file.name) imports \(match.1)")
            }
        }
    }

    @Test("the client module has an address of its own, and is asked for again only when it changed")
    func servesClient() async throws {
        let browser = try Browser()
        let answer = try #require(try await browser.get("/client/runroom.js", [.acceptEncoding: "gzip"]))
        #expect(answer.headers[.contentType] == "text/javascript; charset=utf-8")
        #expect(answer.headers[.cacheControl] == "no-cache")
        #expect(answer.bytes.count < 10 << 10)
        let tag = try #require(answer.headers[.eTag])
        let again = try #require(
            try await browser.get("/client/runroom.js", [.acceptEncoding: "gzip", .ifNoneMatch: tag]))
        #expect(again.status == .notModified && again.bytes.isEmpty)
        #expect(try await browser.get("/client/runroom.js", [.ifNoneMatch: tag])?.status == .ok)
    }

    @Test("another version's files, and what is none, are not there", arguments: ["/web/0/room.js", "/web/x/.."])
    func lacksFiles(path: String) async throws {
        guard let answer = try? await Browser().get(path) else { return }
        #expect(answer.status == .notFound)
        #expect(answer.headers[.cacheControl] == "no-store")
    }

    @Test("templates and words are no files of their own")
    func keepsTemplates() async throws {
        let browser = try Browser()
        let version = try #require(try await browser.text("/").firstMatch(of: /\/web\/([^\/]+)\//)?.1)
        for name in ["room.html", "en.json", "runroom.js"] {
            let answer = try await browser.get("/web/\(version)/\(name)")
            #expect(answer?.status == (name == "runroom.js" ? .ok : .notFound))
        }
    }

    @Test("the demo room is on the home page when there is one, its password behind the address")
    func showsDemo() async throws {
        #expect(try await !Browser().text("/").contains("#password"))
        var configuration = SiteConfiguration()
        configuration.demo = .init(runID: "park & ride", password: "p\"w")
        let browser = try Browser(configuration)
        #expect(try await browser.text("/").contains("href=\"/r/park%20%26%20ride#password=p%22w\""))
        let room = try await browser.text("/r/x")
        #expect(room.contains(#""demoRoom":"park & ride""#) && !room.contains("p\"w"))
    }

    @Test("everything that a page needs is at most 150 KB compressed, and the client's module 10 KB")
    func isSmall() async throws {
        let browser = try Browser(), packed: HTTPFields = [.acceptEncoding: "gzip"]
        for path in [
            "/r/159", "/r/159/board", "/r/159?embed", "/new", "/runs/5", "/forum/1", "/me", "/admin", "/handbook",
        ] {
            // A page names all that it loads, so that nothing waits for another.
            let names = Set(try await browser.text(path).matches(of: /"(\/web\/[^"]+)"/).map { String($0.1) })
            #expect((3...6).contains(names.count), "as many as a browser asks for at a time: \(names)")
            var count = 0
            for name in [path] + names { count += try #require(try await browser.get(name, packed)).bytes.count }
            #expect(count <= 150_000, "\(path)")
        }
        let site = try PreparedSite(SiteFile.embedded(), SiteConfiguration())
        #expect(try #require(try site.compressedCount(of: "runroom.js")) < 10 << 10)
    }

    @Test("a page names the modules that it loads, these alone, and carries the words that they may ask for")
    func carriesWords() async throws {
        // As whoever works on the pages sees them.
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources/Web/Site")
        var configuration = SiteConfiguration()
        configuration.root = root.standardized.path
        let browser = try Browser(configuration)
        let files = SiteFile.embedded()
        let scripts = Dictionary(
            uniqueKeysWithValues: files.filter { $0.name.hasSuffix(".js") }.map {
                ($0.name, String(decoding: $0.bytes, as: UTF8.self))
            })
        let loads = scripts.mapValues { $0.matches(of: /(?:from|import) '\.\/([\w-]+\.js)'/).map { String($0.1) } }
        let asksFor = scripts.mapValues {
            $0.matches(of: /word\(['`]([\w.]+)(['$])/).map { (name: $0.1, isWhole: $0.2 == "'") }
        }
        let table = try words(#require(files.first { $0.name == "en.json" }).bytes)
        let templates = files.filter { $0.name.hasSuffix(".html") || $0.name.hasSuffix(".webmanifest") }
        var used = Set(
            templates.flatMap { template in
                String(decoding: template.bytes, as: UTF8.self).matches(of: /{{word ([\w.]+)}}/).map { String($0.1) }
            })
        let paths = [
            "/", "/r/1", "/r/1/board", "/r/1?embed", "/new", "/runs", "/runs/5", "/forum", "/forum/1", "/me", "/admin",
            "/admin/setup", "/handbook", "/offline", "/missing",
        ]
        for path in paths {
            let page = try await browser.text(path)
            let named = Set(page.matches(of: /"\/web\/[^\/"]+\/([^"]+\.js)"/).map { String($0.1) })
            let first = try #require(page.firstMatch(of: /<script type="module" src="[^"]*\/([^"\/]+)"/)?.1)
            var loaded: Set<String> = []
            var rest = [String(first)]
            while let name = rest.popLast() {
                if loaded.insert(name).inserted { rest += loads[name] ?? [] }
            }
            #expect(named == loaded, "\(path)")
            let data = try #require(page.firstMatch(of: /id="page">(.+)<\/script>/)?.1)
            let carried = try JSONDecoder().decode(PageData.self, from: Data(data.utf8)).words
            for (name, isWhole) in loaded.flatMap({ asksFor[$0] ?? [] }) {
                let wanted = table.filter { isWhole ? $0.key == name : $0.key.hasPrefix(name) }
                #expect(wanted.allSatisfy { carried[$0.key] == $0.value }, "\(path): \(name)")
            }
            #expect(carried["problem.network"] != nil && carried.count < table.count / 2, "\(path)")
            #expect(carried.keys.contains { $0.hasPrefix("audit.") } == (path == "/admin"), "\(path)")
            used.formUnion(carried.keys)
        }
        #expect(Set(table.keys).subtracting(used) == [], "nobody says these")
    }

    /// What a page tells its scripts.
    private struct PageData: Decodable { var words: [String: String] }

    private func words(_ json: [UInt8]) throws -> [String: String] {
        try JSONDecoder().decode([String: String].self, from: Data(json))
    }

    @Test("no word stands twice in a language: nothing says which of two is meant")
    func hasEachWordOnce() {
        for file in SiteFile.embedded() where file.name.hasSuffix(".json") {
            let names = String(decoding: file.bytes, as: UTF8.self).matches(of: /\n *"([^"]+)":/).map { $0.1 }
            #expect(names.count > 100)
            let twice = Dictionary(grouping: names) { $0 }.filter { $1.count > 1 }.keys.sorted()
            #expect(twice == [], "\(file.name)")
        }
    }

    @Test("every language has the same words, and the same places in them")
    func hasAllWords() throws {
        let files = SiteFile.embedded()
        let tables = try Language.allCases.map { language in
            let file = try #require(files.first { $0.name == "\(language.rawValue).json" })
            return try words(file.bytes)
        }
        for (name, text) in tables[0] {
            for other in tables.dropFirst() {
                let places = { (text: String) in text.matches(of: /\{\w+\}/).map { String($0.0) }.sorted() }
                #expect(places(other[name] ?? "") == places(text), "\(name)")
                #expect(other[name]?.isEmpty == false)
            }
        }
        #expect(Set(tables.map { Set($0.keys) }).count == 1)
    }

    @Test("the executable has the files of the folder, all of them and as they are")
    func embedsFolder() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../../Sources/Web/Site"
        ).standardizedFileURL
        for (embedded, origin) in zip(SiteFile.embedded(), SiteFile.origins) where !origin.path.hasPrefix("/") {
            let bytes = try Data(contentsOf: root.appendingPathComponent(origin.path))
            // Not compared where a failure would be told byte by byte.
            let isSame = Array(bytes) == embedded.bytes
            #expect(isSame, "\(origin.path)")
        }
        let listed = Set(SiteFile.origins.map(\.path))
        for folder in ["pages", "scripts", "styles", "icons", "words", "handbook"] {
            for name in try FileManager.default.contentsOfDirectory(atPath: root.path + "/" + folder) {
                #expect(listed.contains("\(folder)/\(name)"), "Site.c does not list \(folder)/\(name)")
            }
        }
    }

    @Test("a folder of pages is read at each request; one that lacks something is refused at once")
    func readsFolder() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("site-\(UUID().uuidString)")
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../../Sources/Web/Site"
        ).standardizedFileURL
        try FileManager.default.copyItem(at: source, to: folder)
        defer { try? FileManager.default.removeItem(at: folder) }
        var configuration = SiteConfiguration()
        configuration.root = folder.path
        let browser = try Browser(configuration)
        #expect(try await browser.text("/").contains("RunRoom"))
        try Data("<p>{{word tagline}}".utf8).write(to: folder.appendingPathComponent("pages/home.html"))
        #expect(try await browser.text("/") == "<p>Run together, wherever you are")
        try Data("<p>{{word nothing}}".utf8).write(to: folder.appendingPathComponent("pages/home.html"))
        #expect(throws: SiteError(description: "home.html: nothing fills {{word nothing}}")) {
            _ = try Browser(configuration)
        }
    }

    /// What zlib makes of compressed bytes, by another program than ours.
    private func unpacked(_ bytes: [UInt8]) throws -> [UInt8] {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("packed-\(UUID().uuidString).gz")
        try Data(bytes).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/gzip")
        process.arguments = ["-dc", file.path]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return Array(output)
    }
}
