import Geo
import HTTPTypes
import LWS
import Rooms
import Services
import Testing
import Text

@testable import API

/// The literal requests of the apps, as each of their versions sends them.
@Suite("Bridges: what a request of an app says")
struct BridgeReadingTests {
    private static let now: Int64 = 1_780_000_000_000

    /// As the server hands a request over.
    private func read(
        _ app: Devices.App, _ method: HTTPRequest.Method = .post, _ query: String = "", body: String = ""
    ) throws -> BridgeMessage {
        let target = try RequestTarget("/bridge/x/y" + query)
        let request = HTTPServerRequest(
            head: HTTPRequestHead(
                method: method, target: "/bridge/x/y" + query, path: target.path, query: target.query, headers: [:],
                remoteAddress: "192.0.2.1"),
            body: .bytes(Array(body.utf8)))
        return app.bridge.read(BridgeRequest(request, suffix: [], now: Self.now))
    }

    private func fix(
        _ latitude: Double, _ longitude: Double, _ time: Int64, accuracy: Double? = nil, altitude: Double? = nil,
        heartRate: Int32? = nil
    ) throws -> DeviceFix {
        DeviceFix(
            coordinate: try Coordinate(latitude: latitude, longitude: longitude), time: time, accuracy: accuracy,
            altitude: altitude, heartRate: heartRate)
    }

    // MARK: - OwnTracks

    @Test("OwnTracks: a location")
    func ownTracks() throws {
        let body =
            #"{"_type":"location","lat":48.856826,"lon":2.292713,"tid":"JJ","tst":1732350000,"t":"u","batt":11,"#
            + #""topic":"owntracks/jane/phone"}"#
        let message = try read(.owntracks, body: body)
        #expect(message.report == DeviceReport(fixes: [try fix(48.856826, 2.292713, 1_732_350_000_000)]))
        #expect(message.battery == 11)
        #expect(message.answer == .friends)
    }

    @Test(
        "OwnTracks: whatever is no position is answered with an empty list",
        arguments: [
            "", "{}", "[]", #"{"_type":"lwt","tst":1}"#, #"{"_type":"encrypted","data":"AAAA"}"#,
            #"{"_type":"waypoints","waypoints":[]}"#, #"{"_type":"card","name":"x"}"#, "{", "nonsense=1",
        ])
    func ownTracksOthers(body: String) throws {
        #expect(try read(.owntracks, body: body) == BridgeMessage(.noFriends))
    }

