/// Names an uploaded picture.
public struct MediaID: Hashable, Sendable, CustomStringConvertible {
    /// The id in the database, where other tables refer to it by a column `BIGINT … REFERENCES media (id)`.
    public let rawValue: Int64

    public init(rawValue: Int64) { self.rawValue = rawValue }

    /// The id of a text in the form that clients see; nil if it is no such text.
    public init?(_ text: some StringProtocol) {
        guard let id = ObjectID.id(text) else { return nil }
        self.init(rawValue: id)
    }

    /// As clients see it: 24 hexadecimal digits.
    public var text: String { ObjectID.text(rawValue) }

    public var description: String { text }
}
