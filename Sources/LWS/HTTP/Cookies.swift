/// The cookies of a request (RFC 6265, section 4.2.1): `name=value; other=value`.
package enum Cookies {
    /// The values of all that have a name, in their order, as they came.
    ///
    /// Octet by octet: what only looks like a semicolon ends no value, so that who may set one cookie sets no other.
    package static func values(of name: String, in field: String) -> [String] {
        field.splitOctets(at: ";").compactMap { pair in
            let octets = pair.utf8
            guard let equals = octets.firstIndex(of: UInt8(ascii: "=")),
                octets[..<equals].elementsEqual(name.utf8)
            else { return nil }
            return String(decoding: octets[octets.index(after: equals)...], as: UTF8.self)
        }
    }
}
