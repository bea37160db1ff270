internal import Limits
internal import Logging
internal import Synchronization

/// What the servers of a group share: what all clients together may have, and what each address may.
///
/// From any thread.
final class ServerResources: Sendable {
    /// How many servers share it.
    let servers: Int
    /// What clients have sent and nobody has done with.
    let inputMemory: Budget
    /// Bytes of bodies in files.
    let bodyFiles: Budget
    /// The same of those whose senders nobody knows yet.
    let strangersFiles: Budget
    /// Places of requests that are with their handlers.
    let handlers: Budget
    /// What of answers waits in memory for those who asked.
    let outputMemory: Budget
    /// Those that are kept for what ``HTTPResponder/answersWhenFull(_:)`` names.
    let spareHandlers = Budget(limit: Limit.HTTP.spareHandlers)
    /// Is told of those who are refused before anybody else sees their request.
    let incidents: IncidentReporter
    private let shares: Mutex<AddressShares>
    /// Connections, and requests behind proxies, that were refused because their address had as many as it may have.
    private let refused = Atomic(0)

    init(_ configuration: ServerConfiguration, servers: Int = 1, logger: Logger) {
        self.servers = servers
        incidents = IncidentReporter(logger: logger)
        inputMemory = Budget(limit: configuration.maxInputBytes)
        bodyFiles = Budget(limit: configuration.maxFileBytes, shareOfAddress: Limit.HTTP.fileShareOfAddress)
        strangersFiles = Budget(
            limit: configuration.maxStrangersFileBytes, shareOfAddress: Limit.HTTP.fileShareOfAddress)
        handlers = Budget(limit: configuration.maxHandlers)
        outputMemory = Budget(limit: configuration.maxOutputBytes)
        shares = Mutex(
            AddressShares(
                limit: configuration.shares.perAddress
                    ?? max(
                        Limit.Connections.leastOfAddress,
                        configuration.maxConnections / Limit.Connections.shareOfAddress)))
    }

    /// How often somebody was refused whose address had as much as it may have, of connections or of a budget.
    var refusedByAddress: Int {
        [inputMemory, bodyFiles, strangersFiles, handlers, outputMemory]
            .reduce(refused.load(ordering: .relaxed)) { $0 + $1.refusedByAddress }
    }

    /// Counts one more connection of an address.
    ///
    /// - Parameters:
    ///   - address: Whose it is.
    ///   - report: Called with the limit when it is exceeded and that is worth a line in the log.
    /// - Returns: Nil when it has as many as it may have.
    func takeShare(of address: IPAddress, report: (_ limit: Int) -> Void) -> AddressShares.Share? {
        let (share, limit) = shares.withLock { shares -> (AddressShares.Share?, Int?) in
            if let share = shares.take(address) { return (share, nil) }
            return (nil, shares.isNews(address, at: .now) ? shares.limit : nil)
        }
        if share == nil { refused.add(1, ordering: .relaxed) }
        if let limit { report(limit) }
        return share
    }

    func giveBack(_ share: AddressShares.Share) {
        if share != .none { shares.withLock { $0.giveBack(share) } }
    }
}
