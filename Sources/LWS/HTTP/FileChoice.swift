internal import HTTPTypes

/// What of a file is sent: all, a range, or nothing, by the request's conditions (RFC 9110, sections 13 and 14).
struct FileChoice {
    let status: HTTPTypes.HTTPResponse.Status
    let range: Range<Int>
    private(set) var headers: HTTPFields = [:]

    /// - Parameters:
    ///   - request: Conditions and ranges count for GET and HEAD only.
    ///   - status: What the handler says; anything but 200 is sent as it is.
    ///   - etag: With or without its quotation marks.
    init(request: ParsedHead?, status: HTTPTypes.HTTPResponse.Status, size: Int, etag: String) {
        let tag = etag.hasPrefix("\"") || etag.hasPrefix("W/\"") ? etag : "\"\(etag)\""
        headers[.eTag] = tag
        guard let request, status == .ok, request.method == .get || request.method == .head else {
            (self.status, range) = (status, 0..<size)
            return
        }
        headers[.acceptRanges] = "bytes"
        let fields = request.fields
        if let condition = fields[.ifMatch], !Self.matches(condition, tag, isWeak: false) {
            (self.status, range) = (.preconditionFailed, 0..<0)
            return
        }
        if let condition = fields[.ifNoneMatch], Self.matches(condition, tag, isWeak: true) {
            (self.status, range) = (.notModified, 0..<0)
            return
        }
        guard request.method == .get, let wanted = fields[.range],
            fields[.ifRange].map({ $0 == tag && !tag.hasPrefix("W/") }) ?? true
        else {
            (self.status, range) = (.ok, 0..<size)
            return
        }
        switch Self.range(wanted, of: size) {
        case .all: (self.status, range) = (.ok, 0..<size)
        case .part(let part):
            (self.status, range) = (.partialContent, part)
            headers[.contentRange] = "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(size)"
        case .unsatisfiable:
            (self.status, range) = (.rangeNotSatisfiable, 0..<0)
            headers[.contentRange] = "bytes */\(size)"
        }
    }

    private static func matches(_ condition: String, _ tag: String, isWeak: Bool) -> Bool {
        if condition.trimmingBlanks == "*" { return true }
        func bare(_ tag: String) -> Substring { tag.hasPrefix("W/") ? tag.dropFirst(2) : tag[...] }
        return condition.split(separator: ",").contains { candidate in
            let candidate = String(candidate).trimmingBlanks
            return isWeak ? bare(candidate) == bare(tag) : candidate == tag && !tag.hasPrefix("W/")
        }
    }

    private enum Selection {
        case all
        case part(Range<Int>)
        case unsatisfiable
    }

    /// Several ranges at once, and what is no range, get the whole file, as the standard allows.
    private static func range(_ field: String, of size: Int) -> Selection {
        let field = field.trimmingBlanks.lowercased()
        guard field.hasPrefix("bytes="), !field.contains(",") else { return .all }
        let ends = field.dropFirst(6).split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard ends.count == 2 else { return .all }
        let (first, last) = (String(ends[0]).trimmingBlanks, String(ends[1]).trimmingBlanks)
        guard (first + last).utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return .all }
        if first.isEmpty {
            guard !last.isEmpty else { return .all }
            let count = min(Int(last) ?? size, size)
            return count == 0 ? .unsatisfiable : .part(size - count..<size)
        }
        guard let start = Int(first), start < size else { return .unsatisfiable }
        guard !last.isEmpty else { return .part(start..<size) }
        let end = min(Int(last) ?? size, size - 1)
        return end < start ? .all : .part(start..<end + 1)
    }
}
