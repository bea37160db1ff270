internal import HTTPTypes
internal import Limits

/// How the end of a request's body is found.
enum BodyFraming: Equatable {
    case none
    case length(Int)
    case chunked
}

/// A request line and its header fields, taken apart by the grammar of RFC 9112.
struct ParsedHead {
    var method: HTTPRequest.Method
    /// Path and query as sent; of a target in absolute form too.
    var target: String
    var path: [String]
    var query: [(name: String, value: String)]
    /// `Host` is the target's where the target names one.
    var fields: HTTPFields
    /// 0 or 1, of HTTP/1.x.
    var minorVersion: Int
    var framing: BodyFraming
    var keepsAlive: Bool
    var expectsContinue: Bool
}

/// Finds the end of a request head in bytes that arrive piece by piece, and takes the head apart.
///
/// It judges each byte by those before it alone, so that the pieces make no difference, and refuses what others between
/// here and the client may have read in another way, where RFC 9112 leaves it the choice: line feeds without carriage
/// returns (section 2.2), a length said twice (section 6.3).
///
/// libwebsockets 4.1.6 has a parser too; it is not used because it decodes the target while it reads it (an encoded
/// slash becomes a real one), keeps no list of the header fields it does not know, has no room for a chunked body,
/// and hangs up without an answer where this one says 400, 414 or 431.
struct RequestHeadParser {
    private enum State {
        case method, target, version, lineFeed, fields
    }

    let maxTargetBytes: Int
    let maxHeaderBytes: Int
    private static let maxMethodBytes = Limit.HTTP.method
    private static let maxFields = Limit.HTTP.fields

    private var state = State.method
    /// Bytes that have been looked at.
    private var scanned = 0
    /// Where method, target and version begin.
    private var starts = (target: 0, version: 0)
    private var fieldLines: FieldLines
    private var minorVersion = 0

    init(maxTargetBytes: Int, maxHeaderBytes: Int) {
        self.maxTargetBytes = maxTargetBytes
        self.maxHeaderBytes = maxHeaderBytes
        fieldLines = FieldLines(maxBytes: maxHeaderBytes, maxFields: Self.maxFields)
    }

    /// Looks for the end of the head, on from where the last call stopped.
    ///
    /// - Parameter bytes: Everything since the last head, each time with what arrived since.
    /// - Returns: How many bytes the head has, its last empty line included; nil while there is more to come.
    /// - Throws: `RequestFault`, as soon as it is certain.
    mutating func endOfHead(in bytes: UnsafeRawBufferPointer) throws(RequestFault) -> Int? {
        while scanned < bytes.count {
            let position = scanned
            let byte = bytes[position]
            scanned += 1
            switch state {
            case .fields:
                if try fieldLines.take(byte) { return scanned }
            case .method:
                if byte == UInt8(ascii: " "), position > 0 {
                    state = .target
                    starts.target = scanned
                } else if Octets.isToken(byte) {
                    if position >= Self.maxMethodBytes { throw .unknownMethod }
                } else {
                    throw .malformed("The request line does not begin with a method")
                }
            case .target:
                if byte == UInt8(ascii: " "), position > starts.target {
                    state = .version
                    starts.version = scanned
                } else if byte == UInt8(ascii: "\r") {
                    throw .malformed("The request line names no version of HTTP")
                } else if byte <= 0x20 || byte == 0x7f {
                    throw .malformed("The request line is not method, target and version")
                } else if position - starts.target >= maxTargetBytes {
                    throw .targetTooLong
                }
            case .version:
                if byte == UInt8(ascii: "\r") {
                    minorVersion = try Self.minorVersion(bytes[starts.version..<position])
                    state = .lineFeed
                } else if byte == UInt8(ascii: "\n") {
                    throw .bareLineFeed
                } else if position - starts.version >= 8 {
                    throw .malformed("The request line is not method, target and version")
                }
            case .lineFeed:
                guard byte == UInt8(ascii: "\n") else { throw .bareCarriageReturn }
                state = .fields
            }
        }
        return nil
    }

