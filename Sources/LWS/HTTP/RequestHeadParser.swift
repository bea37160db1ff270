internal import HTTPTypes

/// Why a request is refused before anybody sees it.
enum RequestFault: Error, Equatable {
    /// Not a request of HTTP/1.x, or one that two readers could read in two ways.
    case malformed
    case targetTooLong
    case headersTooLarge
    case bodyTooLarge
    case timedOut
    case overloaded
    /// A transfer coding other than chunked.
    case unknownCoding
    case unknownVersion
    /// The server's own failure, such as a full disk.
    case failed

    var status: HTTPTypes.HTTPResponse.Status {
        switch self {
        case .malformed: .badRequest
        case .targetTooLong: .uriTooLong
        case .headersTooLarge: .requestHeaderFieldsTooLarge
        case .bodyTooLarge: .contentTooLarge
        case .timedOut: .requestTimeout
        case .overloaded: .serviceUnavailable
        case .unknownCoding: .notImplemented
        case .unknownVersion: .httpVersionNotSupported
        case .failed: .internalServerError
        }
    }
}

/// How the end of a request's body is found.
enum BodyFraming: Equatable {
    case none
    case length(Int)
    case chunked
}

/// A request line and its header fields, taken apart by the grammar of RFC 9112.
struct ParsedHead {
    var method: HTTPRequest.Method
    var target: String
    var path: [String]
    var query: [(name: String, value: String)]
    var fields: HTTPFields
    /// 0 or 1, of HTTP/1.x.
    var minorVersion: Int
    var framing: BodyFraming
    var keepsAlive: Bool
    var expectsContinue: Bool
}

/// Finds the end of a request head in bytes that arrive piece by piece, and takes the head apart.
///
/// libwebsockets 4.1.6 has a parser too; it is not used because it decodes the target while it reads it (an encoded
/// slash becomes a real one), keeps no list of the header fields it does not know, has no room for a chunked body,
/// and hangs up without an answer where this one says 400, 414 or 431.
struct RequestHeadParser {
    let maxTargetBytes: Int
    let maxHeaderBytes: Int
    /// Bytes that hold no end of a head.
    private var scanned = 0
    /// The first byte after the request line; 0 before it is complete.
    private var headersStart = 0

    init(maxTargetBytes: Int, maxHeaderBytes: Int) {
        self.maxTargetBytes = maxTargetBytes
        self.maxHeaderBytes = maxHeaderBytes
    }

    /// Looks for the end of the head, on from where the last call stopped.
    ///
    /// - Parameter bytes: Everything since the last head, each time with what arrived since.
    /// - Returns: How many bytes the head has, its last empty line included; nil while there is more to come.
    /// - Throws: ``RequestFault/targetTooLong`` or ``RequestFault/headersTooLarge``, as soon as it is certain.
    mutating func endOfHead(in bytes: some RandomAccessCollection<UInt8>) throws(RequestFault) -> Int? {
        var position = scanned
        func byte(_ offset: Int) -> UInt8 { bytes[bytes.index(bytes.startIndex, offsetBy: offset)] }
        while position < bytes.count {
            guard byte(position) == UInt8(ascii: "\n") else {
                position += 1
                continue
            }
            if headersStart == 0 {
                headersStart = position + 1
                // The method and the version are a few bytes; 64 leaves room for made-up methods.
                if headersStart > maxTargetBytes + 64 { throw .targetTooLong }
            }
            // An empty line follows: at once, or after a carriage return.
            if position + 1 < bytes.count, byte(position + 1) == UInt8(ascii: "\n") { return position + 2 }
            if position + 2 < bytes.count, byte(position + 1) == UInt8(ascii: "\r"),
                byte(position + 2) == UInt8(ascii: "\n")
            {
                if position + 3 - headersStart > maxHeaderBytes { throw .headersTooLarge }
                return position + 3
            }
            if position + 2 >= bytes.count { break }
            position += 1
        }
        scanned = position
        if headersStart == 0 {
            if bytes.count > maxTargetBytes + 64 { throw .targetTooLong }
        } else if bytes.count - headersStart > maxHeaderBytes {
            throw .headersTooLarge
        }
        return nil
    }

