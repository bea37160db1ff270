import Foundation
import Geo
import TestKit
import Testing

@Suite("Track codec")
struct TrackCodecTests {
    // MARK: - What goes in comes out

    @Test("no points are a track")
    func empty() throws {
        let bytes = TrackCodec.encode([])
        #expect(try TrackCodec.decode(bytes) == [])
        #expect(bytes.count < 20)
    }

    @Test("random tracks come back to the last bit")
    func random() throws {
        var random = SplitMix(seed: 11)
        for _ in 0..<300 {
            let track = try random.track(count: .random(in: 0...400, using: &random))
            #expect(try TrackCodec.decode(TrackCodec.encode(track)) == track)
        }
    }

    @Test("the extremes of every column come back")
    func extremes() throws {
        let corners = [
            try Coordinate(latitudeE7: 900_000_000, longitudeE7: 1_800_000_000),
            try Coordinate(latitudeE7: -900_000_000, longitudeE7: -1_800_000_000),
        ]
        var random = SplitMix(seed: 12)
        let track = (0..<300).map { _ in
            TrackPoint(
                id: [.min, .max, 0, 1].randomElement(using: &random)!,
                time: [.min, .max, 0, -1, 1_732_350_000_000].randomElement(using: &random)!,
                coordinate: corners.randomElement(using: &random)!,
                accuracy: [nil, .min, .max, 0].randomElement(using: &random)!,
                altitude: [nil, .min, .max, 0].randomElement(using: &random)!,
                heartRate: [nil, .min, .max, 0].randomElement(using: &random)!,
                flags: [0, 255, 1].randomElement(using: &random)!)
        }
        for count in [1, 2, 3, 127, 128, 129, 300] {
            let part = Array(track.prefix(count))
            #expect(try TrackCodec.decode(TrackCodec.encode(part)) == part)
        }
    }

    @Test("slices and lazy collections are tracks and bytes too")
    func collections() throws {
        var random = SplitMix(seed: 13)
        let track = try random.track(count: 50)
        let bytes = TrackCodec.encode(track[10..<40])
        #expect(bytes == TrackCodec.encode(track.lazy.filter { $0.id >= 11 && $0.id <= 40 }.map { $0 }))
        let padded = [0, 0] + bytes + [0]
        #expect(try TrackCodec.decode(padded[2..<(padded.count - 1)]) == Array(track[10..<40]))
        #expect(try TrackCodec.decode(Data(bytes)) == Array(track[10..<40]))
    }

    @Test("a track of one point has the bytes that it always had, whatever the widths of its numbers")
    func onePoint() throws {
        // Journals are full of these, so they have a way of their own; the sum is of before they had.
        var checksum = CRC32C()
        for width in 0..<64 {
            let power = Int64(bitPattern: 1 << UInt64(width))
            for value in [power, -(power &- 1), power &- 1] {
                let narrow = Int32(truncatingIfNeeded: value)
                let point = TrackPoint(
                    id: narrow, time: value,
                    coordinate: try Coordinate(
                        latitudeE7: narrow % 900_000_000, longitudeE7: narrow % 1_800_000_000),
                    accuracy: width % 3 == 0 ? nil : narrow, altitude: narrow,
                    heartRate: width % 2 == 0 ? nil : narrow, flags: UInt8(truncatingIfNeeded: value))
                let bytes = TrackCodec.encode([point])
                #expect(try TrackCodec.decode(bytes) == [point])
                checksum.update(bytes)
            }
        }
        #expect(checksum.value == 3_422_943_417)
    }

    // MARK: - How much it takes

    @Test("two hours at one marker a second take less than 40 KB")
    func size() throws {
        var random = SplitMix(seed: 14)
        #expect(TrackCodec.encode(try random.run(seconds: 7200)).count < 40_000)
    }

    @Test("columns nobody filled cost nothing")
    func absentColumns() throws {
        var random = SplitMix(seed: 15)
        let full = try random.run(seconds: 1280)
        let bare = full.map { TrackPoint(id: $0.id, time: $0.time, coordinate: $0.coordinate) }
        let flagged = bare.map { point in
            var point = point
            point.flags = 3
            return point
        }
        let bareCount = TrackCodec.encode(bare).count
        #expect(bareCount < TrackCodec.encode(full).count)
        // Ten blocks of six bits and the first value's.
        #expect(TrackCodec.encode(flagged).count - bareCount < 64)
    }

