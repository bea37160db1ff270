import Text

/// Times as files write them: `2018-05-14T09:54:12.25Z`.
enum ISO8601 {
    /// The times that have a text, in UTC: the years 0001 … 9999, as Unix milliseconds.
    ///
    /// What is read lies in here too, so that every time of a file can be written again.
    static let writable: Range<Int64> = -62_135_596_800_000..<253_402_300_800_000

    /// Unix milliseconds of a date and a time of day, with or without a fraction and a zone (without: UTC).
    ///
    /// Nil for anything else (see ``ISODate/Dialect/file``), and for what is not in the years 0001 … 9999 of UTC.
    static func milliseconds(_ text: String) -> Int64? {
        ISODate.milliseconds(text, in: .file).flatMap { writable ~= $0 ? $0 : nil }
    }

    /// A time in UTC, with milliseconds only if there are any; nil outside the years 0001 … 9999.
    static func text(_ milliseconds: Int64) -> String? {
        guard writable ~= milliseconds else { return nil }
        let text = ISODate.text(milliseconds)
        return text.hasSuffix(".000Z") ? text.prefix(19) + "Z" : text
    }
}
