import ActivityFiles
import Endpoints
import LWS
import Limits
import Synchronization

/// A form in which a run or a course leaves the server for other programs.
enum FileFormat: String, CaseIterable, Sendable {
    case gpx, tcx, fit, kml, geojson, csv

    /// Those in which devices take a course.
    static let courses = [FileFormat.gpx, .fit]

    /// What the file is, after a name: `GPX`.
    var name: String { self == .geojson ? "GeoJSON" : rawValue.uppercased() }

    var mediaType: String {
        switch self {
        case .gpx: "application/gpx+xml"
        case .tcx: "application/vnd.garmin.tcx+xml"
        case .fit: "application/vnd.ant.fit"
        case .kml: "application/vnd.google-earth.kml+xml"
        case .geojson: "application/geo+json"
        case .csv: "text/csv; charset=utf-8"
        }
    }

    /// The file of an activity; of text it is made as it is sent.
    ///
    /// - Parameters:
    ///   - activity: With times.
    ///   - offset: Seconds east of Greenwich of the clock where it was, for the format that says so.
    ///   - lease: Is held until the text has been sent; of FIT, which is made at once, no points are left.
    /// - Returns: The body of an answer.
    /// - Throws: ``ActivityFileError/noTimes`` where the format needs some.
    func body(of activity: Activity, offset: Int, holding lease: PointBudget.Lease) throws(ActivityFileError)
        -> Response.Body
    {
        switch self {
        case .gpx: .blocks(of: GPX.blocks(activity), holding: lease)
        case .tcx: .blocks(of: try TCX.blocks(activity), holding: lease)
        case .fit: .pieces(of: try FIT.bytes(activity, offset: offset), holding: lease)
        case .kml: .blocks(of: KML.blocks(activity), holding: lease)
        case .geojson: .blocks(of: GeoJSON.blocks(activity), holding: lease)
        case .csv: .blocks(of: CSV.blocks(activity), holding: lease)
        }
    }
}

extension LWS.HTTPResponse.Body {
    /// A text that is made while it is sent, some blocks at a time.
    fileprivate static func blocks(of text: BlockText, holding lease: PointBudget.Lease) -> Response.Body {
        let next = Next()
        return .stream {
            defer { withExtendedLifetime(lease) {} }
            var piece: [UInt8] = []
            while piece.count < Limit.HTTP.piece, let index = next.take(below: text.count) {
                piece += text.block(index).utf8
            }
            return piece.isEmpty ? nil : piece
        }
    }

    /// Bytes that count against a budget until the last of them has been sent.
    static func pieces(of bytes: [UInt8], holding lease: PointBudget.Lease) -> Response.Body {
        let next = Next(), count = (bytes.count + Limit.HTTP.piece - 1) / Limit.HTTP.piece
        return .stream {
            defer { withExtendedLifetime(lease) {} }
            return next.take(below: count).map { index in
                Array(bytes[(index * Limit.HTTP.piece)..<min((index + 1) * Limit.HTTP.piece, bytes.count)])
            }
        }
    }

    /// Which block comes next.
    private final class Next: Sendable {
        private let index = Mutex(0)

        func take(below count: Int) -> Int? {
            index.withLock { index in
                guard index < count else { return nil }
                defer { index += 1 }
                return index
            }
        }
    }
}

/// What a browser calls a file that it is given.
enum FileName {
    /// The field by which an answer is a file (RFC 6266): a name for every browser, and the one that people gave.
    ///
    /// - Parameters:
    ///   - plain: Of letters, digits and hyphens.
    ///   - title: What people call it, if they do.
    ///   - ending: Behind both.
    /// - Returns: The field's value.
    static func disposition(_ plain: String, title: String?, ending: String) -> String {
        let field = "attachment; filename=\"\(plain).\(ending)\""
        // What would be a way to another folder, or could not be seen, is no part of a name.
        let name = String(String.UnicodeScalarView((title ?? "").unicodeScalars.prefix(80).map(shown)))
            .trimmingPrefix { $0 == "." || $0 == " " }
        guard !name.isEmpty, name != plain else { return field }
        return field + "; filename*=UTF-8''" + encoded("\(name).\(ending)")
    }

    private static func shown(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        let isShown = scalar.properties.isAlphabetic || scalar.properties.numericType != nil
        return isShown || " -_.,()!'".unicodeScalars.contains(scalar) ? scalar : "-"
    }

    /// RFC 8187, section 3.2.1.
    private static func encoded(_ text: String) -> String {
        let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
        var field = ""
        for byte in text.utf8 {
            if plain.contains(byte) {
                field.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                field += byte < 16 ? "%0" + digits : "%" + digits
            }
        }
        return field
    }
}
