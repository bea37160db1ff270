import Geo

@testable import Live
@testable import Rooms

/// What happens to a marker, piece by piece.
enum HotPath {
    static let all: [(String, @Sendable () throws -> Void)] = [
        ("scanner", scanner), ("frame", frame), ("room", room), ("journal", journal),
        ("track", track), ("record", record),
    ]

    private static let noon: Int64 = 1_732_350_000_000
    private static let runners = 50

    /// A place on a runner's way, about 3 m a second.
    private static func place(_ second: Int, of runner: Int = 0) throws -> Coordinate {
        try Coordinate(
            latitudeE7: 399_050_000 + Int32(second) * 270 + Int32(runner) * 11,
            longitudeE7: 1_164_070_000 + Int32(second % 7) * 3)
    }

    static func scanner() throws {
        let text = Array(
            #"{"type":"markers","markers":[{"id":118,"latitude":39.9050123,"longitude":116.4070456,"time":1732350000000,"accuracy":6.5,"altitude":44.0,"heartRate":151}]}"#
                .utf8)
        try Benchmark(name: "scanner: a message of one marker", calls: 200_000).run({}) { _ in
            try text.withUnsafeBytes { blackHole(try MarkersScanner.scan($0, maxMarkers: 500)) }
        }
    }

    static func frame() throws {
        let rows = try (1...10).map { number in
            RunnerRow(
                runner: number, position: try place(number), meters: 1234.56 + Double(number), seconds: 431.2,
                state: .running, place: number, gapMeters: 12.3, gapSeconds: 4.5)
        }
        for system in [CoordinateSystem.wgs84, .gcj02] {
            Benchmark(name: "frame: a row of ten, \(system.rawValue)", operations: rows.count, calls: 50_000).run({}) {
                _ in
                blackHole(ServerMessages.frame(rows, time: noon, in: system))
            }
        }
    }

    private static func makeRoom() throws -> Room {
        var room = Room(id: "159", epoch: "e")
        for number in 1...runners {
            _ = try room.join(
                Person(account: Int64(number), username: "r\(number)", nickname: "R", avatar: "/a", zones: []),
                newRunKey: Int64(number), at: noon)
            _ = try room.connected(number, at: noon)
            room.introduce(number)
            _ = try room.start(number, newRunKey: Int64(1000 + number), at: noon)
        }
        return room
    }

    static func room() throws {
        // Each call is a second of a room: everybody's marker, five ticks with their rows, and the journal.
        try Benchmark(name: "room: a marker, filtered and measured", operations: runners, calls: 1000).run({
            (try makeRoom(), 0)
        }) { state in
            state.1 += 1
            let now = noon + Int64(state.1) * 1000
            for number in 1...runners {
                blackHole(
                    try state.0.markers(
                        [IncomingMarker(id: Int32(state.1), coordinate: try place(state.1, of: number), time: now)],
                        from: number, at: now))
            }
        }
        try Benchmark(name: "room: a marker with standings, rows and journal", operations: runners, calls: 1000).run({
            (try makeRoom(), 0)
        }) { state in
            state.1 += 1
            let now = noon + Int64(state.1) * 1000
            for number in 1...runners {
                blackHole(
                    try state.0.markers(
                        [IncomingMarker(id: Int32(state.1), coordinate: try place(state.1, of: number), time: now)],
                        from: number, at: now))
                guard number % 10 == 0 else { continue }
                let version = state.0.version
                state.0.refreshStandings()
                state.0.rows(changedAfter: version > 10 ? version - 10 : 0, at: now) { blackHole($0) }
            }
            blackHole(state.0.takeJournal())
        }
    }

    static func journal() throws {
        let chunks = try (1...runners).map { runner in
            let point = TrackPoint(
                id: 118, time: noon, coordinate: try place(118, of: runner), accuracy: 65, altitude: 440,
                heartRate: 150)
            return JournalChunk(runner: runner, runKey: 1_000_000_007 * Int64(runner), markers: [point])
        }
        Benchmark(name: "journal: a marker of a row of fifty", operations: runners, calls: 5000).run({}) { _ in
            blackHole(JournalCodec.encode(chunks, room: 1, sequence: 1))
        }
    }

    static func record() throws {
        // Two hours, at the end of which the blocks are on disk.
        var room = Room(id: "159", epoch: "e")
        _ = try room.join(
            Person(account: 1, username: "r", nickname: "R", avatar: "/a", zones: []), newRunKey: 1, at: noon)
        _ = try room.start(1, newRunKey: 2, at: noon)
        var blocks: [[UInt8]] = []
        for second in 1...7200 {
            let now = noon + Int64(second) * 1000
            let marker = IncomingMarker(
                id: Int32(second), coordinate: try place(second, of: second * second % 17),
                time: now + Int64(second % 13), accuracy: Double(second % 9) + 3,
                altitude: 440 + Double(second % 50) / 7,
                heartRate: 150 + Int32(second % 11))
            _ = try room.markers([marker], from: 1, at: now)
            blocks += room.takeJournal().blocks.map(\.bytes)
        }
        guard let finished = try room.finish(1, at: noon + 7_201_000).records.first else { return }
        Benchmark(name: "record: the track of 7,200 markers", calls: 20).run({}) { _ in
            var run = finished
            // As for a commit: looked through for damage, then joined.
            for block in blocks { blackHole(try? TrackCodec.decode(block)) }
            blackHole(try? run.completeTrack(with: blocks))
        }
        var run = finished
        print("record: that track has \(try run.completeTrack(with: blocks).count) bytes")
    }

    static func track() throws {
        let points = try (1...7200).map { second in
            TrackPoint(
                id: Int32(second), time: noon + Int64(second) * 1000 + Int64(second % 13),
                coordinate: try place(second),
                accuracy: 65, altitude: 440 + Int32(second % 50), heartRate: 150)
        }
        let bytes = TrackCodec.encode(points)
        Benchmark(name: "track: encode a marker of 7,200", operations: points.count, calls: 5).run({}) { _ in
            blackHole(TrackCodec.encode(points))
        }
        try Benchmark(name: "track: decode a marker of 7,200", operations: points.count, calls: 5).run({}) { _ in
            blackHole(try TrackCodec.decode(bytes))
        }
    }
}
