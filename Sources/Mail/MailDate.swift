import Foundation

extension OutgoingMail {
    static func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }
}

/// Dates as RFC 5322, section 3.3, writes them.
enum MailDate {
    /// The text of a time, such as `Sat, 23 Nov 2024 08:39:43 +0000`.
    static func text(_ milliseconds: Int64) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss '+0000'"
        return formatter.string(from: Date(timeIntervalSince1970: Double(milliseconds) / 1000))
    }
}
