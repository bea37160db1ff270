import HTTPTypes
import LWS
import Limits
import Live
import Services
import TestKit
import Testing

@testable import API
@testable import Endpoints

@Suite("/v1: devices")
struct HouseDeviceTests {
    private func add(
        _ api: TestAPI, _ body: JSONValue, token: String, headers: HTTPFields = [:]
    ) async throws -> Answer {
        var headers = headers
        headers[.host] = "run.example"
        return try await api.send(.post, "/v1/devices", body, token: token, headers: headers)
    }

    @Test("a device is told its address once, is listed, changed and revoked")
    func life() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana"), ben = try await api.register("ben")
            let runID = try await api.makeHouseRoom(token: ana)
            let made = try await add(
                api, ["app": "owntracks", "label": "Old phone", "runID": .string(runID)], token: ana)
            #expect(made.status == 201)
            let address = try #require(made.json["address"]?.string)
            #expect(address.hasPrefix("http://run.example/bridge/owntracks/"))
            let secret = try #require(address.split(separator: "/").last)
            #expect(secret.utf8.count == 22)
            #expect(made.json["code"] == made.json["link"])
            #expect(made.json["settings"]?["monitoring"] == "Move")
            #expect(try await api.core.live.isRunner(api.accountID("ana"), of: runID))

            let id = try #require(made.json["id"]?.string), one = "/v1/devices/\(id)"
            let list = try await api.send(.get, "/v1/devices", token: ana)
            #expect(list.json["devices"]?.array?.count == 1)
            #expect(list.json["devices"]?[0]?["runID"] == .string(runID))
            #expect(list.json["devices"]?[0]?["heardAt"] == .null)
            #expect(!list.text.contains(secret))
            #expect(try await api.send(.get, "/v1/devices", token: ben).json["devices"] == [])
            for method in [HTTPRequest.Method.get, .patch, .delete] {
                #expect(try await api.send(method, one, method == .patch ? [:] : nil, token: ben).status == 404)
            }

            let shown = try await api.send(.get, one, token: ana)
            let tag = try #require(shown.headers[.eTag])
            let changed = try await api.send(
                .patch, one, ["label": "New phone", "runID": ""], token: ana, headers: [.ifMatch: tag])
            #expect(changed.status == 200)
            #expect(changed.json["label"] == "New phone")
            #expect(changed.json["runID"] == .null)
            let late = try await api.send(.patch, one, ["label": "x"], token: ana, headers: [.ifMatch: tag])
            #expect(late.status == 412)
            #expect(try await api.send(.get, one, token: ana, headers: [.ifNoneMatch: tag]).status == 200)
            #expect(try await api.send(.patch, one, ["runID": ""], token: ana).json["label"] == "New phone")
            #expect(try await api.send(.patch, one, ["label": ""], token: ana).json["label"] == .null)

