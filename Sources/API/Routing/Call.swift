import HTTPTypes
import LWS

/// A request to an endpoint whose caller has been let in.
struct Call<Caller: Sendable>: Sendable {
    let request: HTTPServerRequest
    /// What has been proven of who calls.
    let caller: Caller

    /// Where it comes from, in limits and throttles.
    var address: String { request.head.remoteAddress }

    /// The parameter of the route's pattern; there by construction of the route.
    func path(_ name: String) -> String { request.parameter(name) }
}
