internal import HTTPTypes

/// What of a file is sent: all, a range, or nothing, by the request's conditions (RFC 9110, sections 13 and 14).
struct FileChoice {
    let status: HTTPTypes.HTTPResponse.Status
    let range: Range<Int>
    private(set) var headers: HTTPFields = [:]

    /// Judges a request for a file.
    ///
    /// - Parameters:
    ///   - request: Conditions and ranges count for GET and HEAD only.
    ///   - status: What the handler says; anything but 200 is sent as it is.
    ///   - size: The file's, in bytes.
    ///   - etag: With or without its quotation marks.
    init(request: ParsedHead?, status: HTTPTypes.HTTPResponse.Status, size: Int, etag: String) {
        let tag = EntityTag(etag) ?? EntityTag("\"\(etag)\"")
        headers[.eTag] = tag?.description
        guard let request, status == .ok, request.method == .get || request.method == .head else {
            (self.status, range) = (status, 0..<size)
            return
        }
        headers[.acceptRanges] = "bytes"
        let fields = request.fields
        if let condition = fields[.ifNoneMatch], tag?.isNoneMatch(condition) == true {
            (self.status, range) = (.notModified, 0..<0)
            return
        }
        // A range of nothing is asked for in vain; HEAD has none (section 14.2).
        let wanted = request.method == .get ? fields[.range] : nil
        let choice = ByteRange(range: wanted, ifRange: fields[.ifRange], etag: tag, count: size)
        if let contentRange = choice.contentRange(of: size) { headers[.contentRange] = contentRange }
        switch choice {
        case .whole: (self.status, range) = (.ok, 0..<size)
        case .part(let part): (self.status, range) = (.partialContent, part)
        case .unsatisfiable: (self.status, range) = (.rangeNotSatisfiable, 0..<0)
        }
    }
}
