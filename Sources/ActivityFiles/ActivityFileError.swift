/// Why a file is none that can be read or written, in a sentence for its owner.
public enum ActivityFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Nothing that begins like a known format.
    case unknownFormat
    /// Not well-formed XML.
    case malformedXML(line: Int)
    /// It declares a document type.
    case documentType
    /// More elements, arrays or objects inside each other than ``FileBounds/depth``.
    case tooDeep
    /// A text, tag or attribute beyond its bound, or too many of them.
    case tooLong
    /// Not well-formed JSON.
    case malformedJSON(byte: Int)
    /// JSON, but not GeoJSON.
    case notGeoJSON
    /// FIT of another kind than activities and courses, with the number of its type.
    case fitType(Int)
    /// FIT that cannot be read at all.
    case malformedFIT
    /// Neither points of an activity nor of a course.
    case noPoints
    /// More points than ``FileBounds/points``.
    case tooManyPoints
    /// More bytes than ``FileBounds/bytes``, unpacked.
    case tooLarge
    /// It unpacks to more than ``FileBounds/ratio`` times its size.
    case tooPacked
    /// Damaged gzip, or deflate in a zip.
    case malformedPacking
    /// Damaged zip.
    case malformedArchive
    /// Zip in which something is encrypted, split, or packed in an unusual way.
    case unsupportedArchive
    /// An archive in an archive.
    case nestedArchive
    /// More entries than ``FileBounds/entries``.
    case tooManyEntries
    /// To be written in a format that needs times, and has none, or one before or after what the format can say.
    case noTimes
    /// No memory.
    case noMemory

    /// The sentence.
    public var description: String {
        switch self {
        case .unknownFormat: "This is no GPX, TCX, FIT, KML or GeoJSON file."
        case .malformedXML(let line): "Line \(line) is not well-formed XML."
        case .documentType: "It declares a document type, which no activity file does."
        case .tooDeep: "It has too many things inside each other."
        case .tooLong: "It has a text or a tag that is too long, or too many kinds of them."
        case .malformedJSON(let byte): "It is not well-formed JSON at byte \(byte)."
        case .notGeoJSON: "It is JSON, but not GeoJSON."
        case .fitType(let type): "It is a FIT file of kind \(type), neither an activity nor a course."
        case .malformedFIT: "It is a FIT file that cannot be read."
        case .noPoints: "It has no points of an activity or a course."
        case .tooManyPoints: "It has too many points."
        case .tooLarge: "It is too large."
        case .tooPacked: "It unpacks to more than such files do."
        case .malformedPacking: "It is compressed, and damaged."
        case .malformedArchive: "It is an archive, and damaged."
        case .unsupportedArchive: "It is an archive that is encrypted, split or packed in an unusual way."
        case .nestedArchive: "It is an archive within an archive."
        case .tooManyEntries: "It is an archive with too many files."
        case .noTimes: "It has points without times that this format could tell."
        case .noMemory: "There was no memory to read it."
        }
    }
}
