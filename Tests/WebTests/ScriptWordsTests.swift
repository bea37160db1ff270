import Testing

@testable import Web

@Suite("The words of scripts") struct ScriptWordsTests {
    @Test("names in quotes, and beginnings of names that are made, are what a script may ask for")
    func finds() {
        let script = """
            // One's own.
            word('forum.write'); word(isNew ? 'a' : 'b_1', other);
            word(`problem.${code}`, `#${number}`); word(`gps${quality}`); word(`${kind}.other`);
            """
        let words = ScriptWords(Array(script.utf8))
        for name in ["forum.write", "a", "b_1", "problem.network", "problem.a.b"] {
            #expect(words.mayAsk(for: name), "\(name)")
        }
        for name in ["forum", "forum.writ", "forum.write.x", "b", "problem", "gps.good", "gps", "kind.other", "other"] {
            #expect(!words.mayAsk(for: name), "\(name)")
        }
    }

    @Test("a script that says nothing asks for nothing", arguments: ["", "'", "``", "'…'", "`${x}`", "'.'"])
    func isEmpty(script: String) {
        #expect(!ScriptWords(Array(script.utf8)).mayAsk(for: "live"))
    }
}
