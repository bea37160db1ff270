import Foundation

#if canImport(FoundationXML)
import FoundationXML
#endif

/// Builds tracks from what an XML parser meets.
final class GPXReader: NSObject, XMLParserDelegate {
    private(set) var tracks: [GPXTrack] = []
    /// Whether the outermost element has begun and ended.
    var isComplete: Bool { hasRoot && path.isEmpty }
    private(set) var error: GPXError?

    private let maximumCount: Int
    private var hasRoot = false
    private var count = 0
    /// The names of the open elements, without prefixes.
    private var path: [String] = []
    private var track: GPXTrack?
    private var segment: [GPXPoint] = []
    private var point: GPXPoint?
    /// The characters of the innermost element that is of interest.
    private var text = ""

    init(maximumCount: Int) { self.maximumCount = maximumCount }

    func parser(
        _ parser: XMLParser, didStartElement elementName: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        let name = Self.local(elementName)
        if path.isEmpty {
            guard !hasRoot else { return fail(.malformed(line: parser.lineNumber), parser) }
            guard name == "gpx" else { return fail(.notGPX, parser) }
            hasRoot = true
        }
        switch name {
        case "trk" where path.last == "gpx":
            track = GPXTrack()
        case "trkseg" where path.last == "trk":
            segment = []
        case "trkpt" where path.last == "trkseg":
            guard count < maximumCount else { return fail(.tooManyPoints, parser) }
            guard let latitude = Self.number(attributes["lat"]), abs(latitude) <= 90,
                let longitude = Self.number(attributes["lon"]), abs(longitude) <= 180
            else { return fail(.badPosition(line: parser.lineNumber), parser) }
            count += 1
            point = GPXPoint(latitude: latitude, longitude: longitude)
        default:
            break
        }
        path.append(name)
        text = ""
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) {
        if track != nil { text += string }
    }

    func parser(_ parser: XMLParser, foundCDATA block: Data) {
        if track != nil { text += String(decoding: block, as: UTF8.self) }
    }

    func parser(
        _ parser: XMLParser, didEndElement elementName: String, namespaceURI: String?, qualifiedName: String?
    ) {
        guard let name = path.popLast() else { return }
        let content = text.trimmingCharacters(in: .whitespacesAndNewlines)
        text = ""
        switch (name, path.last) {
        case ("trk", "gpx"):
            if let track { tracks.append(track) }
            track = nil
        case ("trkseg", "trk"):
            if !segment.isEmpty { track?.segments.append(segment) }
            segment = []
        case ("trkpt", "trkseg"):
            if let point { segment.append(point) }
            point = nil
        case ("name", "trk"):
            track?.name = content.isEmpty ? nil : content
        case ("type", "trk"):
            track?.type = content.isEmpty ? nil : content
        case ("ele", "trkpt"):
            point?.elevation = Self.number(content)
        case ("time", "trkpt"):
            guard let time = ISO8601.milliseconds(content) else {
                return fail(.badTime(line: parser.lineNumber), parser)
            }
            point?.time = time
        case ("hr", _), ("heartrate", _):
            guard point != nil, path.contains("extensions") else { break }
            if let rate = Self.number(content), rate >= 0.5, rate < 500.5 { point?.heartRate = Int(rate.rounded()) }
        default:
            break
        }
    }

    func parser(_ parser: XMLParser, parseErrorOccurred parseError: any Error) {
        // A prefix that is not declared is among these errors. It would do no harm, but the parser of
        // swift-corelibs-foundation leaks a little with each error that it is allowed to survive.
        fail(.malformed(line: parser.lineNumber), parser)
    }

    private func fail(_ error: GPXError, _ parser: XMLParser) {
        // Aborting may still deliver what the parser has read ahead; the first error is the one to tell.
        if self.error == nil { self.error = error }
        parser.abortParsing()
    }

    private static func local(_ name: String) -> String {
        guard let colon = name.lastIndex(of: ":") else { return name }
        return String(name[name.index(after: colon)...])
    }

    /// A finite decimal number; not the “inf”, “nan” and hexadecimals that `Double` would read.
    private static func number(_ text: String?) -> Double? {
        guard let text, text.utf8.allSatisfy({ "+-.0123456789eE".utf8.contains($0) }),
            let number = Double(text), number.isFinite
        else { return nil }
        return number
    }
}
