import Foundation
import TestKit
import Testing

/// The requests of each app as it writes them, byte by byte, at a real server that is killed before it can answer.
@Suite("Requests of apps", .inTurn)
struct AppRequestTests {
    /// A position of somebody who runs east along the equator.
    struct Fix: Sendable {
        let index: Int
        let begun: Int64

        /// Seconds since 1970.
        var time: Int64 { begun + Int64(index) }
        /// 5 m from the one before.
        var longitude: String { String(format: "%.7f", 10 + Double(index) * 5 / 111_319.49) }
        var date: String { Date(timeIntervalSince1970: TimeInterval(time)).formatted(.iso8601) }
    }

    /// How an app posts a position.
    struct App: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// What `/v1/devices` calls it.
        let name: String
        var method = "POST"
        /// Behind the address.
        var path: @Sendable (Fix) -> String = { _ in "" }
        /// Lines of the head beside `Host`.
        var headers: [String] = []
        /// Nil where none is sent, and no length of it either.
        var body: (@Sendable (Fix) -> String)?

        func request(_ fix: Fix, at address: String) -> [UInt8] {
            let text = body?(fix)
            let length = text.map { ["Content-Length: \($0.utf8.count)"] } ?? []
            let lines = ["\(method) \(address)\(path(fix)) HTTP/1.1", "Host: 127.0.0.1"] + headers + length
            return Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + (text ?? "")).utf8)
        }
    }

    private static let json = "Content-Type: application/json"
    private static let form = "Content-Type: application/x-www-form-urlencoded"

    static let apps = [
        App(
            testDescription: "OwnTracks for Android 2.5", name: "owntracks",
            headers: [
                "Content-Type: application/json; charset=utf-8", "User-Agent: Owntracks-Android/gms/420503000",
                "X-Limit-U: ana", "X-Limit-D: phone", "Accept-Encoding: gzip", "Connection: Keep-Alive",
            ],
            body: { fix in
                #"{"_type":"location","BSSID":"02:00:00:00:00:00","SSID":"<unknown ssid>","_id":"a1b2c3d4","acc":5,"alt":30,"#
                    + #""batt":81,"bs":1,"cog":90,"conn":"m","created_at":\#(fix.time + 1),"lat":0.0,"lon":\#(fix.longitude),"#
                    + #""m":2,"t":"u","tid":"an","topic":"owntracks/ana/phone","tst":\#(fix.time),"vac":3,"vel":18}"#
            }),
        App(
            testDescription: "OwnTracks for iOS 18", name: "owntracks",
            headers: [json, "User-Agent: OwnTracks/18.2.7 CFNetwork/1496.0.7 Darwin/23.5.0", "X-Limit-U: ana"],
            body: { fix in
                #"{"_type":"location","tst":\#(fix.time),"lat":0,"lon":\#(fix.longitude),"tid":"AN","topic":"owntracks/ana/p"}"#
            }),
        App(
            testDescription: "Traccar Client 8 for Android", name: "traccar",
            path: { fix in
                "?id=481516&timestamp=\(fix.time)&lat=0.0&lon=\(fix.longitude)&speed=9.719222&bearing=90.0&altitude=30.0"
                    + "&accuracy=5.0&batt=81.0"
            }, headers: ["User-Agent: Dalvik/2.1.0 (Linux; U; Android 13)", "Connection: Keep-Alive"]),
        App(
            testDescription: "Traccar Client 9", name: "traccar",
            headers: [json, "User-Agent: TransistorSoft/1"],
            body: { fix in
                #"{"location":{"timestamp":"\#(fix.date.dropLast()).000Z","#
                    + #""coords":{"latitude":0.0,"longitude":\#(fix.longitude),"accuracy":5,"#
                    + #""speed":5,"heading":-1,"altitude":30},"is_moving":true,"odometer":0,"event":"motionchange","#
                    + #""battery":{"level":0.79,"is_charging":false},"activity":{"type":"running"},"extras":{},"#
                    + #""_":"&id=481516&lat=0.0&lon=\#(fix.longitude)&timestamp=\#(fix.time)&"},"device_id":"481516"}"#
            }),
        App(
            testDescription: "Traccar Client 10", name: "traccar", headers: [form, "User-Agent: Dart/3.8 (dart:io)"],
            body: { fix in
                "id=481516&lat=0.0&lon=\(fix.longitude)&timestamp=\(fix.time)&accuracy=5.0&altitude=30.0&speed=9.72"
                    + "&bearing=90.0&batt=81"
            }),
        App(
            testDescription: "OsmAnd", name: "osmand", method: "GET",
            path: { fix in
                "?lat=0.0&lon=\(fix.longitude)&timestamp=\(fix.time)123&hdop=5.0&altitude=0.0&speed=5.0"
            }, headers: ["User-Agent: Dalvik/2.1.0 (Linux; U; Android 14)"]),
        App(
            testDescription: "GPSLogger", name: "gpslogger", method: "GET",
            path: { fix in
                "?lat=0.0&lon=\(fix.longitude)&timestamp=\(fix.time)&acc=5.0&alt=30.0&start=\(fix.begun)&bat=81.0"
            }, headers: ["User-Agent: okhttp/4.9.1"]),
        App(
            testDescription: "Overland", name: "overland",
            headers: [json, "User-Agent: Overland/1.6.0 (iPhone; iOS 17.5)", "Accept: */*"],
            body: { fix in
                #"{"locations":[{"type":"Feature","geometry":{"type":"Point","coordinates":[\#(fix.longitude),0.0]},"#
                    + #""properties":{"timestamp":"\#(fix.date)","altitude":30,"speed":5,"horizontal_accuracy":5,"#
                    + #""vertical_accuracy":3,"motion":["running"],"pauses":false,"activity":"fitness","battery_level":0.8,"#
                    + #""battery_state":"unplugged","wifi":"","device_id":"phone"}}]}"#
            }),
        App(
            testDescription: "uLogger", name: "ulogger", path: { _ in "/client/index.php" },
            headers: [form, "User-Agent: μlogger/3.13 (Android)"],
            body: { fix in
                "action=addpos&time=\(fix.time)&lat=0.0&lon=\(fix.longitude)&altitude=30.0&speed=5.0&bearing=90.0"
                    + "&accuracy=5&provider=gps&trackid=1"
            }),
        App(
            testDescription: "OruxMaps as MapMyTracks", name: "mapmytracks",
            headers: [form, "Authorization: Basic YTpi"],
            body: { fix in
                "request=update_activity&activity_id=1&points=0.0%20\(fix.longitude)%2030.0%20\(fix.time)"
            }),
        App(
            testDescription: "PhoneTrack", name: "phonetrack", path: { _ in "/logPost" },
            headers: [form, "User-Agent: PhoneTrack"],
            body: { fix in
                "lat=0.0&lon=\(fix.longitude)&timestamp=\(fix.time)&acc=5.0&alt=30.0&bat=81&sat=9&speed=5.0&bearing=90.0"
            }),
        App(
            testDescription: "Colota", name: "colota", headers: [json, "User-Agent: Colota"],
            body: { fix in
                #"{"lat":0.0,"lon":\#(fix.longitude),"acc":5,"alt":30,"vel":5,"batt":81,"bs":2,"tst":\#(fix.time),"bear":90}"#
            }),
    ]

    @Test(
        "what an app sends again, since the server was killed between commit and answer, is one marker each",
        arguments: apps)
    func sentAgain(app: App) async throws {
        let first = try await ServerProcess.start()
        first.leaveDirectory()
        let person = try await REST.registered("ana", port: first.port)
        let room = try await REST.newRoom(port: first.port)
        let made = try await person.post("/v1/devices", ["app": app.name, "runID": room, "password": "pw"])
        let address = try #require(made["address"] as? String, "\(made.text)")
        let path = String(address[try #require(address.firstRange(of: "/bridge/")).lowerBound...].prefix { $0 != "?" })
        let begun = Int64(Date().timeIntervalSince1970) - 600
        let runner = try await Runner.enter(room, by: person)
        runner.phone.send(["type": "start", "time": begun * 1000])
        _ = try await runner.phone.event("started")
        let requests = (0..<20).map { app.request(Fix(index: $0, begun: begun), at: path) }

        let socket = try RawSocket.connect(port: first.port)
        for request in requests[..<5] {
            try await socket.write(request)
            #expect(try await socket.readHead().status == 200)
        }
        // Without waiting: the end comes with some that are on disk, some answered, and some neither.
        try await socket.write(Array(requests[5...].joined()))
        #expect(try await socket.readHead().status == 200)
        try await first.killHard()

        let next = try await ServerProcess.start(in: first.directory)
        let again = try RawSocket.connect(port: next.port)
        for request in requests {
            try await again.write(request)
            #expect(try await again.readHead().status == 200)
        }
        let rest = REST(port: next.port, token: person.token, username: person.username)
        let back = try await Runner.enter(room, by: rest)
        back.phone.send(["type": "finish"])
        _ = try await back.phone.event("finished")
        let record = try #require(try await rest.records().first)
        // By the seconds of the run, after what is left free for fixes of before it.
        let ids = record.markerIDs
        #expect(ids.count == 20 && ids == Array((ids.first ?? 0)...(ids.last ?? 0)))
        #expect(abs((record.meters ?? 0) - 95) < 1)
    }

    @Test("RunnerUp, which neither dates nor repeats what it posts, begins, runs and ends by the server's clock")
    func runnerUp() async throws {
        let server = try await ServerProcess.shared()
        let person = try await REST.registered("ana", port: server.port)
        let room = try await REST.newRoom(port: server.port)
        let made = try await person.post("/v1/devices", ["app": "runnerup", "runID": room, "password": "pw"])
        let address = try #require(made["address"] as? String, "\(made.text)")
        let path = String(address[try #require(address.firstRange(of: "/bridge/")).lowerBound...].prefix { $0 != "?" })
        let socket = try RawSocket.connect(port: server.port)
        for (index, event) in [0, 1, 1, 3].enumerated() {
            let body =
                #"{"userName":"ana","password":"x","lat":0.0,"long":\#(Fix(index: index, begun: 0).longitude),"altitude":30.0,"#
                + #""runningEventType":\#(event),"TotalDistance":"\#(index * 5) m","TotalTime":"0:0\#(index)","Pace":"3:20"}"#
            let head = [
                "POST \(path) HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json; charset=UTF-8",
                "User-Agent: Dalvik/2.1.0", "Content-Length: \(body.utf8.count)",
            ]
            try await socket.write(Array((head.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8))
            #expect(try await socket.readHead().status == 200)
        }
        try await eventually("a record") { try await person.records().count == 1 }
    }
}