    @Test("OwnTracks: a ping has the time of now and an old place, and is not counted")
    func ownTracksPing() throws {
        let message = try read(
            .owntracks, body: #"{"_type":"location","lat":1,"lon":2,"tst":1732350000,"t":"p","acc":5}"#)
        #expect(message.report.fixes.isEmpty)
        #expect(message.answer == .friends)
    }

    @Test("OwnTracks: seconds since 2001 are those of Overland's mode")
    func ownTracksOverland() throws {
        let message = try read(
            .owntracks, body: #"{"_type":"location","lat":1.5,"lon":2.5,"tst":753978800,"acc":0,"alt":44}"#)
        #expect(message.report.fixes == [try fix(1.5, 2.5, 1_732_286_000_000, altitude: 44)])
    }

    @Test("OwnTracks: leaving a place called start is a hint that a run begins")
    func ownTracksTransition() throws {
        func transition(_ event: String, _ desc: String) throws -> BridgeMessage {
            try read(
                .owntracks,
                body: #"{"_type":"transition","event":"\#(event)","desc":"\#(desc)","wtst":1,"lat":1.5,"lon":2.5,"#
                    + #""acc":20,"tst":1732350000,"tid":"a","t":"c"}"#)
        }
        #expect(try transition("leave", "Start").report.session == 1_732_350_000_000)
        #expect(try transition("enter", "start").report.session == nil)
        #expect(try transition("enter", "finish").report.signal == nil)
    }

    // MARK: - Traccar

    @Test("Traccar Client 8: a query and no body")
    func traccarQuery() throws {
        let message = try read(
            .traccar,
            query(
                "id=1&timestamp=1377177267&lat=60.0&lon=30.0&speed=4.86&bearing=0&altitude=12.5&accuracy=6&batt=79"
                    + "&charge=true&mock=true&alarm=sos"))
        #expect(message.report.fixes == [try fix(60, 30, 1_377_177_267_000, accuracy: 6, altitude: 12.5)])
        #expect(message.battery == 79)
        #expect(message.isAlarm)
    }

    private func query(_ text: String) -> String { "?" + text }

    private func read(_ app: Devices.App, _ query: String) throws -> BridgeMessage { try read(app, .post, query) }

    @Test("Traccar Client 10: a form")
    func traccarForm() throws {
        let message = try read(
            .traccar, body: "id=1&lat=60.0&lon=30.0&timestamp=1377177267&speed=-1&accuracy=0.0")
        #expect(message.report.fixes == [try fix(60, 30, 1_377_177_267_000)])
        #expect(message.battery == nil)
    }

    @Test("Traccar Client 9: JSON")
    func traccarJSON() throws {
        let message = try read(
            .traccar,
            body: #"{"location":{"timestamp":"2025-06-15T13:45:12.862Z","coords":{"latitude":60.5,"longitude":30.5,"#
                + #""accuracy":5,"speed":-1,"heading":-1,"altitude":5},"is_moving":false,"odometer":0,"#
                + #""event":"motionchange","battery":{"level":0.79,"is_charging":false},"activity":{"type":"still"},"#
                + #""extras":{},"_":"&id=1&lat=1&lon=2&timestamp=3&"},"device_id":"48241179"}"#)
        #expect(message.report.fixes == [try fix(60.5, 30.5, 1_749_995_112_862, accuracy: 5, altitude: 5)])
        #expect(message.battery == 79)
        #expect(!message.isAlarm)
    }

    @Test("Traccar Client: a heartbeat, an invalid position, and one as a pair")
    func traccarOthers() throws {
        #expect(try read(.traccar, "?id=1&timestamp=1377177267").report == DeviceReport())
        #expect(try read(.traccar, "?id=1&timestamp=1377177267&lat=1&lon=2&valid=false").report.fixes.isEmpty)
        #expect(
            try read(.traccar, "?deviceid=1&timestamp=1377177267&location=1.5,2.5").report.fixes
                == [try fix(1.5, 2.5, 1_377_177_267_000)])
        #expect(
            try read(.traccar, body: #"{"location":{"timestamp":"2025-06-15T13:45:12Z","battery":{"level":-1}}}"#)
                .report.fixes.isEmpty)
    }

    // MARK: - OsmAnd, GPSLogger

    @Test("OsmAnd: milliseconds, an accuracy that is called hdop, and an altitude of 0.0 that is none")
    func osmAnd() throws {
        let message = try read(
            .osmand, .get, "?lat=39.905&lon=116.4069977&timestamp=1732350000123&hdop=10.0&altitude=0.0&speed=2.5")
        #expect(message.report.fixes == [try fix(39.905, 116.4069977, 1_732_350_000_123, accuracy: 10)])
    }

    @Test("GPSLogger: the template that is handed out, in a query, a form and JSON")
    func gpsLogger() throws {
        let expected = try fix(39.905, 116.407, 1_732_350_000_000, accuracy: 6.5, altitude: 44)
        let fields = "lat=39.905&lon=116.407&timestamp=1732350000&acc=6.5&alt=44.0&start=1732349990&bat=81.0"
        for message in [try read(.gpslogger, .get, "?" + fields), try read(.gpslogger, body: fields)] {
            #expect(message.report == DeviceReport(fixes: [expected], session: 1_732_349_990_000))
            #expect(message.battery == 81)
        }
        let json =
            #"{"lat":39.905,"lon":116.407,"time":"2024-11-23T08%3A20%3A00.000Z","timestamp":1732350000,"acc":6.5,"#
            + #""alt":44.0}"#
        #expect(try read(.gpslogger, body: json).report.fixes == [expected])
    }

    @Test("GPSLogger: no place at all is dropped, and null is nothing")
    func gpsLoggerNothing() throws {
        let message = try read(.gpslogger, .get, "?lat=0.0&lon=0.0&acc=0.0&timestamp=1732350000&alt=null&bat=")
        #expect(message.report == DeviceReport())
        #expect(message.battery == nil)
    }

    // MARK: - RunnerUp, Overland

    @Test("RunnerUp: what the runner has done, at the time of the server")
    func runnerUp() throws {
        func event(_ type: Int) throws -> BridgeMessage {
            try read(
                .runnerup,
                body: #"{"userName":"a","password":"b","lat":48.5,"long":2.5,"altitude":30.0,"#
                    + #""runningEventType":\#(type),"TotalDistance":"1234 m","TotalTime":"1:00","Pace":"5:00"}"#)
        }
        let fix = try fix(48.5, 2.5, Self.now, altitude: 30)
        #expect(try event(0).report == DeviceReport(fixes: [fix], signal: .start))
        #expect(try event(1).report == DeviceReport(fixes: [fix]))
        #expect(try event(2).report == DeviceReport(fixes: [fix], signal: .pause))
        #expect(try event(3).report == DeviceReport(fixes: [fix], signal: .finish(at: nil)))
        #expect(try event(6).report == DeviceReport(fixes: [fix], signal: .discard))
    }

    @Test("Overland: a batch with the end of a trip, an event without a place, and the newest position twice")
    func overland() throws {
        let base: Int64 = 1_732_350_000_000
        func feature(_ second: Int64, zone: String = "Z") -> String {
            let time = ISODate.text(base + second * 1000).prefix(19) + zone
            return #"{"type":"Feature","geometry":{"type":"Point","coordinates":[116.4070000,39.9050000]},"#
                + #""properties":{"timestamp":"\#(time)","altitude":44,"speed":3,"course":-1,"#
                + #""horizontal_accuracy":5,"vertical_accuracy":-1,"motion":["running"],"battery_level":0.8,"#
                + #""battery_state":"unplugged","wifi":"","device_id":"a","trip_id":"2024-11-23T08:19:50Z"}}"#
        }
        let trip =
            #"{"type":"Feature","geometry":{"type":"Point","coordinates":[116.407,39.905]},"properties":{"type":"trip","#
            + #""timestamp":"2024-11-23T08:30:00Z","start":"2024-11-23T08:19:50Z","end":"2024-11-23T08:30:00Z"}}"#
        let event = #"{"type":"Feature","properties":{"timestamp":"2024-11-23T08:25:00Z","action":"paused_location"}}"#
        let features = (0..<198).map { feature($0) } + [trip, event]
        let message = try read(
            .overland,
            body: #"{"locations":[\#(features.joined(separator: ","))],"current":\#(feature(197, zone: "+0000"))}"#)
        #expect(message.report.fixes.count == 199)
        #expect(Set(message.report.fixes).count == 198)
        #expect(message.report.fixes[0] == (try fix(39.905, 116.407, base, accuracy: 5)))
        #expect(message.report.session == base - 10_000)
        #expect(message.report.signal == .finish(at: base + 600_000))
        #expect(message.battery == 80)
        #expect(message.answer == .json(["result": "ok"]))
    }

    @Test("Overland: a trip that goes on after another has ended is not finished")
    func overlandNextTrip() throws {
        let body =
            #"{"locations":[{"properties":{"type":"trip","end":"2024-11-23T08:30:00Z"}},"#
            + #"{"geometry":{"coordinates":[2.5,1.5]},"properties":{"timestamp":"2024-11-23T09:00:00-0700","#
            + #""horizontal_accuracy":-1,"trip_id":"2024-11-23T08:59:00-0700"}}]}"#
        let message = try read(.overland, body: body)
        #expect(message.report.fixes == [try fix(1.5, 2.5, 1_732_377_600_000)])
        #expect(message.report.signal == nil)
    }

    // MARK: - uLogger, MapMyTracks

    @Test("uLogger: a login, a track, positions of it")
    func uLogger() throws {
        #expect(try read(.ulogger, body: "action=auth&user=a&pass=b").answer == .json(["error": false]))
        #expect(
            try read(.ulogger, body: "action=addtrack&track=Run").answer
                == .json(["error": false, "trackid": 1_780_000_000]))
        let message = try read(
            .ulogger,
            body: "action=addpos&time=1780000005&lat=48.5&lon=2.5&altitude=30&speed=3&bearing=1&accuracy=5"
                + "&provider=gps&comment=&trackid=1780000000")
        #expect(
            message.report
                == DeviceReport(
                    fixes: [try fix(48.5, 2.5, 1_780_000_005_000, accuracy: 5, altitude: 30)], session: Self.now))
        #expect(message.answer == .json(["error": false]))
    }

    @Test("MapMyTracks: an activity with numbers as computers write them")
    func mapMyTracks() throws {
        #expect(
            try read(.mapmytracks, body: "request=start_activity&title=Run").answer
                == .xml("<type>activity_started</type><activity_id>1780000000</activity_id>"))
        let update = try read(
            .mapmytracks,
            body: "request=update_activity&activity_id=1780000000"
                + "&points=48.5+7.72E-4+30.0+1780000005+48.6+2.5+31+1780000006+48")
        #expect(
            update.report
                == DeviceReport(
                    fixes: [
                        try fix(48.5, 7.72e-4, 1_780_000_005_000, altitude: 30),
                        try fix(48.6, 2.5, 1_780_000_006_000, altitude: 31),
                    ], session: Self.now))
        #expect(update.answer == .xml("<type>activity_updated</type>"))
        let stop = try read(.mapmytracks, body: "request=stop_activity&activity_id=1780000000")
        #expect(stop.report.signal == .finish(at: nil))
        #expect(stop.answer == .xml("<type>activity_stopped</type>"))
    }

    // MARK: - PhoneTrack, Colota, any

    @Test("PhoneTrack: one position, and many")
    func phoneTrack() throws {
        let one = try read(.phonetrack, .get, "?lat=48.5&lon=2.5&timestamp=1732350000&alt=30&acc=5&bat=50&sat=8")
        #expect(one.report.fixes == [try fix(48.5, 2.5, 1_732_350_000_000, accuracy: 5, altitude: 30)])
        #expect(one.answer == .json(["done": 1, "friends": []]))
        let many = try read(
            .phonetrack,
            body: #"{"points":[[48.5,2.5,1732350000,30,5,50,8,"app",3,90],[48.6,2.6,1732350001,null,null,null]]}"#)
        #expect(
            many.report.fixes == [
                try fix(48.5, 2.5, 1_732_350_000_000, accuracy: 5, altitude: 30),
                try fix(48.6, 2.6, 1_732_350_001_000),
            ])
        #expect(many.battery == 50)
    }

    @Test("Colota and others: by the names of fields that are in use")
    func anyApp() throws {
        let expected = try fix(48.5, 2.5, 1_732_350_000_000, accuracy: 5, altitude: 30, heartRate: 151)
        for body in [
            #"{"lat":48.5,"lon":2.5,"acc":5,"alt":30,"vel":3,"batt":80,"bs":2,"tst":1732350000,"hr":151}"#,
            "latitude=48.5&lng=2.5&hacc=5&ele=30&time=2024-11-23T08:20:00Z&heartrate=151&battery=80",
            "lat=48.5&long=2.5&accuracy=5&altitude=30&datetime=2024-11-23+08:20:00&bpm=151&bat=80",
        ] {
            let message = try read(.colota, body: body)
            #expect(message.report.fixes == [expected])
            #expect(message.battery == 80)
        }
        #expect(try read(.any, body: "lat=48.5&lon=2.5&timestamp=1732350000&hdop=5").report.fixes[0].accuracy == nil)
        let lists = try read(
            .any, body: "device_id=1&timestamps=1732350000,1732350001,&latitudes=1.5,2.5,&longitudes=3,4,")
        #expect(
            lists.report.fixes == [try fix(1.5, 3, 1_732_350_000_000), try fix(2.5, 4, 1_732_350_001_000)])
    }

