import Endpoints
import Foundation
import HTTPTypes
import LWS
import Limits
import Services

/// Where a list of `/v1` goes on: so many entries behind the one that the page before ended with.
struct Cursor: Sendable {
    /// Entries a page.
    var limit: Int
    /// The last entry of the page before; nil for the first page.
    var after: String?

    /// The id before which a list goes on that has the newest first; nothing is before one that no page has told.
    var before: Int64 { after.map { ObjectID.id($0) ?? 0 } ?? .max }

    /// `?limit=&after=`; a larger limit is the largest one.
    static let field = Field<Cursor>([
        FormMember(
            "limit",
            ["type": "integer", "minimum": 1, "maximum": .int(Int64(Limit.Lists.housePage)), "examples": [50]],
            about: "Entries a page; 50 if it is not given.", isRequired: false),
        FormMember("after", Schema.text, about: "From the `Link` of the page before.", isRequired: false),
    ]) { (parameters) throws(ParameterError) in
        let limit = try parameters.integer("limit") ?? 50
        guard limit >= 1 else { throw .invalid("limit", sentence: "`limit` must be 1 or more.") }
        return Cursor(limit: Int(min(limit, Int64(Limit.Lists.housePage))), after: try parameters.text("after"))
    }

    /// A page, with the address of the next one (RFC 8288) where there is one.
    ///
    /// - Parameters:
    ///   - page: The body.
    ///   - next: The last entry of it; nil where nothing follows.
    ///   - request: For the page.
    ///   - more: What else of the query the next address has: `&name=value`.
    /// - Returns: The answer.
    func response(
        _ page: JSONValue, next: String?, of request: HTTPServerRequest, keeping more: String = ""
    ) -> Response {
        var response = Response.json(page)
        if let next {
            let path = request.head.target.prefix { $0 != "?" }
            let after = next.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
            response.headers[.link] = "<\(path)?limit=\(limit)&after=\(after)\(more)>; rel=\"next\""
        }
        return response
    }
}

extension HTTPField.Name {
    /// RFC 8288.
    static let link = HTTPField.Name("Link")!  // a token
}
