/// What part of a resource a client wants (RFC 9110, section 14).
///
/// One range is served; several in one request are answered with the whole, as section 14.2 allows, since their answer
/// is an invitation to make the server send more than there is.
public enum ByteRange: Hashable, Sendable {
    /// Everything, with 200: no range was asked for, or none that is to be heeded.
    case whole
    /// These bytes, with 206 and `contentRange(of:)`. Never empty.
    case part(Range<Int>)
    /// None of the resource's, with 416 and `contentRange(of:)`.
    case unsatisfiable

    /// Reads the `Range` field of a GET request.
    ///
    /// - Parameters:
    ///   - range: The field, nil if there is none. One that cannot be read, or of another unit, is as none.
    ///   - ifRange: The field `If-Range`. A range counts only if it is the strong tag that the resource has; a date
    ///     never does, as resources here have no dates.
    ///   - etag: The tag of the resource as it is now.
    ///   - count: Its bytes.
    public init(
        range: String?, ifRange: String? = nil, etag: EntityTag? = nil, count: Int
    ) {
        self = .whole
        guard let range else { return }
        if let ifRange {
            guard let etag, let wanted = EntityTag(Self.trimmed(ifRange.utf8)), wanted.matchesStrongly(etag) else {
                return
            }
        }
        let field = Array(range.utf8)
        guard let equals = field.firstIndex(of: UInt8(ascii: "=")),
            HTTPToken(field[..<equals]) == "bytes"
        else { return }
        let specification = Array(Self.trimmed(field[(equals + 1)...]).utf8)
        guard let dash = specification.firstIndex(of: UInt8(ascii: "-")) else { return }
        // A comma, thus several ranges, is not a digit.
        guard let first = Self.number(specification[..<dash]), let last = Self.number(specification[(dash + 1)...])
        else { return }

        switch (first, last) {
        case (nil, nil):
            return
        case (nil, let suffix?):
            self = suffix > 0 && count > 0 ? .part(max(0, count - suffix)..<count) : .unsatisfiable
        case (let first?, nil):
            self = first < count ? .part(first..<count) : .unsatisfiable
        case (let first?, let last?):
            guard first <= last else { return }
            self = first < count ? .part(first..<(min(last, count - 1) + 1)) : .unsatisfiable
        }
    }

    /// The field `Content-Range` of an answer from a resource of `count` bytes; nil with the whole.
    public func contentRange(of count: Int) -> String? {
        switch self {
        case .whole: nil
        case .part(let range): "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(count)"
        case .unsatisfiable: "bytes */\(count)"
        }
    }

    /// Digits only; `.some(nil)` for none at all, and nil for what is not a number.
    ///
    /// Beyond `Int` it is `Int.max`, which
    /// is beyond the end of everything as well.
    private static func number(_ digits: ArraySlice<UInt8>) -> Int?? {
        var number = 0
        for digit in digits {
            guard 0x30...0x39 ~= digit else { return nil }
            let (product, isTooMuch) = number.multipliedReportingOverflow(by: 10)
            let (sum, isStillTooMuch) = product.addingReportingOverflow(Int(digit - 0x30))
            number = isTooMuch || isStillTooMuch ? .max : sum
        }
        return digits.isEmpty ? .some(nil) : number
    }

    private static func trimmed(_ bytes: some BidirectionalCollection<UInt8>) -> String {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        let start = bytes.drop(while: isSpace)
        let end = start.lastIndex { !isSpace($0) }.map { start.index(after: $0) } ?? start.startIndex
        return String(decoding: start[..<end], as: UTF8.self)
    }
}
