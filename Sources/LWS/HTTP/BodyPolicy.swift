internal import HTTPTypes
public import Limits

/// What a route does with the body of a request; decided on the loop when the head has come.
public struct BodyPolicy: Sendable {
    /// More is answered with 413, by the announced length before anything of it is read.
    public var maxBytes: Int
    /// Above this the body goes to a temporary file; each file of a form for itself.
    ///
    /// What stays in memory, until the handler has answered, counts against ``ServerConfiguration/maxInputBytes``: beyond
    /// that the body is refused with 503.
    public var spillBytes: Int
    /// Parses multipart/form-data while it arrives, each file to disk above `spillBytes`.
    ///
    /// A body of another type comes as ``HTTPBody/bytes(_:)`` or ``HTTPBody/file(_:)`` all the same; a form that is
    /// broken is answered with 400.
    public var parsesMultipart: Bool
    /// A larger file in a form is answered with 413; so is a text field beyond 1 MiB.
    public var maxFileBytes: Int
    /// More parts, fields and files together, are answered with 413.
    public var maxParts: Int
    /// A body that is announced to be larger, or whose length is not announced, is taken only when
    /// ``HTTPResponder/refusal(of:)`` has nothing against it.
    public var asksAbove: Int
    /// Nothing goes to a file before ``HTTPResponder/refusal(of:spillingAfter:)`` has been asked, with the fields of the
    /// form that came before what is too large for memory; nothing more is read meanwhile.
    public var asksWhenSpilling: Bool
    /// Nobody is asked who sends it before it is whole: what of it goes to files counts against
    /// ``ServerConfiguration/maxStrangersFileBytes``.
    public var isOfStrangers: Bool

    public init(
        maxBytes: Int = Limit.HTTP.largeBody, spillBytes: Int = Limit.HTTP.largeBody, parsesMultipart: Bool = false,
        maxFileBytes: Int = Limit.Content.picture, maxParts: Int = Limit.HTTP.parts, asksAbove: Int = .max,
        asksWhenSpilling: Bool = false, isOfStrangers: Bool = false
    ) {
        self.maxBytes = maxBytes
        self.spillBytes = spillBytes
        self.parsesMultipart = parsesMultipart
        self.maxFileBytes = maxFileBytes
        self.maxParts = maxParts
        self.asksAbove = asksAbove
        self.asksWhenSpilling = asksWhenSpilling
        self.isOfStrangers = isOfStrangers
    }

    /// Whether ``HTTPResponder/refusal(of:)`` is asked about a request before its body is taken.
    public func asks(about head: HTTPRequestHead) -> Bool {
        // The reader has refused what announces itself in both ways, or in none that can be read.
        if head.headers[.transferEncoding] != nil { return asksAbove < maxBytes }
        return head.headers[.contentLength].flatMap { Int($0) }.map { $0 > asksAbove } ?? false
    }
}
