package import HTTPTypes
package import LWS

package typealias Response = LWS.HTTPResponse
package typealias Status = HTTPTypes.HTTPResponse.Status

/// An answer that refuses, before it has the shape that its group of routes gives to refusals.
package struct Problem: Error, Sendable {
    package var status: Status
    /// For a person; holds nothing of the server's inside.
    package var message: String
    /// For a program, in those shapes that carry one; nil for the one that goes with the status.
    package var code: String?
    /// What exactly is wrong, in those shapes that have a place for it; nil for nothing beyond the message.
    package var detail: String?
    /// Seconds after which trying again makes sense.
    package var retryAfter: Int?
    /// What happened, for the log; never for the client.
    package var cause: String?

    package init(
        _ status: Status, _ message: String, code: String? = nil, detail: String? = nil, retryAfter: Int? = nil,
        cause: String? = nil
    ) {
        self.status = status
        self.message = message
        self.code = code
        self.detail = detail
        self.retryAfter = retryAfter
        self.cause = cause
    }

    package static func badRequest(_ message: String) -> Problem { Problem(.badRequest, message) }

    package static let notFound = Problem(.notFound, "Not found")

    /// Nothing was stored or read; the same request may succeed later.
    package static func unavailable(_ status: Status = .serviceUnavailable, cause: String) -> Problem {
        Problem(
            status, "The server cannot store or read at the moment. Try again later.", retryAfter: 5, cause: cause)
    }

    package static func internalError(cause: String) -> Problem {
        Problem(.internalServerError, "An internal server error occurred", cause: cause)
    }
}

extension HTTPTypes.HTTPResponse.Status {
    /// RFC 4918, section 11.5.
    package static let insufficientStorage = Status(code: 507, reasonPhrase: "Insufficient Storage")
}
