import HTTPTypes
import Services
import TestKit
import Testing

@testable import API

@Suite("/v1: one's mail address")
struct HouseMailTests {
    private func set(_ api: TestAPI, _ email: String, _ code: String, _ password: String = "secret", token: String)
        async throws -> Answer
    {
        try await api.send(
            .put, "/v1/me/email",
            ["email": .string(email), "code": .string(code), "password": .string(password)], token: token)
    }

    @Test("whoever reads an address and knows the password has it, logs in with it, and nobody else gets it")
    func proves() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana"), ben = try await api.register("ben")
            let address = "ana@example.org"
            let asked = try await api.send(.post, "/v1/me/email/code", ["email": .string(address)], token: ana)
            #expect(asked.status == 202)
            let code = try await api.postbox.code(for: address)
            let wrong = try await set(api, address, code == "000000" ? "111111" : "000000", token: ana)
            #expect(wrong.status == 400 && wrong.json["code"] == "wrong_code")
            let stranger = try await set(api, address, code, "guess", token: ana)
            #expect(stranger.status == 401 && stranger.json["code"] == "wrong_password")
            let done = try await set(api, address, code, token: ana)
            #expect(done.status == 200 && done.json["email"] == .string(address))
            #expect(try await set(api, address, code, token: ana).json["code"] == "wrong_code")
            let login = try await api.send(.post, "/v1/session", ["name": .string(address), "password": "secret"])
            #expect(login.json["account"]?["name"] == "ana")

            _ = try await api.send(.post, "/v1/me/email/code", ["email": .string(address)], token: ben)
            let second = try await api.postbox.code(for: address, count: 2)
            let taken = try await set(api, address, second, token: ben)
            #expect(taken.status == 409 && taken.json["code"] == "email_taken")
        }
    }

    @Test("what is no address is refused before a mail is sent")
    func refuses() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana")
            for email in ["", "ana", "ana@x\r\nBcc: b@example.org"] {
                let answer = try await api.send(.post, "/v1/me/email/code", ["email": .string(email)], token: ana)
                #expect(answer.status == 400, "\(email)")
            }
            #expect(try await api.send(.post, "/v1/me/email/code", ["email": "a@example.org"]).status == 401)
            #expect(api.postbox.all.isEmpty)
        }
    }
}
