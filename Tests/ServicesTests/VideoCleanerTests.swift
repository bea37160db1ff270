import Foundation
import Limits
import Store
import TestKit
import Testing

@testable import Services

@Suite("What videos tell beside what they show") struct VideoCleanerTests {
    /// Cleaned; nil if it is refused.
    private static func clean(_ bytes: [UInt8], _ format: VideoFormat = .mp4) throws -> [UInt8]? {
        let edits = try VideoCleaner.edits(of: format, count: bytes.count) { offset, count throws(StoreError) in
            Array(bytes[min(offset, bytes.count)..<min(offset + count, bytes.count)])
        }
        guard let edits else { return nil }
        // In pieces of whatever size it comes to the same.
        var results: Set<[UInt8]> = []
        for size in [1, 7, 4096] {
            var result: [UInt8] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                var piece = Array(bytes[start..<min(start + size, bytes.count)])
                edits.apply(to: &piece, count: piece.count, at: start)
                result += piece
            }
            results.insert(result)
        }
        #expect(results.count == 1)
        return results.first
    }

    /// How often a word stands in bytes.
    private static func count(_ word: String, in bytes: [UInt8]) -> Int {
        let word = Array(word.utf8)
        return bytes.indices.count { bytes[$0...].starts(with: word) }
    }

    // MARK: - Boxes

    private static let secret = Array("+48.1371+011.5754/".utf8)
    private static let times = [UInt8](repeating: 0xDA, count: 8)

    private static func hidden(_ type: String) -> [UInt8] { Boxes.box(type, secret) }

    private static func handler(_ kind: String) -> [UInt8] {
        Boxes.box("hdlr", [0, 0, 0, 0] + Array("mhlr".utf8) + Array(kind.utf8) + secret)
    }

    private static func track(_ kind: String, table: [UInt8] = []) -> [UInt8] {
        let description = Boxes.box("stsd", [UInt8](repeating: 5, count: 20))
        let information =
            Boxes.box("vmhd", [1, 2, 3]) + handler("alis") + hidden("udta")
            + Boxes.box("stbl", description + table + hidden("xyz "))
        let media =
            Boxes.box("mdhd", [0, 0, 0, 0] + times + [1, 2, 3, 4]) + handler(kind) + Boxes.box("minf", information)
        return Boxes.box(
            "trak",
            Boxes.box("tkhd", [0, 0, 0, 7] + times + [9, 9]) + hidden("udta") + hidden("meta")
                + Boxes.box("mdia", media)
                + hidden("uuid") + hidden("loci"))
    }

    private static let fileType = Boxes.box("ftyp", Array("isom".utf8) + [0, 0, 2, 0])

    private static func movie(_ tracks: [UInt8]) -> [UInt8] {
        Boxes.box(
            "moov",
            Boxes.box("mvhd", [0, 0, 0, 0] + times + [0xAB]) + Boxes.box("udta", hidden("\u{A9}xyz") + [0, 0, 0, 0])
                + Boxes.box("meta", Boxes.box("keys", secret) + Boxes.box("ilst", secret)) + tracks + hidden("what"))
    }

    @Test(
        "places, names and times in boxes are overwritten; lengths, offsets and what is shown stay",
        arguments: [false, true])
    func boxes(isFragmented: Bool) throws {
        let data = Boxes.largeBox("mdat", Array("pictures and tones".utf8))
        let fragment = Boxes.box(
            "moof",
            Boxes.box("mfhd", [1]) + Self.hidden("udta")
                + Boxes.box(
                    "traf", Boxes.box("tfhd", [2]) + Boxes.box("trun", [3]) + Self.hidden("udta") + Self.hidden("uuid"))
        )
        let video =
            Self.fileType + Boxes.box("free", Self.secret) + Self.movie(Self.track("vide") + Self.track("soun"))
            + Self.hidden("uuid") + Self.hidden("meta") + data + (isFragmented ? fragment + data : [])
        let cleaned = try #require(try Self.clean(video))
        #expect(cleaned.count == video.count)
        #expect(Self.count("48.13", in: cleaned) == 0)
        #expect(!cleaned.contains(0xDA), "times")
        for (word, count) in [
            ("pictures and tones", isFragmented ? 2 : 1), ("moov", 1), ("trak", 2), ("vide", 1), ("soun", 1),
            ("mhlr", 4), ("stsd", 2), ("trun", isFragmented ? 1 : 0),
        ] {
            #expect(Self.count(word, in: cleaned) == count, "\(word)")
        }
        for word in ["udta", "meta", "uuid", "loci", "keys", "ilst", "what", "xyz "] {
            #expect(Self.count(word, in: cleaned) == 0, "\(word)")
        }
        // What is not overwritten stands where it stood.
        let changed = zip(video, cleaned).filter { $0 != $1 && $1 != 0 }.map(\.1)
        #expect(Set(changed).isSubset(of: Array("free".utf8)))
        #expect(try Self.clean(cleaned) == cleaned)
    }

    @Test("times of 64 bits are overwritten, and nothing behind them")
    func longTimes() throws {
        let header = Boxes.box("mvhd", [1, 0, 0, 0] + Self.times + Self.times + [1, 2, 3, 4])
        let cleaned = try #require(try Self.clean(Self.fileType + Boxes.box("moov", header)))
        #expect(cleaned.suffix(20) == [UInt8](repeating: 0, count: 16) + [1, 2, 3, 4])
    }

    @Test(
        "a track that is neither pictures nor sound goes, with its samples where they lie", arguments: ["stco", "co64"])
    func tracks(offsets: String) throws {
        let head = Self.fileType + Boxes.box("mdat", Array("aaaaPLACEbbbbPLACE2PLACEcccc".utf8))
        let first = Self.fileType.count + 8 + 4, second = first + 5 + 4
        func table(_ sizes: [UInt8]) -> [UInt8] {
            let chunks =
                offsets == "stco"
                ? Boxes.number(UInt32(first)) + Boxes.number(UInt32(second))
                : Boxes.number(UInt64(first)) + Boxes.number(UInt64(second))
            let runs: [UInt32] = [2, 1, 1, 1, 2, 2, 1]
            return Boxes.box("stsc", [0, 0, 0, 0] + runs.flatMap { Boxes.number($0) })
                + Boxes.box("stsz", [0, 0, 0, 0] + sizes)
                + Boxes.box(offsets, [0, 0, 0, 0, 0, 0, 0, 2] + chunks)
        }
        let listed = table([UInt32](arrayLiteral: 0, 3, 5, 6, 5).flatMap { Boxes.number($0) })
        let cleaned = try #require(
            try Self.clean(head + Self.movie(Self.track("vide") + Self.track("meta", table: listed))))
        #expect(Self.count("PLACE", in: cleaned) == 0 && Self.count("trak", in: cleaned) == 1)
        for word in ["aaaa", "bbbb", "cccc"] { #expect(Self.count(word, in: cleaned) == 1) }
        // All of one size.
        let fixed = table([UInt32](arrayLiteral: 5, 3).flatMap { Boxes.number($0) })
        let other = try #require(try Self.clean(head + Self.movie(Self.track("text", table: fixed))))
        #expect(Self.count("PLACE", in: other) == 0 && Self.count("aaaa", in: other) == 1)
        // Where the samples are not known.
        let fragments = Self.movie(Self.track("meta") + Boxes.box("mvex", [1]))
        #expect(try Self.clean(Self.fileType + fragments) == nil)
        #expect(try Self.clean(Self.fileType + Self.movie(Self.track("vide")) + Boxes.box("moof")) != nil)
        #expect(try Self.clean(Self.fileType + Self.movie(Self.track("meta")) + Boxes.box("moof")) == nil)
        let broken = Boxes.box("stsz", [UInt8](repeating: 0xFF, count: 12))
        #expect(try Self.clean(Self.fileType + Self.movie(Self.track("meta", table: broken))) == nil)
    }

    @Test("what is no box is overwritten to the end of what it is in, and what nobody can look into is refused")
    func malformed() throws {
        for (size, rest) in [(UInt32(3), 30), (.max, 30), (0, 30), (1, 4)] {
            let bad = Boxes.number(size) + Array("udta".utf8) + Self.secret.prefix(rest)
            // In another box, at the end of the file, and before something else.
            for video in [
                Self.fileType + Boxes.box("moov", Boxes.box("mvhd", [0]) + bad) + Boxes.box("mdat"),
                Self.fileType + bad, Self.fileType + bad + (size == 1 ? [] : Boxes.box("mdat")),
            ] {
                let cleaned = try #require(try Self.clean(video))
                #expect(Self.count("+48", in: cleaned) == 0 && Self.count("udta", in: cleaned) == 0, "\(size)")
                #expect(cleaned.count == video.count)
            }
        }
        #expect(try Self.clean(Self.fileType + Boxes.box("moov", Boxes.box("cmov", Self.secret))) == nil)
        // The pictures of a film that is cut off are there.
        let cut = Self.fileType + Boxes.number(UInt32(1000)) + Array("mdatpictures".utf8)
        #expect(try Self.clean(cut) == cut)
        // Seven bytes are no box.
        #expect(
            try Self.clean(Self.fileType + Self.secret.prefix(7)) == Self.fileType + [UInt8](repeating: 0, count: 7))
    }

    @Test("more boxes than any video has, or more to overwrite, are refused, with few bytes in memory")
    func bounds() throws {
        // Each of them is a name and a range.
        for (count, isTaken) in [(Limit.Content.videoEdits / 2, true), (Limit.Content.videoEdits / 2 + 1, false)] {
            let many = [[UInt8]](repeating: Boxes.box("udta", [1]), count: count).flatMap { $0 }
            #expect(try (Self.edits(Self.fileType + many) != nil) == isTaken)
        }
        let empty = [[UInt8]](repeating: Boxes.box("mdat"), count: Limit.Content.videoParts).flatMap { $0 }
        #expect(try Self.edits(Self.fileType + empty) == nil)
        #expect(try Self.edits(Self.fileType + empty.dropLast(8)) != nil)
    }

    private static func edits(_ bytes: [UInt8]) throws -> VideoEdits? {
        var largest = 0
        let edits = try VideoCleaner.edits(of: .mp4, count: bytes.count) { offset, count throws(StoreError) in
            largest = max(largest, count)
            return Array(bytes[min(offset, bytes.count)..<min(offset + count, bytes.count)])
        }
        #expect(largest <= 64 << 10)
        return edits
    }

    @Test("a file of many small tracks is read once, though each is looked into before it is judged")
    func reads() throws {
        let track = Boxes.box("trak", Boxes.box("mdia", Self.handler("vide")))
        let video =
            Self.fileType + Boxes.box("moov", [[UInt8]](repeating: track, count: 2000).flatMap { $0 })
        var total = 0
        let edits = try VideoCleaner.edits(of: .mp4, count: video.count) { offset, count throws(StoreError) in
            let bytes = Array(video[min(offset, video.count)..<min(offset + count, video.count)])
            total += bytes.count
            return bytes
        }
        #expect(edits != nil && total <= 2 * video.count + 64 << 10)
    }

    @Test(
        "bytes that are changed at random are never read outside, nor is the length changed",
        arguments: Seeds.some(of: 0..<40))
    func random(seed: Int) throws {
        var random = SplitMix(seed: UInt64(seed))
        let boxes = Self.fileType + Self.movie(Self.track("vide") + Self.track("meta")) + Boxes.box("mdat", Self.secret)
        for (video, format) in [(boxes, VideoFormat.mp4), (Self.webM(isUnknown: seed % 2 == 0), .webM)] {
            for _ in 0..<50 {
                var bytes = video
                for _ in 0..<4 {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
                bytes.removeLast(Int.random(in: 0..<bytes.count / 2, using: &random))
                if let cleaned = try Self.clean(bytes, format) {
                    #expect(cleaned.count == bytes.count)
                    // Whoever reads it again finds nothing more to take out than the boxes that are free now.
                    #expect(try Self.clean(cleaned, format) == cleaned)
                }
            }
        }
    }

    // MARK: - Elements

    private static func webM(isUnknown: Bool) -> [UInt8] {
        let info = Boxes.element(
            0x1549_A966,
            Boxes.element(0x2A_D7B1, [0x0F]) + Boxes.element(0x7BA9, secret) + Boxes.element(0x4461, times)
                + Boxes.element(0x4D80, Array("muxer".utf8)))
        let track = Boxes.element(
            0xAE, Boxes.element(0x83, [1]) + Boxes.element(0x536E, secret) + Boxes.element(0x86, Array("V_VP9".utf8)))
        let cluster = Boxes.element(
            0x1F43_B675, Boxes.element(0xE7, [1]) + Boxes.element(0xA3, Array("pictures".utf8)), isUnknown: isUnknown)
        let tags = Boxes.element(0x1254_C367, secret + [UInt8](repeating: 0x42, count: 200))
        let header = Boxes.element(0x1A45_DFA3, Boxes.element(0x4282, Array("webm".utf8)))
        let segment = Boxes.element(
            0x1853_8067,
            info + Boxes.element(0x1654_AE6B, track) + cluster + cluster + tags + Boxes.element(0x1941_A469, secret)
                + cluster,
            isUnknown: isUnknown)
        return header + segment
    }

    @Test(
        "tags, titles, dates and attachments in WebM become void, also where lengths are unknown",
        arguments: [false, true])
    func elements(isUnknown: Bool) throws {
        let video = Self.webM(isUnknown: isUnknown)
        let cleaned = try #require(try Self.clean(video, .webM))
        #expect(cleaned.count == video.count && Self.count("48.13", in: cleaned) == 0 && !cleaned.contains(0xDA))
        for (word, count) in [("pictures", 3), ("V_VP9", 1), ("muxer", 1), ("webm", 1)] {
            #expect(Self.count(word, in: cleaned) == count, "\(word)")
        }
        #expect(
            !cleaned.contains(0x42 as UInt8) || cleaned.count { $0 == 0x42 } == 1, "the tags' bytes, but DocType's id")
        #expect(try Self.clean(cleaned, .webM) == cleaned)
    }

    @Test("of what is no element nothing stays, and a track whose data may be places is refused")
    func badElements() throws {
        let header = Boxes.element(0x1A45_DFA3, Boxes.element(0x4282, Array("webm".utf8)))
        for rest in [[0x00] + Self.secret, [0x1A] + Self.secret, Self.secret, [0xEC], []] {
            let cleaned = try #require(try Self.clean(header + rest, .webM))
            #expect(Self.count("+48", in: cleaned) == 0 && cleaned.count == header.count + rest.count)
        }
        for type in UInt8(0)...40 {
            let track = Boxes.element(0xAE, Boxes.element(0x83, [type]))
            let video = header + Boxes.element(0x1853_8067, Boxes.element(0x1654_AE6B, track))
            #expect(try (Self.clean(video, .webM) != nil) == [1, 2, 3, 17].contains(type), "\(type)")
        }
        // A length that goes beyond what it is in takes nothing along.
        let beyond = Boxes.element(0x1549_A966, [0x7B, 0xA9, 0x90] + Self.secret.prefix(4))
        let video = header + Boxes.element(0x1853_8067, beyond + Boxes.element(0x1F43_B675, Array("pictures".utf8)))
        let cleaned = try #require(try Self.clean(video, .webM))
        #expect(Self.count("+48", in: cleaned) == 0 && Self.count("pictures", in: cleaned) == 1)
    }

    @Test("a film on the disk is stored without the place, whatever way it came")
    func stored() async throws {
        let services = try TestServices()
        let video =
            Self.fileType + Self.movie(Self.track("vide")) + Boxes.box("mdat", [UInt8](repeating: 3, count: 600_000))
            + Self.hidden("udta")
        let path = services.directory + "/upload"
        try Data(video).write(to: URL(fileURLWithPath: path))
        let cleaned = try #require(try Self.clean(video))
        for content in [Media.Content.file(path: path), .bytes(video)] {
            let id = try await services.media.store(video: content, limit: 1 << 20)
            let stored = try #require(try await services.media.openVideo(id))
            #expect(FileManager.default.contents(atPath: stored.path) == Data(cleaned))
        }
        let refused = Self.fileType + Boxes.box("moov", Boxes.box("cmov"))
        await #expect(
            throws: ServicesError.invalid(field: "file", message: "The file must be an MP4, QuickTime or WebM video")
        ) {
            try await services.media.store(video: .bytes(refused), limit: 1 << 20)
        }
    }
}
