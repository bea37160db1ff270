import Foundation
import HTTPTypes
import LWS
import Services
import Testing

@testable import API
@testable import Endpoints

/// Every endpoint against everything that it has to refuse, by what it says of itself: a route that is added is tested
/// without anybody thinking of it.
@Suite("What every route refuses")
struct RefusalMatrixTests {
    /// The answers that are agreed: a line for each route and case.
    private static let golden = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "matrix.txt")

    @Test("each route refuses what it must in its world's own words, and the matrix of all is the agreed one")
    func matrix() async throws {
        var lines: [String] = []
        for world in API.World.all {
            lines += try await withAPI { api in
                let stage = try await RefusalStage(api)
                var lines: [String] = []
                for entry in api.responder.routes {
                    guard entry.worldName == world.name else { continue }
                    let endpoint = entry.endpoint
                    for refused in RefusalCase.all(of: endpoint) where !refused.comesTooOften {
                        lines.append(try await line(world, endpoint, entry.shape, refused, stage))
                    }
                }
                return lines
            }
            lines += try await limits(of: world)
        }
        lines.sort()
        let text = lines.joined(separator: "\n") + "\n"
        if ProcessInfo.processInfo.environment["RUNROOM_WRITE_GOLDEN"] != nil {
            try text.write(to: Self.golden, atomically: true, encoding: .utf8)
        }
        let agreed = try String(contentsOf: Self.golden, encoding: .utf8).split(separator: "\n").map(String.init)
        #expect(lines.filter { !agreed.contains($0) } == [], "not agreed")
        #expect(agreed.filter { !lines.contains($0) } == [], "no longer so")
    }

    /// Sends what is to be refused, and judges the answer.
    ///
    /// - Returns: The line of the matrix.
    private func line(
        _ world: API.World, _ endpoint: Endpoint, _ shape: RefusalShape, _ refused: RefusalCase, _ stage: RefusalStage
    ) async throws -> String {
        let answer = try await stage.send(refused, to: endpoint, of: world)
        let name = "\(title(of: world)) \(endpoint.method) \(endpoint.pattern): \(refused.name)"
        let words = endpoint.words ?? world.words
        if RefusalCase.Token.bad.contains(refused.token) {
            let expected = shape.response(for: words(try await stage.refusal(of: refused.token)))
            let line = try await Answer(expected).line
            #expect(answer.line == line, "\(name)")
        }
        if refused.excess != nil { #expect(shape.statusUse == .hidesAll || answer.status == 413, "\(name)") }
        // Before any route has a request, the path alone decides.
        let early = API.World.all.shape(of: endpoint.pattern.split(separator: "/").map(String.init))
        #expect(
            isRefusal(answer, refused.excess == nil ? shape : early), "\(name): \(answer.line.prefix(200))")
        return "\(name) → \(answer.status) \(sentence(of: answer))"
    }

    private func limits(of world: API.World) async throws -> [String] {
        let once = RateLimit(burst: 1, perMinute: 1)
        var limits = RateLimits()
        for limit in [
            \RateLimits.registrations, \.logins, \.mailCodes, \.roomCreations, \.roomLists, \.userLists, \.uploads,
            \.heavyReads, \.reports,
        ] {
            limits[keyPath: limit] = once
        }
        return try await withAPI(limits: limits) { api in
            var lines: [String] = []
            var address = 0
            for entry in api.responder.routes {
                guard entry.worldName == world.name else { continue }
                let endpoint = entry.endpoint
                for refused in RefusalCase.all(of: endpoint) where refused.comesTooOften {
                    address += 1
                    let from = "198.51.100.\(address)"
                    var answer = try await RefusalStage.sendEmpty(to: endpoint, api, from: from)
                    let name = "\(title(of: world)) \(endpoint.method) \(endpoint.pattern): \(refused.name)"
                    #expect(answer.headers[.retryAfter] == nil, "\(name): the first one")
                    answer = try await RefusalStage.sendEmpty(to: endpoint, api, from: from)
                    #expect(answer.headers[.retryAfter] != nil, "\(name): the second one")
                    let other = try await RefusalStage.sendEmpty(to: endpoint, api, from: "203.0.113.\(address)")
                    #expect(other.headers[.retryAfter] == nil, "\(name): another's")
                    #expect(isRefusal(answer, entry.shape), "\(name): \(answer.line.prefix(200))")
                    lines.append("\(name) → \(answer.status) \(sentence(of: answer))")
                }
            }
            return lines
        }
    }

    private func title(of world: API.World) -> String { world.name ?? "operations" }

    /// Whether an answer is one that a shape's schema describes.
    private func isRefusal(_ answer: Answer, _ shape: RefusalShape) -> Bool {
        let isFault = shape.statusUse == .tells && !(400..<500).contains(answer.status)
        guard !isFault, answer.status < 500 else { return false }
        guard let schema = shape.schema else { return true }
        return SchemaCheck.accepts(answer.json, schema)
    }

    /// What a person reads of it.
    private func sentence(of answer: Answer) -> String {
        let texts = answer.json.object?.members.compactMap { member in
            switch member.value {
            case .string(let text) where !text.isEmpty: text
            case .int(let number): "\(member.name)=\(number)"
            default: nil
            }
        }
        return texts?.joined(separator: " | ") ?? answer.text.split(separator: "\n").first.map(String.init) ?? ""
    }
}
