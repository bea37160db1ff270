import HTTPTypes
package import LWS

/// A request to an endpoint whose caller has been let in.
package struct Call<Caller: Sendable>: Sendable {
    package let request: HTTPServerRequest
    /// What has been proven of who calls.
    package let caller: Caller

    /// Where it comes from, in limits and throttles.
    package var address: String { request.head.remoteAddress }

    /// The parameter of the route's pattern; there by construction of the route.
    package func path(_ name: String) -> String { request.parameter(name) }
}
