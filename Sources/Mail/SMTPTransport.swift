import CLibcurl
import Foundation
public import Limits

/// Gives mail to a mail server by SMTP, RFC 5321, through libcurl; a connection for each mail, some at a time.
public struct SMTPTransport: MailTransport {
    private let settings: SMTPSettings
    /// Seconds for a whole delivery.
    private let timeout: Int

    /// - Parameters:
    ///   - settings: Which server.
    ///   - timeout: Seconds for a whole delivery.
    public init(_ settings: SMTPSettings, timeout: Int = Limit.Mail.timeoutSeconds) {
        self.settings = settings
        self.timeout = timeout
    }

    public func deliver(_ mail: OutgoingMail, isCancelled: @escaping @Sendable () -> Bool) throws(MailFailure) {
        guard Self.isReady, let curl = curl_easy_init() else {
            throw MailFailure(isPermanent: false, "libcurl cannot be used")
        }
        defer { curl_easy_cleanup(curl) }
        let id = UUID().uuidString.replacing("-", with: "").lowercased()
        let delivery = Delivery(mail.message(from: settings.sender, id: id), isCancelled)
        let context = Unmanaged.passUnretained(delivery).toOpaque()
        // libcurl keeps the list for the time of the transfer, which ends before this function does.
        guard let recipients = curl_slist_append(nil, "<\(mail.to)>") else {
            throw MailFailure(isPermanent: false, "no memory for a mail")
        }
        defer { curl_slist_free_all(recipients) }
        var reason = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE))

        try reason.withUnsafeMutableBufferPointer { reason throws(MailFailure) in
            try Self.check(CLibcurl_set_error_buffer(curl, reason.baseAddress))
            try configure(curl)
            try Self.check(CLibcurl_set_list(curl, CURLOPT_MAIL_RCPT, recipients))
            try Self.check(CLibcurl_set_reader(curl, read, context))
            try Self.check(CLibcurl_set_progress(curl, progress, context))
            let code = withExtendedLifetime(delivery) { curl_easy_perform(curl) }
            guard code != CURLE_OK else { return }
            var response = 0
            CLibcurl_get_response_code(curl, &response)
            throw Self.failure(code, response, reason.baseAddress.map { String(cString: $0) } ?? "")
        }
    }

    private func configure(_ curl: UnsafeMutableRawPointer) throws(MailFailure) {
        try Self.check(CLibcurl_set_string(curl, CURLOPT_URL, settings.url))
        try Self.check(CLibcurl_set_string(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps"))
        try Self.check(CLibcurl_set_string(curl, CURLOPT_MAIL_FROM, "<\(settings.sender)>"))
        try Self.check(CLibcurl_set_long(curl, CURLOPT_UPLOAD, 1))
        // Signals are the whole process's.
        try Self.check(CLibcurl_set_long(curl, CURLOPT_NOSIGNAL, 1))
        try Self.check(CLibcurl_set_long(curl, CURLOPT_CONNECTTIMEOUT, min(10, timeout)))
        try Self.check(CLibcurl_set_long(curl, CURLOPT_TIMEOUT, timeout))
        switch settings.encryption {
        case .required: try Self.check(CLibcurl_set_long(curl, CURLOPT_USE_SSL, Int(CURLUSESSL_ALL.rawValue)))
        case .none: try Self.check(CLibcurl_set_long(curl, CURLOPT_USE_SSL, Int(CURLUSESSL_NONE.rawValue)))
        }
        if let authorities = settings.authorities {
            try Self.check(CLibcurl_set_string(curl, CURLOPT_CAINFO, authorities))
        }
        if let user = settings.user, let password = settings.password {
            try Self.check(CLibcurl_set_string(curl, CURLOPT_USERNAME, user))
            try Self.check(CLibcurl_set_string(curl, CURLOPT_PASSWORD, password))
        }
    }

    private static func check(_ code: CURLcode) throws(MailFailure) {
        guard code == CURLE_OK else {
            throw MailFailure(
                isPermanent: true, "libcurl refuses a setting: \(String(cString: curl_easy_strerror(code)))")
        }
    }

    /// RFC 5321, section 4.2.1: what begins with 5 is so for good, what begins with 4 for the moment.
    private static func failure(_ code: CURLcode, _ response: Int, _ reason: String) -> MailFailure {
        let words = reason.isEmpty ? String(cString: curl_easy_strerror(code)) : reason
        let text = response == 0 ? words : "\(words) (\(response))"
        let isRefusal = code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_LOGIN_DENIED
        return MailFailure(isPermanent: isRefusal && (500...599).contains(response), text)
    }

    /// Once for the process, before the first thread uses the library.
    private static let isReady = CLibcurl_global_init() == CURLE_OK
}

/// A mail while it goes out; used by the one thread that delivers it.
private final class Delivery {
    private var rest: ArraySlice<UInt8>
    private let isCancelledNow: @Sendable () -> Bool

    init(_ bytes: [UInt8], _ isCancelled: @escaping @Sendable () -> Bool) {
        rest = bytes[...]
        isCancelledNow = isCancelled
    }

    var isCancelled: Bool { isCancelledNow() }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let piece = rest.prefix(buffer.count)
        buffer.copyBytes(from: piece)
        rest = rest.dropFirst(piece.count)
        return piece.count
    }
}

private func read(
    _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let buffer, let context else { return 0 }
    let delivery = Unmanaged<Delivery>.fromOpaque(context).takeUnretainedValue()
    return delivery.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: size * count))
}

/// Anything but 0 ends the transfer.
private func progress(
    _ context: UnsafeMutableRawPointer?, _ downloadTotal: curl_off_t, _ downloaded: curl_off_t,
    _ uploadTotal: curl_off_t, _ uploaded: curl_off_t
) -> CInt {
    guard let context else { return 0 }
    return Unmanaged<Delivery>.fromOpaque(context).takeUnretainedValue().isCancelled ? 1 : 0
}
