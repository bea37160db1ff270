internal import Glibc

/// The host and port of a request: what `Host` says, or a target in absolute form (RFC 3986, section 3.2; RFC 9112,
/// section 3.2).
enum Authority {
    /// Whether octets are a host, with a port or without.
    ///
    /// Stricter than the grammar in three points: a host is not empty, since an address of http has one (RFC 9110,
    /// section 4.2.1); a comma is none of its characters, since two fields put together by somebody on the way have
    /// one; and a port is one that there is. Users before a host are no part of it (section 4.2.4).
    static func isValid(_ bytes: some BidirectionalCollection<UInt8>) -> Bool {
        let bytes = Array(bytes)
        var port = bytes[bytes.endIndex...]
        let host: ArraySlice<UInt8>
        if bytes.first == UInt8(ascii: "[") {
            guard let end = bytes.firstIndex(of: UInt8(ascii: "]")), isLiteral(bytes[1..<end]) else { return false }
            host = bytes[...end]
            port = bytes[(end + 1)...]
        } else {
            let colon = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
            host = bytes[..<colon]
            port = bytes[colon...]
            guard isName(host) else { return false }
        }
        if port.isEmpty { return true }
        let digits = port.dropFirst()
        guard port.first == UInt8(ascii: ":"), digits.allSatisfy(Octets.isDigit) else { return false }
        return digits.isEmpty || digits.count <= 5 && UInt16(String(decoding: digits, as: UTF8.self)) != nil
    }

    /// A name as it is registered, or an address of IPv4, which looks like one.
    private static func isName(_ bytes: ArraySlice<UInt8>) -> Bool {
        var index = bytes.startIndex
        while index < bytes.endIndex {
            if bytes[index] == UInt8(ascii: "%") {
                guard bytes.endIndex - index >= 3, Octets.hexadecimal(bytes[index + 1]) != nil,
                    Octets.hexadecimal(bytes[index + 2]) != nil
                else { return false }
                index += 3
            } else {
                guard isNameByte(bytes[index]) else { return false }
                index += 1
            }
        }
        return !bytes.isEmpty
    }

    /// What may stand in a name as it is, but for the comma.
    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: "-._~!$&'()*+;=".utf8.contains(byte)
        }
    }

    /// What stands in brackets: an address of IPv6, or of a version to come.
    private static func isLiteral(_ bytes: ArraySlice<UInt8>) -> Bool {
        if let first = bytes.first, Octets.lowercased(first) == UInt8(ascii: "v") {
            let parts = bytes.dropFirst().split(
                separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
            return parts.count == 2 && parts.allSatisfy { !$0.isEmpty }
                && parts[0].allSatisfy { Octets.hexadecimal($0) != nil }
                && parts[1].allSatisfy { isNameByte($0) || $0 == UInt8(ascii: ":") }
        }
        guard bytes.allSatisfy({ Octets.hexadecimal($0) != nil || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") })
        else { return false }
        var address = in6_addr()
        return inet_pton(AF_INET6, String(decoding: bytes, as: UTF8.self), &address) == 1
    }
}
