import Limits

/// Whose connections count together, and how many they may be.
public struct ConnectionShares: Sendable {
    /// How many connections one address may have.
    ///
    /// Of IPv6, one /64 may have so many, and one /48 four times as many. 0 is any number, and then an address may have
    /// all of what else is bounded too. Nil is a tenth of the server's connections, and 64 at least. It is meant for
    /// one who would shut everybody out: behind one address may be a carrier's customers, who all come at once when a
    /// race starts.
    public var perAddress: Int?
    /// Whether a peer at an address hands on what others send: a reverse proxy.
    ///
    /// Its connections are not its own. Those for whom it speaks are counted when they have said what they want: for as
    /// long as their request takes, or their WebSocket lives.
    public var isProxy: @Sendable (String) -> Bool = { _ in false }
    /// Whose request it is that a proxy has handed on.
    public var client: @Sendable (HTTPRequestHead) -> String = { $0.remoteAddress }
    /// Whether connections from an address are not counted: the machine's own, where load tests come from.
    ///
    /// Who can connect from there can do worse than to shut others out. A proxy there is one all the same.
    public var isExempt: @Sendable (IPAddress) -> Bool = { $0.isLoopback }

    public init() {}
}

/// How many connections each network has, and how many it may have.
struct AddressShares {
    /// What one connection takes; given back once.
    struct Share: Hashable {
        fileprivate let address: IPAddress?

        /// Of who is not counted.
        static let none = Share(address: nil)
    }

    /// How many connections an address or a /64 may have; 0 is any number.
    let limit: Int
    /// How much larger the limit of a /48 is.
    static let siteFactor = Limit.Connections.siteFactor
    /// How many addresses are remembered of which it was said that they are refused.
    static let reportCapacity = Limit.Connections.reportedAddresses

    private var counts = NetworkCounts()
    private var reports: [IPAddress: ContinuousClock.Instant] = [:]

    init(limit: Int) { self.limit = limit }

    /// Counts one more connection of an address.
    ///
    /// - Returns: Nil when it has as many as it may have.
    mutating func take(_ address: IPAddress) -> Share? {
        guard limit > 0 else { return Share.none }
        let bounds = NetworkCounts.Bounds(network: limit, site: limit * Self.siteFactor)
        return counts.add(1, to: address, within: bounds) ? Share(address: address) : nil
    }

    /// Counts one connection less.
    mutating func giveBack(_ share: Share) {
        if let address = share.address { counts.subtract(1, from: address) }
    }

    /// How many networks have a connection.
    var networkCount: Int { counts.count }

    /// Whether it is worth a line in the log that an address was refused: once a minute.
    mutating func isNews(_ address: IPAddress, at now: ContinuousClock.Instant) -> Bool {
        let network = address.network
        func isOld(_ moment: ContinuousClock.Instant) -> Bool {
            moment.duration(to: now) >= Limit.Connections.incidentInterval
        }
        if let last = reports[network], !isOld(last) { return false }
        if reports.count >= Self.reportCapacity { reports = reports.filter { !isOld($0.value) } }
        guard reports.count < Self.reportCapacity else { return false }
        reports[network] = now
        return true
    }
}
