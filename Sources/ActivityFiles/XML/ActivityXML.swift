import Limits

/// A reader of one format in XML.
protocol ActivityXML: XMLHandler {
    /// What was read, when the document has ended.
    func contents() -> ActivityFile.Contents
}

/// Finds out by its outermost element which format a document has, and hands on to its reader.
final class ActivityXMLReader: XMLHandler {
    private let bounds: FileBounds
    private var reader: (any ActivityXML)?

    init(bounds: FileBounds) { self.bounds = bounds }

    /// - Throws: ``ActivityFileError/unknownFormat`` when there was no element.
    func contents() throws(ActivityFileError) -> ActivityFile.Contents {
        guard let reader else { throw .unknownFormat }
        return reader.contents()
    }

    func begin(_ name: String, _ attributes: [String: String], path: [String]) throws(ActivityFileError) {
        if reader == nil {
            switch name {
            case "gpx": reader = GPXReader(bounds: bounds)
            case "TrainingCenterDatabase": reader = TCXReader(bounds: bounds)
            case "kml", "Document", "Placemark": reader = KMLReader(bounds: bounds)
            default: throw .unknownFormat
            }
        }
        try reader?.begin(name, attributes, path: path)
    }

    func end(_ name: String, _ text: XMLText, path: [String]) throws(ActivityFileError) {
        try reader?.end(name, text, path: path)
    }
}

/// Counts points, and refuses one too many.
struct PointCounter {
    let limit: Int
    private var count = 0

    init(limit: Int) { self.limit = limit }

    mutating func add() throws(ActivityFileError) {
        guard count < limit else { throw .tooManyPoints }
        count += 1
    }
}
