import HTTPTypes
import LWS
import Services
import Text

/// A request of an app as its bridge reads it: what it holds, wherever that stands.
struct BridgeRequest: Sendable {
    var method: HTTPRequest.Method
    /// The segments of the path behind the secret, as some apps add them.
    var suffix: [String]
    /// Names and values of the query, then of a form in the body, then the plain members of a JSON object in it.
    var fields: [(name: String, value: String)]
    /// The body, where it is JSON.
    var json: JSONValue?
    /// When it came, in Unix milliseconds.
    var now: Int64

    /// Reads a request; a body that is neither a form nor JSON is as none.
    init(_ request: HTTPServerRequest, suffix: [String], now: Int64) {
        method = request.head.method
        self.suffix = suffix
        self.now = now
        fields = request.head.query
        switch request.body {
        case .bytes(let bytes): read(bytes)
        case .multipart(let form): fields += form.fields
        case .file: break
        }
    }

    /// Apps do not always say what their body is.
    private mutating func read(_ bytes: [UInt8]) {
        let first = bytes.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
        guard first == UInt8(ascii: "{") || first == UInt8(ascii: "[") else {
            // Blanks that were not encoded are as good as those that were.
            let form = try? RequestTarget.form(bytes.map { $0 == 0x20 ? UInt8(ascii: "+") : $0 })
            fields += form ?? []
            return
        }
        json = try? JSONValue(parsing: bytes)
        for member in json?.object?.members ?? [] {
            if let text = member.value.plainText { fields.append((member.name, text)) }
        }
    }

    /// The first value that one of these names has, and that is one.
    func text(_ names: String...) -> String? {
        for name in names {
            if let value = fields.first(where: { $0.name == name && !$0.value.isNothing })?.value { return value }
        }
        return nil
    }
}

extension String {
    /// What apps write where they have nothing to say.
    fileprivate var isNothing: Bool { isEmpty || self == "null" }

    /// The finite number that this is; nil for a text that is none.
    var finiteNumber: Double? { Double(self).flatMap { $0.isFinite ? $0 : nil } }
}

extension JSONValue {
    /// A number or a text as its text; nil for what is neither.
    fileprivate var plainText: String? {
        switch self {
        case .string(let text): text
        case .int(let value): String(value)
        case .double(let value): String(value)
        case .bool(let value): String(value)
        case .null, .array, .object: nil
        }
    }

    /// A number, also where it is written as a text.
    var looseNumber: Double? { plainText?.finiteNumber }

    /// A time, in Unix milliseconds.
    var time: Int64? { plainText.flatMap(BridgeTime.milliseconds) }
}

/// Times as apps write them.
enum BridgeTime {
    /// Above this a number is of milliseconds, else of seconds: that was in April 1970, and will be in 2286.
    private static let mostSeconds = 10_000_000_000.0

    /// Unix milliseconds of a time: seconds or milliseconds since 1970, or a date (ISO 8601, a blank in place of the `T`,
    /// without a zone in UTC); nil for what is none.
    static func milliseconds(_ text: String) -> Int64? {
        if let number = text.finiteNumber {
            let milliseconds = number > mostSeconds ? number : number * 1000
            guard milliseconds > 0, milliseconds < 4e15 else { return nil }
            return Int64(milliseconds.rounded())
        }
        if let time = ISODate.milliseconds(text) { return time > 0 ? time : nil }
        // A plus sign that was not encoded has become a blank.
        guard text.contains("T"), let blank = text.lastIndex(of: " ") else { return nil }
        return ISODate.milliseconds(text.replacingCharacters(at: blank, with: "+"))
    }
}

extension String {
    fileprivate func replacingCharacters(at index: Index, with other: String) -> String {
        self[..<index] + other + self[self.index(after: index)...]
    }
}
