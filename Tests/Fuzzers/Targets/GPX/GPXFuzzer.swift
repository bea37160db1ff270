import Foundation
import Geo
import Support

/// Files of tracks: what is read is in range and can be written and read again, and takes no more than the file did.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzGPX(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = bytes(start, count)
    guard let tracks = try? GPX.parse(Data(bytes), maximumCount: 50) else { return 0 }
    let points = tracks.flatMap(\.points)
    require(points.count <= 50 && tracks.count <= count, "\(points.count) points")
    for point in points {
        require(abs(point.latitude) <= 90 && abs(point.longitude) <= 180, "a point at \(point)")
        require(point.elevation?.isFinite ?? true, "an elevation of \(point)")
        require(point.heartRate.map { 1...500 ~= $0 } ?? true, "a heart rate of \(point)")
    }
    let text = tracks.reduce(0) { $0 + ($1.name ?? "").utf8.count + ($1.type ?? "").utf8.count }
    // A byte of a Latin alphabet is two in UTF-8, and one of another up to three.
    require(text <= 3 * count, "\(text) bytes of text")
    require(try! GPX.parse(Data(written(tracks).utf8)) == tracks, "\(tracks) written and read is something else")
    return 0
}

private func written(_ tracks: [GPXTrack]) -> String {
    var text = "<gpx>"
    for track in tracks {
        text += "<trk>"
        if let name = track.name { text += "<name>\(escaped(name))</name>" }
        if let type = track.type { text += "<type>\(escaped(type))</type>" }
        for segment in track.segments {
            text += "<trkseg>"
            for point in segment {
                text += "<trkpt lat=\"\(point.latitude)\" lon=\"\(point.longitude)\">"
                if let elevation = point.elevation { text += "<ele>\(elevation)</ele>" }
                if let time = point.time { text += "<time>\(iso(time))</time>" }
                if let rate = point.heartRate { text += "<extensions><hr>\(rate)</hr></extensions>" }
                text += "</trkpt>"
            }
            text += "</trkseg>"
        }
        text += "</trk>"
    }
    return text + "</gpx>"
}

private func escaped(_ text: String) -> String { text.unicodeScalars.map { "&#\($0.value);" }.joined() }

private func iso(_ milliseconds: Int64) -> String {
    var (day, rest) = (milliseconds / 86_400_000, milliseconds % 86_400_000)
    if rest < 0 { (day, rest) = (day - 1, rest + 86_400_000) }
    // Years one after the other: nothing of the arithmetic under test.
    func isLeap(_ year: Int64) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }
    var year: Int64 = 1970
    while day < 0 {
        year -= 1
        day += isLeap(year) ? 366 : 365
    }
    while day >= (isLeap(year) ? 366 : 365) {
        day -= isLeap(year) ? 366 : 365
        year += 1
    }
    var month = 0
    let months: [Int64] = [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    while day >= months[month] {
        day -= months[month]
        month += 1
    }
    return String(
        format: "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", Int(year), month + 1, Int(day) + 1, Int(rest / 3_600_000),
        Int(rest / 60_000 % 60), Int(rest / 1000 % 60), Int(rest % 1000))
}
