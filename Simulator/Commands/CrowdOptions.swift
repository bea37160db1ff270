import ArgumentParser
import Foundation
import Geo

/// The flags that say who runs: shared by everything that drives a server or a floor.
struct CrowdOptions: ParsableArguments {
    @Option(help: "How many rooms.") var rooms = 1
    @Option(help: "How many runners in each room.") var runners = 50
    @Option(help: "How many spectators in each room.") var spectators = 0
    @Option(help: "Markers a second of each runner.") var rate = 1.0
    @Option(help: "Seconds for which markers are sent.") var duration = 60.0
    @Option(help: "People who have joined rooms in which nothing happens.") var idle = 0
    @Option(help: "Connections that are begun in a second.") var connectRate = 1000.0
    @Option(help: "Decides everything that is random.") var seed: UInt64 = 1
    @Option(help: "Milliseconds of a tick (default: the server's own, 200).") var tick: Int?
    @Flag(help: "Bind the other side to the first processor and the simulator to the last.") var pin = false

    func validate() throws {
        guard rooms >= 0, runners >= 0, spectators >= 0, idle >= 0 else {
            throw ValidationError("There cannot be fewer than none.")
        }
        guard rooms * (runners + spectators) + idle >= 1 else { throw ValidationError("There must be somebody.") }
        guard runners >= 1 || rooms == 0 else { throw ValidationError("A room needs at least one runner.") }
        guard rate > 0, rate <= 1000 else { throw ValidationError("--rate must be above 0 and at most 1000.") }
        guard duration >= 1, duration <= Double(LoadSettings.longestRun) / 1000 else {
            throw ValidationError("--duration must be from 1 s to 23 h.")
        }
        guard connectRate >= 1 else { throw ValidationError("--connect-rate must be at least 1.") }
        if let tick, !(10...60_000).contains(tick) { throw ValidationError("--tick must be from 10 to 60000.") }
    }

    func settings() -> LoadSettings {
        var settings = LoadSettings()
        settings.rooms = rooms
        settings.runners = runners
        settings.spectators = spectators
        settings.rate = rate
        settings.duration = duration
        settings.idle = idle
        settings.connectRate = connectRate
        settings.seed = seed
        return settings
    }

    /// Binds the caller as `--pin` says; the processor for the other side.
    func bindProcessors() -> Int? { pin ? CommandParts.bindProcessors() : nil }
}

/// The flags that say whose certificate is believed.
struct TrustOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Believe a certificate of this file only, or one that these have signed "
                + "(default: what the system trusts, and of a server of this machine any).", valueName: "file.pem"))
    var cacert: String?
    @Flag(help: "Believe any certificate.") var insecure = false

    func validate() throws {
        guard cacert == nil || !insecure else { throw ValidationError("Give --cacert or --insecure, not both.") }
    }

    var trust: TLSTrust { cacert.map { .file($0) } ?? (insecure ? .anybody : .usual) }
    var isGiven: Bool { cacert != nil || insecure }
}

/// What several commands do in the same way.
enum CommandParts {
    /// Refuses a crowd that there are not enough descriptors for.
    static func checkDescriptors(for settings: LoadSettings) throws {
        let limit = TCP.raiseDescriptorLimit()
        guard settings.connections + 100 <= limit else {
            throw ValidationError(
                "\(settings.connections) connections need more than the \(limit) descriptors that the system allows.")
        }
    }

    /// Milliseconds of a tick of a server that was told nothing about it.
    static let usualTick = 200

    /// Flags that were given in one word.
    static func words(in flags: String?) -> [String] { (flags ?? "").split(separator: " ").map(String.init) }

    /// Binds the caller to the last processor; the first, for the other side, or nil if there is only one.
    static func bindProcessors() -> Int? {
        guard let first = Processor.binding.first, let last = Processor.binding.last, first != last else { return nil }
        Processor.bind(to: [last])
        return first
    }

    static func plans(gpx files: [String]) throws(SimulatorError) -> [RunPlan] {
        var plans: [RunPlan] = []
        for file in files {
            let data: Data
            do {
                data = try Data(contentsOf: URL(fileURLWithPath: file))
            } catch {
                throw .unreadableFile(file: file, reason: "There is no such file, or it must not be read.")
            }
            plans.append(try RecordedRun.plan(file: data, name: file))
        }
        return plans
    }

    /// Where a server is: `http` and `ws` are the same here, and `https` and `wss`.
    static func address(of url: String, trust: TLSTrust = .usual) throws(SimulatorError) -> SocketAddress {
        guard let address = URL(string: url), let host = address.host, !host.isEmpty else { throw .badURL(url) }
        switch address.scheme {
        case "http", "ws": return try SocketAddress(host: host, port: address.port ?? 80)
        case "https", "wss": return try SocketAddress(host: host, port: address.port ?? 443, tls: trust)
        default: throw .badURL(url)
        }
    }
}
