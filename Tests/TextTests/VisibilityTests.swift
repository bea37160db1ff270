import Testing
import Text

@Suite("Visibility")
struct VisibilityTests {
    @Test(
        "nothing can be seen of blanks, fillers, controls and tags",
        arguments: [
            "", " ", "\t\u{3000}\u{1680}", "\u{3164}", "\u{115F}", "\u{1160}", "\u{FFA0}", "\u{2800}\u{2800}",
            "\u{200B}",
            "\u{200D}", "\u{FEFF}", "\u{AD}", "\u{2060}", "\u{180E}", "\u{34F}", "\u{E0061}\u{E007F}", "\u{FE0F}",
            "\u{1D159}", "\u{16FE4}", "\u{7}",
        ])
    func invisible(text: String) {
        #expect(text.isInvisible)
        #expect(!("a" + text).isInvisible)
    }

    @Test(
        "what is part of a visible character is no stray",
        arguments: [
            "Ana", "安娜", "a b", "👨‍👩‍👧‍👦", "❤️", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "क्‍ष", "می‌خواهم", "葛󠄀", "e\u{301}", "한글", "🇨🇳",
        ])
    func parts(text: String) {
        #expect(!text.hasStrayInvisibles)
        #expect(!text.isInvisible)
    }

    @Test(
        "what is hidden between visible characters is one",
        arguments: [
            "a\u{200B}b", "a\u{3164}", "\u{115F}a", "a\u{FFA0}", "a\u{2060}b", "a\u{AD}b", "\u{200D}a", "\u{FE0F}a",
            "a\u{E0061}", "\u{2800}a", "a\u{FEFF}", "a\u{34F}b", "🏴\u{E0061} \u{E0061}",
        ])
    func strays(text: String) { #expect(text.hasStrayInvisibles) }

    @Test("joiners count where nothing that a font does not show may be")
    func ignorables() {
        #expect("👨‍👩‍👧".hasDefaultIgnorables)
        #expect("❤️".hasDefaultIgnorables)
        #expect("a\u{200B}".hasDefaultIgnorables)
        #expect(!"安娜 e\u{301} 👩".hasDefaultIgnorables)
    }
}
