import Testing

@testable import Store

@Suite("Records") struct RecordTests {
    let temporary: TemporaryDatabase
    var database: AppDatabase { temporary.database }

    init() throws { temporary = try TemporaryDatabase() }

    @Test("a run from a file is known again by its start, its points and its ends, as exactly as formats are")
    func duplicates() async throws {
        let account = try await temporary.makeAccount().id, other = try await temporary.makeAccount("other").id
        func insert(_ record: ImportedRecord, _ account: Int64) async throws -> String {
            switch try await database.records.insertImportedRecord(record, account: account, at: 5) {
            case .created(let summary): "new \(summary.runID)"
            case .duplicate(let summary): "known \(summary.runID)"
            }
        }
        #expect(try await insert(.make(title: "River"), account) == "new 1")
        #expect(try await insert(.make(), account) == "known 1")
        #expect(try await insert(.make(startAt: 1_000_499, latitude: 39.900_000_1), account) == "known 1")
        #expect(try await insert(.make(startAt: 1_001_001), account) == "new 2")
        #expect(try await insert(.make(points: 101), account) == "new 3")
        #expect(try await insert(.make(latitude: 39.900_02), account) == "new 4")
        #expect(try await insert(.make(), other) == "new 1")
        let noted = try #require(try await database.records.notedRecord(account: account, runID: 1))
        #expect(noted.summary.source == .imported && noted.summary.runKey == nil)
        #expect(noted.file == RunFile(format: "gpx", sport: "running", meters: 1002.5) && noted.notes.title == "River")
        #expect(noted.summary.pauses == [1_001_000..<1_101_000])
        #expect(try await database.keptBytes(account: account) == 4 * 3 + 5)
        #expect(try await database.records.deleteRecord(account: account, runID: 1))
        #expect(try await database.keptBytes(account: account) == 3 * 3)
        #expect(try await insert(.make(), account) == "new 5")
        #expect(try database.administer("SELECT COUNT(*) FROM run_files") == ["5"])
        await #expect(throws: StoreError.noSuchAccount) {
            try await database.records.insertImportedRecord(.make(), account: 1, at: 5)
        }
    }

    @Test("of files an account has so many runs, and another when one of them is gone")
    func runsOfAccount() async throws {
        let account = try await temporary.makeAccount().id
        func insert(_ index: Int64) async throws(StoreError) {
            _ = try await database.records.insertImportedRecord(
                .make(startAt: index * 1_000_000), account: account, limit: 2, at: 5)
        }
        for index: Int64 in 1...2 { try await insert(index) }
        await #expect(throws: StoreError.quotaExceeded) { try await insert(3) }
        #expect(try await database.records.deleteRecord(account: account, runID: 1))
        try await insert(3)
        await #expect(throws: StoreError.quotaExceeded) { try await insert(4) }
    }

    @Test("rides and swims are no part of what somebody has run")
    func rides() async throws {
        let account = try await temporary.makeAccount().id
        for (index, sport) in ["running", "cycling", "swimming", "other"].enumerated() {
            _ = try await database.records.insertImportedRecord(
                .make(startAt: Int64(index + 1) * 1_000_000, sport: sport), account: account, at: 5)
        }
        _ = try await database.records.insertPostedRecord(.make(), account: account, at: 5)
        let totals = try await database.records.totals(account: account)
        #expect(totals == RecordTotals(count: 3, meters: 7000, seconds: 2100))
        #expect(
            try await database.records.notedRecords(account: account, limit: 9).map(\.isOnFoot) == [
                true, false, false, true, true,
            ])
    }

    @Test(
        "pauses are kept as text, and what is none is no pause",
        arguments: [
            (nil, []), ("", []), ("{}", []), (#"{"pauses":[[1,2],[2,5]]}"#, [1..<2, 2..<5]),
            (#"{"pauses":[[3,2]]}"#, []), (#"{"pauses":[[1,9],[2,5]]}"#, []), (#"{"pauses":[[1]]}"#, []),
        ] as [(String?, [Range<Int64>])])
    func pauses(text: String?, ranges: [Range<Int64>]) {
        #expect(RecordPauses(text: text).ranges == ranges)
        #expect(RecordPauses(text: RecordPauses(ranges).text).ranges == ranges)
        #expect(RecordPauses([]).text == nil)
    }

    @Test("a posted record gets the next run ID and resets the run data")
    func post() async throws {
        let account = try await temporary.makeAccount().id
        let empty = try await database.accounts.runData(account: account)
        #expect(try await database.accounts.replaceRunData(empty, by: "{}", account: account))
        let first = try await database.records.insertPostedRecord(.make(meters: 1), account: account, at: 5)
        let second = try await database.records.insertPostedRecord(.make(meters: 2, track: []), account: account, at: 6)
        #expect([first.runID, second.runID] == [1, 2])
        #expect(first.source == .posted && first.createdAt == 5 && first.runKey == nil)
        #expect(try await database.accounts.runData(account: account).text == nil)
        #expect(
            try await database.records.record(account: account, runID: 1)
                == StoredRecord(summary: first, track: [1, 2, 3]))
        #expect(
            try await database.records.record(account: account, runID: 2) == StoredRecord(summary: second, track: []))
        #expect(try await database.records.record(account: account, runID: 3) == nil)
        await #expect(throws: StoreError.noSuchAccount) {
            try await database.records.insertPostedRecord(.make(), account: 1, at: 5)
        }
    }

    @Test("run IDs are per account, without gaps or doubles under parallel posts")
    func parallelPosts() async throws {
        let ana = try await temporary.makeAccount("ana").id, ben = try await temporary.makeAccount("ben").id
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<40 {
                group.addTask {
                    _ = try await database.records.insertPostedRecord(
                        .make(), account: number.isMultiple(of: 2) ? ana : ben, at: 1)
                }
            }
            try await group.waitForAll()
        }
        for account in [ana, ben] {
            let page = try await database.records.recordSummaries(account: account)
            #expect(page.records.map(\.runID) == Array(1...20))
            #expect(page.total == 20)
        }
    }

    @Test("pages ascend by run ID and tell the total")
    func pages() async throws {
        let account = try await temporary.makeAccount().id
        for _ in 0..<5 { _ = try await database.records.insertPostedRecord(.make(), account: account, at: 1) }
        let summaries = try await database.records.recordSummaries(account: account, offset: 1, limit: 2)
        #expect(summaries.records.map(\.runID) == [2, 3] && summaries.total == 5)
        let last = try await database.records.recordSummaries(account: account, offset: 3, limit: 10)
        #expect(last.records.map(\.runID) == [4, 5] && last.total == 5)
        #expect(try await database.records.recordSummaries(account: account, offset: 9, limit: 10).records.isEmpty)
        #expect(try await database.records.recordSummaries(account: account).records.count == 5)
        #expect(try await database.records.recordSummaries(account: 1) == RecordPage(records: [], total: 0))
    }

    @Test("a deleted record's run ID is never given again, and the others keep theirs")
    func deletion() async throws {
        let account = try await temporary.makeAccount().id
        for _ in 0..<3 { _ = try await database.records.insertPostedRecord(.make(), account: account, at: 1) }
        #expect(try await database.records.deleteRecord(account: account, runID: 3))
        #expect(try await !database.records.deleteRecord(account: account, runID: 3))
        #expect(try await database.records.deleteRecord(account: account, runID: 1))
        #expect(try await database.records.insertPostedRecord(.make(), account: account, at: 1).runID == 4)
        #expect(try await database.records.recordSummaries(account: account).records.map(\.runID) == [2, 4])
    }

    @Test("a live record is stored once; a later commit corrects it and keeps its run ID")
    func live() async throws {
        let account = try await temporary.makeAccount().id
        _ = try await database.records.insertPostedRecord(.make(), account: account, at: 1)
        let key: Int64 = 4711
        #expect(
            try await database.rooms.commit(JournalBatch(records: [.make(runKey: key, account: account)])).runIDs == [
                key: 2
            ])
        let corrected = LiveRecord.make(runKey: key, account: account, meters: 1002.5, track: [1])
        #expect(try await database.rooms.commit(JournalBatch(records: [corrected])).runIDs == [key: 2])

        let record = try #require(try await database.records.record(account: account, runID: 2))
        #expect(record.summary.meters == 1002.5 && record.track == [1] && record.summary.source == .live)
        #expect(record.summary.runKey == key && record.summary.splits == "[300]")
        #expect(try await database.records.recordSummaries(account: account).total == 2)
        #expect(try await database.accounts.account(id: account)?.lastRunID == 2)
    }

    @Test("a live record that its owner deleted does not come back")
    func deletedLive() async throws {
        let account = try await temporary.makeAccount().id
        let batch = JournalBatch(records: [.make(runKey: 5, account: account)])
        #expect(try await database.rooms.commit(batch).runIDs == [5: 1])
        #expect(try await database.records.deleteRecord(account: account, runID: 1))
        #expect(try await database.rooms.commit(batch).runIDs == [5: 1])
        #expect(try await database.records.recordSummaries(account: account).total == 0)
        #expect(try await database.accounts.account(id: account)?.lastRunID == 1)
    }

    @Test("a record of an account that is gone is skipped, and the rest of the batch is written")
    func liveWithoutAccount() async throws {
        let account = try await temporary.makeAccount().id, room = try await temporary.makeRoom()
        let result = try await database.rooms.commit(
            JournalBatch(
                rooms: [
                    RoomChanges(
                        room: room.id, term: 0, events: [StoredEvent(number: 1, time: 1, body: "{}", recordKey: 6)])
                ],
                records: [.make(runKey: 6, account: 1), .make(runKey: 7, account: account)]))
        #expect(result.runIDs == [7: 1])
        #expect(
            try await database.rooms.room(runID: "159")?.events
                == [StoredEvent(number: 1, time: 1, body: "{}", recordKey: 6, recordRunID: nil)])
    }

    @Test("a long track comes back byte for byte")
    func longTrack() async throws {
        let account = try await temporary.makeAccount().id
        var generator = SystemRandomNumberGenerator()
        let track = (0..<2_000_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        _ = try await database.records.insertPostedRecord(.make(track: track), account: account, at: 1)
        #expect(try await database.records.record(account: account, runID: 1)?.track == track)
    }
}
