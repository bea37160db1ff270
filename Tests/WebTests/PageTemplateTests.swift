import Testing

@testable import Web

@Suite("Page templates") struct PageTemplateTests {
    private let values = PageTemplate.Values(
        words: ["hello": "a < b & \"c\""], filePrefix: "/web/1/", files: ["a.css"], parts: ["body": "<b>"])

    @Test("words are put in as text, parts as they are, files under their version")
    func fills() throws {
        let page = try PageTemplate(text: "{{word hello}}|{{body}}|{{file a.css}}|{ {{ body }}").filled(with: values)
        #expect(page == "a &lt; b &amp; &quot;c&quot;|<b>|/web/1/a.css|{ <b>")
    }

    @Test(
        "what nothing fills is named", arguments: ["word x", "file b.css", "x", "", "word", "word hello there"])
    func refuses(place: String) {
        #expect(throws: PageTemplate.Problem.self) { _ = try PageTemplate(text: "a{{\(place)}}b").filled(with: values) }
    }

    @Test("a place without an end is refused")
    func needsEnd() {
        #expect(throws: PageTemplate.Problem.self) { _ = try PageTemplate(text: "a{{word hello").filled(with: values) }
    }
}
