import Foundation
import LWS
import Testing

@testable import Live
@testable import Rooms

@Suite("Events on the wire and on disk") struct EventCodingTests {
    private static let ana = Person(
        account: 7, username: "ana \"\\", nickname: "安娜 🏃‍♀️\u{1}", avatar: "/p/ana", zones: [])

    private static let kinds: [RoomEvent.Kind] = [
        .joined(runner: 3, person: ana), .left(runner: 3), .started(runner: 3), .started(runner: 3, run: 2),
        .paused(runner: 3),
        .offline(runner: 3), .online(runner: 3), .split(runner: 3, kilometer: 2, seconds: 298.4, total: 603.9),
        .corrected(runner: 3, from: 1234.5, to: 1250),
        .corrected(
            runner: 3, from: 1, to: 3, splits: [Split(kilometer: 1, seconds: 300.5, total: 300.5)], run: 1),
        .split(runner: 3, kilometer: 1, seconds: 1, total: 1, run: 1), .cheer(from: 1, to: 3, text: "加油"),
        .cheer(from: nil, to: nil, text: "go \"\\/\u{7f}"), .closed,
        .finished(
            RoomEvent.Finish(
                runner: 3, meters: 5012.3, seconds: 1801, place: 1, runKey: 99, isRecorded: true, runID: 4)),
        .finished(
            RoomEvent.Finish(
                runner: 3, meters: 0, seconds: 0, place: nil, runKey: 0, isRecorded: false, runID: nil)),
    ]

    @Test("an event comes back from disk as it was", arguments: kinds)
    func roundTrip(kind: RoomEvent.Kind) throws {
        let event = RoomEvent(number: 58, time: 1_732_350_001_000, kind: kind)
        var key: Int64?
        var id: Int?
        if case .finished(let finish) = kind, finish.isRecorded { (key, id) = (finish.runKey, finish.runID) }
        let body = EventCoding.encode(event).text
        #expect(EventCoding.decode(body, people: [3: Self.ana], recordKey: key, recordID: id) == event)
        // And what goes to a phone is JSON that says what it is.
        let json = try #require(try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])
        #expect(json["type"] as? String == "event" && json["event"] as? Int == 58)
        #expect(json["time"] as? Int == 1_732_350_001_000 && json["kind"] is String)
    }

    @Test("the page's example, byte for byte")
    func example() {
        let event = RoomEvent(
            number: 58, time: 1_732_350_001_000, kind: .split(runner: 3, kilometer: 2, seconds: 298.4, total: 603.9))
        #expect(
            EventCoding.encode(event).text
                == #"{"type":"event","event":58,"time":1732350001000,"kind":"split","runner":3,"kilometer":2,"seconds":298.4,"total":603.9}"#
        )
    }

    @Test(
        "what is no event is none",
        arguments: [
            "", "{", "null", "[]", #"{"event":1}"#, #"{"event":1,"time":2}"#, #"{"event":1,"time":2,"kind":"flown"}"#,
            #"{"event":1,"time":2,"kind":"left"}"#,
            #"{"event":1,"time":2,"kind":"split","runner":1,"kilometer":1}"#, #"{"event":1,"time":2,"kind":"cheer"}"#,
            #"{"event":"1","time":2,"kind":"closed"}"#,
        ])
    func damaged(body: String) {
        #expect(EventCoding.decode(body, people: [:], recordKey: nil, recordID: nil) == nil)
    }
}
