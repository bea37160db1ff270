import LWS
import Testing

@Suite("Entity tag")
struct EntityTagTests {
    @Test(
        "tags are read and written as fields have them",
        arguments: ["\"abc\"", "W/\"abc\"", "\"\"", "\"a,b\"", "\"加\""])
    func readable(text: String) throws {
        let tag = try #require(EntityTag(text))
        #expect(tag.description == text)
        #expect(tag.isWeak == text.hasPrefix("W/"))
    }

    @Test(
        "what is no tag",
        arguments: [
            "", "abc", "\"abc", "abc\"", "w/\"abc\"", "W/abc", "\"a\"b\"", "\"a b\"", "\"a\u{7f}\"", " \"a\"", "*",
        ])
    func unreadable(text: String) {
        #expect(EntityTag(text) == nil)
    }

    /// The examples of RFC 9110, section 8.8.3.2.
    @Test(
        "comparison",
        arguments: [
            ("W/\"1\"", "W/\"1\"", false, true), ("W/\"1\"", "W/\"2\"", false, false),
            ("W/\"1\"", "\"1\"", false, true),
            ("\"1\"", "\"1\"", true, true),
            // The sign for Kelvin, and a letter with its accent as two characters.
            ("\"K\"", "\"\u{212A}\"", false, false), ("\"\u{e9}\"", "\"e\u{301}\"", false, false),
        ])
    func comparison(one: String, other: String, strongly: Bool, weakly: Bool) throws {
        let one = try #require(EntityTag(one))
        let other = try #require(EntityTag(other))
        #expect(one.matchesStrongly(other) == strongly)
        #expect(other.matchesStrongly(one) == strongly)
        #expect(one.matchesWeakly(other) == weakly)
        #expect(other.matchesWeakly(one) == weakly)
    }

    @Test(
        "If-None-Match finds the tag in the list",
        arguments: [
            ("\"x\"", true), ("W/\"x\"", true), ("*", true), (" * ", true), ("\"a\", \"x\"", true),
            ("\"a\",W/\"x\",\"b\"", true),
            ("\"x\" ,\t\"a\"", true), (", ,\"x\",", true), ("\"a\"", false), ("", false), ("\"X\"", false),
            ("\"a,x\"", false),
            // Not readable, as a whole.
            ("x", false), ("\"x\" \"a\"", false), ("\"x\", a", false), ("*, \"x\"", false), ("\"x", false),
            ("w/\"x\"", false),
        ])
    func noneMatch(field: String, isMatch: Bool) throws {
        #expect(try #require(EntityTag("\"x\"")).isNoneMatch(field) == isMatch)
        #expect(try #require(EntityTag("W/\"x\"")).isNoneMatch(field) == isMatch)
    }
}
