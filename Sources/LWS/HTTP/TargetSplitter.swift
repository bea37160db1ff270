/// Takes a request target apart: path segments and query pairs, percent-decoded.
enum TargetSplitter {
    /// - Parameter target: In origin form (`/path?query`) or absolute form (`http://host/path?query`).
    /// - Returns: Nil when it is neither, or when a percent sign is not followed by two hexadecimal digits, or when
    ///   the decoded bytes are not UTF-8 or hold a zero.
    static func split(_ target: String) -> (path: [String], query: [(name: String, value: String)])? {
        var rest = target[...]
        if !rest.hasPrefix("/") {
            guard let scheme = rest.range(of: "://") else { return nil }
            rest = rest[scheme.upperBound...]
            rest = rest.firstIndex(where: { $0 == "/" || $0 == "?" }).map { rest[$0...] } ?? ""
        }
        if let fragment = rest.firstIndex(of: "#") { rest = rest[..<fragment] }
        let mark = rest.firstIndex(of: "?")
        var path: [String] = []
        for segment in rest[..<(mark ?? rest.endIndex)].split(separator: "/") {
            guard let decoded = decode(segment, plusIsSpace: false) else { return nil }
            path.append(decoded)
        }
        guard let mark else { return (path, []) }
        guard let query = pairs(rest[rest.index(after: mark)...]) else { return nil }
        return (path, query)
    }

    /// The pairs of a query or of an `application/x-www-form-urlencoded` body.
    private static func pairs(_ text: Substring) -> [(name: String, value: String)]? {
        var pairs: [(name: String, value: String)] = []
        for pair in text.split(separator: "&") {
            let equals = pair.firstIndex(of: "=")
            guard let name = decode(pair[..<(equals ?? pair.endIndex)], plusIsSpace: true),
                let value = decode(equals.map { pair[pair.index(after: $0)...] } ?? "", plusIsSpace: true)
            else { return nil }
            pairs.append((name, value))
        }
        return pairs
    }

    static func decode(_ text: Substring, plusIsSpace: Bool = false) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var source = text.utf8.makeIterator()
        while let byte = source.next() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = source.next().flatMap(hexadecimal), let low = source.next().flatMap(hexadecimal),
                    high != 0 || low != 0
                else { return nil }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

extension Substring {
    /// The first place of `text`.
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
