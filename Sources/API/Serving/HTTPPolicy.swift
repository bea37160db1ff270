import Endpoints
import HTTPTypes
import LWS

/// The pages of which origins may call from a browser.
public enum AllowedOrigins: Sendable, Hashable {
    /// All, without their cookies, which no answer allows: a page can do no more than its user could elsewhere.
    case any
    /// Only these, as browsers write them: `https://example.org`.
    case only(Set<String>)

    /// What a setting says: `*`, or origins with commas between.
    ///
    /// - Returns: Nil when one of them is no origin.
    public init?(_ text: String) {
        guard text != "*" else {
            self = .any
            return
        }
        let origins = text.split(separator: ",").map { $0.filter { !$0.isWhitespace } }
        guard !origins.isEmpty, origins.allSatisfy(Self.isOrigin) else { return nil }
        self = .only(Set(origins))
    }

    /// Those that are named, which are none where all may.
    var named: Set<String> {
        switch self {
        case .any: []
        case .only(let origins): origins
        }
    }

    private static func isOrigin(_ text: String) -> Bool {
        guard let scheme = ["https://", "http://"].first(where: text.hasPrefix) else { return false }
        let authority = text.dropFirst(scheme.count)
        return !authority.isEmpty && authority.allSatisfy { $0.isASCII && !"/?#@,* ".contains($0) }
    }
}

/// What every answer carries, and whose address counts.
struct HTTPPolicy: Sendable {
    var trustedProxies = TrustedProxies()
    var origins = AllowedOrigins.any
    /// Whether clients reach this server by TLS: then they are told to come in no other way.
    var isTLS = false

    /// Gives an answer its safety headers.
    ///
    /// - Parameters:
    ///   - response: The answer.
    ///   - origin: Of the page that asks; nil if none does, or it is not known.
    func secure(_ response: inout Response, origin: String?) {
        allow(origin, in: &response)
        response.headers[.accessControlExposeHeaders] = "Retry-After, ETag, Link, Location, RateLimit, RateLimit-Policy"
        response.headers[.xContentTypeOptions] = "nosniff"
        if response.headers[.referrerPolicy] == nil { response.headers[.referrerPolicy] = "no-referrer" }
        if isTLS { response.headers[.strictTransportSecurity] = "max-age=31536000" }
        if response.headers[.contentType]?.hasPrefix("text/html") == true {
            let closed = "frame-ancestors 'none'"
            let policy = response.headers[.contentSecurityPolicy] ?? "default-src 'none'; " + closed
            response.headers[.contentSecurityPolicy] = policy
            // The same for browsers that know no policy; of some pages only, they cannot be told.
            if policy.contains(closed) { response.headers[.xFrameOptions] = "DENY" }
        }
    }

    /// What a browser is told that asks before a page of another origin calls.
    func preflight(origin: String?) -> Response {
        var response = Response(status: .noContent)
        guard isAllowed(origin) else { return response }
        response.headers[.accessControlAllowMethods] = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
        response.headers[.accessControlAllowHeaders] =
            "Authorization, Content-Type, X-Room-Password, X-Room-Link, X-Run-Link, Idempotency-Key, If-Match"
        response.headers[.accessControlMaxAge] = "86400"
        return response
    }

    private func isAllowed(_ origin: String?) -> Bool {
        switch origins {
        case .any: true
        case .only(let allowed):
            // What is no ASCII is none of them, whatever it looks like.
            origin.map { $0.utf8.allSatisfy { $0 < 0x80 } && allowed.contains($0) } ?? false
        }
    }

    private func allow(_ origin: String?, in response: inout Response) {
        switch origins {
        case .any: response.headers[.accessControlAllowOrigin] = "*"
        case .only:
            // A cache must not give one page the answer to another.
            let vary = response.headers[.vary]
            response.headers[.vary] = vary.map { $0 + ", Origin" } ?? "Origin"
            if isAllowed(origin) { response.headers[.accessControlAllowOrigin] = origin }
        }
    }
}

extension HTTPField.Name {
    static let referrerPolicy = HTTPField.Name("Referrer-Policy")!
    static let xFrameOptions = HTTPField.Name("X-Frame-Options")!
}
