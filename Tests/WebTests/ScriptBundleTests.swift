import Foundation
import Testing

@testable import Web

@Suite("Bundles of scripts and styles") struct ScriptBundleTests {
    private func files(_ texts: KeyValuePairs<String, String>) -> [String: SiteFile] {
        Dictionary(uniqueKeysWithValues: texts.map { ($0, SiteFile(name: $0, bytes: Array($1.utf8))) })
    }

    private func text(_ bundle: ScriptBundle) -> String { String(decoding: bundle.bytes, as: UTF8.self) }

    @Test("modules run once each, the imported first, and have what they export under the names that are asked for")
    func order() throws {
        let bundle = try ScriptBundle(
            "room.js",
            files: files([
                "room.js": """
                /** import { no } from './comment.js'; */
                import { a as first, b } from './a.js';
                import {
                    Map as LeafletMap,
                    tile,
                } from './leaflet.js';
                import './side.js';
                import { c } from './c.js';
                first(b, c, LeafletMap, tile);

                """,
                "a.js": "import { c } from './c.js';\nexport const b = c;\nexport async function a() {}\n",
                "c.js": "let hidden = 1;\nexport class c {}\nexport function d() { return hidden; }\n",
                "side.js": "import { tile } from './leaflet.js';\ntile();\n",
            ]), foreign: ["leaflet.js"])
        #expect(bundle.modules == ["c.js", "a.js", "side.js", "room.js"] && bundle.external == ["leaflet.js"])
        // Whoever makes this another one raises `PageBundles.revision`.
        #expect(
            text(bundle) == """
                import * as $x0 from './leaflet.js';
                const $0 = (() => {
                let hidden = 1;
                class c {}
                function d() { return hidden; }

                return { c, d };
                })();
                const $1 = (() => {
                const { c } = $0;
                const b = c;
                async function a() {}

                return { b, a };
                })();
                const $2 = (() => {
                const { tile } = $x0;
                tile();

                return {  };
                })();
                {
                /** import { no } from './comment.js'; */
                const { a: first, b } = $1;
                const {     Map: LeafletMap,     tile, } = $x0;
                const { c } = $0;
                first(b, c, LeafletMap, tile);

                }

                """)
    }

    @Test(
        "what is not written as ours are is no bundle, and says why",
        arguments: [
            ("import a from './a.js';\n", "imports in a way"), ("import * as a from './a.js';\n", "imports in a way"),
            ("import { a } from \"./a.js\";\n", "imports in a way"),
            ("import { a } from 'a.js';\n", "imports in a way"),
            ("export default 1;\n", "exports in a way"), ("export { a };\n", "exports in a way"),
            ("export let a = 1;\n", "exports in a way"), ("export const { a } = b;\n", "exports in a way"),
            ("export * from './a.js';\n", "exports in a way"), ("import { b } from './b.js';\n", "b.js is missing"),
            ("import { a } from './a.js';\n", "x.js imports itself by x.js, a.js"),
            ("import { a, b } from './c.js';\n", "c.js exports no b"),
        ])
    func refuses(script: String, reason: String) {
        let all = files([
            "x.js": script, "a.js": "import { x } from './x.js';\nexport const a = 1;\n",
            "c.js": "export const a = 1;\nconst b = 2;\n",
        ])
        do {
            _ = try ScriptBundle("x.js", files: all, foreign: [])
            Issue.record("a bundle of \(script)")
        } catch {
            #expect(error.description.contains(reason), "\(error)")
        }
    }

    @Test("every page has a script and a style, which can be made, and hold all that it names otherwise")
    func pages() async throws {
        let site = try PreparedSite(SiteFile.embedded(), SiteConfiguration())
        let pages = PreparedSite.Page.allCases.map(\.rawValue) + ["handbook"]
        #expect(site.bundleNames == pages.flatMap { ["\($0).page.css", "\($0).page.js"] }.sorted())
        let browser = try Browser()
        let page = try await browser.text("/r/159")
        let scripts = page.matches(of: /"(\/web\/[^"]+\.(?:js|css))"/).map { String($0.1) }
        let named = Set(scripts.compactMap { $0.split(separator: "/").last })
        #expect(named == ["leaflet.js", "room.page.css", "room.page.js"])
        for name in site.bundleNames {
            #expect(try #require(try site.compressedCount(of: name)) > 0, "\(name)")
        }
        let styles = try #require(try await browser.get(scripts.first { $0.hasSuffix(".css") } ?? ""))
        let rules = String(decoding: styles.bytes, as: UTF8.self)
        for name in ["site.css", "leaflet.css", "map.css", "room.css", "share.css"] {
            let file = try #require(SiteFile.embedded().first { $0.name == name })
            #expect(rules.contains(String(decoding: file.bytes, as: UTF8.self)), "\(name)")
        }
        #expect(!rules.contains("@import") && !rules.contains("@charset"), "which hold at the beginning alone")
    }
}
