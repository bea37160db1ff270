import Foundation
import HTTPTypes
import TestKit
import Testing

@testable import API
@testable import Endpoints
@testable import Services

/// Every route that hashes, of every world: whoever comes by it waits in the turn of their address.
@Suite("Doors that hash") struct HashingDoorTests {
    private struct Door: CustomStringConvertible {
        /// Of the endpoint: `POST /login`.
        let description: String
        /// With somebody in place of `WHO` whom nobody has met.
        let query: String
        let body: String
        /// Whether it takes a token beside what is hashed.
        let takesToken: Bool

        init(_ description: String, _ body: String = "", query: String = "", takesToken: Bool = false) {
            self.description = description
            self.body = body
            self.query = query
            self.takesToken = takesToken
        }

        func send(_ api: TestAPI, who: String, token: String, from address: String) async throws -> Answer {
            let parts = description.split(separator: " ")
            return try await api.send(
                try #require(HTTPRequest.Method(rawValue: String(parts[0]))),
                String(parts[1]) + query.replacing("WHO", with: who), raw: Array(body.replacing("WHO", with: who).utf8),
                token: takesToken ? token : nil, from: address)
        }
    }

    private static let md5 = "5ebe2294ecd0e0f08eab7690d2a6ee68"
    private static let wrong = #"{"username":"known","password":"wrong"}"#

    /// With what is right for who is new, and wrong for who is known: none of them changes what the others find.
    private static let doors = [
        Door("POST /api/users", #"{"username":"WHO","password":"secret"}"#),
        Door("POST /api/users/login", wrong),
        Door("PUT /api/users/update", wrong),
        Door("DELETE /api/users/delete", wrong),
        Door("POST /users/register", query: "?username=WHO&password=secret"),
        Door("POST /users/login", query: "?username=known&password=wrong"),
        Door("PUT /users/changes/password", query: "?old_password=wrong&new_password=other", takesToken: true),
        Door("POST /douyin/user/register", query: "?username=WHO&password=secret"),
        Door("POST /douyin/user/login", query: "?username=known&password=wrong"),
        Door("POST /api/v1/user/register", #"{"email":"WHO@example.org","password":"secret","code":"000000"}"#),
        Door("POST /api/v1/user/login", #"{"email":"known@example.org","password":"wrong one"}"#),
        Door("POST /api/v1/user/login/email", #"{"email":"known@example.org","code":"000000"}"#),
        Door("POST /api/v1/user/code/email", #"{"email":"WHO@example.org"}"#),
        Door("POST /api/v1/user/pwd/modify", #"{"email":"known@example.org","password":"secret","code":"000000"}"#),
        Door("POST /login", #"{"username":"known","password":"\#(md5)"}"#),
        Door("POST /register", #"{"username":"WHO","password":"\#(md5)"}"#),
        Door("POST /v1/accounts", #"{"name":"WHO","password":"secret"}"#),
        Door("POST /v1/session", #"{"name":"known","password":"wrong"}"#),
        Door("PUT /v1/me/password", #"{"password":"wrong","newPassword":"other"}"#, takesToken: true),
        Door("POST /v1/me/email/code", #"{"email":"WHO@example.org"}"#, takesToken: true),
        Door(
            "PUT /v1/me/email", #"{"email":"WHO@example.org","code":"000000","password":"wrong"}"#, takesToken: true),
        Door("DELETE /v1/me", #"{"password":"wrong"}"#, takesToken: true),
    ]

    /// Routes that are limited as those that hash are, and compare tokens or nothing.
    private static let others: Set = [
        "GET /users/login", "GET /api/v1/user/token/refresh", "PUT /v1/session", "GET /api/v1/user/resetpwd/check",
        "POST /v1/guests", "GET /api/v1/captcha/get",
        // It hashes, in the turn of who comes, for who has the code: of 128 bits, and there is one at most.
        "POST /v1/admin/setup",
    ]

    @Test(
        "each hashes in the turn of who comes by it: whose turns are taken is told at once that the server is busy",
        .timeLimit(.minutes(5)))
    func turns() async throws {
        let gate = HashingGate()
        let passwords = Passwords(cost: .least, threads: 1, queueLimit: 8, deriving: gate.derive)
        try await withAPI(passwords: passwords) { api in
            let limited = api.responder.routes.map(\.endpoint).filter { endpoint in
                endpoint.cost.charges.contains { [.logins, .registrations, .mailCodes].contains($0.limit) }
            }
            let names = Set(limited.map { "\($0.method) \($0.pattern)" }).subtracting(Self.others)
            #expect(names == Set(Self.doors.map(\.description)), "a door that the test does not know")

            _ = try await api.core.accounts.create(
                username: "known", password: "secret", role: .user, email: "known@example.org")
            try await api.core.mailAccounts.beginPasswordReset(email: "known@example.org", address: "192.0.2.1")
            let token = try await api.register("visitor")
            for (number, door) in Self.doors.enumerated() {
                let before = gate.count
                let answer = try await door.send(api, who: "first\(number)", token: token, from: "192.0.2.1")
                #expect(gate.count > before, "\(door) hashes: \(answer.line)")
            }

            gate.shut()
            let unhindered = gate.count
            // Whatever goes wrong, nobody waits behind it for ever.
            let watchdog = Task {
                try await Task.sleep(for: .seconds(120))
                gate.open()
            }
            defer {
                watchdog.cancel()
                gate.open()
            }
            // One is being hashed, and four may wait: half of the queue. The other half is free.
            try await withThrowingTaskGroup(of: Answer.self) { group in
                for _ in 0..<8 {
                    group.addTask { try await Self.doors[1].send(api, who: "", token: "", from: "198.51.100.7") }
                }
                for _ in 0..<3 {
                    #expect(try await group.next()?.headers[.retryAfter] == "5")
                }
                try await eventually("the first is being hashed") { gate.count == unhindered + 1 }
                for (number, door) in Self.doors.enumerated() {
                    let before = gate.count
                    let answer = try await door.send(api, who: "late\(number)", token: token, from: "198.51.100.7")
                    #expect(answer.headers[.retryAfter] == "5", "\(door): \(answer.line)")
                    #expect(gate.count == before, "\(door)")
                }
                gate.open()
                for try await answer in group { #expect(answer.status == 401, "\(answer.line)") }
            }
            for (number, door) in Self.doors.enumerated() where (door.query + door.body).contains("WHO") {
                let answer = try await door.send(api, who: "late\(number)", token: token, from: "198.51.100.7")
                #expect(answer.headers[.retryAfter] == nil, "\(door), once there are turns: \(answer.line)")
            }
        }
    }
}
