internal import Glibc
internal import Limits

/// Takes a `multipart/form-data` body (RFC 7578) apart while it arrives; files go to disk above a limit.
///
/// libwebsockets' own parser, `lws_spa`, is not used: it reads the boundary from the library's header table, so a
/// request without one cannot be served; it wants the names of the fields in advance and drops others; it cuts
/// filenames and types at fixed lengths; and it takes a body that ends in the middle for a whole one.
struct MultipartParser: Sendable {
    private enum State: Equatable {
        /// Before the first boundary; its line is looked at when the boundary is not known.
        case preamble
        /// After a boundary: a line end begins a part, two dashes end the form.
        case afterBoundary
        case headers
        case content
        case epilogue
    }

    private struct Part: Sendable {
        var name: String
        var filename: String?
        var contentType: String?
        var content: SpillingBuffer
    }

    private let policy: BodyPolicy
    private let directory: String
    /// Line end, two dashes and the boundary; nil until the first line has told it.
    private var delimiter: [UInt8]?
    private var state = State.preamble
    /// What could not be decided yet: the beginning of a boundary, an incomplete header block.
    private var pending: [UInt8] = []
    private var part: Part?
    private var form = MultipartForm(fields: [], files: [])
    private var partCount = 0
    /// Of the parts that are complete, those in memory.
    private var formBytes = 0
    /// The fields that came before the first file that is too large for memory; nil while there is none.
    private(set) var fieldsBeforeSpill: [(name: String, value: String)]?

    /// A text field, its headers, and a boundary are short.
    private static let maxFieldBytes = Limit.HTTP.formField
    private static let maxPartHeaderBytes = Limit.HTTP.partHeaders
    private static let maxBoundaryBytes = Limit.HTTP.boundary

    /// - Parameters:
    ///   - boundary: From the request's `Content-Type`; nil takes it from the first line of the body.
    ///   - policy: Its limits for parts and files.
    ///   - directory: Where files go that are too large for memory.
    init(boundary: String?, policy: BodyPolicy, directory: String) {
        self.policy = policy
        self.directory = directory
        delimiter = boundary.map { Array("\r\n--\($0)".utf8) }
        // The first boundary may be the very beginning, without the line end that precedes the others.
        pending = [UInt8(ascii: "\r"), UInt8(ascii: "\n")]
    }

    /// The boundary that a `Content-Type` field names; nil when it names none.
    static func boundary(in contentType: String) -> String? {
        HeaderParameters(contentType).parameters.first { $0.name == "boundary" && !$0.value.isEmpty }?.value
    }

    /// Bytes in memory, without those that wait to be written.
    var heldBytes: Int { formBytes + pending.count + (part?.content.heldBytes ?? 0) }

    /// - Parameters:
    ///   - bytes: What has come.
    ///   - writes: Gets what goes to files.
    /// - Throws: ``RequestFault/malformed``, or ``RequestFault/bodyTooLarge`` for too many parts or too large a part.
    mutating func append(_ bytes: UnsafeRawBufferPointer, _ writes: inout BodyWrites) throws(RequestFault) {
        pending.append(contentsOf: bytes)
        while try advance(&writes) {}
    }

    /// - Throws: ``RequestFault/malformed`` when the form has no end.
    mutating func finish() throws(RequestFault) -> MultipartForm {
        // A form without a single part may leave out everything but its last boundary.
        guard state == .epilogue else { throw .malformed }
        return form
    }

    /// One step; false when it takes more bytes to decide.
    private mutating func advance(_ writes: inout BodyWrites) throws(RequestFault) -> Bool {
        switch state {
        case .preamble: try skipPreamble()
        case .afterBoundary: try beginPart()
        case .headers: try readHeaders()
        case .content: try readContent(&writes)
        case .epilogue: dropEpilogue()
        }
    }

    private mutating func skipPreamble() throws(RequestFault) -> Bool {
        if delimiter == nil {
            // The first line must then be the boundary.
            guard let end = pending.dropFirst(2).firstIndex(of: UInt8(ascii: "\n")) else {
                if pending.count > Self.maxBoundaryBytes { throw .malformed }
                return false
            }
            var line = pending[2..<end]
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            guard line.starts(with: [UInt8(ascii: "-"), UInt8(ascii: "-")]), (3...72).contains(line.count) else {
                throw .malformed
            }
            delimiter = [UInt8(ascii: "\r"), UInt8(ascii: "\n")] + line
        }
        guard let delimiter else { return false }
        if let found = pending.range(of: delimiter) {
            pending.removeSubrange(..<found.upperBound)
            state = .afterBoundary
            return true
        }
        // A short preamble is allowed; nobody needs a long one.
        if pending.count > Limit.HTTP.preamble { throw .malformed }
        return false
    }

