import API
import ArgumentParser
import Foundation
import LWS
import Logging
import ServiceLifecycle
import UnixSignals

/// `runroom serve`: the server, until a signal ends it.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve run rooms until SIGTERM or SIGINT.",
        discussion: """
            Each flag is also a setting in the environment (RUNROOM_PORT for --port) and in the file given by --config \
            ({"port": 8000}). A flag wins over the environment, and the environment over the file. When the server is \
            ready it prints one line with its address on standard output; logs go to standard error.
            """)

    @OptionGroup var flags: ServerFlags

    func run() async throws {
        try await Terminal.run {
            let (application, level) = try SettingsReading(
                flags: flags, environment: ProcessInfo.processInfo.environment
            ).server()
            let log = LogWriter(to: STDERR_FILENO)
            LogWriter.outliveFaults()
            Allocator.returnLargePieces()
            // Before the last word about what went wrong, if anything did.
            defer { log.flush() }
            let logger = Logger(label: "runroom") { label in
                var handler = StreamLogHandler(label: label, stream: log)
                handler.logLevel = level
                return handler
            }
            let service = ServerService(configuration: application, logger: logger, log: log)
            let group = ServiceGroup(
                configuration: .init(
                    services: [.init(service: service)], gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet))
            try await group.run()
        }
    }

    /// The life cycle's own messages are about its parts, not about running.
    private var quiet: Logger { Logger(label: "runroom.lifecycle") { _ in SwiftLogNoOpLogHandler() } }
}

/// The server as a service: it runs until it is told to shut down.
struct ServerService: Service {
    let configuration: ApplicationConfiguration
    let logger: Logger
    let log: LogWriter

    func run() async throws {
        let shortage = DescriptorLimit.allow(connections: configuration.server.maxConnections)
        let application = try Application(configuration: configuration, logger: logger)
        let port: Int
        do {
            port = try await application.start()
        } catch {
            await application.stop()
            throw error
        }
        if let shortage {
            logger.notice(
                "the system allows fewer open files than all connections need; raise the hard limit (ulimit -n) for more",
                metadata: ["allowed": "\(shortage.allowed)", "wanted": "\(shortage.wanted)"])
        }
        let operators = await takeCommands(of: application)
        let scheme = configuration.server.tls == nil ? "http" : "https"
        let host =
            configuration.server.host.contains(":") ? "[\(configuration.server.host)]" : configuration.server.host
        // Who waits for that line finds what was said of the start.
        log.flush()
        Terminal.say("RunRoom is ready on \(scheme)://\(host):\(port)")
        if let code = await application.inviteAdministrator() {
            let base = configuration.publicURL ?? "\(scheme)://\(host):\(port)"
            Terminal.say(
                "There is no administrator yet; who opens this within half an hour becomes one: "
                    + "\(base)/admin/setup?code=\(code)")
        }
        // Cancellation ends the wait as the signal does: either way the server is stopped properly.
        try? await gracefulShutdown()
        logger.notice("stopping")
        await operators?.close()
        await application.stop()
        logger.notice("stopped")
    }

    /// Listens to operators; a server to which nobody can give commands serves all the same.
    private func takeCommands(of application: Application) async -> OperatorSocket? {
        guard let (accounts, audit) = await application.accounts, let imports = await application.imports else {
            return nil
        }
        let desk = OperatorDesk(accounts: accounts, imports: imports, audit: audit)
        let socket = OperatorSocket(directory: configuration.dataDirectory, logger: logger) { await desk.answer($0) }
        do {
            try socket.open()
            return socket
        } catch {
            logger.warning("operators cannot give commands while the server runs", metadata: ["error": "\(error)"])
            return nil
        }
    }
}

extension LWSError {
    /// For the person at the terminal.
    var sentence: String {
        switch self {
        case .loopFailed(let reason): "The event loop cannot be made: \(reason)."
        case .addressInUse(let host, let port): "The port \(port) on \(host) is in use by another program."
        case .cannotListen(let host, let port, let reason): "Cannot listen on \(host), port \(port): \(reason)."
        case .badCertificate(let reason): "The certificate or its key cannot be used: \(reason)."
        case .connectFailed(let reason): "A connection failed: \(reason)."
        }
    }
}
