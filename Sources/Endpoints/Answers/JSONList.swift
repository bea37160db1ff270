import LWS
import Limits
package import Services

/// A JSON array on its way to a client, some elements at a time.
///
/// A list of everything may be gigabytes; who asks for it gets it as fast as they read, and the server holds no more than
/// a piece: one ends with the element that reaches ``Limit/HTTP/piece``.
package actor JSONList<Element: Sendable> {
    private let end: String
    private let limit: Int
    private let goesOn: @Sendable (Element) -> Bool
    private let fetch: @Sendable (Element?) async throws -> [Element]
    private let write: @Sendable (Element, inout JSONText) throws -> Void
    private var fetched: ArraySlice<Element> = []
    private var last: Element?
    private var count = 0
    private var text = JSONText()
    private var isDone = false

    /// - Parameters:
    ///   - prefix: JSON before the array.
    ///   - suffix: JSON behind it.
    ///   - isArray: Whether it is an array; otherwise it is the one element alone.
    ///   - limit: At most as many elements of the array.
    ///   - goesOn: Whether what is fetched is a part of an element that the part before it has begun.
    ///   - fetch: The next elements behind one, the first ones for nil; none at the end.
    ///   - write: Writes an element; what it throws ends the answer.
    package init(
        prefix: String = "", suffix: String = "", isArray: Bool = true, upTo limit: Int = .max,
        goesOn: @escaping @Sendable (Element) -> Bool = { _ in false },
        fetch: @escaping @Sendable (Element?) async throws -> [Element],
        write: @escaping @Sendable (Element, inout JSONText) throws -> Void
    ) {
        end = (isArray ? "]" : "") + suffix
        self.limit = limit
        self.goesOn = goesOn
        self.fetch = fetch
        self.write = write
        text.raw(Array(prefix.utf8))
        if isArray { text.raw("[") }
    }

    /// A list whose elements are written as values.
    package init(
        prefix: String = "", suffix: String = "", fetch: @escaping @Sendable (Element?) async throws -> [Element],
        json: @escaping @Sendable (Element) -> JSONValue
    ) {
        self.init(prefix: prefix, suffix: suffix, fetch: fetch) { $1.value(json($0)) }
    }

    /// The next piece of the text, nil behind the last.
    private func piece() async throws -> [UInt8]? {
        if isDone { return nil }
        while text.bytes.count < Limit.HTTP.piece {
            if fetched.isEmpty { fetched = try await fetch(last)[...] }
            guard let element = fetched.popFirst(), goesOn(element) || count < limit else {
                isDone = true
                text.raw(Array(end.utf8))
                break
            }
            if !goesOn(element) {
                if count > 0 { text.raw(",") }
                count += 1
            }
            last = element
            try write(element, &text)
        }
        defer { text = JSONText() }
        return text.bytes
    }

    /// The answer: in one piece if that is all, so that it has a length, and otherwise as a stream.
    ///
    /// - Throws: What goes wrong before the first byte; later errors end the connection.
    package func response() async throws -> Response {
        let first = try await piece() ?? []
        if isDone { return .json(encoded: first) }
        text.raw(first)
        var response = Response.json(encoded: [])
        // The first piece is pulled as it is: it has its size already.
        response.body = .stream { try await self.piece() }
        return response
    }
}
