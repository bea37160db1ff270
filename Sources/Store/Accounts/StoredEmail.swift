/// A mail address: as its owner wrote it, and as it is compared.
public struct StoredEmail: Hashable, Sendable {
    public let text: String
    /// One for all ways to write the address that count as the same.
    public let key: String

    public init(text: String, key: String) {
        self.text = text
        self.key = key
    }
}
