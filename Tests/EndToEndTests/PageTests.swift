import Foundation
import TestKit
import Testing

@Suite("Pages of a real server", .inTurn)
struct PageTests {
    @Test("a browser at the root gets the home page; every program that asks otherwise gets what it always got")
    func negotiates() async throws {
        let server = try await ServerProcess.shared()
        let http = RawHTTP(port: server.port)
        for accept in ["*/*", "application/json", "text/plain", ""] {
            let answer = try await http.send("GET", "/", accept.isEmpty ? [] : ["Accept: \(accept)"])
            #expect(answer.status == 200 && String(decoding: answer.bytes, as: UTF8.self) == "hello world")
            #expect(answer.header("content-type") == "text/plain; charset=utf-8")
        }
        let browser = "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
        let page = try await http.send("GET", "/", [browser])
        #expect(page.status == 200 && page.header("content-type") == "text/html; charset=utf-8")
        #expect(page.header("vary")?.contains("Accept,") == true)
        #expect(page.header("content-security-policy")?.contains("script-src 'self'") == true)
        #expect(page.header("x-content-type-options") == "nosniff" && page.header("x-frame-options") == "DENY")
        // Where there is no page, a browser gets the API's answer.
        #expect(try await http.send("GET", "/healthz", [browser]).bytes == Array("ok\n".utf8))
        #expect(try await http.send("GET", "/nothing", [browser]).status == 404)
    }

    @Test("HEAD has the page's length and no body; other methods find nothing there")
    func answersHead() async throws {
        let server = try await ServerProcess.shared()
        let http = RawHTTP(port: server.port)
        let whole = try await http.send("GET", "/r/159")
        let head = try await http.send("HEAD", "/r/159")
        #expect(head.status == 200 && head.bytes.isEmpty)
        #expect(head.header("content-length") == "\(whole.bytes.count)")
        #expect(try await http.send("POST", "/r/159", [], []).status == 404)
    }
}
