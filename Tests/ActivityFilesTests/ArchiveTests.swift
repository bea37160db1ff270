import Foundation
import TestKit
import Testing

@testable import ActivityFiles

@Suite("Packed files and archives")
struct ArchiveTests {
    private let gpx = Array(GPX.text(Files.golden).utf8)

    private func items(_ bytes: [UInt8], bounds: FileBounds = FileBounds()) -> [ActivityFile.Item] {
        var items: [ActivityFile.Item] = []
        ActivityFile.read(Data(bytes), bounds: bounds) { items.append($0) }
        return items
    }

    private func failure(_ item: ActivityFile.Item?) -> ActivityFileError? {
        guard case .failure(let error)? = item?.result else { return nil }
        return error
    }

    // MARK: - gzip

    @Test("a file in gzip is read as it is without, of several members and with rubbish behind too")
    func gzip() throws {
        let expected = try ActivityFile.contents(of: Data(gpx))
        let halves = Packing.gzip(Array(gpx.prefix(300))) + Packing.gzip(Array(gpx.dropFirst(300)))
        for bytes in [Packing.gzip(gpx), halves, Packing.gzip(gpx) + [0, 0, 0]] {
            #expect(try ActivityFile.contents(of: Data(bytes)) == expected)
        }
        #expect(try ActivityFile.contents(of: Data(Packing.gzip(Files.goldenFIT))).format == .fit)
    }

    @Test("damaged gzip is refused, cut at any byte")
    func damagedGzip() {
        let packed = Packing.gzip(gpx)
        for count in 0..<packed.count {
            #expect(throws: ActivityFileError.self) { try ActivityFile.contents(of: Data(packed.prefix(count))) }
        }
        var spoilt = packed
        spoilt[packed.count - 6] ^= 1
        #expect(throws: ActivityFileError.malformedPacking) { try ActivityFile.contents(of: Data(spoilt)) }
    }

