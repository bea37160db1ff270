import Geo
import HTTPTypes
import LWS
import Limits
import Live
import Mail
import Services
import Store
import TestKit
import Testing

@testable import API
@testable import Endpoints

@Suite("/v1: calls for help")
struct HouseSafetyTests {
    /// Ana runs in Olga's room, has named Ben, and has nothing to do with Eve.
    private struct Scene {
        var ana = "", ben = "", olga = "", eve = "", room = ""
    }

    private func scene(_ api: TestAPI) async throws -> Scene {
        var scene = Scene()
        scene.ana = try await api.register("ana")
        scene.ben = try await api.register("ben")
        scene.olga = try await api.register("olga")
        scene.eve = try await api.register("eve")
        scene.room = try await api.makeHouseRoom("public", token: scene.olga)
        // By a device, since who adds one becomes a runner of its room.
        let device = try await api.send(
            .post, "/v1/devices", ["app": "traccar", "runID": .string(scene.room)], token: scene.ana)
        #expect(device.status == 201)
        let named = try await api.send(.put, "/v1/me/confidants", ["names": ["ben"]], token: scene.ana)
        #expect(named.json["people"]?.array?.first?["name"] == "ben")
        return scene
    }

    private func setMailAddress(_ api: TestAPI, _ address: String, token: String) async throws {
        _ = try await api.send(.post, "/v1/me/email/code", ["email": .string(address)], token: token)
        let code = try await api.postbox.code(for: address)
        let set = try await api.send(
            .put, "/v1/me/email",
            ["email": .string(address), "code": .string(code), "password": "secret"], token: token)
        #expect(set.status == 200)
    }

    private func heard(_ api: TestAPI, by token: String) async throws -> [JSONValue] {
        try #require(try await api.send(.get, "/v1/alarms", token: token).json["alarms"]?.array)
    }

    @Test("a call is heard by who calls, whom they named and whose room it is, and by nobody else; with the last place")
    func isHeard() async throws {
        try await withAPI { api in
            let scene = try await scene(api)
            let body: JSONValue = [
                "runID": .string(scene.room), "latitude": 39.905, "longitude": 116.407, "time": 5,
            ]
            let made = try await api.send(.post, "/v1/alarms", body, token: scene.ana)
            #expect(made.status == 201)
            for token in [scene.ana, scene.ben, scene.olga] {
                let alarms = try await heard(api, by: token)
                #expect(alarms.count == 1)
                #expect(alarms[0]["latitude"] == 39.905 && alarms[0]["placedAt"] == 5)
                #expect(alarms[0]["nickname"] == "ana" && alarms[0]["runID"] == .string(scene.room))
                #expect(alarms[0]["isOwn"] == .bool(token == scene.ana))
            }
            #expect(try await heard(api, by: scene.eve) == [])
            // It goes on where they are now, and calling again is the same call.
            let one = "/v1/alarms/\(try #require(made.json["id"]?.string))"
            let moved: JSONValue = ["latitude": 39.906, "longitude": 116.407, "time": 6]
            #expect(try await api.send(.patch, one, moved, token: scene.ana).status == 200)
            #expect(try await api.send(.patch, one, moved, token: scene.ben).status == 404)
            let again = try await api.send(.post, "/v1/alarms", [:], token: scene.ana)
            #expect(again.json["id"] == made.json["id"] && again.json["runID"] == .string(scene.room))
            #expect(try await heard(api, by: scene.ben)[0]["latitude"] == 39.906)
            // What comes late of a call that is over begins none.
            #expect(try await api.send(.delete, one, token: scene.ben).status == 204)
            #expect(try await api.send(.patch, one, moved, token: scene.ana).status == 404)
            #expect(try await heard(api, by: scene.ben).allSatisfy { $0["clearedAt"] != .null })
        }
    }

    @Test("whoever hears of it says that all is clear, which is told without the place; nobody else can")
    func isCleared() async throws {
        try await withAPI { api in
            let scene = try await scene(api)
            for token in [scene.ana, scene.ben, scene.olga] {
                let made = try await api.send(
                    .post, "/v1/alarms",
                    ["runID": .string(scene.room), "latitude": 39.905, "longitude": 116.407], token: scene.ana)
                let one = "/v1/alarms/\(try #require(made.json["id"]?.string))"
                #expect(try await api.send(.delete, one, token: scene.eve).status == 404)
                #expect(try await api.send(.delete, one, token: token).status == 204)
                #expect(try await api.send(.delete, one, token: token).status == 404)
                let told = try #require(try await heard(api, by: scene.ben).first)
                #expect(told["latitude"] == .null && told["placedAt"] == .null && told["clearedAt"] != .null)
                #expect(told["clearedBy"]?.string != nil)
            }
        }
    }

