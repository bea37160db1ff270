import HTTPTypes
import LWS
import Limits
import Testing

@testable import API
@testable import Endpoints

@Suite("Answers kept for who asks again") struct RepeatedRequestsTests {
    private let repeats = RepeatedRequests()

    private func request(
        _ target: String = "/v1/posts", key: String = "k", body: HTTPBody = .bytes([1])
    ) -> HTTPServerRequest {
        HTTPServerRequest(
            head: HTTPRequestHead(
                method: .post, target: target, path: ["v1", "posts"], query: [], headers: [.idempotencyKey: key],
                remoteAddress: "192.0.2.1"), body: body)
    }

    private func form(_ title: String, picture: [UInt8]) -> HTTPBody {
        .multipart(
            MultipartForm(
                fields: [(name: "title", value: title)],
                files: [.init(name: "images", filename: "a.png", content: .bytes(picture))]))
    }

    /// What is answered: the number of the work that was done for it.
    private func ask(
        _ request: HTTPServerRequest, by sender: String = "account 1", making number: Int
    ) async throws -> [UInt8] {
        let response = try await repeats.answer(request, by: sender) { .json(encoded: Array("\(number)".utf8)) }
        guard case .bytes(let bytes) = response.body else { return [] }
        return bytes
    }

    @Test("a form that is sent again is the same request, and one with another text or picture is not")
    func forms() async throws {
        let first = try await ask(request(body: form("a", picture: [1, 2])), making: 1)
        #expect(try await ask(request(body: form("a", picture: [1, 2])), making: 2) == first)
        for other in [form("b", picture: [1, 2]), form("a", picture: [1, 3])] {
            await #expect(throws: Problem.self) { try await ask(request(body: other), making: 3) }
        }
        await #expect(throws: Problem.self, "another query") {
            try await ask(request("/v1/posts?x=1", body: form("a", picture: [1, 2])), making: 4)
        }
    }

    @Test("keys that only look the same are two")
    func lookAlikes() async throws {
        for (number, key) in ["\u{e9}", "e\u{301}", "K", "\u{212A}"].enumerated() {
            let answer = try await ask(request(key: key, body: .bytes([UInt8(number)])), making: number)
            #expect(answer == Array("\(number)".utf8))
        }
    }

    @Test("the answers of one who sends many are dropped before those of others")
    func fairness() async throws {
        let kept = try await ask(request(key: "mine"), by: "account 2", making: 0)
        let many = Limit.HTTP.idempotencyAnswersOfOne
        for number in 1...3 * many { _ = try await ask(request(key: "k\(number)"), making: number) }
        #expect(try await ask(request(key: "mine"), by: "account 2", making: -1) == kept)
        #expect(try await ask(request(key: "k\(2 * many + 1)"), making: -1) == Array("\(2 * many + 1)".utf8))
        #expect(try await ask(request(key: "k\(2 * many - 1)"), making: -1) == Array("-1".utf8), "it was dropped")
    }

    @Test("large answers to one are dropped before those to others, and one that is too large is not kept")
    func largeAnswers() async throws {
        let large = Limit.HTTP.idempotencyBytesOfOne / 4
        for number in 1...20 {
            _ = try await repeats.answer(request(key: "k\(number)"), by: "account 1") {
                .json(encoded: [UInt8](repeating: 0x20, count: large))
            }
        }
        #expect(repeats.keptCount == 3 && repeats.keptBytes <= Limit.HTTP.idempotencyBytesOfOne)
        _ = try await repeats.answer(request(key: "all"), by: "account 2") {
            .json(encoded: [UInt8](repeating: 0x20, count: Limit.HTTP.idempotencyBytesOfOne))
        }
        #expect(repeats.keptCount == 3)
    }

    @Test("however many ask, and for however long a target, what is kept stays bounded")
    func bounds() async throws {
        let long = "/v1/posts?" + String(repeating: "x", count: 60_000)
        for number in 0..<2 * Limit.HTTP.idempotencyAnswers {
            _ = try await ask(request(long, key: "k"), by: "account \(number)", making: number)
            #expect(repeats.keptBytes <= Limit.HTTP.idempotencyBytes)
        }
        #expect(repeats.keptCount == Limit.HTTP.idempotencyAnswers)
        #expect(repeats.keptBytes < 1200 * Limit.HTTP.idempotencyAnswers)
    }
}
