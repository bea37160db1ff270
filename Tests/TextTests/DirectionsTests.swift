import Testing
import Text

@Suite("Directions")
struct DirectionsTests {
    @Test(
        "what nobody closes is left out",
        arguments: [
            ("\u{202E}drawkcab", "drawkcab"), ("run \u{202A}fast", "run fast"), ("\u{202B}a\u{202D}b", "ab"),
            ("a\u{2066}b\u{2067}c\u{2068}d", "abcd"),
            // What closes nothing.
            ("a\u{202C}b", "ab"), ("a\u{2069}b", "ab"),
            // One of two.
            ("\u{202E}a\u{202A}b\u{202C}c", "a\u{202A}b\u{202C}c"),
            ("\u{2066}a\u{2067}b\u{2069}c", "a\u{2067}b\u{2069}c"),
            // An isolate is a wall: the embedding outside is not closed from within, and one within ends with it.
            ("\u{202E}\u{2066}a\u{202C}\u{2069}", "\u{2066}a\u{2069}"),
            ("\u{2066}\u{202E}a\u{2069}", "\u{2066}\u{202E}a\u{2069}"),
            // A paragraph ends what is open in it.
            ("\u{202E}a\nb\u{202C}", "a\nb"), ("\u{2067}a\u{2029}b\u{2069}", "a\u{2029}b"),
        ])
    func leftOut(text: String, closed: String) {
        #expect(Array(text.withDirectionsClosed.unicodeScalars) == Array(closed.unicodeScalars))
    }

    @Test(
        "what is closed stays as it is, and so does what turns nothing",
        arguments: [
            "", "加油 Ana!", "\u{2067}שלום\u{2069} Ana", "\u{202B}مرحبا\u{202C}", "\u{200F}שלום\u{200E}", "שלום",
            "a\r\nb\tc",
            "\u{2066}\u{202E}a\u{202C}\u{2069}\n\u{2068}b\u{2069}", "👨‍👩‍👧 e\u{301}",
        ])
    func kept(text: String) {
        #expect(Array(text.withDirectionsClosed.unicodeScalars) == Array(text.unicodeScalars))
    }

    @Test("whatever comes, everything is closed afterwards, and nothing but controls is gone")
    func random() {
        let pieces: [Unicode.Scalar] = [
            "\u{202A}", "\u{202E}", "\u{202C}", "\u{2066}", "\u{2068}", "\u{2069}", "\n", "a",
        ]
        var state: UInt64 = 7
        for _ in 0..<2000 {
            var text = String.UnicodeScalarView()
            for _ in 0..<12 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text.append(pieces[Int(state >> 60) % pieces.count])
            }
            let closed = String(text).withDirectionsClosed
            #expect(isClosed(closed), "\(Array(text).map { String($0.value, radix: 16) })")
            #expect(closed.withDirectionsClosed.unicodeScalars.elementsEqual(closed.unicodeScalars))
            let visible: Set<Unicode.Scalar> = ["a", "\n"]
            #expect(closed.unicodeScalars.filter(visible.contains) == text.filter(visible.contains))
        }
    }

    /// By UAX #9, X5a to X8, without its limit of depth.
    private func isClosed(_ text: String) -> Bool {
        for paragraph in text.split(separator: "\n") {
            var open: [Unicode.Scalar] = []
            for scalar in paragraph.unicodeScalars {
                switch scalar {
                case "\u{202A}", "\u{202E}", "\u{2066}", "\u{2068}": open.append(scalar)
                case "\u{202C}":
                    guard let last = open.last, last.value < 0x2060 else { return false }
                    open.removeLast()
                case "\u{2069}":
                    guard let isolate = open.lastIndex(where: { $0.value > 0x2060 }) else { return false }
                    open.removeSubrange(isolate...)
                default: break
                }
            }
            if !open.isEmpty { return false }
        }
        return true
    }
}
