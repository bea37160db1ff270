import Foundation
import Geo

/// Runs the same crowd against a floor.
enum FloorMeasurement {
    /// Reads a floor's process.
    private final class Meter: ProcessMeter {
        let pid: pid_t
        init(pid: pid_t) { self.pid = pid }
        func usage() -> ServerUsage? { ProcessFiles.usage(of: pid) }
    }

    /// Measures a floor.
    ///
    /// - Parameters:
    ///   - settings: The crowd; who comes later or drops is left out, since a floor has no rooms to come back to.
    ///   - tick: Milliseconds.
    ///   - frameBytes: How long a frame is; nil for one row of a usual length for each marker.
    ///   - core: The processor that the floor is bound to.
    ///   - isInterrupted: Asked at every tick.
    ///   - onProgress: Called once a second.
    /// - Returns: What the floor used for it.
    /// - Throws: ``SimulatorError``.
    static func measure(
        _ settings: LoadSettings, tick: Int, frameBytes: Int?, core: Int?, isInterrupted: () -> Bool,
        onProgress: @escaping (ProgressLine.Progress) -> Void
    ) throws(SimulatorError) -> LoadFigures {
        var settings = settings
        settings.isFloor = true
        settings.latecomers = 0
        settings.churn = 0
        settings.dropInterval = nil
        settings.profile = settings.profile == .raceStart ? .raceStart : .steady
        settings.keepsRunning = false
        settings.isLively = false
        settings.system = .wgs84
        settings.room = nil
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("floor-\(UUID().uuidString)").path
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw .noServer("there is no room for its output in \(folder)")
        }
        defer { try? FileManager.default.removeItem(atPath: folder) }  // Litter in a temporary place at worst.
        let process = try ChildProcess(
            "/proc/self/exe",
            ["floor-server", "--tick", String(tick)] + (frameBytes.map { ["--frame-bytes", String($0)] } ?? []),
            folder: folder, core: core)
        let line = try process.firstLine(within: .seconds(10))
        guard let port = line.split(separator: ":").last.flatMap({ Int($0) }) else {
            throw .noServer("the floor said “\(line)”")
        }
        let engine = try LoadEngine(
            settings: settings, preparation: .ofFloor(settings),
            address: try SocketAddress(host: "127.0.0.1", port: port), lane: nil, meter: Meter(pid: process.pid))
        engine.onProgress = onProgress
        engine.run(isInterrupted: isInterrupted)
        return LoadFigures(engine)
    }
}
