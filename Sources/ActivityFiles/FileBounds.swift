import Limits

/// What a file of a stranger may take.
///
/// Memory is at most `archive` and `bytes` together, and about 100 bytes a point.
public struct FileBounds: Hashable, Sendable {
    /// Bytes of one file, unpacked; more is ``ActivityFileError/tooLarge``.
    public var bytes = Limit.Files.bytes
    /// Bytes of an archive as it is, and of all that is unpacked from it; more is ``ActivityFileError/tooLarge``.
    public var archive = Limit.Files.archive
    /// Points of one file, those that are left out included; more are ``ActivityFileError/tooManyPoints``.
    public var points = Limit.Files.points
    /// Files in an archive; more are ``ActivityFileError/tooManyEntries``.
    public var entries = Limit.Files.entries
    /// Runs of a file or archive that are stored; what is beyond is refused by who stores them.
    public var runs = Limit.Files.runs
    /// How many times its size something may unpack to; more is ``ActivityFileError/tooPacked``.
    public var ratio = Limit.Files.ratio
    /// Elements of XML, arrays and objects of JSON, inside each other; more is ``ActivityFileError/tooDeep``.
    public var depth = Limit.Files.depth
    /// Bytes of a text in XML or JSON; more is ``ActivityFileError/tooLong``.
    public var text = Limit.Files.text

    /// The usual bounds, which can be changed one by one.
    public init() {}
}
