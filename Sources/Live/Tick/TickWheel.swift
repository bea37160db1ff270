import LWS

/// Has each room that has changed served at its phase of the tick, so that not all write at one instant; the one timer
/// for that.
final class TickWheel {
    private let context: LiveContext
    private let phasing: TickPhasing
    /// Phases are numbered from this moment on.
    private let epoch = ContinuousClock.now
    /// Who waits for each phase.
    private var phases: [[RoomHost]]
    private var timer: LoopTimer?
    private var isArmed = false
    private var nextPhase: Int64 = 0
    private var isEnding = false

    init(_ context: LiveContext) {
        self.context = context
        let count = max(1, context.settings.phases)
        phases = Array(repeating: [], count: count)
        phasing = TickPhasing(tick: context.settings.tick, count: count)
    }

    /// From the loop's thread.
    func start() {
        timer = context.makeTimer { [weak self] in self?.serve() }
    }

    /// From now on the wheel comes to rest when nobody waits any more.
    func end() { isEnding = true }

    /// Nobody is served any more.
    func stop() {
        timer?.cancel()
        for phase in phases.indices { phases[phase].removeAll() }
    }

    /// When in the tick a room is served that has this key.
    func phase(of key: Int64) -> Int { Int(truncatingIfNeeded: key % Int64(phases.count)) }

    /// Has a room served at its phase, once.
    func add(_ host: RoomHost, at phase: Int) {
        phases[phase].append(host)
        arm()
    }

    /// Arms the timer for the next phase, counted from a fixed moment so that ticks do not drift.
    private func arm() {
        guard !isArmed, !isEnding else { return }
        isArmed = true
        let elapsed = epoch.duration(to: .now)
        schedule(phasing.phase(at: elapsed) + 1, after: elapsed)
    }

    private func schedule(_ phase: Int64, after elapsed: Duration) {
        nextPhase = phase
        timer?.schedule(after: phasing.start(of: phase) - elapsed)
    }

    /// Serves the phases that are due: usually one.
    private func serve() {
        // Armed while it works, so that what changes meanwhile does not arm it a second time.
        let elapsed = epoch.duration(to: .now)
        context.metrics.tickDelay.record(max(0, (elapsed - phasing.start(of: nextPhase)).inSeconds))
        let due = phasing.due(from: nextPhase, at: elapsed)
        for phase in due { serve(phase: Int(phase % Int64(phases.count))) }
        guard phases.contains(where: { !$0.isEmpty }) else {
            isArmed = false
            return
        }
        // The phase after the last one served, even if it is due by now: when one room's work takes longer than a
        // phase, the rooms of the next phases are late, but never passed over.
        schedule(due.upperBound + 1, after: epoch.duration(to: .now))
    }

    private func serve(phase: Int) {
        guard !phases[phase].isEmpty else { return }
        let due = phases[phase]
        phases[phase].removeAll(keepingCapacity: true)
        for host in due { host.serve() }
    }
}