    @Test("a place where nobody moves takes next to nothing")
    func standing() throws {
        let place = try Coordinate(latitude: 39.905, longitude: 116.407)
        let track = (0..<7200).map { TrackPoint(id: Int32($0 + 1), time: Int64($0) * 1000, coordinate: place) }
        #expect(TrackCodec.encode(track).count < 400)
    }

    // MARK: - Pieces

    @Test("pieces that are joined are one track", arguments: [0, 1, 2, 7])
    func joined(count: Int) throws {
        var random = SplitMix(seed: 21)
        let pieces = try (0..<count).map { try random.track(count: 1 + $0 * 30) }
        let bytes = TrackCodec.join(pieces.map { TrackCodec.encode($0) })
        #expect(try TrackCodec.decode(bytes) == pieces.flatMap(\.self))
    }

    @Test("two hours in pieces of a minute take less than 40 KB")
    func joinedSize() throws {
        var random = SplitMix(seed: 22)
        let track = try random.run(seconds: 7200)
        let pieces = stride(from: 0, to: track.count, by: 64).map { TrackCodec.encode(track[$0..<min($0 + 64, 7200)]) }
        let joined = TrackCodec.join(pieces)
        #expect(joined.count < 40_000, "\(joined.count) bytes, and \(TrackCodec.encode(track).count) in one piece")
        #expect(try TrackCodec.decode(joined) == track)
    }