    /// Takes a head apart.
    ///
    /// - Parameter head: As long as `endOfHead` said.
    /// - Returns: Its parts, decoded where they are encoded.
    /// - Throws: What is wrong with it; the connection cannot go on then, since its next request may be a part of this.
    func parse(_ head: some Collection<UInt8>) throws(RequestFault) -> ParsedHead {
        var lines = head.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { line in
            line.last == UInt8(ascii: "\r") ? line.dropLast() : line
        }[...]
        let requestLine = lines.removeFirst()
        let parts = requestLine.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard parts.count == 3,
            let method = HTTPRequest.Method(String(decoding: parts[0], as: UTF8.self)),
            parts[1].allSatisfy({ $0 > 0x20 && $0 != 0x7f })
        else { throw .malformed }
        guard parts[1].count <= maxTargetBytes else { throw .targetTooLong }
        let version = String(decoding: parts[2], as: UTF8.self)
        guard version == "HTTP/1.1" || version == "HTTP/1.0" else {
            throw version.hasPrefix("HTTP/") ? .unknownVersion : .malformed
        }

        var fields = HTTPFields()
        for line in lines where !line.isEmpty {
            // A name is a token, so neither a folded line nor a space before the colon gets through.
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")),
                let name = HTTPField.Name(String(decoding: line[..<colon], as: UTF8.self))
            else { throw .malformed }
            let value = line[line.index(after: colon)...]
            guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }) else { throw .malformed }
            if fields.count >= 256 { throw .headersTooLarge }
            fields.append(HTTPField(name: name, value: String(decoding: value, as: UTF8.self).trimmingBlanks))
        }
        let minorVersion = version == "HTTP/1.1" ? 1 : 0
        let hosts = fields[values: .hostField]
        guard hosts.count == 1 || minorVersion == 0 && hosts.isEmpty else { throw .malformed }

        let target = String(decoding: parts[1], as: UTF8.self)
        guard let (path, query) = Self.split(target: target, method: method) else { throw .malformed }
        let connection = fields.tokens(of: .connection)
        return ParsedHead(
            method: method, target: target, path: path, query: query, fields: fields, minorVersion: minorVersion,
            framing: try Self.framing(of: fields, minorVersion: minorVersion),
            keepsAlive: minorVersion == 1 ? !connection.contains("close") : connection.contains("keep-alive"),
            expectsContinue: minorVersion == 1 && fields.tokens(of: .expect).contains("100-continue"))
    }

    /// The path of a request that could not be read, as far as it can be told, for the form of the refusal.
    static func path(in bytes: [UInt8]) -> String {
        let parts = bytes.prefix(512).prefix { $0 != 13 && $0 != 10 }.split(separator: UInt8(ascii: " "))
        return parts.count > 1 ? String(decoding: parts[1], as: UTF8.self).pathOnly : ""
    }

    /// RFC 9112, section 6.3, with the parts that let a message be read in two ways refused.
    private static func framing(of fields: HTTPFields, minorVersion: Int) throws(RequestFault) -> BodyFraming {
        let lengths = Set(
            fields[values: .contentLength].flatMap { $0.split(separator: ",").map { String($0).trimmingBlanks } })
        let codings = fields.tokens(of: .transferEncoding)
        if !codings.isEmpty {
            guard lengths.isEmpty, minorVersion == 1 else { throw .malformed }
            guard codings == ["chunked"] else { throw .unknownCoding }
            return .chunked
        }
        guard let length = lengths.first else {
            if fields.contains(.contentLength) { throw .malformed }
            return .none
        }
        guard lengths.count == 1, length.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { throw .malformed }
        // More digits than an Int holds is a number all the same: a large one.
        guard let count = Int(length) else { throw .bodyTooLarge }
        return count == 0 ? .none : .length(count)
    }

    private static func split(
        target: String, method: HTTPRequest.Method
    ) -> (path: [String], query: [(name: String, value: String)])? {
        if target == "*" { return method == .options ? ([], []) : nil }
        var target = target[...]
        if !target.hasPrefix("/") {
            // The absolute form, as through a proxy: the path is what counts.
            let lowercased = target.prefix(8).lowercased()
            guard lowercased.hasPrefix("http://") || lowercased.hasPrefix("https://") else { return nil }
            target = target.dropFirst(lowercased.hasPrefix("https://") ? 8 : 7)
            target = target.firstIndex(of: "/").map { target[$0...] } ?? "/"
        }
        guard let parts = try? RequestTarget(target) else { return nil }
        return (parts.path, parts.query)
    }
}

extension HTTPField.Name {
    /// `Host`, which the library keeps out of reach because HTTP/2 has a pseudo-header for it.
    static let hostField = HTTPField.Name("Host")!
}

extension HTTPFields {
    /// The elements of a comma-separated list, lower-case, of all fields of that name.
    func tokens(of name: HTTPField.Name) -> [String] {
        self[values: name].flatMap { $0.split(separator: ",") }.map { String($0).trimmingBlanks.lowercased() }
            .filter { !$0.isEmpty }
    }
}

extension String {
    /// Without spaces and tabs at both ends.
    var trimmingBlanks: String {
        func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }
        guard let first = firstIndex(where: { !isBlank($0) }), let last = lastIndex(where: { !isBlank($0) }) else {
            return ""
        }
        return String(self[first...last])
    }
}