    @Test("who hears of a new call and has a mail address is told by mail, and not again and again")
    func mails() async throws {
        try await withAPI(limits: RateLimits()) { api in
            let scene = try await scene(api)
            for (name, token) in [("ben", scene.ben), ("olga", scene.olga), ("eve", scene.eve), ("ana", scene.ana)] {
                try await setMailAddress(api, "\(name)@example.org", token: token)
            }
            func calls() -> [OutgoingMail] { api.postbox.all.filter { $0.code == nil } }
            for count in 1...5 {
                let alarm = try await api.send(
                    .post, "/v1/alarms",
                    [
                        "runID": .string(scene.room), "latitude": 39.905, "longitude": 116.407,
                        "time": 1_700_000_000_000,
                    ],
                    token: scene.ana)
                #expect(alarm.status == 201)
                // The same call once more is no news.
                #expect(try await api.send(.post, "/v1/alarms", [:], token: scene.ana).status == 201)
                try await eventually("the mails of call \(count)") { calls().count >= 2 * min(count, 3) }
                let id = try #require(alarm.json["id"]?.string)
                #expect(try await api.send(.delete, "/v1/alarms/\(id)", token: scene.ben).status == 204)
            }
            try await eventually("nothing waits any more") { api.core.mail.count == 0 }
            #expect(
                calls().map(\.to).sorted() == Array(repeating: "ben@example.org", count: 3)
                    + Array(repeating: "olga@example.org", count: 3))
            let call = OutgoingMail.HelpCall(
                nickname: "ana", place: "39.905, 116.407 (2023-11-14T22:13:20Z)", page: nil)
            #expect(calls().first?.content == .call(call))
            #expect(try await heard(api, by: scene.ben).count == 1, "of those that are clear the last is kept")
        }
    }

    @Test("an app's SOS is a call from where it was, in its device's room")
    func callsByApp() async throws {
        try await withAPI { api in
            let scene = try await scene(api)
            let device = try await api.send(
                .post, "/v1/devices", ["app": "traccar", "runID": .string(scene.room)], token: scene.ana)
            let address = try #require(device.json["address"]?.string)
            let path = String(address[try #require(address.firstRange(of: "/bridge")).lowerBound...])
            let posted = try await api.send(
                .post, path + "?id=1&lat=39.905&lon=116.407&timestamp=1700000000&alarm=sos")
            #expect(posted.status == 200)
            let alarm = try #require(try await heard(api, by: scene.olga).first)
            #expect(alarm["latitude"] == 39.905 && alarm["placedAt"] == 1_700_000_000_000)
            #expect(alarm["runID"] == .string(scene.room))
            // Without a position it is one all the same.
            let id = try #require(alarm["id"]?.string)
            #expect(try await api.send(.delete, "/v1/alarms/\(id)", token: scene.olga).status == 204)
            #expect(try await api.send(.post, path + "?id=1&alarm=sos").status == 200)
            #expect(try await heard(api, by: scene.olga).first?["latitude"] == .null)
        }
    }

    @Test("who does not move in a run has others called if they wish so, and heard as such until they call themselves")
    func stillness() async throws {
        try await withAPI { api in
            let scene = try await scene(api)
            try await setMailAddress(api, "ben@example.org", token: scene.ben)
            let before = try await api.send(.get, "/v1/me/confidants", token: scene.ana)
            #expect(before.json["whenStill"] == false)
            let set = try await api.send(
                .put, "/v1/me/confidants", ["names": ["ben"], "whenStill": true], token: scene.ana)
            #expect(set.json["whenStill"] == true)
            // Without a word of it, it stays.
            _ = try await api.send(.put, "/v1/me/confidants", ["names": ["ben"]], token: scene.ana)
            #expect(try await api.send(.get, "/v1/me/confidants", token: scene.ana).json["whenStill"] == true)

            let place = try Coordinate(latitude: 48.5, longitude: 11.5)
            let ana = try #require(try await api.core.accounts.account(named: "ana"))
            #expect(ana.callsWhenStill)
            let room = try #require(try await api.core.live.details(of: scene.room))
            await api.core.safety.callForStill(
                account: ana.id, room: room.id, place: Alarm.Place(place, at: 7))
            let alarm = try #require(try await heard(api, by: scene.ben).first)
            #expect(alarm["cause"] == "still" && alarm["latitude"] == 48.5 && alarm["placedAt"] == 7)
            func told() -> [Bool] {
                api.postbox.all.compactMap { if case .call(let call) = $0.content { call.isStill } else { nil } }
            }
            try await eventually("the mail") { told() == [true] }
            // Their own call is more than that, and told anew.
            let called = try await api.send(.post, "/v1/alarms", [:], token: scene.ana)
            #expect(called.json["id"] == alarm["id"] && called.json["cause"] == "call")
            try await eventually("another mail") { told() == [true, false] }
            // And it does not become less again.
            await api.core.safety.callForStill(
                account: ana.id, room: room.id, place: Alarm.Place(place, at: 8))
            #expect(try await heard(api, by: scene.ben).first?["cause"] == "call")
        }
    }

    @Test("one calls from no room in which one does not run, and names nobody who is not there, oneself, or too many")
    func refuses() async throws {
        try await withAPI { api in
            let scene = try await scene(api)
            let foreign = try await api.send(.post, "/v1/alarms", ["runID": .string(scene.room)], token: scene.eve)
            #expect(foreign.status == 404)
            #expect(try await heard(api, by: scene.olga) == [])
            let half = try await api.send(.post, "/v1/alarms", ["latitude": 1.5], token: scene.ana)
            #expect(half.status == 400)
            let many = JSONValue.array((0...Limit.Safety.confidants).map { .string("u\($0)") })
            for names: JSONValue in [["nobody"], ["ana"], many, [1], "ben"] {
                let answer = try await api.send(.put, "/v1/me/confidants", ["names": names], token: scene.ana)
                #expect(answer.status == 400, "\(names)")
            }
            let kept = try await api.send(.get, "/v1/me/confidants", token: scene.ana)
            #expect(kept.json["people"]?.array?.count == 1)
        }
    }
}
