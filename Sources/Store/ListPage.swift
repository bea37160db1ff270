/// A part of a list, and whether there is more of it.
public struct ListPage<Element: Hashable & Sendable>: Hashable, Sendable {
    public internal(set) var elements: [Element]
    public let hasMore: Bool

    /// How many rows to ask for to know whether there are more than `limit`.
    static func rows(for limit: Int) -> Int { limit == .max ? limit : limit + 1 }
}

extension Session {
    /// Reads a list until a page is full; what is behind it is not read.
    ///
    /// - Parameters:
    ///   - sql: The query.
    ///   - values: Its parameters; it answers ``ListPage/rows(for:)`` rows at most.
    ///   - limit: The page has at most as many elements,
    ///   - bytes: and no more bytes, unless its first element has.
    ///   - element: Reads a row.
    ///   - size: The bytes of an element.
    /// - Returns: The page, with at least one element if there is one.
    /// - Throws: What the database says.
    func page<Element, each Value: SQLValue>(
        _ sql: SQL, _ values: repeat each Value, limit: Int, bytes: Int, as element: (SQLRow) throws -> Element,
        size: (Element) -> Int
    ) throws(StoreError) -> ListPage<Element> {
        var elements: [Element] = [], left = bytes, hasMore = false
        try each(sql, repeat each values) { row in
            let next = try element(row)
            left -= size(next)
            hasMore = elements.count >= limit || left < 0 && !elements.isEmpty
            if !hasMore { elements.append(next) }
            return !hasMore
        }
        return ListPage(elements: elements, hasMore: hasMore)
    }
}
