package import Services

/// One of the worlds that are served side by side: how its clients write requests and read answers, and its endpoints.
///
/// A world is one value, and one folder: nothing outside of both knows its paths, its envelopes or its words. `Context` is
/// what its endpoints work with.
package struct World<Context: Sendable>: Sendable {
    /// As settings name it; nil for what is always served.
    package let name: String?
    /// The shape of refusals on a path, whether a route takes it or not; nil for a path that is not this world's.
    package let shape: @Sendable ([String]) -> RefusalShape?
    package let requests: RequestConventions
    /// What an error is in its words.
    package let words: @Sendable (any Error) -> Problem
    /// Whether answers tell how much of the limits is left.
    package let tellsLimits: Bool
    /// Whether the login of the server's own pages, which is a cookie, is one here.
    package let takesCookie: Bool
    /// What the description of its endpoints names.
    package let schemas: KeyValuePairs<String, JSONValue>
    /// The shapes of refusals that its endpoints have.
    package let shapes: [RefusalShape]
    package let endpoints: @Sendable (Context) -> [Endpoint]

    package init(
        name: String?, shape: @escaping @Sendable ([String]) -> RefusalShape?,
        requests: RequestConventions = RequestConventions(), words: @escaping @Sendable (any Error) -> Problem,
        tellsLimits: Bool = false, takesCookie: Bool = false, schemas: KeyValuePairs<String, JSONValue> = [:],
        shapes: [RefusalShape],
        endpoints: @escaping @Sendable (Context) -> [Endpoint]
    ) {
        self.name = name
        self.shape = shape
        self.requests = requests
        self.words = words
        self.tellsLimits = tellsLimits
        self.takesCookie = takesCookie
        self.schemas = schemas
        self.shapes = shapes
        self.endpoints = endpoints
    }
}

extension Sequence {
    /// The shape for a path that no route has taken, or of which nothing but the path is known.
    package func shape<Context>(of path: some Sequence<String>) -> RefusalShape where Element == World<Context> {
        let path = Array(path.prefix(3))
        return lazy.compactMap { $0.shape(path) }.first { _ in true } ?? .text
    }
}
