import Endpoints
import HTTPTypes
import LWS

/// What a whole address of this server begins with, for clients that are told one.
struct PublicBase: Sendable {
    /// Without a slash at the end; nil for what each request names as its host.
    var configured: String?
    /// Whether this server itself speaks TLS.
    var isTLS = false

    /// - Returns: Scheme and host, without a slash at the end; empty, so that addresses are relative, for a request
    ///   without a host that could be one.
    func text(for request: HTTPServerRequest) -> String {
        if let configured { return configured }
        guard let host = request.head.headers[.host], Self.isHost(host) else { return "" }
        return (isTLS ? "https://" : "http://") + host
    }

    /// Letters, digits, and what names, addresses and ports are put together with: a host comes from whoever asks, and
    /// goes into JSON and into clients.
    static func isHost(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 255
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"),
                    UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"):
                    true
                default: false
                }
            }
    }
}
