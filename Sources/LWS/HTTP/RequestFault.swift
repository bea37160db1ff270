internal import HTTPTypes

/// Why a request is refused before anybody sees it.
struct RequestFault: Error, Equatable {
    let status: HTTPTypes.HTTPResponse.Status
    /// What is wrong with it, for whoever wrote the client, without anything of what was sent; nil where the status
    /// says it all.
    let sentence: String?

    /// Not a request of HTTP/1.x, or one that two readers could read in two ways.
    static func malformed(_ sentence: String) -> RequestFault { .init(status: .badRequest, sentence: sentence) }

    /// A part of it that is none: a form without an end.
    static let malformed = RequestFault(status: .badRequest, sentence: "The form in the body is broken")
    static let bareCarriageReturn = malformed("A carriage return stands without its line feed")
    static let bareLineFeed = malformed("A line feed stands without its carriage return")
    static let targetTooLong = RequestFault(status: .uriTooLong, sentence: nil)
    static let headersTooLarge = RequestFault(status: .requestHeaderFieldsTooLarge, sentence: nil)
    static let bodyTooLarge = RequestFault(status: .contentTooLarge, sentence: nil)
    static let timedOut = RequestFault(status: .requestTimeout, sentence: nil)
    static let overloaded = RequestFault(status: .serviceUnavailable, sentence: nil)
    /// Longer than any method that there is, or the one that is for proxies.
    static let unknownMethod = RequestFault(status: .notImplemented, sentence: "The method is not one of this server's")
    /// A transfer coding before chunked.
    static let unknownCoding = RequestFault(
        status: .notImplemented, sentence: "No transfer coding but chunked is understood")
    static let unknownVersion = RequestFault(
        status: .httpVersionNotSupported, sentence: "No version of HTTP but 1.1 and 1.0 is spoken")
    /// The server's own failure, such as a full disk.
    static let failed = RequestFault(status: .internalServerError, sentence: nil)
}
