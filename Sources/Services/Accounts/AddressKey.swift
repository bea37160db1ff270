internal import Glibc

/// What counts as one address: an IPv4 address, or the 64 bits of an IPv6 address that a subscriber is given.
///
/// Whatever is limited for each address is limited by this: a subscriber of IPv6 has more addresses than could be tried.
public struct AddressKey: Hashable, Sendable {
    private let bytes: [UInt8]

    /// The same for what counts as the same address.
    public var text: String { bytes.map { String($0) }.joined(separator: ".") }

    /// - Parameter address: As the system writes it; what is none counts by its text.
    public init(_ address: String) {
        var v6 = in6_addr()
        var v4 = in_addr()
        if inet_pton(AF_INET, address, &v4) == 1 {
            bytes = withUnsafeBytes(of: v4) { Array($0) }
        } else if inet_pton(AF_INET6, address, &v6) == 1 {
            let all = withUnsafeBytes(of: v6) { Array($0) }
            let isMapped = all[0..<10].allSatisfy { $0 == 0 } && all[10] == 0xFF && all[11] == 0xFF
            bytes = isMapped ? Array(all[12...]) : Array(all[0..<8])
        } else {
            bytes = Array(address.utf8)
        }
    }
}
