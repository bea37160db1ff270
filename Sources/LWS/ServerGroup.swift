public import Logging

/// Servers on loops of their own behind one address: each connection is one server's, and may move to another
/// (``WebSocket/move(to:)``).
///
/// One acceptor hands each connection to the server that has the fewest. Rather than a listener for each loop with
/// `SO_REUSEPORT`: connections are spread by their number instead of by a hash, a port in use is still an error, and
/// none is lost in the queue of a loop that ends. What all clients together may have is one limit for all loops, but
/// for what waits for those who do not read: of that each loop has its part.
public final class ServerGroup: Sendable {
    public let servers: [Server]

    /// Makes servers that do not listen yet.
    ///
    /// - Parameters:
    ///   - configuration: Where they listen, and the limits of all of them together.
    ///   - loops: One at least.
    ///   - responder: Answers what is no WebSocket handshake, on whichever loop.
    ///   - endpoints: Those of the server on a loop, by the loop's place; their paths must not differ from loop to loop.
    ///   - logger: Gets libwebsockets' errors and warnings too, of the whole process.
    public init(
        configuration: ServerConfiguration, loops: [EventLoop], responder: any HTTPResponder,
        endpoints: (Int) -> [WebSocketEndpoint], logger: Logger
    ) {
        precondition(!loops.isEmpty, "a server has a loop")
        let resources = ServerResources(configuration, servers: loops.count, logger: logger)
        servers = loops.enumerated().map { index, loop in
            Server(
                configuration: configuration, resources: resources, loop: loop, disk: ThreadPoolDisk(loop: loop),
                responder: responder, endpoints: endpoints(index), logger: logger)
        }
        for server in servers { server.group = self }
    }

    /// Listens; once, and to be stopped if that fails too.
    ///
    /// - Returns: The port.
    /// - Throws: As ``Server/start()``.
    public func start() async throws(LWSError) -> Int { try await Server.start(servers) }

    /// Stops all servers at once; see ``Server/stop(deadline:)``.
    public func stop(deadline: Duration? = nil) async {
        await withTaskGroup(of: Void.self) { group in
            for server in servers {
                group.addTask {
                    if let deadline { await server.stop(deadline: deadline) } else { await server.stop() }
                }
            }
        }
    }

    /// How much of what is bounded is taken, all together; from any task.
    public var load: ServerLoad {
        get async {
            var sum: ServerLoad?
            for server in servers {
                let load = await withCheckedContinuation { continuation in
                    server.loop.execute { continuation.resume(returning: server.load) }
                }
                sum = sum.map { $0 + load } ?? load
            }
            // There is one at least.
            return sum!
        }
    }
}

extension ServerLoad {
    /// The load of two servers that share their ``ServerResources``.
    fileprivate static func + (one: ServerLoad, other: ServerLoad) -> ServerLoad {
        var sum = one
        sum.connections += other.connections
        sum.backlogBytes += other.backlogBytes
        return sum
    }
}
