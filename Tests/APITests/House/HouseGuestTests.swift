import HTTPTypes
import LWS
import Live
import Rooms
import Services
import TestKit
import Testing

@testable import API
@testable import Endpoints

@Suite("/v1: guests")
struct HouseGuestTests {
    /// A room by link, with a link of a role.
    private func makeLink(_ api: TestAPI, _ role: String = "runner") async throws -> (runID: String, link: String) {
        let ana = try await api.register("ana")
        let runID = try await api.makeHouseRoom(token: ana)
        let made = try await api.send(.post, "/v1/rooms/\(runID)/links", ["role": .string(role)], token: ana)
        return (runID, try #require(made.json["link"]?.string))
    }

    private func come(_ api: TestAPI, _ link: String, name: String = "Eva", key: String? = nil) async throws -> Answer {
        var headers: HTTPFields = [:]
        headers[.idempotencyKey] = key
        return try await api.send(
            .post, "/v1/guests", ["name": .string(name), "link": .string(link)], headers: headers)
    }

    @Test("who comes by a runner's link is logged in under the name that others see, and has no password")
    func registration() async throws {
        try await withAPI { api in
            let (runID, link) = try await makeLink(api)
            let guest = try await come(api, link, key: "k")
            #expect(guest.status == 201)
            #expect(guest.json["runID"]?.string == runID)
            #expect(guest.headers[.cacheControl] == "no-store")
            #expect(try await come(api, link, key: "k").line == guest.line)
            let token = try #require(guest.json["token"]?.string)
            let me = try await api.send(.get, "/v1/me", token: token)
            #expect(me.json["nickname"] == "Eva" && me.json["isGuest"] == true)
            let name = try #require(me.json["name"]?.string)
            #expect(name.hasPrefix("guest-"))
            for password in ["!", "", "secret"] {
                let login = try await api.send(
                    .post, "/v1/session", ["name": .string(name), "password": .string(password)])
                #expect(login.status == 401, "no password opens it")
            }
            #expect(try await come(api, link, name: "Eva").json["account"]?["name"]?.string != name)
        }
    }

    @Test("nobody is a guest by a link that is for spectators, guessed, expired or revoked")
    func refusals() async throws {
        try await withAPI { api in
            let (runID, watching) = try await makeLink(api, "spectator")
            let ana = try await api.send(.post, "/v1/session", ["name": "ana", "password": "secret"])
            let token = try #require(ana.json["token"]?.string)
            func make(_ expires: Int64?) async throws -> Answer {
                try await api.send(
                    .post, "/v1/rooms/\(runID)/links",
                    ["role": "runner", "expires": expires.map { .int($0) } ?? .null], token: token)
            }
            let short = try await make(api.clock.now + 1000), revoked = try await make(nil)
            let id = try #require(revoked.json["id"]?.string)
            _ = try await api.send(.delete, "/v1/rooms/\(runID)/links/\(id)", token: token)
            api.clock.advance(seconds: 1)
            for link in [watching, "x", short.json["link"]?.string ?? "", revoked.json["link"]?.string ?? ""] {
                let answer = try await come(api, link)
                #expect(answer.status == 403 && answer.json["code"] == "bad_link", "\(answer.line)")
            }
            #expect(try await api.core.accounts.accounts(limit: 9, unlisted: true).count == 1)
            let good = try #require(try await make(nil).json["link"]?.string)
            #expect(try await come(api, good, name: "a\u{202E}b").status == 400)
        }
    }

    @Test("a password makes a guest's account one like any other, and its logins stay")
    func makesWhole() async throws {
        try await withAPI { api in
            let (_, link) = try await makeLink(api)
            let token = try #require(try await come(api, link).json["token"]?.string)
            #expect(try await api.send(.patch, "/v1/me", ["name": "eva"], token: token).status == 200)
            #expect(try await api.send(.put, "/v1/me/password", ["newPassword": ""], token: token).status == 400)
            let set = try await api.send(.put, "/v1/me/password", ["newPassword": "secret"], token: token)
            #expect(set.status == 204)
            #expect(try await api.send(.get, "/v1/me", token: token).json["isGuest"] == false)
            #expect(
                try await api.send(.post, "/v1/session", ["name": "eva", "password": "secret"]).status == 200)
            // From now on it takes the password.
            let again = try await api.send(.put, "/v1/me/password", ["newPassword": "x"], token: token)
            #expect(again.status == 400 && again.json["detail"] == "`password` is required.")
            #expect(try await api.send(.delete, "/v1/me", token: token).status == 400)
        }
    }

    @Test("a guest whose login has ended is shown where they ran, and goes with the room")
    func end() async throws {
        try await withAPI { api in
            let (runID, link) = try await makeLink(api)
            let guest = try await come(api, link), other = try await come(api, link, name: "Ben")
            let name = try #require(guest.json["account"]?["name"]?.string)
            let account = try #require(try await api.core.accounts.account(named: name))
            _ = try await api.core.live.join(runID, at: nil, isAuthenticated: true) { Person(account) }
            for answer in [guest, other] {
                #expect(try await api.send(.delete, "/v1/session", token: answer.json["token"]?.string).status == 204)
            }
            #expect(try await api.core.accounts.removeGuests() == 0, "nobody at once")
            api.clock.advance(seconds: 3601)
            #expect(try await api.core.accounts.removeGuests() == 1)
            #expect(try await api.core.live.room(runID)?.runners.map(\.person.nickname) == ["Eva"])
            try await api.core.live.deleteRoom(runID)
            #expect(try await api.core.accounts.removeGuests() == 1)
            #expect(try await api.core.accounts.accounts(limit: 9, unlisted: true).map(\.username) == ["ana"])
        }
    }

    @Test("a guest's account is deleted without a password, and one who is logged in stays")
    func deletion() async throws {
        try await withAPI { api in
            let (_, link) = try await makeLink(api)
            let token = try #require(try await come(api, link).json["token"]?.string)
            api.clock.advance(seconds: 7201)
            #expect(try await api.core.accounts.removeGuests() == 0)
            #expect(try await api.send(.get, "/v1/me", token: token).json["code"] == "token_expired")
            let second = try #require(try await come(api, link).json["token"]?.string)
            #expect(try await api.send(.delete, "/v1/me", token: second).status == 204)
            #expect(try await api.core.accounts.accounts(limit: 9, unlisted: true).count == 2)
        }
    }
}
