import Foundation
import TestKit
import Testing

@testable import Geo

@Suite("GPX")
struct GPXTests {
    // MARK: - What is read

    @Test(
        "tracks, pieces and points of GPX 1.1 with Garmin's extensions under any prefix",
        arguments: ["ns3:", "gpxtpx:", ""])
    func garmin(prefix: String) throws {
        let tracks = try parse(
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <gpx creator="x" version="1.1" xmlns="http://www.topografix.com/GPX/1/1"
                 xmlns:ns3="http://www.garmin.com/xmlschemas/TrackPointExtension/v1"
                 xmlns:gpxtpx="http://www.garmin.com/xmlschemas/TrackPointExtension/v2">
              <metadata><name>not the track's</name><time>2019-06-15T09:42:00.000Z</time></metadata>
              <wpt lat="1" lon="2"><name>nor this</name></wpt>
              <trk>
                <name>Corenc &amp; back</name><type>running</type>
                <trkseg>
                  <trkpt lat="45.209877" lon="5.781761">
                    <name>a point's</name>
                    <ele>236.8</ele><time>2017-10-08T14:54:11.000Z</time>
                    <extensions><\(prefix)TrackPointExtension>
                      <\(prefix)atemp>30.0</\(prefix)atemp><\(prefix)hr>127</\(prefix)hr><\(prefix)cad>49</\(prefix)cad>
                    </\(prefix)TrackPointExtension></extensions>
                  </trkpt>
                  <trkpt lat="45.2098" lon="5.7818"/>
                </trkseg>
                <trkseg/>
                <trkseg><trkpt lat="-45.3" lon="-5.8"><time>2017-10-08T16:54:12.5+02:00</time></trkpt></trkseg>
              </trk>
              <trk/>
            </gpx>
            """)
        #expect(
            tracks == [
                GPXTrack(
                    name: "Corenc & back", type: "running",
                    segments: [
                        [
                            GPXPoint(
                                latitude: 45.209877, longitude: 5.781761, elevation: 236.8, time: 1_507_474_451_000,
                                heartRate: 127),
                            GPXPoint(latitude: 45.2098, longitude: 5.7818),
                        ],
                        [GPXPoint(latitude: -45.3, longitude: -5.8, time: 1_507_474_452_500)],
                    ]),
                GPXTrack(),
            ])
        #expect(tracks[0].points.count == 3)
    }

    @Test("GPX 1.0, CDATA, and Amazfit's plain heartrate")
    func amazfit() throws {
        let tracks = try parse(
            """
            <gpx version="1.0" xmlns="http://www.topografix.com/GPX/1/0"><trk><name><![CDATA[Früh <1>]]></name><trkseg>
            <trkpt lat=" 60.5" lon="24.9"><extensions><heartrate>89</heartrate></extensions></trkpt>
            </trkseg></trk></gpx>
            """.replacing("\" 60.5", with: "\"60.5"))
        #expect(tracks.map(\.name) == ["Früh <1>"])
        #expect(tracks[0].points == [GPXPoint(latitude: 60.5, longitude: 24.9, heartRate: 89)])
    }

    @Test("a file without tracks is empty, not wrong")
    func noTracks() throws {
        #expect(try parse("<gpx/>") == [])
        #expect(try parse("<x:gpx xmlns:x='y'><x:rte><x:rtept lat='1' lon='2'/></x:rte></x:gpx>") == [])
    }

    @Test(
        "numbers that are none leave elevation and heart rate out", arguments: ["", "abc", "nan", "inf", "0x10", "1,5"])
    func badExtras(text: String) throws {
        let point = try point("<ele>\(text)</ele><extensions><hr>\(text)</hr></extensions>")
        #expect(point.elevation == nil)
        #expect(point.heartRate == nil)
    }

    @Test(
        "heart rates are whole beats of a living heart",
        arguments: [("0", nil), ("-5", nil), ("501", nil), ("1e99", nil), ("1", 1), ("151.6", 152), ("500", 500)])
    func heartRates(text: String, rate: Int?) throws {
        #expect(try point("<extensions><a:hr>\(text)</a:hr></extensions>").heartRate == rate)
    }

    // MARK: - What is refused

    @Test(
        "files that are no well-formed XML",
        arguments: ["", "   ", "hello", "<gpx>", "<gpx></trk>", "<gpx/><gpx/>", "<gpx><a:hr/></gpx>"])
    func malformed(text: String) {
        #expect {
            try parse(text)
        } throws: { error in
            guard case GPXError.malformed = error else { return false }
            return true
        }
    }

    @Test("XML of another kind", arguments: ["<kml/>", "<html><gpx/></html>"])
    func notGPX(text: String) {
        #expect(throws: GPXError.notGPX) { try parse(text) }
    }

    @Test(
        "points that are nowhere, with their line",
        arguments: [
            "", "lat='1'", "lon='1'", "lat='' lon='1'", "lat='x' lon='1'", "lat='91' lon='1'", "lat='1' lon='-180.5'",
            "lat='nan' lon='1'", "lat='1' lon='inf'", "lat='1,5' lon='1'", "lat='1e999' lon='1'", "lat='0x1' lon='1'",
        ])
    func badPosition(attributes: String) {
        #expect(throws: GPXError.badPosition(line: 3)) {
            try parse("<gpx>\n<trk><trkseg>\n<trkpt \(attributes)/></trkseg></trk></gpx>")
        }
    }

    @Test(
        "times that are none",
        arguments: ["", "yesterday", "2017-10-08", "2017-02-30T00:00:00Z", "2017-10-08T24:00:00Z", "1507474451"])
    func badTime(text: String) {
        #expect(throws: GPXError.badTime(line: 1)) { try point("<time>\(text)</time>") }
    }

    @Test("more points than wanted")
    func tooMany() throws {
        let points = String(repeating: "<trkpt lat='1' lon='2'/>", count: 11)
        let file = Data("<gpx><trk><trkseg>\(points)</trkseg></trk></gpx>".utf8)
        #expect(throws: GPXError.tooManyPoints) { try GPX.parse(file, maximumCount: 10) }
        #expect(try GPX.parse(file, maximumCount: 11)[0].points.count == 11)
    }

    @Test("entities, internal or from elsewhere, in any usual encoding")
    func documentType() throws {
        let bomb = """
            <?xml version="1.0"?>
            <!DOCTYPE gpx [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>
            <gpx><trk><name>&b;&f;</name></trk></gpx>
            """
        #expect(throws: GPXError.documentType) { try parse(bomb) }
        #expect(throws: GPXError.documentType) { try parse(bomb.replacing("DOCTYPE", with: "doctype")) }
        let wide = try #require(bomb.data(using: .utf16))
        #expect(throws: GPXError.documentType) { try GPX.parse(wide) }
        // Undeclared ones have nothing behind them.
        #expect(throws: GPXError.self) { try parse("<gpx><trk><name>&b;</name></trk></gpx>") }
    }

    @Test("an encoding in which a document type could hide is refused, whatever is in it; the others are read")
    func encodings() throws {
        let hidden = """
            <?xml version="1.0" encoding="UTF-7"?>+ADw-!DOCTYPE gpx [+ADw-!ATTLIST trkpt lat CDATA "1" lon CDATA "2">]>\
            <gpx><trk><trkseg><trkpt/></trkseg></trk></gpx>
            """
        #expect(throws: GPXError.malformed(line: 1)) { try parse(hidden) }
        #expect(throws: GPXError.malformed(line: 1)) {
            try parse(hidden.replacing("?xml", with: "?xml" + String(repeating: " ", count: 500)))
        }
        // “<?xml” in EBCDIC.
        #expect(throws: GPXError.malformed(line: 1)) { try GPX.parse(Data([0x4c, 0x6f, 0xa7, 0x94, 0x93])) }
        // Four bytes a character, at which the parser beneath crashes.
        for start in [[0, 0, 0, 0x3c], [0x3c, 0, 0, 0], [0, 0, 0x3c, 0], [0, 0x3c, 0, 0]] as [[UInt8]] {
            #expect(throws: GPXError.malformed(line: 1)) { try GPX.parse(Data(start + [0x2f, 0x74])) }
        }
        for (name, bytes) in [("GBK", [0xd6, 0xd0]), ("utf-8", [0xe4, 0xb8, 0xad])] as [(String, [UInt8])] {
            let file =
                Data("<?xml version='1.0' encoding = '\(name)'?><gpx><trk><name>".utf8) + bytes
                + Data("</name></trk></gpx>".utf8)
            #expect(try GPX.parse(file).map(\.name) == ["中"])
        }
    }

    @Test(
        "a file in UTF-16 is read as it is in UTF-8, and one that is not well-formed is refused",
        arguments: [String.Encoding.utf16LittleEndian, .utf16BigEndian], [true, false])
    func wide(encoding: String.Encoding, isMarked: Bool) throws {
        let file = """
            <?xml version="1.0" encoding="UTF-16"?>
            <gpx><trk><name>中 😀</name><trkseg><trkpt lat="1" lon="2"/></trkseg></trk></gpx>
            """
        let mark = isMarked ? try #require("\u{feff}".data(using: encoding)) : Data()
        let wide = try #require(file.data(using: encoding))
        let tracks = try GPX.parse(mark + wide)
        #expect(tracks.map(\.name) == ["中 😀"])
        #expect(tracks.flatMap(\.segments).flatMap { $0 }.map(\.longitude) == [2])
        let lone = try #require("<gpx>".data(using: encoding)) + Data([0xdb, 0xdb, 0xdb, 0xdb])
        for spoilt in [lone, wide.dropLast(), wide + Data([0, 0])] {
            #expect(throws: GPXError.malformed(line: 1)) { try GPX.parse(mark + spoilt) }
        }
        // What says that it is wide and is not.
        #expect(throws: GPXError.malformed(line: 1)) { try parse(file) }
    }

    @Test("files cut anywhere, or with random bytes in them, never trap")
    func damaged() throws {
        let file = Data(
            """
            <gpx xmlns:a="b"><trk><name>n</name><trkseg><trkpt lat="1" lon="2"><ele>3</ele>\
            <time>2017-10-08T14:54:11Z</time><extensions><a:hr>99</a:hr></extensions></trkpt></trkseg></trk></gpx>
            """.utf8)
        for count in 0..<(file.count - 1) {
            #expect(throws: GPXError.self) { try GPX.parse(file.prefix(count)) }
        }
        var random = SplitMix(seed: 21)
        for _ in 0..<2000 {
            var damaged = file
            for _ in 0..<3 {
                damaged[.random(in: 0..<damaged.count, using: &random)] = .random(in: 0...255, using: &random)
            }
            _ = try? GPX.parse(damaged)
        }
    }

    // MARK: - Real recordings

    /// Recordings of watches, which are not ours to hand on: named by an environment variable, or beside the checkouts.
    static let recordings: URL? = {
        let checkout = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardizedFileURL
        var candidates = [
            checkout.appending(path: "../shared/tracks"), checkout.appending(path: "../../shared/tracks"),
        ]
        if let path = ProcessInfo.processInfo.environment["RUNROOM_TRACKS"] { candidates = [URL(filePath: path)] }
        return candidates.map(\.standardizedFileURL).first { FileManager.default.fileExists(atPath: $0.path) }
    }()

    @Test(
        "recordings of watches are read, and are as long as they say", .enabled(if: recordings != nil, "no recordings"),
        arguments: [
            ("amazfit-9km.gpx", "Sport", 1216, 8500.0...9500),
            ("garmin-14km.gpx", "Sloatsburg Course", 4967, 13_300...15_000),
            ("garmin-4km.gpx", "Corenc Running", 502, 3500...4900),
        ])
    func recording(file: String, name: String, count: Int, metres: ClosedRange<Double>) throws {
        let folder = try #require(Self.recordings)
        let tracks = try GPX.parse(Data(contentsOf: folder.appending(path: file)))
        #expect(tracks.map(\.name) == [name])
        let points = try #require(tracks.first).points
        #expect(points.count == count)
        #expect(points.allSatisfy { $0.time != nil && $0.elevation != nil })
        #expect(points.contains { $0.heartRate != nil })
        var length = 0.0
        for (from, to) in zip(points, points.dropFirst()) {
            length += try Coordinate(latitude: from.latitude, longitude: from.longitude)
                .distance(to: Coordinate(latitude: to.latitude, longitude: to.longitude))
        }
        #expect(metres.contains(length))

        let track = try points.enumerated().map { index, point in
            TrackPoint(
                id: Int32(index + 1), time: try #require(point.time),
                coordinate: try Coordinate(latitude: point.latitude, longitude: point.longitude),
                altitude: point.elevation.map { Int32(($0 * 10).rounded()) }, heartRate: point.heartRate.map(Int32.init)
            )
        }
        let bytes = TrackCodec.encode(track)
        #expect(try TrackCodec.decode(bytes) == track)
        #expect(bytes.count < 6 * track.count)
    }

    // MARK: -

    private func parse(_ text: String) throws(GPXError) -> [GPXTrack] { try GPX.parse(Data(text.utf8)) }

    private func point(_ content: String) throws -> GPXPoint {
        let tracks = try parse(
            "<gpx xmlns:a='b'><trk><trkseg><trkpt lat='1' lon='2'>\(content)</trkpt></trkseg></trk></gpx>")
        return try #require(tracks.first?.points.first)
    }
}

@Suite("ISO 8601")
struct ISO8601Tests {
    @Test(
        "times with and without fraction and zone",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2018-05-14T09:54:12Z", 1_526_291_652_000),
            ("2018-05-14T09:54:12.25Z", 1_526_291_652_250), ("2018-05-14T09:54:12.123999Z", 1_526_291_652_123),
            ("2018-05-14T09:54:12", 1_526_291_652_000), ("2018-05-14 09:54:12z", 1_526_291_652_000),
            ("2018-05-14T17:54:12+08:00", 1_526_291_652_000), ("2018-05-14T04:24:12-0530", 1_526_291_652_000),
            ("2018-05-14T11:54:12+02", 1_526_291_652_000), ("2000-02-29T00:00:00Z", 951_782_400_000),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000), ("1969-12-31T23:59:59.5Z", -500),
            ("9999-12-31T23:59:59.999Z", 253_402_300_799_999), ("0001-01-01T00:00:00Z", -62_135_596_800_000),
        ] as [(String, Int64)])
    func readable(text: String, milliseconds: Int64) {
        #expect(ISO8601.milliseconds(text) == milliseconds)
    }

    @Test(
        "what is no time",
        arguments: [
            "", "2018", "2018-05-14", "2018-13-01T00:00:00Z", "2018-00-01T00:00:00Z", "2018-04-31T00:00:00Z",
            "1900-02-29T00:00:00Z", "2018-05-14T25:00:00Z", "2018-05-14T00:60:00Z", "2018-05-14T00:00:61Z",
            "2018-05-14T00:00:00.Z", "2018-05-14T00:00:00X", "2018-05-14T00:00:00+", "2018-05-14T00:00:00+8",
            "2018-05-14T00:00:00+08:", "2018-05-14T00:00:00Z ", "18-05-14T00:00:00Z", "+018-05-14T00:00:00Z",
        ])
    func unreadable(text: String) {
        #expect(ISO8601.milliseconds(text) == nil)
    }
}
