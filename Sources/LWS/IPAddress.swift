internal import Glibc

/// An address of the Internet, IPv4 in the place that IPv6 has for it (RFC 4291, section 2.5.5.2).
public struct IPAddress: Hashable, Sendable {
    /// The first 64 bits: for IPv6 the network that one subscriber's devices are in, as a rule.
    public let high: UInt64
    public let low: UInt64

    /// Reads an address as it is written, without port and brackets; the zone of a link-local one (`%eth0`) is left out.
    public init?(_ text: String) {
        var v4 = in_addr()
        var v6 = in6_addr()
        if inet_pton(AF_INET, text, &v4) == 1 {
            high = 0
            low = 0xffff << 32 | UInt64(UInt32(bigEndian: v4.s_addr))
        } else if inet_pton(AF_INET6, String(text.prefix { $0 != "%" }), &v6) == 1 {
            (high, low) = withUnsafeBytes(of: v6) { bytes in
                (
                    UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                    UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                )
            }
        } else {
            return nil
        }
    }

    private init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Whether it is one of IPv4, however it was written.
    public var isV4: Bool { high == 0 && low >> 32 == 0xffff }

    /// Whether it is this machine's own: 127.0.0.0/8 or ::1.
    public var isLoopback: Bool { isV4 ? low >> 24 & 0xff == 127 : high == 0 && low == 1 }

    /// The network that it is in, as the first address of it.
    ///
    /// - Parameter bits: 0 to 128; a prefix of IPv4 is 96 longer than it is written.
    /// - Returns: The address with all bits behind the first ones 0.
    public func prefix(_ bits: Int) -> IPAddress {
        func mask(_ bits: Int) -> UInt64 { bits <= 0 ? 0 : bits >= 64 ? .max : ~(.max >> UInt64(bits)) }
        return IPAddress(high: high & mask(bits), low: low & mask(bits - 64))
    }
}
