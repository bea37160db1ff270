package import LWS

/// Where the clients of a world put their parameters and their token.
package struct RequestConventions: Sendable {
    /// Where parameters are, in the order in which they are looked for.
    package let sources: [Parameters.Source]
    /// Whether `userName` is `username`.
    package let ignoresCase: Bool
    /// Where the description says that parameters of what is no GET stand; nil for the first of ``sources``.
    package let describedSource: Parameters.Source?
    /// Where their token is.
    package let credential: @Sendable (HTTPServerRequest) throws -> String?
    /// Where that stands in the head; what stands in the body comes too late for a large one.
    package let headCredential: @Sendable (HTTPServerRequest) -> String?
    /// The parameter that may hold it as well; nil for a world whose clients use the header alone.
    ///
    /// A form may bring it after the head has been judged: then the sender is known when the first file goes to disk.
    package let tokenParameter: FormMember?

    package init(
        sources: [Parameters.Source] = [.query, .form, .json], ignoresCase: Bool = false,
        describedSource: Parameters.Source? = nil,
        credential: @escaping @Sendable (HTTPServerRequest) throws -> String? = { $0.authorization },
        headCredential: @escaping @Sendable (HTTPServerRequest) -> String? = { $0.authorization },
        tokenParameter: FormMember? = nil
    ) {
        self.sources = sources
        self.ignoresCase = ignoresCase
        self.describedSource = describedSource
        self.credential = credential
        self.headCredential = headCredential
        self.tokenParameter = tokenParameter
    }

    /// Whether forms of several parts are read everywhere.
    package var parsesForms: Bool { sources.contains(.form) }
}
