import Testing

@testable import ActivityFiles

@Suite("Archives that are written")
struct ZipWriterTests {
    private func archive(_ entries: [(name: String, pieces: [[UInt8]], isPacked: Bool)]) throws -> [UInt8] {
        var writer = ZipWriter(at: 1_764_442_713_000)
        var bytes: [UInt8] = []
        for entry in entries {
            bytes += try writer.begin(entry.name, isPacked: entry.isPacked)
            for piece in entry.pieces { bytes += writer.add(piece) }
            bytes += try writer.end()
        }
        return bytes + writer.finish()
    }

    @Test("what was put in comes out, in pieces, packed or not, empty or large")
    func roundTrip() throws {
        let large = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        let noise = (0..<200_000).map { index in UInt8(truncatingIfNeeded: (index &* 2_654_435_761) >> 11) }
        let entries: [(name: String, pieces: [[UInt8]], isPacked: Bool)] = [
            ("account.json", [Array("{".utf8), Array("}".utf8)], true), ("empty", [], true),
            ("跑步.gpx", [large, large], true), ("picture.png", [noise, []], false),
        ]
        let bytes = try archive(entries)
        #expect(bytes.count < large.count + noise.count)
        try bytes.withUnsafeBytes { bytes in
            let read = try ZipArchive(bytes, bounds: FileBounds())
            #expect(read.entries.map(\.name) == entries.map(\.name))
            var bounds = FileBounds()
            bounds.ratio = 10_000
            for (entry, wanted) in zip(read.entries, entries) {
                var content: [UInt8] = []
                try read.unpack(entry, bounds: bounds) { content += $0 }
                #expect(content == Array(wanted.pieces.joined()), "\(entry.name)")
            }
        }
    }

    @Test("an archive of nothing is one, and one with too many entries is refused")
    func bounds() throws {
        #expect(try archive([]).count == 22)
        var writer = ZipWriter(at: 0)
        for index in 0..<0xfffe {
            _ = try writer.begin("\(index)", isPacked: false)
            _ = try writer.end()
        }
        #expect(throws: ActivityFileError.tooManyEntries) { try writer.begin("one more") }
    }

    @Test("its time is UTC, in steps of two seconds from 1980 on")
    func time() throws {
        let head = try archive([("a", [], true)])
        // 2025-11-29T18:58:33Z
        #expect(Array(head[10..<14]) == [0x50, 0x97, 0x7d, 0x5b])
        var old = ZipWriter(at: 0)
        let oldHead = try old.begin("a")
        #expect(Array(oldHead[10..<14]) == [0, 0, 0x21, 0])
    }
}
