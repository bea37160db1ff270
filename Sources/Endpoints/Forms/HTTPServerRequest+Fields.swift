import HTTPTypes
package import LWS

extension HTTPServerRequest {
    package var authorization: String? { head.headers[.authorization] }

    /// The parameter of the route's pattern; there by construction of the route.
    package func parameter(_ name: String) -> String { parameters[name] ?? "" }
}
