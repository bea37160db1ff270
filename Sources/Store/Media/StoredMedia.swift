/// What is known of an uploaded picture; its bytes are in a file named by the hash.
public struct StoredMedia: Hashable, Sendable, Identifiable {
    public let id: Int64
    /// SHA-256 of the bytes.
    public let hash: [UInt8]
    /// The type of content, such as `image/png`.
    public let type: String
    /// The size of the file.
    public let bytes: Int
    /// Pixels.
    public let width: Int
    /// Pixels.
    public let height: Int
    /// Milliseconds since 1970.
    public let createdAt: Int64
    /// Whether it is shown by hidden posts, and by nothing else.
    public let isHidden: Bool

    public init(
        id: Int64, hash: [UInt8], type: String, bytes: Int, width: Int, height: Int, createdAt: Int64,
        isHidden: Bool = false
    ) {
        self.id = id
        self.hash = hash
        self.type = type
        self.bytes = bytes
        self.width = width
        self.height = height
        self.createdAt = createdAt
        self.isHidden = isHidden
    }
}