    private mutating func beginPart() throws(RequestFault) -> Bool {
        // Blanks may follow a boundary on its line.
        let start = pending.firstIndex { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") } ?? pending.endIndex
        if start > Limit.HTTP.boundaryBlanks { throw .malformed }
        let rest = pending[start...]
        guard rest.count >= 2 else { return false }
        let next = (rest[start], rest[start + 1])
        if next == (UInt8(ascii: "\r"), UInt8(ascii: "\n")) {
            // The line end stays: an empty header block ends with it and the next one.
            pending.removeSubrange(..<start)
            state = .headers
        } else if next == (UInt8(ascii: "-"), UInt8(ascii: "-")) {
            pending = []
            state = .epilogue
        } else {
            throw .malformed
        }
        return true
    }

    private mutating func readHeaders() throws(RequestFault) -> Bool {
        let emptyLine: [UInt8] = [13, 10, 13, 10]
        guard let end = pending.range(of: emptyLine) else {
            if pending.count > Self.maxPartHeaderBytes { throw .malformed }
            return false
        }
        guard end.lowerBound <= Self.maxPartHeaderBytes else { throw .malformed }
        partCount += 1
        if partCount > policy.maxParts { throw .bodyTooLarge }
        var disposition: HeaderParameters?
        var contentType: String?
        for line in pending[..<end.lowerBound].lines {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { throw .malformed }
            let value = String(decoding: line[(colon + 1)...].trimmingBlanks, as: UTF8.self)
            switch HTTPToken(line[..<colon]) {
            case "content-disposition": disposition = HeaderParameters(value)
            case "content-type": contentType = value
            default: break
            }
        }
        guard let disposition, disposition.value == "form-data", let name = disposition["name"] else {
            throw .malformed
        }
        // The last delimiter of the header block may also be the first two bytes of an empty content's boundary.
        pending.removeSubrange(..<(end.upperBound))
        pendingStartsContent = true
        let filename = disposition.filename
        // Text is short and read as soon as it is whole: it stays in memory.
        let spillBytes = filename == nil ? .max : policy.spillBytes
        part = Part(
            name: name, filename: filename, contentType: contentType,
            content: SpillingBuffer(spillBytes: spillBytes, directory: directory))
        state = .content
        return true
    }

    /// Whether no byte of the present content has been taken: a boundary may follow without a line end of its own.
    private var pendingStartsContent = false

    private mutating func readContent(_ writes: inout BodyWrites) throws(RequestFault) -> Bool {
        guard let delimiter else { return false }
        if pendingStartsContent {
            // An empty content: some clients leave out its line end.
            let short = delimiter.dropFirst(2)
            if pending.count < short.count, short.starts(with: pending) { return false }
            if pending.starts(with: short) {
                pending.removeSubrange(..<short.count)
                try endPart(&writes)
                return true
            }
            pendingStartsContent = false
        }
        if let found = pending.range(of: delimiter) {
            try take(found.lowerBound, &writes)
            pending.removeSubrange(..<found.upperBound)
            try endPart(&writes)
            return true
        }
        // Everything but what may be the beginning of a boundary.
        let safe = pending.count - (delimiter.count - 1)
        if safe > 0 {
            try take(safe, &writes)
            pending.removeSubrange(..<safe)
        }
        return false
    }

    private mutating func take(_ count: Int, _ writes: inout BodyWrites) throws(RequestFault) {
        // Taken out, so that its bytes are not copied.
        guard var part = exchange(&self.part, with: nil) else { return }
        let limit = part.filename == nil ? min(Self.maxFieldBytes, policy.maxBytes) : policy.maxFileBytes
        if part.content.count + count > limit { throw .bodyTooLarge }
        pending.withUnsafeBytes { part.content.append(UnsafeRawBufferPointer(rebasing: $0[..<count]), &writes) }
        if part.content.isSpilling, fieldsBeforeSpill == nil { fieldsBeforeSpill = form.fields }
        self.part = part
    }

    private mutating func endPart(_ writes: inout BodyWrites) throws(RequestFault) {
        guard var part = exchange(&self.part, with: nil) else { throw .failed }
        formBytes += part.content.heldBytes
        let content = part.content.finish(&writes)
        if let filename = part.filename {
            form.files.append(
                .init(name: part.name, filename: filename, contentType: part.contentType, content: content))
        } else {
            form.fields.append((part.name, try content.text()))
        }
        state = .afterBoundary
    }

    private mutating func dropEpilogue() -> Bool {
        pending = []
        return false
    }
}

extension ArraySlice<UInt8> {
    /// What stands between line ends, empty lines left out.
    fileprivate var lines: [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = startIndex
        for index in indices
        where self[index] == UInt8(ascii: "\n") && index > start && self[index - 1] == UInt8(ascii: "\r") {
            lines.append(self[start..<(index - 1)])
            start = index + 1
        }
        return (lines + [self[start...]]).filter { !$0.isEmpty }
    }
}

extension [UInt8] {
    /// The first place of `needle`, found from one occurrence of its first byte to the next.
    fileprivate func range(of needle: [UInt8]) -> Range<Int>? {
        withUnsafeBytes { hay in
            needle.withUnsafeBytes { needle in
                var position = 0
                while position + needle.count <= hay.count {
                    guard
                        let found = memchr(hay.baseAddress! + position, CInt(needle[0]), hay.count - position)
                    else { return nil }
                    position = UnsafeRawPointer(found) - hay.baseAddress!
                    guard position + needle.count <= hay.count else { return nil }
                    if memcmp(found, needle.baseAddress!, needle.count) == 0 {
                        return position..<position + needle.count
                    }
                    position += 1
                }
                return nil
            }
        }
    }
}

extension HTTPBody {
    /// A field's text, which is in memory.
    fileprivate func text() throws(RequestFault) -> String {
        guard case .bytes(let bytes) = self, let text = String(validating: bytes, as: UTF8.self) else {
            throw .malformed
        }
        return text
    }
}

/// A header field of the form `value; name=token; name="quoted string"` (RFC 9110, section 5.6.6).
package struct HeaderParameters {
    /// What comes before the first semicolon, lower-case.
    package let value: String
    private(set) var parameters: [(name: String, value: String)] = []

    package init(_ field: String) {
        // Octet by octet: a quotation mark with an accent on it is a quotation mark.
        var rest = Array(field.utf8)[...]
        func isSemicolon(_ byte: UInt8) -> Bool { byte == UInt8(ascii: ";") }
        func text(_ bytes: some BidirectionalCollection<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
        value = text(rest.prefix { !isSemicolon($0) }.trimmingBlanks).asciiLowercased
        rest = rest.drop { !isSemicolon($0) }
        while rest.popFirst() != nil {
            let name = rest.prefix { $0 != UInt8(ascii: "=") && !isSemicolon($0) }
            rest = rest[name.endIndex...]
            guard rest.first == UInt8(ascii: "=") else { continue }
            rest = rest.dropFirst().drop(while: Octets.isBlank)
            var content: [UInt8] = []
            if rest.first == UInt8(ascii: "\"") {
                rest = rest.dropFirst()
                while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
                    // Browsers write a quote as %22 and a backslash as itself, so only \" and \\ are escapes.
                    if byte == UInt8(ascii: "\\"), let next = rest.first, "\"\\".utf8.contains(next) {
                        content.append(next)
                        rest = rest.dropFirst()
                    } else {
                        content.append(byte)
                    }
                }
                rest = rest.drop { !isSemicolon($0) }
            } else {
                content = Array(rest.prefix { !isSemicolon($0) }.trimmingBlanks)
                rest = rest.drop { !isSemicolon($0) }
            }
            parameters.append((text(name.trimmingBlanks).asciiLowercased, text(content)))
        }
    }

    package subscript(name: String) -> String? { parameters.first { $0.name == name }?.value }

    /// `filename`, or `filename*` of RFC 8187, which wins.
    var filename: String? {
        if let extended = self["filename*"] {
            let pieces = extended.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
            if pieces.count == 3, pieces[0].asciiLowercased == "utf-8",
                let decoded = try? PercentDecoding.decode(Array(pieces[2].utf8)[...], isField: false)
            {
                return decoded
            }
        }
        return self["filename"]
    }
}
