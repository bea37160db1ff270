internal import LWS

/// The languages that the pages speak.
enum Language: String, Sendable, CaseIterable {
    case english = "en"
    case chinese = "zh"

    /// The cookie of who chose one.
    static let cookie = "language"

    /// The language for a request: what was chosen before, or what the browser prefers.
    ///
    /// - Parameters:
    ///   - cookies: The field `Cookie`.
    ///   - accepted: The field `Accept-Language` (RFC 9110, section 12.5.4).
    init(cookies: String?, accepted: String?) {
        let chosen = Cookies.values(of: Self.cookie, in: cookies ?? "").first
        if let chosen, let language = Language(rawValue: chosen) {
            self = language
            return
        }
        var best: (language: Language, quality: Double) = (.english, 0)
        for entry in PreferenceList(accepted ?? "") {
            guard let language = Language(rawValue: entry.value.splitOctets(at: "-")[0].asciiLowercased) else {
                continue
            }
            if entry.quality > best.quality { best = (language, entry.quality) }
        }
        self = best.language
    }
}

/// A header field of values with qualities, `gzip;q=0.5, *` (RFC 9110, section 12.4.2).
struct PreferenceList: Sequence {
    struct Entry {
        var value: String
        /// 0 for “not this”.
        var quality: Double
    }

    private let entries: [Entry]

    /// What cannot be read of the field is left out.
    init(_ field: String) {
        entries = field.splitOctets(at: ",").compactMap { element in
            let parts = element.splitOctets(at: ";")
            guard let value = parts.first, !value.isEmpty else { return nil }
            guard let weight = parts.dropFirst().first(where: { HTTPToken($0.utf8.prefix(2)) == "q=" }) else {
                return Entry(value: value, quality: 1)
            }
            guard let quality = Double(weight.dropFirst(2)), (0...1).contains(quality) else { return nil }
            return Entry(value: value, quality: quality)
        }
    }

    func makeIterator() -> IndexingIterator<[Entry]> { entries.makeIterator() }

    /// Whether a value is wanted at all.
    func accepts(_ value: String) -> Bool {
        let named = entries.first { $0.value.asciiLowercased == value }
        return (named ?? entries.first { $0.value == "*" }).map { $0.quality > 0 } ?? false
    }
}