    @Test(
        "times are seconds, milliseconds, or dates",
        arguments: [
            ("1732350000", 1_732_350_000_000), ("1732350000123", 1_732_350_000_123),
            ("1732350000.5", 1_732_350_000_500), ("2024-11-23T08:20:00Z", 1_732_350_000_000),
            ("2024-11-23T16:20:00.123456+0800", 1_732_350_000_123), ("2024-11-23T16:20:00 08:00", 1_732_350_000_000),
            ("2024-11-23 08:20:00", 1_732_350_000_000), ("2024-11-23T08:20:00", 1_732_350_000_000),
            ("0", nil), ("-5", nil), ("soon", nil), ("1e400", nil), ("nan", nil), ("", nil),
        ] as [(String, Int64?)])
    func times(text: String, expected: Int64?) { #expect(BridgeTime.milliseconds(text) == expected) }

    @Test(
        "a place that is none is dropped",
        arguments: ["lat=91&lon=0", "lat=nan&lon=1", "lat=1&lon=181", "lat=1e400&lon=1", "lat=0&lon=0", "lat=1", ""])
    func noPlace(fields: String) throws {
        for app in Devices.App.allCases where app != .runnerup {
            let message = try read(app, body: fields + "&timestamp=1732350000&action=addpos&time=1732350000")
            #expect(message.report.fixes.isEmpty)
        }
    }
}
