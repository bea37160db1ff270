import Geo
import LWS
import Rooms

extension LiveRooms {
    // MARK: - Ticks

    /// Arms the timer for the next phase, counted from a fixed moment so that ticks do not drift.
    func armTick() {
        guard !isTickArmed, !isStopping else { return }
        isTickArmed = true
        let elapsed = epoch.duration(to: .now)
        schedulePhase(phasing.phase(at: elapsed) + 1, after: elapsed)
    }

    private func schedulePhase(_ phase: Int64, after elapsed: Duration) {
        nextPhase = phase
        tickTimer?.schedule(after: phasing.start(of: phase) - elapsed)
    }

    /// Serves the phases that are due: usually one.
    func servePhases() {
        // Armed while it works, so that what changes meanwhile does not arm it a second time.
        let elapsed = epoch.duration(to: .now)
        metrics.tickDelay.record(max(0, (elapsed - phasing.start(of: nextPhase)).inSeconds))
        let due = phasing.due(from: nextPhase, at: elapsed)
        for phase in due { serve(phase: Int(phase % Int64(phases.count))) }
        guard phases.contains(where: { !$0.isEmpty }) else {
            isTickArmed = false
            return
        }
        // The phase after the last one served, even if it is due by now: when one room's work takes longer than a
        // phase, the rooms of the next phases are late, but never passed over.
        schedulePhase(due.upperBound + 1, after: epoch.duration(to: .now))
    }

    private func serve(phase: Int) {
        guard !phases[phase].isEmpty else { return }
        let due = phases[phase]
        phases[phase].removeAll(keepingCapacity: true)
        for home in due {
            home.isTicking = false
            guard !home.isDeleted else { continue }
            let acknowledged = prepareAcks(of: home)
            sendFrames(of: home)
            for connection in acknowledged { connection.flushAcknowledgement() }
            if home.acks.isDue { markChanged(home) }
        }
    }

    /// Sends what changed since the last frame to everybody who has that one, and skips who is busy.
    private func sendFrames(of home: Home) {
        home.room.refreshStandings()
        let version = home.room.version
        guard version != home.frameVersion else { return }
        let now = clock.now()
        var rows: [RunnerRow] = []
        home.room.rows(changedAfter: home.frameVersion, at: now) { rows.append($0) }
        let frameVersion = home.frameVersion
        var frames = FramePair()
        var (sent, bytes) = (0, 0)
        for viewer in home.viewers {
            if viewer.version < frameVersion, !viewer.isClogged {
                sendMissed(to: viewer, of: home, now: now)
                continue
            }
            let frame = frames.frame(rows, time: now, in: viewer.system)
            // Who misses a frame gets what was in it with a later one.
            if viewer.version >= frameVersion, viewer.sendFrame(frame) {
                viewer.version = version
                sent += 1
                bytes += frame.count
            } else {
                metrics.framesSkipped += 1
                viewer.socket?.requestWritable()
            }
        }
        countFrames(sent, rows: sent * rows.count, bytes: bytes)
        home.frameVersion = version
    }

    /// One encoding for each coordinate system that a viewer speaks.
    private struct FramePair {
        private var wgs84: OutgoingMessage?
        private var gcj02: OutgoingMessage?

        mutating func frame(_ rows: [RunnerRow], time: Int64, in system: CoordinateSystem) -> OutgoingMessage {
            if let made = system == .wgs84 ? wgs84 : gcj02 { return made }
            let frame = ServerMessages.frame(rows, time: time, in: system)
            switch system {
            case .wgs84: wgs84 = frame
            case .gcj02: gcj02 = frame
            }
            return frame
        }
    }

    /// One frame with every row that a viewer missed while its socket was busy.
    func sendMissed(to viewer: Connection, of home: Home, now: Int64) {
        var rows: [RunnerRow] = []
        home.room.rows(changedAfter: viewer.version, at: now) { rows.append($0) }
        guard !rows.isEmpty else { return }
        let frame = ServerMessages.frame(rows, time: now, in: viewer.system)
        guard viewer.sendFrame(frame) else {
            metrics.framesSkipped += 1
            viewer.socket?.requestWritable()
            return
        }
        viewer.version = home.room.version
        countFrames(1, rows: rows.count, bytes: frame.count)
    }

    private func countFrames(_ count: Int, rows: Int, bytes: Int) {
        metrics.framesOut += count
        metrics.rowsOut += rows
        metrics.bytesOut += bytes
    }

    /// Has runners told what is on disk, at most once a second each.
    ///
    /// - Returns: Whose acknowledgement goes out with the frame, if there is one.
    private func prepareAcks(of home: Home) -> [Connection] {
        guard home.acks.isDue else { return [] }
        var acknowledged: [Connection] = []
        let moment = Moment.now
        // A tick that is a little late must not make the one a second later too early.
        let next = moment + (.seconds(1) - settings.tick / 2)
        for runner in home.acks.ready(at: moment) {
            guard let connection = home.connections[runner], connection.viewerIndex != nil else { continue }
            let marker = home.room.durableMarker(of: runner)
            // A new run has begun since: its markers count from 1, and none is stored yet.
            guard marker > 0 else { continue }
            connection.acknowledgement = ServerMessages.ack(marker)
            acknowledged.append(connection)
            metrics.acksOut += 1
            if let delay = home.acks.told(runner, at: moment, again: next) { metrics.ackDelay.record(delay) }
        }
        return acknowledged
    }

    /// The socket takes bytes again, and has taken what must arrive: one frame with all that was missed.
    func becameWritable(_ connection: Connection) {
        guard case .joined(let home, _) = connection.state, connection.version < home.frameVersion else { return }
        sendMissed(to: connection, of: home, now: clock.now())
    }
}
