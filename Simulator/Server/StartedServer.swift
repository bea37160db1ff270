import Foundation
import Glibc

/// A RunRoom server that was started for a load, on a port of the system's choice and with a directory of its own.
final class StartedServer: ProcessMeter {
    let address: SocketAddress
    private let executable: String
    private let flags: [String]
    private let folder: String
    private let core: Int?
    private var process: ChildProcess
    /// What the processes before the present one have used.
    private var earlierCPU = 0.0

    /// Starts a server whose limits do not stand in the way of a load, and waits until it is ready.
    ///
    /// - Parameters:
    ///   - executable: The path of `runroom`.
    ///   - settings: What is going to come.
    ///   - tick: Milliseconds; nil for the server's own.
    ///   - flags: Further flags.
    ///   - tls: Whether it speaks TLS, with a certificate that is made for it and believed alone.
    ///   - core: The processor that it is bound to.
    /// - Throws: ``SimulatorError/noServer(_:)``, and what ``SocketAddress`` throws.
    init(
        executable: String, settings: LoadSettings, tick: Int?, flags: [String], tls: Bool, core: Int?
    ) throws(SimulatorError) {
        self.executable = executable
        self.core = core
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("simulator-\(UUID().uuidString)").path
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw .noServer("there is no room for its data in \(folder)")
        }
        var all = [
            "--data", folder + "/data", "--rate-limits", "off", "--password-cost", "low", "--log-level", "warning",
            "--max-connections", String(settings.connections + 1000),
            "--room-capacity", String(min(10_000, max(200, settings.runners + 10))),
            "--spectators", String(max(2000, settings.spectators + LoadSettings.idlersPerRoom)),
            "--messages-per-second", "10000", "--message-burst", "10000",
        ]
        if let tick { all += ["--tick", String(tick)] }
        let identity = tls ? try SelfSignedIdentity(in: folder) : nil
        if let identity { all += ["--tls-cert", identity.certificate, "--tls-key", identity.key] }
        self.flags = all + flags
        process = try ChildProcess(executable, ["serve", "--port", "0"] + self.flags, folder: folder, core: core)
        let line = try process.firstLine(within: .seconds(30))
        guard let port = line.split(separator: ":").last.flatMap({ Int($0) }) else {
            throw .noServer("it said “\(line)”")
        }
        address = try SocketAddress(host: "127.0.0.1", port: port, tls: identity.map { .file($0.certificate) })
    }

    deinit {
        process.kill()
        try? FileManager.default.removeItem(atPath: folder)  // What cannot be removed is litter in a temporary place.
    }

    func usage() -> ServerUsage? {
        guard let usage = ProcessFiles.usage(of: process.pid) else { return nil }
        var all = usage
        all.cpuSeconds += earlierCPU
        return all
    }

    /// Kills it with -9 and starts it again on the same port and data; does not wait until it is ready.
    func restart() throws(SimulatorError) {
        if let usage = ProcessFiles.usage(of: process.pid) { earlierCPU += usage.cpuSeconds }
        process.kill()
        process = try ChildProcess(
            executable, ["serve", "--port", String(address.port)] + flags, folder: folder, core: core)
    }

    /// Asks it to end properly and waits a little for that.
    func stop() {
        Glibc.kill(process.pid, SIGTERM)
        let end = Nanoseconds.now + .seconds(15)
        while process.isRunning, Nanoseconds.now < end { usleep(10_000) }
        process.kill()
    }
}
