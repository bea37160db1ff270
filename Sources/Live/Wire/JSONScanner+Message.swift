import Foundation

extension JSONScanner {
    /// The `type` of a message, after a check of the whole of it.
    ///
    /// - Throws: `WireError`: `bad_json` for anything that is not JSON, `bad_message` for what is, but is no object, has no
    ///   string `type`, or has `type` or `markers` twice. Other keys may repeat.
    static func messageType(of bytes: UnsafeRawBufferPointer) throws(WireError) -> String {
        var scanner = JSONScanner(bytes)
        scanner.skipSpace()
        guard scanner.next == UInt8(ascii: "{") else {
            try scanner.skipValue(depth: 1)
            try scanner.expectEnd()
            throw .badMessage("A message is a JSON object.")
        }

        var type: JSONString?
        var types = 0
        var markers = 0
        try scanner.object { (scanner, key) throws(WireError) in
            if scanner.equals(key, "type") {
                types += 1
                if scanner.next == UInt8(ascii: "\"") {
                    type = try scanner.string()
                    return
                }
            } else if scanner.equals(key, "markers") {
                markers += 1
            }
            try scanner.skipValue(depth: 2)
        }
        try scanner.expectEnd()
        guard types < 2 else { throw .badMessage("`type` is there twice.") }
        guard markers < 2 else { throw .badMessage("`markers` is there twice.") }
        guard types == 1 else { throw .badMessage("`type` is missing.") }
        guard let type else { throw .badMessage("`type` is not a string.") }
        return scanner.text(of: type)
    }

    /// The value of a key of a message, as it was sent, to the byte; nil if it is not there.
    ///
    /// Of several the last.
    ///
    /// For a message whose `messageType(of:)` was found: nil also for what is no JSON object.
    static func value(of key: String, in data: Data) -> [UInt8]? {
        data.withUnsafeBytes { bytes in
            var scanner = JSONScanner(bytes)
            var value: Range<Int>?
            scanner.skipSpace()
            guard scanner.next == UInt8(ascii: "{") else { return nil }
            do throws(WireError) {
                try scanner.object { (scanner, name) throws(WireError) in
                    let start = scanner.position
                    try scanner.skipValue(depth: 2)
                    if scanner.text(of: name) == key { value = start..<scanner.position }
                }
            } catch {
                return nil
            }
            return value.map { Array(bytes[$0]) }
        }
    }
}