    @Test("gzip in gzip, and a zip in gzip, are refused")
    func nestedGzip() {
        #expect(throws: ActivityFileError.nestedArchive) {
            try ActivityFile.contents(of: Data(Packing.gzip(Packing.gzip(gpx))))
        }
        #expect(throws: ActivityFileError.nestedArchive) {
            try ActivityFile.contents(of: Data(Packing.gzip(Packing.zip([("a.gpx", gpx)]))))
        }
    }

    @Test("what unpacks to much more than its size is refused before it is unpacked")
    func gzipBomb() {
        let bomb = Packing.gzip(Array("{".utf8) + [UInt8](repeating: 0x20, count: 32 << 20))
        #expect(bomb.count < 40_000)
        #expect(throws: ActivityFileError.tooPacked) { try ActivityFile.contents(of: Data(bomb)) }
    }

    @Test("a file beyond the bound is refused, packed or not")
    func tooLarge() {
        var bounds = FileBounds()
        bounds.bytes = gpx.count - 1
        #expect(throws: ActivityFileError.tooLarge) { try ActivityFile.contents(of: Data(gpx), bounds: bounds) }
        #expect(throws: ActivityFileError.tooLarge) {
            try ActivityFile.contents(of: Data(Packing.gzip(gpx)), bounds: bounds)
        }
        #expect(failure(items(Packing.zip([("a.gpx", gpx)]), bounds: bounds).first) == .tooLarge)
    }

    // MARK: - zip

    @Test("of an archive each file is told, stored, deflated or in gzip; what is of no known format is passed over")
    func zip() throws {
        let archive = Packing.zip([
            ("activities/1.gpx", gpx), ("activities/2.fit.gz", Packing.gzip(Files.goldenFIT)),
            ("activities/", []), ("media/3.jpg", [0xff, 0xd8, 0xff]), ("profile.csv", Array("a,b".utf8)),
            ("bikes.json", Array("{\"a\":1}".utf8)), ("strange.json", Array("{\"a\":".utf8)), ("4.xml", gpx),
            ("5.tcx", Array("<TrainingCenterDatabase>".utf8)),
        ])
        let items = items(archive)
        #expect(items.map(\.name) == ["1.gpx", "2.fit.gz", "4.xml", "5.tcx"])
        #expect(items.map { try? $0.result.get().format } == [.gpx, .fit, .gpx, nil])
        guard case .malformedXML? = failure(items[3]) else {
            Issue.record("\(items[3])")
            return
        }
        #expect(try ActivityFile.contents(of: Data(archive)).format == .gpx)
    }

    @Test("of a KMZ the first KML is read, whatever else is in it")
    func kmz() throws {
        let archive = Packing.zip([
            ("files/a.png", [1, 2, 3]), ("doc.kml", Array(KML.text(Files.golden).utf8)),
            ("files/other.kml", Array("<kml/>".utf8)),
        ])
        let items = items(archive)
        #expect(items.map(\.name) == ["doc.kml"])
        #expect(try items[0].result.get().activities.map(\.points.count) == [3])
    }

    @Test("names are only names: without folders, and without what cannot be seen")
    func names() {
        let names = [
            "../../etc/passwd.gpx", "/abs.gpx", "C:\\Users\\x.gpx", "a\u{1b}[2Jb\u{7f}.gpx", "..",
            String(repeating: "y", count: 400),
        ]
        let items = items(Packing.zip(names.map { ($0, gpx) }))
        #expect(
            items.map(\.name) == [
                "passwd.gpx", "abs.gpx", "x.gpx", "a[2Jb.gpx", "..", String(repeating: "y", count: 255),
            ])
        #expect(items.allSatisfy { failure($0) == nil })
    }

    @Test("a zip in a zip is refused, and the others are read")
    func nestedZip() {
        let items = items(Packing.zip([("all.zip", Packing.zip([("a.gpx", gpx)])), ("b.gpx", gpx)]))
        #expect(items.map { failure($0) } == [.nestedArchive, nil])
    }

    @Test("bombs are refused: one entry that is too packed, many that overlap, and a directory of too many")
    func zipBombs() {
        let blanks = Array("{".utf8) + [UInt8](repeating: 0x20, count: 32 << 20)
        #expect(failure(items(Packing.zip([("a.gpx", blanks)])).first) == .tooPacked)
        // Each entry is within its bounds, but all are the same bytes of the archive.
        let point = "<trkpt lat='1' lon='2'><time>2020-01-01T10:00:00Z</time></trkpt>"
        let file = Array("<gpx>".utf8) + blanks[1...900_000] + Array("<trk><trkseg>\(point)</trkseg></trk></gpx>".utf8)
        let items = items(Packing.zip([("a.gpx", file)], copies: 300))
        #expect(items.count < 10)
        #expect(items.dropLast().allSatisfy { failure($0) == nil })
        #expect(failure(items.last) == .tooPacked)
        var bounds = FileBounds()
        bounds.entries = 3
        #expect(failure(self.items(Packing.zip([("a.gpx", gpx)], copies: 4), bounds: bounds).first) == .tooManyEntries)
        #expect(self.items(Packing.zip([("a.gpx", gpx)], copies: 3), bounds: bounds).count == 3)
    }

    @Test("what is encrypted or packed in an unusual way is refused, and the checksum must hold")
    func unsupported() throws {
        let archive = Packing.zip([("a.gpx", gpx)])
        let directory = try #require(archive.firstRange(of: [0x50, 0x4b, 1, 2])).lowerBound
        var encrypted = archive
        encrypted[directory + 8] |= 1
        #expect(failure(items(encrypted).first) == .unsupportedArchive)
        var unusual = archive
        unusual[directory + 10] = 12
        #expect(failure(items(unusual).first) == .unsupportedArchive)
        var wrong = archive
        wrong[directory + 16] ^= 1
        #expect(failure(items(wrong).first) == .malformedPacking)
    }

    @Test("archives cut anywhere are refused, and with random bytes in them never trap")
    func damaged() {
        let archive = Packing.zip([("a.gpx", gpx), ("b.fit", Files.goldenFIT)])
        for count in 0..<archive.count {
            let items = items(Array(archive.prefix(count)))
            #expect(items.count == 1 && failure(items.first) != nil)
        }
        var random = SplitMix(seed: 8)
        for _ in 0..<2000 {
            var damaged = archive
            for _ in 0..<3 {
                let start = random.happens(50) ? 0 : archive.count - 130
                damaged[.random(in: start..<damaged.count, using: &random)] = .random(in: 0...255, using: &random)
            }
            #expect(!items(damaged).isEmpty)
        }
    }
}
