internal import Glibc
internal import HTTPTypes

/// How the end of an answer's body is told.
enum ResponseFraming: Equatable {
    /// No body, and no word about one: 1xx, 204, 304.
    case none
    case length(Int)
    case chunked
    /// HTTP/1.0 knows no chunks: the end of the connection is the end of the body.
    case untilClose
}

/// Writes status lines and header fields.
struct ResponseHeadWriter {
    private var date = ""
    private var dateSecond = 0

    /// The `Date` of now, written anew once a second.
    private mutating func dateNow() -> String {
        var now = time(nil)
        if now != dateSecond {
            dateSecond = now
            var parts = tm()
            gmtime_r(&now, &parts)
            let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
            let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
            func two(_ number: CInt) -> String { number < 10 ? "0\(number)" : "\(number)" }
            date =
                "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) "
                + "\(parts.tm_year + 1900) \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT"
        }
        return date
    }

    /// A status line and header fields, the empty line included.
    ///
    /// - Parameters:
    ///   - status: Of the answer.
    ///   - headers: Those that are written here anyway are left out.
    ///   - framing: How the end of the body is told.
    ///   - keepsAlive: Whether another request may follow.
    ///   - minorVersion: Of the request: HTTP/1.0 must be told that the connection stays.
    /// - Returns: The bytes.
    mutating func head(
        status: HTTPTypes.HTTPResponse.Status, headers: HTTPFields, framing: ResponseFraming, keepsAlive: Bool,
        minorVersion: Int
    ) -> [UInt8] {
        var text = "HTTP/1.1 \(status.code) \(status.reasonPhrase)\r\n"
        for field in headers {
            switch field.name {
            case .contentLength, .transferEncoding, .connection: continue
            default: text += "\(field.name.rawName): \(field.value)\r\n"
            }
        }
        if !headers.contains(.date) { text += "Date: \(dateNow())\r\n" }
        switch framing {
        case .none, .untilClose: break
        case .length(let count): text += "Content-Length: \(count)\r\n"
        case .chunked: text += "Transfer-Encoding: chunked\r\n"
        }
        if !keepsAlive {
            text += "Connection: close\r\n"
        } else if minorVersion == 0 {
            text += "Connection: keep-alive\r\n"
        }
        text += "\r\n"
        return Array(text.utf8)
    }
}
