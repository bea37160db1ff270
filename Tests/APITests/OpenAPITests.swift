import Geo
import HTTPTypes
import LWS
import Services
import Testing

@testable import API
@testable import Endpoints

@Suite("The OpenAPI document")
struct OpenAPITests {
    @Test("each route is described, and nothing is described that is no route")
    func completeness() async throws {
        try await withAPI { api in
            let routed = Set(api.responder.routes.map { "\($0.method) \($0.pattern)" })
            #expect(routed.count == api.responder.router.routes.count)

            let paths = try #require(try await api.send(.get, "/openapi.json").json["paths"]?.object)
            let served = paths.members.flatMap { path in
                (path.value.object?.members ?? []).map { "\($0.name.uppercased()) \(path.name)" }
            }
            #expect(Set(served) == routed.union(["GET /live"]))
        }
    }

    @Test("every reference leads somewhere, every operation has its own id, every path parameter is declared")
    func soundness() async throws {
        try await withAPI { api in
            let answer = try await api.send(.get, "/openapi.json")
            #expect(answer.status == 200)
            #expect(answer.headers[.contentType] == "application/json; charset=utf-8")
            #expect(answer.json["openapi"] == "3.1.0")
            let schemas = Set(answer.json["components"]?["schemas"]?.object?.members.map(\.name) ?? [])
            var used: Set<String> = [], ids: [String] = []
            func look(_ value: JSONValue) {
                switch value {
                case .array(let elements): elements.forEach(look)
                case .object(let object):
                    for member in object.members {
                        if member.name == "$ref", let name = member.value.string {
                            used.insert(String(name.split(separator: "/").last ?? ""))
                        }
                        if member.name == "operationId", let id = member.value.string { ids.append(id) }
                        look(member.value)
                    }
                case .null, .bool, .int, .double, .string: break
                }
            }
            look(answer.json)
            #expect(used.subtracting(schemas) == [])
            #expect(Set(ids).count == ids.count)
            for path in answer.json["paths"]?.object?.members ?? [] {
                let names = path.name.split(separator: "/").compactMap { Router.parameter(of: $0)?.name }
                for operation in path.value.object?.members ?? [] {
                    let declared = (operation.value["parameters"]?.array ?? [])
                        .filter { $0["in"] == "path" }.compactMap { $0["name"]?.string }
                    #expect(declared == names)
                }
            }
        }
    }

    @Test("markers of run data are objects, as the document says", arguments: ["[[null]]", "[1]", "[null]", "{}"])
    func markers(text: String) async throws {
        try await withAPI { api in
            let token = try await api.register()
            let answer = try await api.send(
                .put, "/api/users/run/data", raw: Array("{\"runData\":{\"markers\":\(text)}}".utf8), token: token)
            #expect(answer.status == 400)
        }
    }

    @Test("the page for people names every route and loads nothing")
    func page() async throws {
        try await withAPI { api in
            let page = try await api.send(.get, "/docs")
            #expect(page.status == 200)
            #expect(page.headers[.contentType] == "text/html; charset=utf-8")
            #expect(page.headers[.contentSecurityPolicy]?.hasPrefix("default-src 'none'") == true)
            for operation in api.responder.routes.map(\.operation) + [.live] {
                #expect(page.text.contains("<code>\(operation.pattern)</code>"))
            }
            #expect(!page.text.contains("http://") && !page.text.contains("https://"))
            #expect(!page.text.contains("<script"))
        }
    }
}
