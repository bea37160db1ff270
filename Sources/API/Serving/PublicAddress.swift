import HTTPTypes
import LWS

/// Where clients reach this server, for the addresses in its answers.
public struct PublicAddress: Sendable, Hashable {
    /// `https://example.org`, nil to believe each request.
    private let base: String?
    private let isTLS: Bool

    /// Believes what a request says of where it was sent to: only who sent it reads the answer.
    init(isTLS: Bool = false) {
        base = nil
        self.isTLS = isTLS
    }

    /// What a setting says: `https://example.org`, with or without a slash at its end.
    ///
    /// - Returns: Nil when it is no such address.
    public init?(_ text: String) {
        guard let scheme = ["https://", "http://"].first(where: text.hasPrefix) else { return nil }
        var text = text
        while text.hasSuffix("/") { text.removeLast() }
        let host = text.dropFirst(scheme.count)
        guard !host.isEmpty, host.utf8.allSatisfy({ Self.isOfHost($0) || $0 == UInt8(ascii: "/") }) else { return nil }
        base = text
        isTLS = scheme == "https://"
    }

    /// The address of a path; the path alone where it is not known.
    func absolute(_ path: String, for request: HTTPServerRequest) -> String {
        if let base { return base + path }
        let host = HTTPField.Name("Host").flatMap { request.head.headers[$0] } ?? ""
        guard !host.isEmpty, host.utf8.allSatisfy(Self.isOfHost) else { return path }
        return (isTLS ? "https://" : "http://") + host + path
    }

    private static func isOfHost(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: ":"),
            UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
