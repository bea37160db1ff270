import Geo
import Testing

@Suite("CRC-32C")
struct CRC32CTests {
    /// RFC 3720, appendix B.4, and the check value of the catalogue of parametrised CRCs.
    static let vectors: [(bytes: [UInt8], value: UInt32)] = [
        (Array(repeating: 0, count: 32), 0x8a91_36aa),
        (Array(repeating: 0xff, count: 32), 0x62a8_ab43),
        (Array(0..<32), 0x46dd_794e),
        (Array((0..<32).reversed()), 0x113f_db5c),
        (Array("123456789".utf8), 0xe306_9283),
        ([], 0),
    ]

    @Test("published vectors", arguments: vectors)
    func vector(vector: (bytes: [UInt8], value: UInt32)) {
        var checksum = CRC32C()
        checksum.update(vector.bytes)
        #expect(checksum.value == vector.value)
    }

    @Test("pieces of any length, and sequences without storage, sum up to the whole")
    func pieces() {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 * 7) }
        var whole = CRC32C()
        whole.update(bytes)
        for cut in [0, 1, 7, 8, 9, 500, 999, 1000] {
            var pieces = CRC32C()
            pieces.update(bytes[..<cut])
            pieces.update(AnySequence(bytes[cut...]))
            #expect(pieces.value == whole.value)
        }
    }
}
