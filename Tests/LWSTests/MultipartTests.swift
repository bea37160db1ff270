import Foundation
import HTTPTypes
import TestKit
import Testing

@testable import LWS

@Suite("Multipart forms", .timeLimit(.minutes(5))) struct MultipartTests {
    static let body = [
        "--b", "Content-Disposition: form-data; name=\"a\"", "", "one",
        "--b", "content-disposition: form-data; name=\"你\"", "", "two\r\nlines --b\r\n-",
        "--b", "Content-Disposition: form-data; name=\"f\"; filename=\"x \\\"y\\\".png\"", "Content-Type: image/png",
        "",
        "\0\r\n--\r\n--x", "--b", "Content-Disposition: form-data; name=\"e\"; filename=\"\"", "", "", "--b--", "",
    ].joined(separator: "\r\n")

    /// Parses `body` in pieces of `size` bytes.
    func parse(
        _ body: String, boundary: String? = "b", size: Int = .max,
        policy: BodyPolicy = BodyPolicy(parsesMultipart: true)
    ) throws -> MultipartForm {
        var parser = MultipartParser(boundary: boundary, policy: policy, directory: NSTemporaryDirectory())
        var writes = BodyWrites()
        var rest = Array(body.utf8)[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(size))
            rest = rest.dropFirst(size)
            var fault: RequestFault?
            piece.withUnsafeBytes { bytes in
                do throws(RequestFault) { try parser.append(bytes, &writes) } catch { fault = error }
            }
            if let fault { throw fault }
        }
        let form = try parser.finish()
        if let batch = writes.take(isLast: true), let fault = BodyWrites.Write.perform(batch) { throw fault }
        return form
    }

    func bytes(_ file: MultipartForm.File) -> [UInt8]? {
        if case .bytes(let bytes) = file.content { bytes } else { nil }
    }

    @Test("a form is the same whatever pieces it comes in", arguments: [1, 2, 3, 5, 7, 64, 1000])
    func readsPieces(size: Int) throws {
        let form = try parse(Self.body, size: size)
        #expect(form.fields.map { "\($0.name)=\($0.value)" } == ["a=one", "你=two\r\nlines --b\r\n-"])
        #expect(form.files.map(\.name) == ["f", "e"])
        #expect(form.files[0].filename == "x \"y\".png")
        #expect(form.files[0].contentType == "image/png")
        #expect(bytes(form.files[0]) == Array("\0\r\n--\r\n--x".utf8))
        #expect(form.files[1].filename.isEmpty && bytes(form.files[1]) == [])
    }

    @Test("a boundary that the header does not name is taken from the first line", arguments: [1, 1000])
    func findsBoundary(size: Int) throws {
        #expect(MultipartParser.boundary(in: "multipart/form-data") == nil)
        #expect(MultipartParser.boundary(in: "multipart/form-data; charset=x; Boundary=\"a b\"") == "a b")
        let form = try parse(Self.body, boundary: nil, size: size)
        #expect(form.fields.count == 2 && form.files.count == 2)
    }

    @Test("a filename of RFC 8187 wins over the plain one, and a preamble and an epilogue are dropped")
    func readsVariants() throws {
        let form = try parse(
            "preamble\r\n--b \r\nContent-Disposition: form-data; name=f; filename=\"_\"; filename*=UTF-8''%E8%B7%91\r\n"
                + "\r\nx\r\n--b--\r\nepilogue")
        #expect(form.files.first?.filename == "跑")
    }

    @Test("a form without parts has none")
    func isEmpty() throws {
        let form = try parse("--b--\r\n")
        #expect(form.fields.isEmpty && form.files.isEmpty)
    }

    @Test(
        "a broken form is malformed",
        arguments: [
            "", "--b", "--b\r\n", String(MultipartTests.body.dropLast(8)), "no boundary at all",
            "--b\r\n\r\nno disposition\r\n--b--\r\n", "--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--",
            "--b\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n--b--", "--bx\r\n",
            "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n\u{fffd}\r\n--b-",
            "--b\r\nno colon\r\n\r\nx\r\n--b--", "--b\r\n" + String(repeating: "x", count: 10_000),
        ].map(Abridged.init))
    func refuses(body: Abridged<String>) {
        #expect(throws: RequestFault.malformed) { try parse(body.value) }
        #expect(throws: RequestFault.malformed) { try parse(body.value, size: 1) }
    }

    @Test("too many parts and too large a file are too much")
    func bounds() throws {
        let policy = BodyPolicy(spillBytes: 10, parsesMultipart: true, maxFileBytes: 100, maxParts: 2)
        func file(_ count: Int) -> String {
            "--b\r\nContent-Disposition: form-data; name=f; filename=f\r\n\r\n\(String(repeating: "x", count: count))\r\n"
        }
        let form = try parse(file(100) + file(10) + "--b--", size: 7, policy: policy)
        guard case .file(let spilled) = form.files[0].content else {
            Issue.record("not on disk")
            return
        }
        #expect(FileManager.default.contents(atPath: spilled.path)?.count == 100)
        #expect(bytes(form.files[1])?.count == 10)
        #expect(throws: RequestFault.bodyTooLarge) { try parse(file(101) + "--b--", policy: policy) }
        #expect(throws: RequestFault.bodyTooLarge) { try parse(file(1) + file(1) + file(1) + "--b--", policy: policy) }
    }

    @Test("parameters of a field are told apart octet by octet")
    func readsParameters() {
        let field = HeaderParameters(
            "Form-Data; NAME=\"\u{301}a\"; filename=\"b\\\"c\\d\"; x; \u{212A}=e;\u{301}f=g; h = i ")
        #expect(field.value == "form-data")
        #expect(field["name"] == "\u{301}a")
        #expect(field.filename == "b\"c\\d")
        #expect(field["k"] == nil && field["f"] == nil)
        #expect(field["h"] == "i")
        #expect(field.parameters.count == 5)
    }

    @Test("a form arrives at the handler, a broken one is 400, a large file in it 413")
    func serves() async throws {
        let responder = TestResponder(
            policy: BodyPolicy(maxBytes: 1 << 20, spillBytes: 1000, parsesMultipart: true, maxFileBytes: 100_000),
            handler: { HTTPServerTests.describeBody($0) })
        try await withServer(responder) { (_, port, _) async throws in
            func post(_ body: String, type: String = "multipart/form-data; boundary=b") async throws -> String {
                try await RawClient.exchange(
                    HTTPServerTests.close("POST /", "Content-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n")
                        + body, port: port)
            }
            #expect(try await post(Self.body).hasSuffix("form 2 2"))
            #expect(try await post(Self.body, type: "multipart/form-data").hasSuffix("form 2 2"))
            #expect(try await post(String(Self.body.dropLast(10))).hasPrefix("HTTP/1.1 400 "))
            #expect(try await post("--b\r\nnonsense").hasPrefix("HTTP/1.1 400 "))
            #expect(try await post("x", type: "text/plain").hasSuffix("memory 1 x"))
            let large =
                "--b\r\nContent-Disposition: form-data; name=f; filename=f\r\n\r\n"
                + String(repeating: "x", count: 200_000) + "\r\n--b--\r\n"
            #expect(try await post(large).hasPrefix("HTTP/1.1 413 "))
        }
    }
}
