import Foundation
import Geo
import HTTPTypes
import LWS
import Services

/// The members of a request's JSON object, each read as the kind that is wanted.
///
/// A member that is `null` is one that is not there. What is of another kind is refused with its name.
struct JSONBody {
    let object: JSONObject

    init(_ object: JSONObject) { self.object = object }

    /// Reads a request's body, whatever the client says its type is.
    ///
    /// No body is an object without members, so that it is answered with what is missing.
    init(_ request: HTTPServerRequest) throws(Problem) {
        let bytes: [UInt8]
        switch request.body {
        case .bytes(let inMemory): bytes = inMemory
        case .file(let file):
            guard let contents = FileManager.default.contents(atPath: file.path), contents.count == file.count else {
                throw .internalError(cause: "the temporary file of a body cannot be read")
            }
            bytes = Array(contents)
        case .multipart: throw .badRequest("The body must be JSON.")
        }
        if bytes.isEmpty {
            object = JSONObject()
            return
        }
        let value: JSONValue
        do {
            value = try JSONValue(parsing: bytes)
        } catch {
            throw .badRequest("The body is not valid JSON, at byte \(error.offset): \(error.message)")
        }
        guard let object = value.object else { throw .badRequest("The body must be a JSON object.") }
        self.object = object
    }

    subscript(name: String) -> JSONValue? {
        switch object[name] {
        case .null, nil: nil
        case let value?: value
        }
    }

    func has(_ name: String) -> Bool { self[name] != nil }

    // MARK: Texts

    /// A string as it came: a password may hold anything.
    func string(_ name: String) throws(Problem) -> String? {
        guard let value = self[name] else { return nil }
        guard let string = value.string else { throw Self.wrongKind(name, "a string") }
        return string
    }

    /// A string, or a whole number taken as its digits, as the live protocol takes room numbers and passwords.
    ///
    /// Not one so large that another number could be read as the same.
    func digitsOrString(_ name: String) throws(Problem) -> String? {
        switch self[name] {
        case nil: nil
        case .string(let string): string
        case .int(let number): String(number)
        case .double(let number):
            if let integer = Int64(exactly: number), integer.magnitude < 1 << 53 {
                String(integer)
            } else {
                throw Self.wrongKind(name, "a string or a whole number")
            }
        case .null, .bool, .array, .object: throw Self.wrongKind(name, "a string or a number")
        }
    }

    // MARK: Numbers

    func number(_ name: String) throws(Problem) -> Double? {
        guard let value = self[name] else { return nil }
        guard let number = value.number else { throw Self.wrongKind(name, "a number") }
        return number
    }

    /// Metres or seconds: not negative, and below what anybody has ever run.
    func amount(_ name: String) throws(Problem) -> Double? {
        guard let number = try number(name) else { return nil }
        guard (0...1e9).contains(number) else { throw .badRequest("`\(name)` must be from 0 to 1000000000.") }
        return number
    }

    func bool(_ name: String) throws(Problem) -> Bool? {
        guard let value = self[name] else { return nil }
        guard let bool = value.bool else { throw Self.wrongKind(name, "true or false") }
        return bool
    }

    // MARK: Structures

    func array(_ name: String) throws(Problem) -> [JSONValue]? {
        guard let value = self[name] else { return nil }
        guard let array = value.array else { throw Self.wrongKind(name, "an array") }
        return array
    }

    func nested(_ name: String) throws(Problem) -> JSONBody? {
        guard let value = self[name] else { return nil }
        guard let object = value.object else { throw Self.wrongKind(name, "an object") }
        return JSONBody(object)
    }

    /// A date as ISO 8601 text or as milliseconds since 1970: what JavaScript's `Date` takes.
    ///
    /// - Returns: Milliseconds since 1970.
    func date(_ name: String) throws(Problem) -> Int64? {
        let milliseconds: Int64?
        switch self[name] {
        case nil: return nil
        case .string(let text): milliseconds = ISODate.milliseconds(text)
        case .int(let number): milliseconds = number
        case .double(let number): milliseconds = Int64(exactly: number.rounded(.down))
        case .null, .bool, .array, .object: throw Self.wrongKind(name, "a date")
        }
        guard let milliseconds, ISODate.range.contains(milliseconds) else { throw Self.wrongKind(name, "a date") }
        return milliseconds
    }

    // MARK: Places

    /// What the numbers of this request mean: by its `crs`, or else by what the server is set to.
    func coordinateSystem(default system: CoordinateSystem) throws(Problem) -> CoordinateSystem {
        guard let name = try string("crs") else { return system }
        guard let system = CoordinateSystem(rawValue: name) else { throw .unknownCoordinateSystem }
        return system
    }

    static func wrongKind(_ name: String, _ kind: String) -> Problem {
        .badRequest("`\(name)` must be \(kind).")
    }
}

extension Problem {
    static let unknownCoordinateSystem = Problem.badRequest("`crs` must be wgs84 or gcj02.")
}

extension HTTPServerRequest {
    /// The coordinate system in which the answer is to be: by `?crs=`, or else by what the server is set to.
    func coordinateSystem(default system: CoordinateSystem) throws(Problem) -> CoordinateSystem {
        guard let name = head.queryValue("crs") else { return system }
        guard let system = CoordinateSystem(rawValue: name) else { throw .unknownCoordinateSystem }
        return system
    }

    /// A positive whole number of the query.
    func positiveInteger(_ name: String) throws(Problem) -> Int? {
        guard let text = head.queryValue(name) else { return nil }
        guard let value = Int(text), (1...1_000_000_000).contains(value) else {
            throw .badRequest("`\(name)` must be a positive whole number.")
        }
        return value
    }

    var authorization: String? { head.headers[.authorization] }

    /// The parameter of the route's pattern; there by construction of the route.
    func parameter(_ name: String) -> String { parameters[name] ?? "" }
}
