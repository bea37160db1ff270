import Foundation
import HTTPTypes
import LWS
import Services
import Testing

@testable import API
@testable import Endpoints

@Suite("Parameters of a request")
struct ParametersTests {
    private func request(
        _ target: String, type: String? = nil, body: HTTPBody = .bytes([])
    ) throws -> HTTPServerRequest {
        let parsed = try RequestTarget(target)
        var headers: HTTPFields = [:]
        if let type { headers[.contentType] = type }
        return HTTPServerRequest(
            head: HTTPRequestHead(
                method: .post, target: target, path: parsed.path, query: parsed.query, headers: headers,
                remoteAddress: "192.0.2.1"), body: body)
    }

    private func bytes(_ text: String) -> HTTPBody { .bytes(Array(text.utf8)) }

    @Test("the first source that has a name wins")
    func order() throws {
        let form = "application/x-www-form-urlencoded"
        let asked = try request("/a?x=query&x=second", type: form, body: bytes("x=form&y=form"))
        let parameters = try Parameters(asked)
        #expect(try parameters.text("x") == "query")
        #expect(try parameters.text("y") == "form")
        #expect(try Parameters(asked, in: [.form, .query]).text("x") == "form")
        #expect(try Parameters(asked, in: [.query]).text("y") == nil)
        #expect(try Parameters(request("/a?x=", body: bytes(#"{"x":"json"}"#))).text("x") == "")
    }

    @Test(
        "a body that begins with a brace is JSON, whatever it is called",
        arguments: [
            nil, "application/json", "application/x-www-form-urlencoded", "text/plain",
        ])
    func json(type: String?) throws {
        let asked = try request("/a", type: type, body: bytes(#" {"id":7,"name":"ana","none":null,"half":1.5}"#))
        let parameters = try Parameters(asked)
        #expect(try parameters.integer("id") == 7)
        #expect(try parameters.text("id") == "7")
        #expect(try parameters.text("half") == "1.5")
        #expect(try parameters.text("none") == nil)
    }

    @Test("fields and files of a multipart form")
    func multipart() throws {
        let form = MultipartForm(
            fields: [("title", "a")],
            files: [
                MultipartForm.File(name: "data", filename: "v.mp4", content: .bytes([1])),
                MultipartForm.File(name: "data", filename: "", content: .bytes([])),
            ])
        let parameters = try Parameters(request("/a?token=t", body: .multipart(form)))
        #expect(try parameters.text("title") == "a")
        #expect(try parameters.text("token") == "t")
        #expect(parameters.files("data").count == 1)
        #expect(parameters.files("Data").isEmpty)
        #expect(try Field.file("data").optional.read(parameters) != nil)
        #expect(try Field.file("cover").optional.read(parameters) == nil)
    }

    @Test("names without regard to case, where that is wanted")
    func cases() throws {
        let asked = try request("/a?userName=ana")
        #expect(try Parameters(asked).text("username") == nil)
        #expect(try Parameters(asked, ignoringCase: true).text("USERNAME") == "ana")
    }

    @Test("what is missing or of another kind is said by name")
    func errors() throws {
        let parameters = try Parameters(
            request("/a?empty=&word=er&plus=%2B1&big=9223372036854775808", body: bytes(#"{"list":[],"yes":true}"#)))
        #expect(throws: ParameterError.missing("absent")) { try parameters.requiredText("absent") }
        #expect(throws: ParameterError.missing("empty")) { try parameters.requiredInteger("empty") }
        #expect(throws: ParameterError.wrongKind("word")) { try parameters.integer("word") }
        #expect(throws: ParameterError.wrongKind("plus")) { try parameters.integer("plus") }
        #expect(throws: ParameterError.wrongKind("big")) { try parameters.integer("big") }
        #expect(throws: ParameterError.wrongKind("list")) { try parameters.text("list") }
        #expect(throws: ParameterError.wrongKind("yes")) { try parameters.text("yes") }
        #expect(
            throws: ParameterError.malformedBody("The body is not valid JSON, at byte 0: A value is expected.")
        ) { try Parameters(request("/a", body: bytes("nonsense"))) }
        #expect(throws: ParameterError.malformedBody()) {
            try Parameters(request("/a", type: "application/x-www-form-urlencoded", body: bytes("a=%zz")))
        }
    }
}
