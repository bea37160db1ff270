package import HTTPTypes
package import LWS

/// Whose page has a browser send a request, as the browser says of it; nothing says it of a request that no browser sends.
///
/// A page cannot write these fields (the Fetch standard's forbidden request-headers), so that they can be believed where
/// they are against the request.
package enum PageOrigin: Hashable, Sendable {
    /// None, or one of this server's own.
    case own
    /// `https://example.org`; `null`, or nil, where the browser does not say which.
    case foreign(String?)

    /// - Parameters:
    ///   - head: Of a request.
    ///   - isSecure: Whether browsers come by TLS: then a page without it is another's, since whoever is on the way may
    ///     have written it.
    package init(of head: HTTPRequestHead, isSecure: Bool = false) {
        if let origin = head.headers[.origin]?.asciiLowercased {
            func isOrigin(_ host: String) -> Bool {
                origin.isSameOctets(as: "https://\(host)") || !isSecure && origin.isSameOctets(as: "http://\(host)")
            }
            let isOwn = head.headers[.host].map { isOrigin($0.asciiLowercased) } ?? false
            self = isOwn ? .own : .foreign(origin)
        } else {
            // Browsers leave `Origin` out where a page leads somewhere or shows a picture.
            switch head.headers[.secFetchSite] {
            case nil, "same-origin", "none": self = .own
            default: self = .foreign(nil)
            }
        }
    }

    /// Whether it is another's, and none of some.
    package func isForeign(except known: Set<String>) -> Bool {
        switch self {
        case .own: false
        case .foreign(let origin):
            // What is no ASCII is no origin as browsers write it, whatever it looks like.
            origin.map { !$0.utf8.allSatisfy { $0 < 0x80 } || !known.contains($0) } ?? true
        }
    }
}

extension HTTPField.Name {
    package static let host = HTTPField.Name("Host")!  // a token
    package static let secFetchSite = HTTPField.Name("Sec-Fetch-Site")!  // a token
}
