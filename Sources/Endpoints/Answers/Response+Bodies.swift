import HTTPTypes
package import LWS
package import Services

extension LWS.HTTPResponse {
    package static func json(_ value: JSONValue, status: Status = .ok) -> Response {
        .json(encoded: value.bytes, status: status)
    }

    package static func json(encoded bytes: [UInt8], status: Status = .ok) -> Response {
        // What is answered is the state of a moment, and some of it is for one pair of eyes.
        Response(
            status: status, headers: [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"],
            body: .bytes(bytes))
    }

    package static func text(_ text: String, status: Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "text/plain; charset=utf-8", .cacheControl: "no-store"],
            body: .bytes(Array(text.utf8)))
    }
}
