public import HTTPTypes

/// Routes by path pattern and method.
///
/// A pattern is a path whose segments are literal (`users`), a parameter (`{id}`), which takes any one segment, an empty
/// one between two slashes excepted, or a parameter with an ending (`{id}.gpx`), which takes those that end so, without
/// it. Patterns form a tree, so that a match costs a dictionary look-up a segment, and a comparison for each ending there,
/// however many routes there are. Set up once, then shared freely.
public struct Router: Sendable {
    /// What answers a request that a route took.
    public typealias Handler = @Sendable (HTTPServerRequest) async throws -> HTTPResponse

    /// What may refuse a request by its head, before a large body is taken, by throwing what its handler would throw.
    public typealias Gate = @Sendable (HTTPServerRequest) async throws -> Void

    /// A method and a pattern, and what answers them.
    public struct Route: Sendable {
        public let method: HTTPRequest.Method
        /// As registered.
        public let pattern: String
        public let bodyPolicy: BodyPolicy
        /// Gets the request without its body; nil for a route that takes every body.
        public let gate: Gate?
        /// Gets the request with a form of the fields that came before what is too large for memory; nil for a route
        /// that takes every body to disk.
        public let spillGate: Gate?
        public let handler: Handler
    }

    /// What the router makes of a request.
    public enum Match: Sendable {
        /// `parameters` are named as in the pattern.
        case route(Route, parameters: [String: String])
        /// The path is known, the method is not.
        ///
        /// What is allowed there, for the `Allow` field: in the order of
        /// registration, HEAD right after GET, OPTIONS not added.
        case methodNotAllowed([HTTPRequest.Method])
        case notFound
    }

    /// All routes in the order of registration.
    public private(set) var routes: [Route] = []
    /// A place of the tree is its index; 0 is the root.
    private var nodes = [Node()]

    private struct Node {
        var literals: [String: Int] = [:]
        /// Where parameters with an ending lead.
        var endings: [(ending: String, place: Int)] = []
        var parameter: Int?
        /// What patterns end here: indices into `routes`, with the names of their parameters.
        var ends: [(route: Int, names: [String])] = []
    }

    /// A router that finds nothing.
    public init() {}

    /// Adds a route.
    ///
    /// Literal segments win over `{parameters}`, and those with an ending over those without, the leftmost difference
    /// deciding. Slashes at the end do not matter. Two equal patterns with one method are a programmer's error, whatever
    /// their parameters are called; so is a pattern that does not start with a slash, a brace that is not the first of its
    /// segment or is not closed, or one name twice.
    public mutating func on(
        _ method: HTTPRequest.Method, _ pattern: String, body: BodyPolicy = BodyPolicy(), gate: Gate? = nil,
        spillGate: Gate? = nil, _ handler: @escaping Handler
    ) {
        precondition(pattern.hasPrefix("/"), "the pattern \(pattern) does not start with a slash")
        var place = 0
        var names: [String] = []
        for segment in pattern.split(separator: "/") {
            if let (name, ending) = Self.parameter(of: segment) {
                precondition(!names.contains(name), "\(pattern) has two parameters \(name)")
                names.append(name)
                if ending.isEmpty {
                    place = nodes[place].parameter ?? addNode { $0[place].parameter = $1 }
                } else {
                    place =
                        nodes[place].endings.first { $0.ending == ending }?.place
                        ?? addNode { $0[place].endings.append((ending, $1)) }
                }
            } else {
                precondition(
                    !segment.contains { "{}".contains($0) }, "a parameter of \(pattern) is not written {name}")
                let literal = String(segment)
                place = nodes[place].literals[literal] ?? addNode { $0[place].literals[literal] = $1 }
            }
        }
        precondition(
            !nodes[place].ends.contains { routes[$0.route].method == method },
            "\(method) \(pattern) is routed twice")
        nodes[place].ends.append((routes.count, names))
        routes.append(
            Route(
                method: method, pattern: pattern, bodyPolicy: body, gate: gate, spillGate: spillGate, handler: handler))
    }

    /// The parameter of a pattern's segment, and what follows it there; nil for a literal one.
    public static func parameter(of segment: some StringProtocol) -> (name: String, ending: String)? {
        guard segment.hasPrefix("{"), let close = segment.firstIndex(of: "}") else { return nil }
        let name = segment[..<close].dropFirst(), ending = segment[close...].dropFirst()
        guard !name.isEmpty, !ending.contains(where: { "{}".contains($0) }) else { return nil }
        return (String(name), String(ending))
    }

    private mutating func addNode(_ link: (inout [Node], Int) -> Void) -> Int {
        nodes.append(Node())
        link(&nodes, nodes.count - 1)
        return nodes.count - 1
    }

    /// The route of a method and the decoded segments of a path.
    ///
    /// HEAD matches GET routes unless it has one of its own. Where a more literal pattern does not know the method and a
    /// less literal one does, the latter takes the request: `GET /users/me` does not hide `DELETE /users/{id}`.
    public func match(_ method: HTTPRequest.Method, path: [String]) -> Match {
        var allowed: [Int] = []
        var values: [String] = []
        if let found = find(method, path[...], at: 0, values: &values, allowed: &allowed) { return found }
        guard !allowed.isEmpty else { return .notFound }

        var methods: [HTTPRequest.Method] = []
        for method in allowed.sorted().map({ routes[$0].method }) where !methods.contains(method) {
            methods.append(method)
            if method == .get { methods.append(.head) }
        }
        return .methodNotAllowed(methods.enumerated().filter { methods.firstIndex(of: $1) == $0 }.map(\.element))
    }

    /// Searches depth first, literals before parameters with an ending, and those before others.
    ///
    /// A pattern can make it branch at each segment, but never over more places than the tree has at that depth.
    private func find(
        _ method: HTTPRequest.Method, _ path: ArraySlice<String>, at place: Int, values: inout [String],
        allowed: inout [Int]
    ) -> Match? {
        let node = nodes[place]
        guard let segment = path.first else {
            let end =
                node.ends.first { routes[$0.route].method == method }
                ?? (method == .head ? node.ends.first { routes[$0.route].method == .get } : nil)
            guard let end else {
                allowed += node.ends.map(\.route)
                return nil
            }
            let parameters = Dictionary(uniqueKeysWithValues: zip(end.names, values))
            return .route(routes[end.route], parameters: parameters)
        }
        if let next = node.literals[segment],
            let found = find(method, path.dropFirst(), at: next, values: &values, allowed: &allowed)
        {
            return found
        }
        for (ending, next) in node.endings where segment.hasSuffix(ending) && segment.count > ending.count {
            values.append(String(segment.dropLast(ending.count)))
            defer { values.removeLast() }
            if let found = find(method, path.dropFirst(), at: next, values: &values, allowed: &allowed) { return found }
        }
        guard let next = node.parameter, !segment.isEmpty else { return nil }
        values.append(segment)
        defer { values.removeLast() }
        return find(method, path.dropFirst(), at: next, values: &values, allowed: &allowed)
    }
}
