/// The form in which tracks lie on disk: delta-varint columns with a checksum.
public enum TrackCodec {
    /// Any order of ids and times is allowed and kept.
    public static func encode(_ points: some Collection<TrackPoint>) -> [UInt8] { fatalError() }
    public static func decode(_ bytes: some Collection<UInt8>) throws(TrackCodecError) -> [TrackPoint] { fatalError() }
}

public enum TrackCodecError: Error, Hashable, Sendable {
    case truncated
    case checksumMismatch
    case unknownVersion(UInt8)
    case malformed
}

/// CRC-32C (Castagnoli), RFC 3720 appendix B.4.
public struct CRC32C: Sendable {
    public private(set) var value: UInt32 = 0
    public init() {}
    public mutating func update(_ bytes: some Sequence<UInt8>) { fatalError() }
}