    @Test("damage to a piece, a missing piece and whatever follows the last is noticed")
    func damagedPieces() throws {
        var random = SplitMix(seed: 23)
        let bytes = TrackCodec.join(try [5, 1, 20].map { TrackCodec.encode(try random.track(count: $0)) })
        for bit in 0..<(bytes.count * 8) {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: TrackCodecError.self) { try TrackCodec.decode(damaged) }
        }
        for count in 0..<bytes.count {
            #expect(throws: TrackCodecError.self) { try TrackCodec.decode(bytes.prefix(count)) }
        }
        #expect(throws: TrackCodecError.malformed) { try TrackCodec.decode(bytes + [0]) }
        // Pieces have no pieces.
        let nested = [2, 1, 0, 0, 0] + withUnsafeBytes(of: UInt32(bytes.count).littleEndian, Array.init) + bytes
        #expect(throws: TrackCodecError.unknownVersion(2)) { try TrackCodec.decode(nested) }
        let many: [UInt8] = [2, 255, 255, 255, 255]
        #expect(throws: TrackCodecError.truncated) { try TrackCodec.decode(many) }
    }

    // MARK: - What is not a track

    @Test("each flipped bit is noticed")
    func flips() throws {
        var random = SplitMix(seed: 16)
        for count in [0, 1, 5, 60] {
            let bytes = TrackCodec.encode(try random.track(count: count))
            for bit in 0..<(bytes.count * 8) {
                var damaged = bytes
                damaged[bit / 8] ^= 1 << (bit % 8)
                #expect(throws: bit < 8 ? .unknownVersion(damaged[0]) : TrackCodecError.checksumMismatch) {
                    try TrackCodec.decode(damaged)
                }
            }
        }
    }

    @Test("each truncation and each appended byte is noticed")
    func truncations() throws {
        var random = SplitMix(seed: 17)
        let bytes = TrackCodec.encode(try random.track(count: 60))
        for count in 0..<bytes.count {
            #expect(throws: TrackCodecError.self) { try TrackCodec.decode(bytes.prefix(count)) }
        }
        #expect(throws: TrackCodecError.truncated) { try TrackCodec.decode([]) }
        #expect(throws: TrackCodecError.truncated) { try TrackCodec.decode([1]) }
        for extra in [0, 255] as [UInt8] {
            #expect(throws: TrackCodecError.checksumMismatch) { try TrackCodec.decode(bytes + [extra]) }
        }
    }

    @Test("other versions are named")
    func version() {
        #expect(throws: TrackCodecError.unknownVersion(3)) { try TrackCodec.decode(Self.sealed([3, 0, 0, 0, 0, 0])) }
        #expect(throws: TrackCodecError.unknownVersion(0)) { try TrackCodec.decode([0]) }
    }

    @Test("huge counts without content are refused before anything is allocated")
    func hugeCounts() {
        for count in [1 << 16, 1 << 22, (1 << 22) + 1, .max] as [UInt32] {
            let bytes = [1] + withUnsafeBytes(of: count.littleEndian, Array.init) + Array(repeating: 0, count: 40)
            #expect(throws: TrackCodecError.malformed) { try TrackCodec.decode(Self.sealed(bytes)) }
        }
    }

    @Test("random bytes under a right checksum never trap")
    func hostile() throws {
        var random = SplitMix(seed: 18)
        var decoded = 0
        for step in 0..<Seeds.count(of: 20_000) {
            var bytes: [UInt8]
            if step % 2 == 0 {
                bytes = (0..<Int.random(in: 0...120, using: &random)).map { _ in .random(in: 0...255, using: &random) }
                if bytes.count >= 5 { bytes.replaceSubrange(0..<5, with: [1, UInt8(step % 200), 0, 0, 0]) }
            } else {
                bytes = TrackCodec.encode(try random.track(count: 5)).dropLast(4)
                for _ in 0..<3 {
                    bytes[.random(in: 1..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
                }
            }
            if let track = try? TrackCodec.decode(Self.sealed(bytes)) {
                decoded += 1
                // Whatever was read is a track like any other.
                #expect(try TrackCodec.decode(TrackCodec.encode(track)) == track)
            }
        }
        #expect(decoded > 0)
    }

    @Test("a byte too many under a right checksum is refused")
    func surplus() {
        let bytes = TrackCodec.encode([])
        let content = Array(bytes.dropLast(4))
        #expect(content.count == 7)
        // The head of five bytes and sixteen bits of empty columns.
        #expect(throws: TrackCodecError.malformed) { try TrackCodec.decode(Self.sealed(content + [0])) }
    }

    /// Content with its checksum.
    private static func sealed(_ content: [UInt8]) -> [UInt8] {
        var checksum = CRC32C()
        checksum.update(content)
        return content + withUnsafeBytes(of: checksum.value.littleEndian, Array.init)
    }
}

extension SplitMix {
    /// Anything at all, some of it regular.
    fileprivate mutating func track(count: Int) throws -> [TrackPoint] {
        let hasAccuracy = Int.random(in: 0...2, using: &self)
        let hasAltitude = Int.random(in: 0...2, using: &self)
        let hasHeartRate = Int.random(in: 0...2, using: &self)
        let hasFlags = Bool.random(using: &self)
        let spread = Int32.random(in: 0...1000, using: &self)
        var time = Int64.random(in: -1000...2_000_000_000_000, using: &self)
        return try (0..<count).map { index in
            time += .random(in: -10...Int64(spread) + 1000, using: &self)
            func optional(_ how: Int) -> Int32? {
                how == 0 || (how == 1 && Bool.random(using: &self)) ? nil : .random(in: -spread...spread, using: &self)
            }
            return TrackPoint(
                id: Int32(index + 1) + (spread > 900 ? .random(in: -5...5, using: &self) : 0), time: time,
                coordinate: spread > 950
                    ? try place()
                    : try Coordinate(
                        latitudeE7: 399_050_000 + .random(in: -spread...spread, using: &self),
                        longitudeE7: 1_164_070_000 + .random(in: -spread...spread, using: &self)),
                accuracy: optional(hasAccuracy), altitude: optional(hasAltitude), heartRate: optional(hasHeartRate),
                flags: hasFlags ? .random(in: 0...255, using: &self) : 0)
        }
    }

    /// A run at 3 m/s as a phone records it: wandering noise, a jittering clock, heart rate from half-way on.
    fileprivate mutating func run(seconds: Int) throws -> [TrackPoint] {
        var heading = 0.0
        var north = 0.0
        var east = 0.0
        var error = (north: 0.0, east: 0.0)
        var accuracy = 50.0
        var altitude = 440.0
        var heartRate = 120.0
        return try (0..<seconds).map { second in
            heading += normal(0.05)
            north += 3 * cos(heading)
            east += 3 * sin(heading)
            error = (error.north * 0.98 + normal(0.5), error.east * 0.98 + normal(0.5))
            accuracy = max(30, min(200, accuracy + normal(4)))
            altitude += normal(4)
            heartRate += normal(1.2)
            return TrackPoint(
                id: Int32(second + 1), time: 1_732_350_000_000 + Int64(second) * 1000 + Int64(normal(8)),
                coordinate: try Coordinate(
                    latitudeE7: 399_050_000 + Int32((north + error.north) * 90),
                    longitudeE7: 1_164_070_000 + Int32((east + error.east) * 117)),
                accuracy: Int32(accuracy), altitude: Int32(altitude),
                heartRate: second < seconds / 2 ? nil : Int32(heartRate))
        }
    }

    /// About normally distributed, by Irwin and Hall.
    private mutating func normal(_ deviation: Double) -> Double {
        var sum = -6.0
        for _ in 0..<12 { sum += .random(in: 0...1, using: &self) }
        return sum * deviation
    }
}