            #expect(try await api.send(.delete, one, token: ana).status == 204)
            #expect(try await api.send(.delete, one, token: ana).status == 404)
            #expect(try await api.send(.get, "/v1/devices", token: ana).json["devices"] == [])
            #expect(try await api.send(.post, "/bridge/owntracks/\(secret)", raw: []).line == "200 []", "in peace")
        }
    }

    @Test("each app is told what sets it up")
    func setups() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana")
            for app in Devices.App.allCases {
                let made = try await add(api, ["app": .string(app.rawValue), "label": "a b"], token: ana)
                let address = try #require(made.json["address"]?.string)
                #expect(address.hasPrefix("http://run.example/bridge/\(app.rawValue)/"))
                #expect(made.json["settings"]?.object?.members.isEmpty == false)
                switch app {
                case .owntracks:
                    let link = try #require(made.json["link"]?.string)
                    #expect(link.hasPrefix("owntracks:///config?inline=eyJ"))
                case .traccar:
                    let link = try #require(made.json["link"]?.string)
                    let encoded = "http%3A%2F%2Frun%2Eexample%2Fbridge%2Ftraccar%2F"
                    #expect(link.hasPrefix("org.traccar.client://x?url=\(encoded)"))
                    #expect(link.contains("&id=a%20b&accuracy=highest&distance=0&interval=2&"))
                case .overland:
                    #expect(made.json["link"]?.string?.hasPrefix("overland://setup?url=http%3A") == true)
                default: #expect(made.json["link"] == .null)
                }
                if app == .osmand { #expect(address.hasSuffix("?lat={0}&lon={1}&timestamp={2}&acc={3}&alt={4}")) }
                if app == .gpslogger { #expect(address.contains("&start=%STARTTIMESTAMP&")) }
            }
        }
    }

    @Test("into a room of somebody else comes who has its password, or a link for runners")
    func rooms() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana"), ben = try await api.register("ben")
            let locked = try await api.makeHouseRoom("password", password: "pw", token: ana)
            let hidden = try await api.makeHouseRoom("link", token: ana)
            let open = try await api.makeHouseRoom("public", token: ana)
            func status(_ runID: String, _ more: (String, JSONValue)? = nil) async throws -> Int {
                var body: JSONObject = JSONObject()
                body["app"] = "any"
                body["runID"] = .string(runID)
                if let more { body[more.0] = more.1 }
                return try await add(api, .object(body), token: ben).status
            }
            #expect(try await status(locked) == 403)
            #expect(try await status(locked, ("password", "no")) == 401)
            #expect(try await status(hidden) == 404)
            #expect(try await status("nowhere") == 404)
            for (role, expected) in [("spectator", 404), ("runner", 201)] {
                let link = try await api.send(
                    .post, "/v1/rooms/\(hidden)/links", ["role": .string(role)], token: ana)
                #expect(try await status(hidden, ("linkToken", link.json["link"] ?? .null)) == expected)
            }
            #expect(try await status(locked, ("password", "pw")) == 201)
            #expect(try await status(locked) == 201, "a runner of it")
            #expect(try await status(open) == 201)
        }
    }

    @Test("a request that comes again makes no second device, and there are so many and no more")
    func bounds() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana")
            let headers: HTTPFields = [.idempotencyKey: "k"]
            let first = try await add(api, ["app": "any"], token: ana, headers: headers)
            #expect(try await add(api, ["app": "any"], token: ana, headers: headers).text == first.text)
            for _ in 1..<Limit.Devices.owned {
                #expect(try await add(api, ["app": "any"], token: ana).status == 201)
            }
            let one = try await add(api, ["app": "any"], token: ana)
            #expect(one.status == 409)
            #expect(one.json["code"] == "too_many_devices")
            #expect(try await add(api, ["app": "strava"], token: ana).status == 400)
        }
    }

    @Test("of somebody whose account is deleted nothing is left but that the phone is told all is well")
    func deletion() async throws {
        try await withAPI { api in
            let tokens = try await api.makeRoom()
            let phone = try await api.makePhone("osmand", token: tokens[0], runID: "159")
            try await api.core.accounts.delete(account: api.accountID("ana"))
            #expect(try await phone.get("?lat=39.905&lon=116.407&timestamp=\(api.seconds)").status == 200)
        }
    }

    @Test("a phone that reports too rarely for running is told so")
    func rhythm() async throws {
        try await withAPI { api in
            let tokens = try await api.makeRoom()
            _ = try await api.makePhone("any", token: tokens[0])
            let list = try await api.send(.get, "/v1/devices", token: tokens[0])
            let id = try #require(list.json["devices"]?[0]?["id"]?.string.flatMap { ObjectID.id($0) })
            for (interval, isTooRare) in [(2_000 as Int64, false), (31_000, true)] {
                try await api.core.devices.noteHeard(id, interval: interval, battery: nil, isAlarm: false)
                let shown = try await api.send(.get, "/v1/devices/\(ObjectID.text(id))", token: tokens[0])
                #expect(shown.json["interval"] == .int(interval))
                #expect(shown.json["isTooRare"] == .bool(isTooRare))
            }
        }
    }
}

extension TestAPI {
    func accountID(_ username: String) async throws -> Int64 {
        try #require(try await core.accounts.account(named: username)).id
    }
}
