/// How much each network has of something.
///
/// One that has an IPv6 network has 2⁶⁴ addresses, and can often get a few more networks; so the /64 counts as an
/// address does, and the /48 around it too, with more room. Only who has something is remembered.
struct NetworkCounts {
    /// How much a network may have.
    struct Bounds {
        /// An address of IPv4, or a /64.
        var network: Int
        /// A /48.
        var site: Int
    }

    private var networks: [IPAddress: Int] = [:]
    /// Of /48s of IPv6, by their first address.
    private var sites: [IPAddress: Int] = [:]

    /// How many networks have something.
    var count: Int { networks.count }

    /// Adds to what the network of an address has.
    ///
    /// - Returns: False, and nothing is added, when it would have more than it may.
    mutating func add(_ amount: Int, to address: IPAddress, within bounds: Bounds) -> Bool {
        let network = address.network
        guard networks[network, default: 0] <= bounds.network - amount else { return false }
        if let site = address.site {
            guard sites[site, default: 0] <= bounds.site - amount else { return false }
            sites[site, default: 0] += amount
        }
        networks[network, default: 0] += amount
        return true
    }

    /// Takes away what was added.
    mutating func subtract(_ amount: Int, from address: IPAddress) {
        Self.decrease(&networks[address.network], by: amount)
        if let site = address.site { Self.decrease(&sites[site], by: amount) }
    }

    private static func decrease(_ count: inout Int?, by amount: Int) {
        count = count.flatMap { $0 > amount ? $0 - amount : nil }
    }
}

extension IPAddress {
    /// What counts as one address: of IPv6 the /64.
    var network: IPAddress { isV4 ? self : prefix(64) }

    /// The /48 around an address of IPv6.
    fileprivate var site: IPAddress? { isV4 ? nil : prefix(48) }
}
