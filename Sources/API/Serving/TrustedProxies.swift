import Endpoints
import HTTPTypes
import LWS

/// Who may say on whose behalf a request comes: the reverse proxies in front of the server.
///
/// The address of a client decides what it may do how often, so nobody may choose it: the list of hops is read from its
/// end, which the nearest proxy wrote, as far as those who wrote it are trusted; the first who is not is the client.
public struct TrustedProxies: Sendable, Hashable {
    /// Where proxies write the client's address.
    ///
    /// One and no other is read: what a proxy does not write itself it passes on from the client, who may write anything.
    public enum Header: String, Sendable, CaseIterable {
        /// `X-Forwarded-For: client, proxy`.
        case xForwardedFor = "x-forwarded-for"
        /// `Forwarded: for=client, for=proxy`, RFC 7239.
        case forwarded
    }

    /// Why a text is no list of networks.
    public struct BadNetwork: Error, Hashable, Sendable {
        /// The entry that is none.
        public let text: String
    }

    /// A network in CIDR notation.
    private struct Network: Sendable, Hashable {
        var prefix: IPAddress
        var bits: Int

        init?(_ text: String) {
            let parts = text.splitOctets(at: "/")
            guard parts.count <= 2, let first = parts.first, let address = IPAddress(first) else { return nil }
            bits = 128
            if parts.count == 2 {
                guard parts[1].utf8.allSatisfy({ (48...57).contains($0) }), let length = Int(parts[1]) else {
                    return nil
                }
                let isV4 = !first.utf8.contains(UInt8(ascii: ":"))
                guard length <= (isV4 ? 32 : 128) else { return nil }
                bits = isV4 ? 96 + length : length
            }
            prefix = address.prefix(bits)
        }

        func contains(_ address: IPAddress) -> Bool { address.prefix(bits) == prefix }
    }

    private let networks: [Network]
    private let header: Header

    /// Trusts nobody: the client is whoever connects.
    public init() {
        networks = []
        header = .xForwardedFor
    }

    /// Trusts some networks.
    ///
    /// - Parameters:
    ///   - list: Addresses and networks, `10.0.0.0/8,::1`, with commas between.
    ///   - header: Where they write the client's address.
    /// - Throws: ``BadNetwork`` for an entry that is none.
    public init(_ list: String, header: Header = .xForwardedFor) throws(BadNetwork) {
        var networks: [Network] = []
        for text in list.splitOctets(at: ",") {
            guard let network = Network(text) else { throw BadNetwork(text: text) }
            networks.append(network)
        }
        self.networks = networks
        self.header = header
    }

    /// The address of the client that a request is of.
    func client(of head: HTTPRequestHead) -> String {
        guard trusts(head.remoteAddress) else { return head.remoteAddress }
        var client = head.remoteAddress
        for hop in hops(head.headers).reversed() {
            // What is no address was written by somebody trusted who would not say; who said it is all we know.
            guard let address = hop, IPAddress(address) != nil else { break }
            client = address
            guard trusts(address) else { break }
        }
        return client
    }

    /// Whether a peer at an address is one of them.
    func trusts(_ text: String) -> Bool {
        guard !networks.isEmpty, let address = IPAddress(text) else { return false }
        return networks.contains { $0.contains(address) }
    }

    /// From the client to the nearest proxy; nil for a hop without an address.
    ///
    /// Octet by octet: whatever a client sends in front of what a proxy writes, a comma is a comma.
    private func hops(_ headers: HTTPFields) -> [String?] {
        switch header {
        case .xForwardedFor:
            (headers[.xForwardedFor] ?? "").splitOctets(at: ",").map(Self.address)
        case .forwarded:
            (headers[.forwarded] ?? "").splitOctets(at: ",").map { element in
                let pairs = element.splitOctets(at: ";").map { $0.utf8 }
                let pair = pairs.first { HTTPToken($0.prefix(4)) == "for=" }
                return pair.flatMap { Self.address(String(decoding: $0.dropFirst(4), as: UTF8.self)) }
            }
        }
    }

    /// An address without quotes, brackets and port.
    private static func address(_ text: String) -> String? {
        var octets = Array(text.utf8)[...]
        let quote = UInt8(ascii: "\""), colon = UInt8(ascii: ":")
        if octets.count >= 2, octets.first == quote, octets.last == quote { octets = octets.dropFirst().dropLast() }
        if octets.first == UInt8(ascii: "[") {
            guard let end = octets.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            octets = octets[..<end].dropFirst()
        } else if octets.count(where: { $0 == colon }) == 1 {
            octets = octets.prefix { $0 != colon }
        }
        return octets.isEmpty ? nil : String(decoding: octets, as: UTF8.self)
    }
}

extension HTTPField.Name {
    fileprivate static let xForwardedFor = HTTPField.Name("X-Forwarded-For")!
    fileprivate static let forwarded = HTTPField.Name("Forwarded")!
}
