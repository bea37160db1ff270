import HTTPTypes
import LWS
import Services

/// One of the worlds that are served side by side: how its clients write requests and read answers, and its endpoints.
///
/// A world is one value, and one folder: nothing outside of both knows its paths, its envelopes or its words.
struct World: Sendable {
    /// Nil for what is always served.
    let name: WorldName?
    /// The shape of refusals on a path, whether a route takes it or not; nil for a path that is not this world's.
    let shape: @Sendable ([String]) -> RefusalShape?
    /// Where its clients put parameters, in the order in which they are looked for.
    var sources: [Parameters.Source] = [.query, .form, .json]
    /// Whether `userName` is `username`.
    var ignoresCase = false
    /// Where its clients put their token.
    var credential: @Sendable (HTTPServerRequest) throws -> String? = { $0.authorization }
    /// Where that stands in the head of a request.
    var headCredential: @Sendable (HTTPServerRequest) -> String? = { $0.authorization }
    /// The parameter that its clients put their token into as well; nil for a world whose clients use the header alone.
    ///
    /// A form may bring it after the head has been judged: then the sender is known when the first file goes to disk.
    var tokenParameter: FormMember?
    /// Where the description says that parameters of what is no GET stand; nil for the first of ``sources``.
    var describedSource: Parameters.Source?
    /// What an error is in its words.
    var words: @Sendable (any Error) -> Problem = { Problem($0) }
    /// Whether answers tell how much of the limits is left.
    var tellsLimits = false
    /// What the description of its endpoints names.
    var schemas: KeyValuePairs<String, JSONValue> = [:]
    /// The shapes of refusals that its endpoints have.
    let shapes: [RefusalShape]
    let endpoints: @Sendable (Core) -> [Endpoint]

    /// Whether forms of several parts are read everywhere.
    var parsesForms: Bool { sources.contains(.form) }

    /// All those of clients, in the order of the description; beside them ``operations(metrics:load:document:)`` is always served.
    ///
    /// Adding one is adding it here.
    static let all: [World] = [.house, .lepao, .juejin, .douyin, .leaf, .entryTask]

    /// The shape for a path that no route has taken, or of which nothing but the path is known.
    static func shape(of path: some Sequence<String>) -> RefusalShape {
        let path = Array(path.prefix(3))
        return all.lazy.compactMap { $0.shape(path) }.first ?? .text
    }

    func gatekeeper(_ core: Core) -> Gatekeeper {
        Gatekeeper(
            accounts: core.accounts, limits: core.limits, reserve: core.reserve, recentLogins: core.recentLogins,
            pageOrigins: core.pageOrigins, credential: credential, headCredential: headCredential,
            tokenParameter: tokenParameter?.name)
    }
}