    /// - Returns: 0 or 1: a later version of HTTP/1 is read like 1.1 (RFC 9110, section 2.5).
    private static func minorVersion(_ bytes: Slice<UnsafeRawBufferPointer>) throws(RequestFault) -> Int {
        let bytes = Array(bytes)
        guard bytes.count == 8, bytes.starts(with: "HTTP/".utf8), Octets.isDigit(bytes[5]),
            bytes[6] == UInt8(ascii: "."), Octets.isDigit(bytes[7])
        else { throw .malformed("The request line does not end with a version of HTTP") }
        guard bytes[5] == UInt8(ascii: "1") else { throw .unknownVersion }
        return min(1, Int(bytes[7] - UInt8(ascii: "0")))
    }

    /// Takes a head apart.
    ///
    /// - Parameter head: As long as `endOfHead` said, and looked at by it.
    /// - Returns: Its parts, decoded where they are encoded.
    /// - Throws: What is wrong with it; the connection cannot go on then, since its next request may be a part of this.
    func parse(_ head: UnsafeRawBufferPointer) throws(RequestFault) -> ParsedHead {
        let requestLine = head[..<(starts.version + 8)]
        guard let method = HTTPRequest.Method(String(decoding: head[..<(starts.target - 1)], as: UTF8.self)) else {
            throw .malformed("The request line does not begin with a method")
        }
        var fields = HTTPFields()
        var framing = FramingFields()
        // Line ends are where they should be, and nowhere else.
        for line in head[(requestLine.endIndex + 2)...].dropLast(2).split(separator: UInt8(ascii: "\n")) {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")),
                let name = HTTPField.Name(String(decoding: line[..<colon], as: UTF8.self))
            else { throw .malformed("The name of a header field is not one") }
            let value = line[line.index(after: colon)...].dropLast().trimmingBlanks
            framing.note(value, of: name)
            fields.append(HTTPField(name: name, value: value))
        }
        guard framing.hosts.count < 2 else { throw .malformed("There is more than one Host") }
        if let host = framing.hosts.first {
            guard Authority.isValid(host) else { throw .malformed("Host is not a host") }
        } else if minorVersion == 1 {
            throw .malformed("There is no Host")
        }
        // It asks for a tunnel, and its target is no address of anything here.
        guard method != .connect else { throw .unknownMethod }
        let target = try Target(head[starts.target..<(starts.version - 1)], method: method)
        // The target wins (RFC 9112, section 3.2.2).
        if let authority = target.authority { fields[.hostField] = authority }
        let connection = fields.tokens(of: .connection)
        return ParsedHead(
            method: method, target: target.text, path: target.path, query: target.query, fields: fields,
            minorVersion: minorVersion, framing: try framing.framing(minorVersion: minorVersion),
            keepsAlive: minorVersion == 1 ? !connection.contains("close") : connection.contains("keep-alive"),
            expectsContinue: minorVersion == 1 && fields.tokens(of: .expect).contains("100-continue"))
    }

    /// The path of a request that could not be read, as far as it can be told, for the form of the refusal.
    static func path(in bytes: [UInt8]) -> String {
        let parts = bytes.prefix(512).prefix { $0 != 13 && $0 != 10 }.split(separator: UInt8(ascii: " "))
        guard parts.count > 1 else { return "" }
        let (authority, rest) = Target.split(parts[1])
        return authority == nil && parts[1].first != UInt8(ascii: "/")
            ? "" : String(decoding: rest, as: UTF8.self).pathOnly
    }
}

/// The fields that say where a request ends, octet for octet.
private struct FramingFields {
    private(set) var hosts: [[UInt8]] = []
    private var lengths: [[UInt8]] = []
    /// Nil without a field; empty with an empty one, which is something else.
    private var codings: [HTTPToken]?

    mutating func note(_ value: Slice<UnsafeRawBufferPointer>, of name: HTTPField.Name) {
        switch name {
        case .hostField: hosts.append(Array(value))
        case .contentLength: lengths.append(Array(value))
        case .transferEncoding: codings = (codings ?? []) + HTTPToken.list(value)
        default: break
        }
    }

