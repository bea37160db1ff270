import HTTPTypes
import Services
import Testing

@testable import API
@testable import Endpoints

@Suite("Articles: self tests and refusals")
struct JuejinTestRoutesTests {
    @Test("the parts of the server answer")
    func selfTests() async throws {
        try await withAPI { api in
            let hello = try await api.call(.get, "/")
            #expect(hello.status == 200 && hello.text.contains("hello world"))
            #expect(hello.headers[.contentType]?.hasPrefix("text/plain") == true)
            #expect(try await api.call(.get, "/testmysql").line == #"200 {"username":""}"#)
            try await api.enter("hjj")
            try await api.enter("other")
            #expect(try await api.call(.get, "/testmysql").line == #"200 {"username":"hjj"}"#)
            #expect(try await api.call(.get, "/testredis").line == #"200 {"value":"b"}"#)
            let image = try await api.call(.get, "/testheadimages")
            #expect(image.status == 200 && image.headers[.contentType] == "image/png")
        }
    }

    @Test("what is no route, and what the server refuses itself, has the world's shape")
    func refusals() async throws {
        try await withAPI { api in
            for (method, path) in [
                (HTTPRequest.Method.get, "/users"), (.get, "/users/nobody"), (.patch, "/users/login"),
                (.post, "/articles/hot"), (.get, "/articles"), (.get, "/articles/1/nothing"),
            ] {
                let answer = try await api.call(method, path)
                #expect(answer.line == #"404 {"code":404,"msg":"Not found"}"#, "\(method) \(path)")
            }
            for (status, path) in [(413, "/users/register/"), (414, "/articles/editor/"), (503, "/articles/hot")] {
                let answer = try await Answer(api.responder.refusal(.init(code: status), path: path))
                #expect(answer.status == status)
                #expect(answer.json["code"] == .int(Int64(status)) && answer.json["msg"]?.string?.isEmpty == false)
            }
        }
    }

    @Test("a failure inside tells nothing of the inside")
    func failure() async throws {
        let response = RefusalShape.juejin.response(for: .internalError(cause: "secret"))
        let answer = try await Answer(response)
        #expect(answer.line == #"500 {"code":500,"msg":"server error"}"#)
    }
}
