import Foundation
import Geo
import LWS
import TestKit
import Testing

@testable import Live
@testable import Rooms

extension OutgoingMessage {
    var text: String { withBytes { String(decoding: $0, as: UTF8.self) } }
}

@Suite("Messages of the server, byte for byte") struct ServerMessagesTests {
    private let ana = Person(
        account: 7, username: "ana", nickname: "Ana", avatar: "/api/users/profilepic/ana", zones: [])

    private func row(
        _ runner: Int = 3, at place: (Double, Double)? = (39.90512, 116.40711), meters: Double = 1237.9,
        seconds: Double = 432.2, state: RunnerState = .running, rank: Int? = 1, gap: (Double?, Double?) = (0, 0)
    ) throws -> RunnerRow {
        RunnerRow(
            runner: runner, position: try place.map { try Coordinate(latitude: $0.0, longitude: $0.1) },
            meters: meters, seconds: seconds, state: state, place: rank, gapMeters: gap.0, gapSeconds: gap.1)
    }

    @Test("a frame is the page's example") func frame() throws {
        let frame = ServerMessages.frame([try row()], time: 1_732_350_000_400, in: .wgs84)
        #expect(
            frame.text
                == #"{"type":"frame","time":1732350000400,"runners":[[3,39.90512,116.40711,1237.9,432.2,"running",1,0,0]]}"#
        )
    }

    @Test("unknown things in a row are null") func nulls() throws {
        let frame = ServerMessages.frame(
            [try row(at: nil, meters: 0, seconds: 0, state: .ready, rank: nil, gap: (nil, nil))], time: 1, in: .wgs84)
        #expect(
            frame.text == #"{"type":"frame","time":1,"runners":[[3,null,null,0,0,"ready",null,null,null]]}"#)
    }

    @Test("degrees are in the client's coordinate system") func coordinateSystems() throws {
        let place = try CoordinateSystem.gcj02.coordinate(latitude: 39.90512, longitude: 116.40711)
        var row = try row()
        row.position = place
        #expect(ServerMessages.frame([row], time: 1, in: .gcj02).text.contains("[3,39.90512,116.40711,"))
        #expect(!ServerMessages.frame([row], time: 1, in: .wgs84).text.contains("[3,39.90512,116.40711,"))
    }

    @Test("every state has its name", arguments: RunnerState.allCases) func states(state: RunnerState) throws {
        let frame = ServerMessages.frame([try row(state: state)], time: 1, in: .wgs84)
        #expect(frame.text.contains(#","\#(state.rawValue)","#))
    }

    @Test("the largest numbers fit the room that is reckoned for them") func capacity() throws {
        let rows = try (0..<200).map { _ in
            try row(
                Int(Int32.max), at: (-89.1234567, -179.1234567), meters: 8e14, seconds: 8e14, state: .finished,
                rank: 10_000, gap: (8e14, 8e14))
        }
        let json = try JSONSerialization.jsonObject(
            with: Data(ServerMessages.frame(rows, time: .max, in: .gcj02).text.utf8))
        #expect(((json as? [String: Any])?["runners"] as? [Any])?.count == 200)
    }

    @Test("an ack, an error and a pong are as on the page") func smallMessages() {
        #expect(ServerMessages.ack(118).text == #"{"type":"ack","marker":118}"#)
        #expect(
            ServerMessages.error(code: "room_full", message: "The room is “full”.").text
                == #"{"type":"error","code":"room_full","message":"The room is “full”."}"#)
        #expect(
            ServerMessages.pong(echo: Array("1.50e3".utf8), time: 9).text == #"{"type":"pong","t":1.50e3,"time":9}"#)
        #expect(ServerMessages.cadence(.seconds(15)).text == #"{"type":"cadence","every":15000}"#)
        #expect(ServerMessages.cadence(nil).text == #"{"type":"cadence","every":0}"#)
        #expect(ServerMessages.pong(echo: nil, time: 9).text == #"{"type":"pong","time":9}"#)
    }

    private func joined(hasTracks: Bool) throws -> String {
        let way = [
            try Coordinate(latitude: 39.9041, longitude: 116.407), try Coordinate(latitude: 39.905, longitude: 116.407),
        ]
        return ServerMessages.joined(
            ServerMessages.Joined(
                runID: "159", epoch: "b1c4", event: 57, isRecovered: true, runner: 3, run: 2, marker: 118,
                time: 1_732_350_000_123,
                picture: ServerMessages.picture(
                    people: [(3, ana)], rows: [try row(at: (39.9050001, 116.407))],
                    tracks: hasTracks ? [(3, [way])] : nil, in: .wgs84),
                events: [EventCoding.encode(RoomEvent(number: 57, time: 5, kind: .started(runner: 3)))])
        ).text
    }

    @Test("a hidden place is null, and so is what lies between two pieces of a way") func hidden() throws {
        let pieces = try [[39.1, 39.2], [39.4], [39.5, 39.6]].map { piece in
            try piece.map { try Coordinate(latitude: $0, longitude: 116) }
        }
        let picture = ServerMessages.picture(
            people: [], rows: [try row(at: nil)], tracks: [(3, pieces), (4, [])], in: .wgs84)
        let text = String(decoding: picture, as: UTF8.self)
        #expect(text.contains(#""runners":[[3,null,null,1237.9,432.2,"running",1,0,0]]"#))
        #expect(
            text.hasSuffix(
                """
                "tracks":{"3":[[39.1,116],[39.2,116],[null,null],[39.4,116],[null,null],[39.5,116],[39.6,116]],"4":[]}
                """))
    }

    @Test("joined without tracks has everything else") func joinedWithoutTracks() throws {
        let tracks = #""tracks":{"3":[[39.9041,116.407],[39.905,116.407]]},"#
        #expect(try joined(hasTracks: true).contains(tracks))
        #expect(try joined(hasTracks: false) == joined(hasTracks: true).replacing(tracks, with: ""))
    }

    @Test("joined has everything, in the page's order") func joined() throws {
        let message = try joined(hasTracks: true)
        #expect(
            message == """
                {"type":"joined","runID":"159","epoch":"b1c4","event":57,"recovered":true,"runner":3,"run":2,\
                "marker":118,\
                "time":1732350000123,"columns":["runner","latitude","longitude","meters","seconds","state","place",\
                "gapMeters","gapSeconds"],"people":[{"runner":3,"username":"ana","nickname":"Ana",\
                "avatar":"/api/users/profilepic/ana"}],"runners":[[3,39.9050001,116.407,1237.9,432.2,"running",1,0,0]],\
                "tracks":{"3":[[39.9041,116.407],[39.905,116.407]]},\
                "events":[{"type":"event","event":57,"time":5,"kind":"started","runner":3}]}
                """)
    }

    static let kinds: [(RoomEvent.Kind, String)] = [
        (
            .joined(runner: 3, person: Person(account: 7, username: "a", nickname: "A\"", avatar: "/p", zones: [])),
            #""kind":"joined","runner":3,"person":{"runner":3,"username":"a","nickname":"A\"","avatar":"/p"}"#
        ),
        (.left(runner: 3), #""kind":"left","runner":3"#),
        (.started(runner: 3), #""kind":"started","runner":3"#),
        (.paused(runner: 3), #""kind":"paused","runner":3"#),
        (.offline(runner: 3), #""kind":"offline","runner":3"#),
        (.online(runner: 3), #""kind":"online","runner":3"#),
        (
            .finished(
                RoomEvent.Finish(
                    runner: 3, meters: 5012.4, seconds: 1500.1, place: 2, runKey: 99, isRecorded: true, runID: 4)),
            #""kind":"finished","runner":3,"meters":5012.4,"seconds":1500.1,"place":2,"runId":4"#
        ),
        (
            .split(runner: 3, kilometer: 2, seconds: 298.4, total: 603.9),
            #""kind":"split","runner":3,"kilometer":2,"seconds":298.4,"total":603.9"#
        ),
        (
            .corrected(runner: 3, from: 1000.5, to: 1200),
            #""kind":"corrected","runner":3,"from":1000.5,"to":1200"#
        ),
        (
            .corrected(
                runner: 3, from: 1000.5, to: 1200,
                splits: [
                    Split(kilometer: 1, seconds: 300.5, total: 300.5), Split(kilometer: 2, seconds: 290, total: 590.5),
                ]),
            #""kind":"corrected","runner":3,"from":1000.5,"to":1200,"splits":[{"kilometer":1,"seconds":300.5,"total":300.5},{"kilometer":2,"seconds":290,"total":590.5}]"#
        ),
        (.started(runner: 3, run: 2), #""kind":"started","runner":3,"run":2"#),
        (.cheer(from: 1, to: 3, text: "加油"), #""kind":"cheer","from":1,"to":3,"text":"加油""#),
        (.cheer(from: nil, to: nil, text: "go"), #""kind":"cheer","from":null,"to":null,"text":"go""#),
        (.closed, #""kind":"closed""#),
    ]

    @Test(
        "each event is written as on the page, and read back from disk as it was",
        arguments: kinds.map { (kind, body) in (Abridged(kind), Abridged(body)) })
    func events(kind: Abridged<RoomEvent.Kind>, body: Abridged<String>) {
        let (kind, body) = (kind.value, body.value)
        let event = RoomEvent(number: 58, time: 1_732_350_001_000, kind: kind)
        let text = EventCoding.encode(event).text
        #expect(text == #"{"type":"event","event":58,"time":1732350001000,"# + body + "}")
        #expect(
            EventCoding.decode(
                text, people: [3: Person(account: 7, username: "a", nickname: "A\"", avatar: "/p", zones: [])],
                recordKey: 99, recordID: 4) == event)
    }

    @Test("what is no event is not read as one", arguments: ["", "{}", "[]", #"{"event":1,"time":2,"kind":"dance"}"#])
    func refusesOtherText(text: String) {
        #expect(EventCoding.decode(text, people: [:], recordKey: nil, recordID: nil) == nil)
    }
}
