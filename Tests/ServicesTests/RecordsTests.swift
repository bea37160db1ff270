import TestKit
import Testing

@testable import Services
@testable import Store

@Suite("Records and run data") struct RecordsTests {
    let services: TestServices
    var records: Records { services.records }

    init() throws { services = try TestServices() }

    @Test("a posted run is kept with its markers as they were sent")
    func post() async throws {
        let account = try await services.makeAccount().id
        let markers = #"[{"longitude":116.4070,"latitude":39.9050,"id":1,"x":{"b":[1.0,1,null]}},"odd",7]"#
        let sent = try JSONValue(
            parsing: """
                {"meters":5000,"seconds":1500.25,"markers":\(markers),"start":"2024-11-23T08:14:43.038Z",
                 "end":1732351183038,"pace":"5:00"}
                """)
        let record = try await records.post(sent, account: account)
        #expect(record.runID == 1 && record.meters == 5000 && record.seconds == 1500.25)
        #expect(record.start == 1_732_349_683_038 && record.end == 1_732_351_183_038)
        #expect(record.timestamp == services.clock.now)
        let bytes = Array(markers.replacing("116.4070", with: "116.407").replacing("39.9050", with: "39.905").utf8)
        #expect(record.track == .posted(bytes))
        #expect(try await records.record(account: account, runID: 1) == record)
    }

    @Test("what is not said of a run is 0 or empty")
    func defaults() async throws {
        let account = try await services.makeAccount().id
        let record = try await records.post(["end": nil], account: account)
        #expect(record.meters == 0 && record.seconds == 0 && record.start == 0 && record.end == 0)
        #expect(record.track == .posted(Array("[]".utf8)))
    }

