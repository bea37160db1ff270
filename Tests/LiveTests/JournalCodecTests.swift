import Geo
import Rooms
import Testing

@testable import Live

@Suite("Journal rows") struct JournalCodecTests {
    private func chunks() throws -> [JournalChunk] {
        try (1...3).map { runner in
            JournalChunk(
                runner: runner, runKey: Int64(runner) << 40,
                markers: try (1...20).map { id in
                    TrackPoint(
                        id: Int32(id), time: 1_732_350_000_000 + Int64(id) * 1000,
                        coordinate: try Coordinate(latitude: 48.1 + Double(id) * 1e-5, longitude: 11.5),
                        accuracy: 65, heartRate: 150, flags: UInt8(id % 3))
                })
        }
    }

    @Test("a row comes back as it was written") func roundTrip() throws {
        let written = try chunks()
        let bytes = JournalCodec.encode(written, room: 5, sequence: 9)
        #expect(try JournalCodec.decode(bytes, room: 5, sequence: 9) == written)
    }

    @Test("a row that stands under another room or sequence is found out") func wrongPlace() throws {
        let bytes = JournalCodec.encode(try chunks(), room: 5, sequence: 9)
        #expect(throws: JournalCodec.Damage.self) { try JournalCodec.decode(bytes, room: 6, sequence: 9) }
        #expect(throws: JournalCodec.Damage.self) { try JournalCodec.decode(bytes, room: 5, sequence: 8) }
    }

    @Test("every flipped bit is found out") func flippedBits() throws {
        let bytes = JournalCodec.encode(try chunks(), room: 5, sequence: 9)
        for bit in 0..<(bytes.count * 8) {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: JournalCodec.Damage.self, "bit \(bit)") {
                try JournalCodec.decode(damaged, room: 5, sequence: 9)
            }
        }
    }

    @Test("every truncation is found out") func truncations() throws {
        let bytes = JournalCodec.encode(try chunks(), room: 5, sequence: 9)
        for count in 0..<bytes.count {
            #expect(throws: JournalCodec.Damage.self, "\(count) bytes") {
                try JournalCodec.decode(Array(bytes.prefix(count)), room: 5, sequence: 9)
            }
        }
    }
}
