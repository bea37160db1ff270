import HTTPTypes
import LWS
import Testing

@Suite("Router")
struct RouterTests {
    private static func router(_ routes: (HTTPRequest.Method, String)...) -> Router {
        var router = Router()
        for (method, pattern) in routes { router.on(method, pattern) { _ in HTTPResponse(status: .ok) } }
        return router
    }

    /// The pattern that took a request and its parameters, or 404, or 405 with what is allowed.
    private func outcome(_ router: Router, _ method: HTTPRequest.Method, _ path: String) throws -> String {
        switch router.match(method, path: try RequestTarget(path).path) {
        case .route(let route, let parameters):
            let parameters = parameters.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }
            return (["\(route.method) \(route.pattern)"] + parameters).joined(separator: " ")
        case .methodNotAllowed(let methods):
            return "405 " + methods.map(\.rawValue).joined(separator: ",")
        case .notFound:
            return "404"
        }
    }

    @Test(
        "literals win over parameters, segment by segment from the left",
        arguments: [
            ("/", "GET /"), ("/users", "GET /users"), ("/users/", "GET /users"), ("/users/me", "GET /users/me"),
            ("/users/42", "GET /users/{id} id=42"), ("/users/me/runs", "GET /users/{id}/runs id=me"),
            ("/users/42/runs/7/", "GET /users/{id}/runs/{run} id=42 run=7"), ("/a/b", "GET /{x}/b x=a"),
            ("/users/b", "GET /users/{id} id=b"), ("/users/a%2Fb", "GET /users/{id} id=a/b"),
            ("/users/%7Bid%7D", "GET /users/{id} id={id}"), ("/users/%E5%8A%A0", "GET /users/{id} id=加"),
            ("/Users", "404"), ("/users//runs", "404"), ("//users", "404"), ("/users/1/2", "404"), ("/b", "404"),
        ])
    func precedence(path: String, expected: String) throws {
        let router = Self.router(
            (.get, "/"), (.get, "/users"), (.get, "/users/{id}"), (.get, "/users/me"), (.get, "/users/{id}/runs"),
            (.get, "/users/{id}/runs/{run}"), (.get, "/{x}/b"))
        #expect(try outcome(router, .get, path) == expected)
    }

    @Test(
        "a parameter with an ending takes what ends so, without it, and the others are left to one without",
        arguments: [
            ("/runs/7.gpx", "GET /runs/{id}.gpx id=7"), ("/runs/7.fit", "GET /runs/{id}.fit id=7"),
            ("/runs/7", "GET /runs/{id} id=7"), ("/runs/.gpx", "GET /runs/{id} id=.gpx"),
            ("/runs/a.b.gpx", "GET /runs/{id}.gpx id=a.b"), ("/runs/7.GPX", "GET /runs/{id} id=7.GPX"),
            ("/runs/all.gpx", "GET /runs/all.gpx"), ("/runs/7.gpx/x", "GET /runs/{id}/x id=7.gpx"),
        ])
    func endings(path: String, expected: String) throws {
        let router = Self.router(
            (.get, "/runs/{id}"), (.get, "/runs/{id}.gpx"), (.get, "/runs/{id}.fit"), (.get, "/runs/all.gpx"),
            (.get, "/runs/{id}/x"))
        #expect(try outcome(router, .get, path) == expected)
        #expect(try outcome(router, .put, "/runs/7.gpx") == "405 GET,HEAD")
    }

    @Test("a way that ends nowhere is left for a less literal one")
    func backtracking() throws {
        let router = Self.router((.get, "/a/{x}/c"), (.get, "/{y}/b/d"), (.get, "/a/b/e"))
        #expect(try outcome(router, .get, "/a/b/c") == "GET /a/{x}/c x=b")
        #expect(try outcome(router, .get, "/a/b/d") == "GET /{y}/b/d y=a")
        #expect(try outcome(router, .get, "/a/b/e") == "GET /a/b/e")
        #expect(try outcome(router, .get, "/a/b/f") == "404")
    }

    @Test("a known path with another method is 405 and says what is allowed")
    func methods() throws {
        let router = Self.router(
            (.post, "/runs"), (.get, "/runs"), (.delete, "/runs/{id}"), (.get, "/runs/last"), (.put, "/runs/{id}"))
        #expect(try outcome(router, .patch, "/runs") == "405 POST,GET,HEAD")
        #expect(try outcome(router, .get, "/runs/7") == "405 DELETE,PUT")
        // The union of all patterns that fit, each of which would have taken its method.
        #expect(try outcome(router, .patch, "/runs/last") == "405 DELETE,GET,HEAD,PUT")
        #expect(try outcome(router, .delete, "/runs/last") == "DELETE /runs/{id} id=last")
        #expect(try outcome(router, .options, "/elsewhere") == "404")
    }

    @Test("HEAD is answered by GET's route, or by its own")
    func head() throws {
        let router = Self.router((.get, "/a"), (.get, "/b"), (.head, "/b"), (.post, "/c"))
        #expect(try outcome(router, .head, "/a") == "GET /a")
        #expect(try outcome(router, .head, "/b") == "HEAD /b")
        #expect(try outcome(router, .head, "/c") == "405 POST")
        #expect(try outcome(router, .put, "/b") == "405 GET,HEAD")
    }

    @Test("parameters are called as their own route calls them")
    func names() throws {
        let router = Self.router((.get, "/runs/{id}"), (.put, "/runs/{runID}/"), (.get, "/runs/{run}/markers"))
        #expect(try outcome(router, .get, "/runs/1") == "GET /runs/{id} id=1")
        #expect(try outcome(router, .put, "/runs/1") == "PUT /runs/{runID}/ runID=1")
        #expect(try outcome(router, .get, "/runs/1/markers") == "GET /runs/{run}/markers run=1")
    }

    @Test("routes are listed in order, each with its body policy")
    func routes() {
        var router = Router()
        #expect(router.routes.isEmpty)
        router.on(.post, "/upload", body: BodyPolicy(maxBytes: 7)) { _ in HTTPResponse(status: .ok) }
        router.on(.get, "/a") { _ in HTTPResponse(status: .ok) }
        #expect(router.routes.map(\.pattern) == ["/upload", "/a"])
        #expect(router.routes[0].bodyPolicy.maxBytes == 7)
    }

    @Test("long paths that fit nothing cost no more than short ones")
    func longPath() {
        let router = Self.router((.get, "/{a}/{b}/c"), (.get, "/x/{b}/d"))
        let path = Array(repeating: "x", count: 100_000)
        guard case .notFound = router.match(.get, path: path) else {
            Issue.record("found something")
            return
        }
    }
}
