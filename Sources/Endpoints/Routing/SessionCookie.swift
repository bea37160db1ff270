import HTTPTypes
package import LWS

/// The login of the server's own pages: a token in a cookie that no script can read, so that none can hand it on.
///
/// A browser sends it with whatever any page makes it send. It counts for reading, whose answers other origins do not
/// get to see, and for a change or a live connection only if the browser says that one of our own pages wants that.
package struct SessionCookie: Sendable {
    /// A page of another origin has a browser that is logged in change something.
    package struct ForeignOrigin: Error, Hashable {}

    /// How long a login holds, in milliseconds: 30 days.
    ///
    /// Browsers are told the same.
    package static let lifetime: Int64 = 30 * 86_400_000

    /// Whether browsers come by TLS; then no other host and no address without TLS can set the cookie (`__Host-`,
    /// RFC 6265bis, section 4.1.3.2).
    private let isSecure: Bool
    /// Whose pages are as good as our own, beside those of the host that a request names.
    private let origins: Set<String>

    /// - Parameters:
    ///   - publicURL: What clients reach the server by; nil for what each request names as its host.
    ///   - isTLS: Whether the server itself speaks TLS.
    ///   - origins: Other pages that may use a login: those that are named, never all.
    package init(publicURL: String?, isTLS: Bool, origins: Set<String>) {
        isSecure = publicURL.map { $0.hasPrefix("https://") } ?? isTLS
        let own = publicURL?.split(separator: "/", maxSplits: 3).prefix(2).joined(separator: "//").lowercased()
        self.origins = own.map { origins.union([$0]) } ?? origins
    }

    package var name: String { isSecure ? "__Host-runroom" : "runroom" }

    /// The token that a request brings, whoever has it sent; nil without a cookie, and with several of that name.
    ///
    /// A browser has one of ours. Another beside it was set by another host or for another path, to have somebody go on
    /// in a login that is not theirs, and which is which cannot be told.
    package func token(in head: HTTPRequestHead) -> String? {
        let values = Cookies.values(of: name, in: head.headers[.cookie] ?? "")
        return values.count == 1 && !values[0].isEmpty ? values[0] : nil
    }

    /// The token for what a request asks for.
    ///
    /// - Throws: ``ForeignOrigin`` for a change that no page of ours asks for.
    package func credential(of head: HTTPRequestHead) throws(ForeignOrigin) -> String? {
        guard let token = token(in: head) else { return nil }
        if head.method != .get, head.method != .head { try checkOrigin(of: head) }
        return token
    }

    /// Whether a browser says that one of our own pages sends a request.
    ///
    /// - Throws: ``ForeignOrigin`` also where nothing is said: browsers of today say it, and programs have tokens.
    package func checkOrigin(of head: HTTPRequestHead) throws(ForeignOrigin) {
        let isSaid = head.headers[.origin] != nil || head.headers[.secFetchSite] != nil
        guard isSaid, !PageOrigin(of: head, isSecure: isSecure).isForeign(except: origins) else {
            throw ForeignOrigin()
        }
    }

    /// Whether a live connection is refused: a cookie of ours comes with it, and not from one of our pages.
    package func refusesUpgrade(_ head: HTTPRequestHead) -> Bool {
        guard token(in: head) != nil else { return false }
        do {
            try checkOrigin(of: head)
            return false
        } catch {
            return true
        }
    }

    /// What has a browser keep a token; `Set-Cookie`.
    package func keeping(_ token: String) -> String { field(token, age: Self.lifetime / 1000) }

    /// What has a browser forget it.
    package var forgetting: String { field("", age: 0) }

    private func field(_ value: String, age: Int64) -> String {
        "\(name)=\(value); Path=/; Max-Age=\(age); HttpOnly; SameSite=Lax" + (isSecure ? "; Secure" : "")
    }
}
