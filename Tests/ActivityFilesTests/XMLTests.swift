import Foundation
import TestKit
import Testing

@testable import ActivityFiles

@Suite("XML of strangers")
struct XMLTests {
    private static let point = "<trkpt lat='1' lon='2'><time>2017-10-08T14:54:11Z</time></trkpt>"

    @Test(
        "files that are no well-formed XML",
        arguments: [
            "<gpx>", "<gpx></trk>", "<gpx/><gpx/>", "<gpx/>x", "<gpx a='1' a='2'/>", "<gpx>&nbsp;</gpx>",
            "<gpx>\u{1}</gpx>",
            // Where the parser of Foundation went beyond its bytes.
            "<?x?>\u{7f}<gpx", "<?x?>rubbish",
        ])
    func malformed(text: String) {
        #expect {
            try Files.read(text)
        } throws: { error in
            guard case ActivityFileError.malformedXML = error else { return false }
            return true
        }
    }

    @Test(
        "what is of no known format", arguments: ["", "   ", "hello", "<svg/>", "<html><gpx/></html>", "PK", "\u{1f}"])
    func unknown(text: String) {
        #expect(throws: ActivityFileError.unknownFormat) { try Files.read(text) }
    }

    @Test("a document type is refused, with entities or without, in any encoding that is read")
    func documentType() throws {
        let bomb = """
            <?xml version="1.0"?>
            <!DOCTYPE gpx [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>
            <gpx><trk><name>&b;&f;</name></trk></gpx>
            """
        #expect(throws: ActivityFileError.documentType) { try Files.read(bomb) }
        #expect(throws: ActivityFileError.documentType) { try Files.read("<!DOCTYPE gpx><gpx/>") }
        #expect(throws: ActivityFileError.documentType) {
            try Files.read("<!DOCTYPE gpx SYSTEM 'http://a/b.dtd'><gpx/>")
        }
        let wide = try #require(bomb.data(using: .utf16))
        #expect(throws: ActivityFileError.documentType) { try ActivityFile.contents(of: wide) }
    }

    @Test("UTF-8, UTF-16 and Latin-1 are read; blanks and a mark before the beginning do no harm")
    func encodings() throws {
        func file(_ declaration: String) -> String {
            "<?xml version=\"1.0\"\(declaration)?><gpx><trk><name>Fränze</name><trkseg>\(Self.point)</trkseg></trk></gpx>"
        }
        for text in [file(""), "\u{feff}" + file(""), "\n\n  " + file(""), "\u{feff} \r\n" + file(" encoding='utf-8'")]
        {
            #expect(try Files.activity(text).name == "Fränze")
        }
        for encoding in [String.Encoding.utf16, .utf16LittleEndian, .utf16BigEndian] {
            var data = try #require(file(" encoding=\"UTF-16\"").data(using: encoding))
            #expect(try ActivityFile.contents(of: data).activities.first?.name == "Fränze")
            data.removeLast()
            #expect(throws: ActivityFileError.self) { try ActivityFile.contents(of: data) }
        }
        let latin = try #require(file(" encoding=\"ISO-8859-1\"").data(using: .isoLatin1))
        #expect(try ActivityFile.contents(of: latin).activities.first?.name == "Fränze")
        for encoding in ["UTF-7", "UTF-32", "EBCDIC-CP-US", "nonsense"] {
            #expect(throws: ActivityFileError.self) { try Files.read(file(" encoding=\"\(encoding)\"")) }
        }
        // Four bytes a character.
        for start in [[0, 0, 0, 0x3c], [0x3c, 0, 0, 0]] as [[UInt8]] {
            #expect(throws: ActivityFileError.self) { try ActivityFile.contents(of: Data(start + [0x2f, 0x74])) }
        }
    }

    @Test("a million elements inside each other are refused, and 64 are not")
    func depth() throws {
        let many = "<gpx>" + String(repeating: "<a>", count: 1_000_000)
        #expect(throws: ActivityFileError.tooDeep) { try Files.read(many) }
        let deep = String(repeating: "<a>", count: 63) + String(repeating: "</a>", count: 63)
        #expect(try Files.activity("<gpx>\(deep)<trk><trkseg>\(Self.point)</trkseg></trk></gpx>").points.count == 1)
        #expect(throws: ActivityFileError.tooDeep) { try Files.read("<gpx><a>\(deep)</a></gpx>") }
    }

    @Test("texts, tags, attributes and names are bounded; a long text of nobody's interest too")
    func lengths() throws {
        let long = String(repeating: "x", count: 2 << 20)
        #expect(throws: ActivityFileError.tooLong) { try Files.read("<gpx><trk><name>\(long)</name></trk></gpx>") }
        #expect(throws: ActivityFileError.tooLong) { try Files.read("<gpx><![CDATA[\(long)]]></gpx>") }
        #expect(throws: ActivityFileError.tooLong) { try Files.read("<gpx><\(long)/></gpx>") }
        #expect(throws: ActivityFileError.tooLong) { try Files.read("<gpx a=\"\(long)") }
        #expect(throws: ActivityFileError.tooLong) { try Files.read("<gpx><!--\(long)") }
        let attributes = (0..<65).map { " a\($0)=''" }.joined()
        #expect(throws: ActivityFileError.tooLong) { try Files.read("<gpx\(attributes)/>") }
        let names = (0..<5000).map { "<a\($0)/>" }.joined()
        #expect(throws: ActivityFileError.tooLong) { try Files.read("<gpx>\(names)</gpx>") }
    }

    @Test("a document comes in pieces of any size")
    func pieces() throws {
        let file = Array(GPX.text(Files.run()).utf8)
        let whole = try ActivityFile.contents(of: Data(file))
        for size in [1, 2, 3, 7, 64, 1000, 100_000] {
            let reader = ActivityFileReader()
            for start in stride(from: 0, to: file.count, by: size) {
                try Array(file[start..<min(start + size, file.count)]).withRawBytes { piece throws(ActivityFileError) in
                    try reader.push(piece)
                }
            }
            #expect(try reader.finish() == whole)
        }
    }

    @Test("files cut anywhere are refused, and with random bytes in them never trap")
    func damaged() throws {
        var run = Files.golden
        run.name = "é"
        for text in [GPX.text(run), try TCX.text(run), KML.text(run)] {
            let file = Data(text.trimmingCharacters(in: .newlines).utf8)
            for count in stride(from: 0, to: file.count, by: 3) {
                #expect(throws: ActivityFileError.self) { try ActivityFile.contents(of: file.prefix(count)) }
            }
            var random = SplitMix(seed: 21)
            for _ in 0..<500 {
                var damaged = file
                for _ in 0..<3 {
                    damaged[.random(in: 0..<damaged.count, using: &random)] = .random(in: 0...255, using: &random)
                }
                if let contents = try? ActivityFile.contents(of: damaged) {
                    #expect(!contents.activities.isEmpty || !contents.courses.isEmpty)
                }
            }
        }
    }
}
