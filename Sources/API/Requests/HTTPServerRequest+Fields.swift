import HTTPTypes
import LWS

extension HTTPServerRequest {
    var authorization: String? { head.headers[.authorization] }

    /// The parameter of the route's pattern; there by construction of the route.
    func parameter(_ name: String) -> String { parameters[name] ?? "" }
}