    /// RFC 9112, section 6.3, with the parts that let a message be read in two ways refused.
    func framing(minorVersion: Int) throws(RequestFault) -> BodyFraming {
        if let codings {
            guard lengths.isEmpty else { throw .malformed("There are both Transfer-Encoding and Content-Length") }
            guard minorVersion == 1 else { throw .malformed("HTTP/1.0 has no Transfer-Encoding") }
            // Without it at the end, nobody can tell where the body does.
            guard codings.last == "chunked" else { throw .malformed("Transfer-Encoding does not end with chunked") }
            guard codings.filter({ $0 == "chunked" }).count == 1 else {
                throw .malformed("Transfer-Encoding has chunked more than once")
            }
            guard codings.count == 1 else { throw .unknownCoding }
            return .chunked
        }
        guard let length = lengths.first else { return .none }
        guard lengths.count == 1, !length.contains(UInt8(ascii: ",")) else {
            throw .malformed("There is more than one Content-Length")
        }
        guard !length.isEmpty, length.allSatisfy(Octets.isDigit) else {
            throw .malformed("Content-Length is not a number")
        }
        // More digits than an Int holds is a number all the same: a large one.
        guard let count = Int(String(decoding: length, as: UTF8.self)) else { throw .bodyTooLarge }
        return count == 0 ? .none : .length(count)
    }
}

/// The target of a request, whatever its form (RFC 9112, section 3.2).
private struct Target {
    /// Path and query as sent.
    let text: String
    let path: [String]
    let query: [RequestTarget.Field]
    /// Of the absolute form, as through a proxy.
    let authority: String?

    init(_ bytes: Slice<UnsafeRawBufferPointer>, method: HTTPRequest.Method) throws(RequestFault) {
        if bytes.elementsEqual([UInt8(ascii: "*")]) {
            guard method == .options else { throw .malformed("The target * is for OPTIONS") }
            (text, path, query, authority) = ("*", [], [], nil)
            return
        }
        let (authority, rest) = Self.split(Array(bytes)[...])
        if let authority {
            guard Authority.isValid(authority) else { throw .malformed("The target's host is not a host") }
            self.authority = String(decoding: authority, as: UTF8.self)
        } else {
            self.authority = nil
        }
        // An address without a path has the path / (RFC 9110, section 4.2.3).
        let slash = authority != nil && rest.first != UInt8(ascii: "/") ? "/" : ""
        guard let text = String(validating: rest, as: UTF8.self) else {
            throw .malformed("The target is not UTF-8")
        }
        self.text = slash + text
        do throws(RequestTargetError) {
            let parts = try RequestTarget(slash + text)
            (path, query) = (parts.path, parts.query)
        } catch {
            throw .malformed(error.sentence)
        }
    }

    /// Host and port of an address of http or https, and what follows them; no authority for what is not one.
    static func split(_ bytes: ArraySlice<UInt8>) -> (authority: ArraySlice<UInt8>?, rest: ArraySlice<UInt8>) {
        for scheme in ["http://", "https://"]
        where bytes.prefix(scheme.utf8.count).map(Octets.lowercased).elementsEqual(scheme.utf8) {
            let address = bytes.dropFirst(scheme.utf8.count)
            let end = address.firstIndex { "/?#".utf8.contains($0) } ?? address.endIndex
            return (address[..<end], address[end...])
        }
        return (nil, bytes)
    }
}

extension RequestTargetError {
    /// What is wrong with the target, for whoever wrote the client.
    fileprivate var sentence: String {
        switch self {
        case .notOriginForm: "The target is neither a path nor an address of http"
        case .badPercentEncoding: "A percent sign in the target has no two hexadecimal digits behind it"
        case .invalidUTF8: "The target is not UTF-8"
        case .invalidCharacter: "The target holds a character that may not stand there"
        case .dotSegment: "The target has a segment of one dot or two"
        }
    }
}

extension HTTPField.Name {
    /// `Host`, which the library keeps out of reach because HTTP/2 has a pseudo-header for it.
    static let hostField = HTTPField.Name("Host")!
}