    @Test(
        "what makes no sense is refused, and no run ID is used up",
        arguments: [
            (#"[]"#, "runRecord"), (#"null"#, "runRecord"), (#"{"meters":"abc"}"#, "meters"),
            (#"{"meters":-1}"#, "meters"), (#"{"meters":1.1e12}"#, "meters"),
            (#"{"seconds":true}"#, "seconds"), (#"{"seconds":-0.1}"#, "seconds"), (#"{"seconds":1.7e308}"#, "seconds"),
            (#"{"markers":{}}"#, "markers"), (#"{"start":"soon"}"#, "start"), (#"{"end":true}"#, "end"),
            (#"{"end":1e300}"#, "end"), (#"{"start":9223372036854775807}"#, "start"),
        ])
    func invalid(json: String, field: String) async throws {
        let account = try await services.makeAccount().id
        let error = await #expect(throws: ServicesError.self) {
            try await records.post(try JSONValue(parsing: json), account: account)
        }
        guard case .invalid(field: field, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try await records.post([:], account: account).runID == 1)
    }

    @Test("twenty thousand markers are accepted")
    func many() async throws {
        let account = try await services.makeAccount().id
        let marker: JSONValue = ["latitude": 39.905012, "longitude": 116.407011, "id": 1]
        let markers = JSONValue.array(Array(repeating: marker, count: 20_000))
        let record = try await records.post(["meters": 1, "markers": markers], account: account)
        #expect(record.track == .posted(markers.bytes))
    }

    @Test("a record is deleted once")
    func deletion() async throws {
        let account = try await services.makeAccount().id
        _ = try await records.post([:], account: account)
        try await records.delete(account: account, runID: 1)
        await #expect(throws: ServicesError.notFound) { try await records.delete(account: account, runID: 1) }
        await #expect(throws: ServicesError.notFound) { try await records.record(account: account, runID: 1) }
        #expect(try await records.post([:], account: account).runID == 2)
    }

    @Test("a live run's track stays what it is")
    func live() async throws {
        let account = try await services.makeAccount().id
        let live = LiveRecord(
            runKey: 1, account: account, meters: 1, seconds: 2, startAt: 3, endAt: 4, createdAt: 5, splits: "[1]",
            track: [1, 2])
        _ = try await services.store.rooms.commit(JournalBatch(rooms: [RoomChanges(room: 0, term: 0, records: [live])]))
        let record = try await records.record(account: account, runID: 1)
        #expect(record.track == .live([1, 2]) && record.splits == "[1]" && record.timestamp == 5)
    }

    @Test("run data begins with defaults, takes over what an update has, and a record resets it")
    func runData() async throws {
        let account = try await services.makeAccount().id
        #expect(try await records.runData(account: account) == RunData())
        #expect(
            RunData().json.text == """
                {"meters":0,"seconds":0,"latitude":0,"longitude":0,"running":false,"markers":[],\
                "start":"1970-01-01T00:00:00.000Z","end":"1970-01-01T00:00:00.000Z"}
                """)
        let first = try await records.updateRunData(
            ["meters": 5000, "running": true, "markers": [["id": 1]], "start": "2024-12-09T10:00:00Z", "pace": 5],
            account: account)
        #expect(first.meters == 5000 && first.running && first.markers == [["id": 1]])
        #expect(first.start == 1_733_738_400_000)
        let second = try await records.updateRunData(["seconds": 1.5, "latitude": -90], account: account)
        #expect(second.meters == 5000 && second.seconds == 1.5 && second.latitude == -90)
        #expect(try await records.runData(account: account) == second)
        _ = try await records.post([:], account: account)
        #expect(try await records.runData(account: account) == RunData())
        await #expect(throws: ServicesError.unknownUser) { try await records.runData(account: 1) }
        await #expect(throws: ServicesError.unknownUser) { try await records.updateRunData([:], account: 1) }
    }

    @Test("however much each run is said to be, they add up to numbers: also those that were kept when more was taken")
    func totals() async throws {
        let account = try await services.makeAccount().id
        for _ in 1...2 { _ = try await records.post(["meters": 1e12, "seconds": 1e12], account: account) }
        #expect(try await records.totals(of: account) == RecordTotals(count: 2, meters: 2e12, seconds: 2e12))
        let most = Double.greatestFiniteMagnitude
        for _ in 1...2 {
            _ = try await services.store.records.insertPostedRecord(
                PostedRecord(meters: most, seconds: most, startAt: 0, endAt: 0, track: Array("[]".utf8)),
                account: account, at: 1)
        }
        #expect(try await records.totals(of: account) == RecordTotals(count: 4, meters: 4e12, seconds: 4e12))
    }

    @Test("of updates at the same moment none is lost, however often they meet")
    func concurrentUpdates() async throws {
        let account = try await services.makeAccount().id
        for round in 1...20 {
            let number = JSONValue.number(Double(round))
            let updates: [JSONValue] = [
                ["meters": number], ["seconds": number], ["latitude": number], ["longitude": number],
                ["markers": [["id": number]]], ["running": .bool(round.isMultiple(of: 2))],
            ]
            try await withThrowingTaskGroup(of: Void.self) { [records] group in
                for update in updates {
                    group.addTask { _ = try await records.updateRunData(update, account: account) }
                }
                try await group.waitForAll()
            }
            let data = try await records.runData(account: account), value = Double(round)
            #expect(data.meters == value && data.seconds == value && data.latitude == value && data.longitude == value)
            #expect(data.markers == [["id": number]] && data.running == round.isMultiple(of: 2))
        }
    }

    @Test(
        "run data that makes no sense changes nothing",
        arguments: [
            #"{"meters":"abc"}"#, #"{"meters":-5}"#, #"{"latitude":90.1}"#, #"{"longitude":-181}"#, #"{"running":1}"#,
            #"{"markers":"x"}"#, #"{"start":"x"}"#, #"[]"#, #"5"#,
        ])
    func invalidRunData(json: String) async throws {
        let account = try await services.makeAccount().id
        let before = try await records.updateRunData(["meters": 1], account: account)
        await #expect(throws: ServicesError.self) {
            try await records.updateRunData(try JSONValue(parsing: json), account: account)
        }
        #expect(try await records.runData(account: account) == before)
    }
}
