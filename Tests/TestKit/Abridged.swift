/// An argument of a test that is too long for its log: there it is told by how it begins and how long it is.
package struct Abridged<Value: Sendable>: Sendable, CustomStringConvertible {
    package let value: Value

    package init(_ value: Value) { self.value = value }

    package var description: String {
        // Scalars, since a character may have any number of them.
        let text = String(describing: value).unicodeScalars
        guard text.count > 60 else { return String(text) }
        return "\(String(String.UnicodeScalarView(text.prefix(40))))… (\(text.count))"
    }
}
