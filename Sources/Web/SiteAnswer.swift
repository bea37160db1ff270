internal import HTTPTypes
internal import LWS

/// What a route answers; HTTPTypes has one of the same name, which has no body.
typealias Response = LWS.HTTPResponse

/// Something that is served as it is: its bytes, plain and compressed, and what is said about them.
struct SiteAnswer: Sendable {
    private let plain: [UInt8]
    /// Nil where it would not be smaller.
    private let compressed: [UInt8]?
    private let tag: String
    private let headers: HTTPFields

    /// - Parameters:
    ///   - bytes: The content.
    ///   - headers: Type, caching and what else goes with it.
    init(_ bytes: [UInt8], headers: HTTPFields) {
        plain = bytes
        compressed = Gzip.compressed(bytes).flatMap { $0.count < bytes.count ? $0 : nil }
        tag = ContentHash(bytes).description
        self.headers = headers
    }

    /// A picture that another day may be another one; compressed already.
    init(picture bytes: [UInt8], type: String) {
        plain = bytes
        compressed = nil
        tag = ContentHash(bytes).description
        headers = [.contentType: type, .cacheControl: "public, max-age=86400"]
    }

    /// Bytes on the wire for a browser.
    var compressedCount: Int { compressed?.count ?? plain.count }

    /// The answer to a request, not modified where the client has it already.
    func response(to request: HTTPServerRequest) -> Response {
        var response = Response(status: .ok, headers: headers)
        let isCompressible = compressed != nil
        let coding = PreferenceList(request.head.headers[.acceptEncoding] ?? "")
        let isCompressed = isCompressible && coding.accepts("gzip")
        let tag = isCompressed ? "\"\(tag)-gzip\"" : "\"\(tag)\""
        response.headers[.eTag] = tag
        if isCompressible {
            response.headers[.vary] = (headers[.vary].map { $0 + ", " } ?? "") + "Accept-Encoding"
        }
        if let condition = request.head.headers[.ifNoneMatch], EntityTag(tag)?.isNoneMatch(condition) == true {
            response.status = .notModified
            return response
        }
        if isCompressed, let compressed {
            response.headers[.contentEncoding] = "gzip"
            response.body = .bytes(compressed)
        } else {
            response.body = .bytes(plain)
        }
        return response
    }
}

/// Tells contents apart that were made in good faith: FNV-1a, 64 bits.
///
/// Source: G. Fowler, L. C. Noll, K.-P. Vo, “The FNV Non-Cryptographic Hash Algorithm”.
struct ContentHash: CustomStringConvertible {
    private var value: UInt64 = 0xcbf2_9ce4_8422_2325

    init() {}

    init(_ bytes: some Sequence<UInt8>) { add(bytes) }

    mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    }

    var description: String { String(value, radix: 36) }
}
