import Foundation
import HTTPTypes
package import LWS
import Limits
package import Services

/// Why a parameter cannot be used, before a world has found its words for it.
package enum ParameterError: Error, Hashable, Sendable {
    /// It is needed and not there.
    case missing(String)
    /// It is there and of another kind than what is wanted, such as letters for `a number`.
    case wrongKind(String, wanted: String = "")
    /// It is there, and of the right kind, and breaks a rule: in a sentence.
    case invalid(String, sentence: String)
    /// The body is neither a form nor a JSON object; with a sentence where one is known.
    case malformedBody(String? = nil)
    /// The body is there and cannot be read: a fault of the server's disk.
    case unreadableBody
}

/// The parameters of a request, wherever its client has put them: in the query, in a form, or in a JSON object.
///
/// The sources are asked in the order that the caller gives, and the first that has a name wins; within a source it is
/// the first of that name. A JSON `null` is a parameter that is not there; an empty text is one that is. Texts and
/// numbers stand for each other, because a query knows no numbers and clients write them either way.
package struct Parameters: Sendable {
    package enum Source: Hashable, Sendable {
        case query
        /// Of the body, `application/x-www-form-urlencoded` or `multipart/form-data`.
        case form
        /// The members of the body's JSON object.
        case json
    }

    private var values: [String: JSONValue] = [:]
    /// What was found of elements that are not kept, the first by name.
    private var faults: [String: ParameterError] = [:]
    private let ignoresCase: Bool
    /// The files of a multipart form, without the empty one that a browser sends when nothing was chosen.
    package let files: [MultipartForm.File]

    /// Collects the parameters of a request.
    ///
    /// What a body is its first byte decides before its `Content-Type` does: a body that begins with `{` is JSON whatever
    /// its sender calls it. No body is one without parameters. A body that is of none of the sources is not looked at.
    ///
    /// - Parameters:
    ///   - request: With its body whole.
    ///   - sources: Where to look, in this order.
    ///   - ignoringCase: Whether `userName` is `username`; ASCII letters only.
    ///   - judges: Look at the elements of arrays of these names in a JSON object, which are not kept.
    /// - Throws: ``ParameterError/malformedBody(_:)``, ``ParameterError/unreadableBody``.
    package init(
        _ request: HTTPServerRequest, in sources: [Source] = [.query, .form, .json], ignoringCase: Bool = false,
        judging judges: [String: FormMember.Judge] = [:]
    ) throws(ParameterError) {
        ignoresCase = ignoringCase
        var fields: [(name: String, value: String)] = []
        var members: [JSONObject.Member] = []
        if case .multipart(let form) = request.body {
            guard sources != [.json] else { throw .malformedBody("The body must be JSON.") }
            fields = form.fields
            files = form.files.filter { !($0.filename.isEmpty && $0.content.isEmpty) }
        } else {
            files = []
            if sources.contains(.form) || sources.contains(.json) {
                let bytes = try Self.bytes(of: request.body)
                let type = HeaderParameters(request.head.headers[.contentType] ?? "").value
                let first = bytes.first { !Self.isBlank($0) }
                if first == nil {
                    // Nothing but blanks, if anything.
                } else if first != UInt8(ascii: "{"), type == "application/x-www-form-urlencoded",
                    sources.contains(.form)
                {
                    fields = try Self.form(bytes)
                } else if sources.contains(.json) {
                    members = try Self.object(bytes, judges, &faults)
                }
            }
        }
        for source in sources {
            switch source {
            case .query: for field in request.head.query { add(field.name, .string(field.value)) }
            case .form: for field in fields { add(field.name, .string(field.value)) }
            case .json: for member in members { add(member.name, member.value) }
            }
        }
    }

    /// The members of an object within a parameter, as parameters of their own.
    package init(_ object: JSONObject) {
        ignoresCase = false
        files = []
        for member in object.members { add(member.name, member.value) }
    }

    /// A parameter as it came; nil if it is not there.
    package subscript(name: String) -> JSONValue? { values[key(name)] }

    /// Whether there is a value, or a file, of this name.
    package func has(_ name: String) -> Bool { self[name] != nil || !files(name).isEmpty }

    // MARK: Texts

    /// A string as it came, and nothing that could stand for one: a password may hold anything.
    ///
    /// - Throws: ``ParameterError/wrongKind(_:wanted:)``.
    package func string(_ name: String) throws(ParameterError) -> String? {
        guard let value = self[name] else { return nil }
        guard let string = value.string else { throw .wrongKind(name, wanted: "a string") }
        return string
    }

    /// A text, or a number as its digits; nil if it is not there.
    ///
    /// - Throws: ``ParameterError/wrongKind(_:wanted:)``.
    package func text(_ name: String) throws(ParameterError) -> String? {
        switch self[name] {
        case nil: nil
        case .string(let text): text
        case .int(let number): String(number)
        case .double(let number): Int64(exactly: number).map { String($0) } ?? String(number)
        case .null, .bool, .array, .object: throw .wrongKind(name)
        }
    }

    /// A text that has to be there, and may be empty.
    ///
    /// - Throws: ``ParameterError/missing(_:)``, ``ParameterError/wrongKind(_:wanted:)``.
    package func requiredText(_ name: String) throws(ParameterError) -> String {
        guard let text = try text(name) else { throw .missing(name) }
        return text
    }

    // MARK: Numbers

    /// A whole number, written as a number or as its digits; nil if it is not there or empty.
    ///
    /// - Throws: ``ParameterError/wrongKind(_:wanted:)``, also for a number that 64 bits do not hold.
    package func integer(_ name: String) throws(ParameterError) -> Int64? {
        guard let text = try text(name), !text.isEmpty else { return nil }
        // `Int64` would take a plus sign, which no client writes for a number.
        guard text.utf8.first != UInt8(ascii: "+"), let number = Int64(text) else { throw .wrongKind(name) }
        return number
    }

    /// A whole number that has to be there.
    ///
    /// - Throws: ``ParameterError/missing(_:)``, ``ParameterError/wrongKind(_:wanted:)``.
    package func requiredInteger(_ name: String) throws(ParameterError) -> Int64 {
        guard let number = try integer(name) else { throw .missing(name) }
        return number
    }

    // MARK: Arrays that are not kept

    /// Makes sure of an array that was judged while it was read, if it is there.
    ///
    /// - Throws: What its judge has thrown; ``ParameterError/wrongKind(_:wanted:)``.
    package func checkJudged(_ name: String) throws(ParameterError) {
        _ = try array(name)
        if let fault = faults[name] { throw fault }
    }

    // MARK: Files

    /// The files of a field.
    package func files(_ name: String) -> [HTTPBody] {
        files.filter { key($0.name) == key(name) }.map(\.content)
    }

    // MARK: Reading

    private mutating func add(_ name: String, _ value: JSONValue) {
        guard value != .null, values[key(name)] == nil else { return }
        values[key(name)] = value
    }

    private func key(_ name: String) -> String {
        guard ignoresCase else { return name }
        return String(
            decoding: name.utf8.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 + 32 : $0 },
            as: UTF8.self)
    }

    private static func bytes(of body: HTTPBody) throws(ParameterError) -> [UInt8] {
        switch body {
        case .bytes(let bytes): return bytes
        case .file(let file):
            guard let contents = FileManager.default.contents(atPath: file.path), contents.count == file.count else {
                throw .unreadableBody
            }
            return Array(contents)
        case .multipart: return []
        }
    }

    private static func form(_ bytes: [UInt8]) throws(ParameterError) -> [RequestTarget.Field] {
        do {
            return try RequestTarget.form(bytes)
        } catch {
            throw .malformedBody()
        }
    }

    private static func object(
        _ bytes: [UInt8], _ judges: [String: FormMember.Judge], _ faults: inout [String: ParameterError]
    ) throws(ParameterError) -> [JSONObject.Member] {
        let value: JSONValue
        do {
            if judges.isEmpty {
                value = try JSONValue(parsing: bytes)
            } else {
                value = try JSONValue(
                    parsing: bytes, atMost: Limit.HTTP.strangersValues, showing: Set(judges.keys),
                    atMostEach: Limit.HTTP.strangersElementValues
                ) { name, element in
                    guard faults[name] == nil else { return }
                    do throws(ParameterError) { try judges[name]?(element) } catch { faults[name] = error }
                }
            }
        } catch {
            throw .malformedBody("The body is not valid JSON, at byte \(error.offset): \(error.message)")
        }
        guard let object = value.object else { throw .malformedBody("The body must be a JSON object.") }
        return object.members
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }
}

extension BodyPolicy {
    /// For routes whose parameters may stand in a form of either kind or in JSON.
    package static let parameters = parameters(upTo: Limit.HTTP.body)

    package static func parameters(upTo maxBytes: Int) -> BodyPolicy {
        BodyPolicy(maxBytes: maxBytes, parsesMultipart: true, maxFileBytes: maxBytes, maxParts: 32)
    }
}

extension Problem {
    /// What a parameter's error is to a client of a world without words of its own for it.
    package init(_ error: ParameterError) {
        switch error {
        case .missing(let name): self = .badRequest("`\(name)` is required.")
        case .wrongKind(let name, wanted: ""): self = .badRequest("`\(name)` is of the wrong kind.")
        case .wrongKind(let name, let wanted): self = .badRequest("`\(name)` must be \(wanted).")
        case .invalid(_, let sentence): self = .badRequest(sentence)
        case .malformedBody(let sentence):
            self = .badRequest(sentence ?? "The body must be a form or a JSON object.")
        case .unreadableBody: self = .internalError(cause: "the temporary file of a body cannot be read")
        }
    }
}
