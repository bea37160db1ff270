import Geo
import LWS
import Rooms

extension LiveRooms {
    // MARK: - Ticks

    private var phaseLength: Duration { settings.tick / phases.count }

    /// Arms the timer for the next phase, counted from a fixed moment so that ticks do not drift.
    func armTick() {
        guard !isTickArmed, !isStopping else { return }
        isTickArmed = true
        let elapsed = epoch.duration(to: .now)
        nextPhase = elapsed.milliseconds / max(1, phaseLength.milliseconds) + 1
        tickTimer?.schedule(after: phaseLength * Int(nextPhase) - elapsed)
    }

    /// Serves the phases that are due: usually one.
    func servePhases() {
        isTickArmed = false
        let elapsed = epoch.duration(to: .now)
        metrics.tickDelay.record(max(0, (elapsed - phaseLength * Int(nextPhase)).inSeconds))
        let current = elapsed.milliseconds / max(1, phaseLength.milliseconds)
        // After a delay every phase is served once at most.
        for phase in max(nextPhase, current - Int64(phases.count) + 1)...max(nextPhase, current) {
            serve(phase: Int(phase % Int64(phases.count)))
        }
        if phases.contains(where: { !$0.isEmpty }) { armTick() }
    }

    private func serve(phase: Int) {
        guard !phases[phase].isEmpty else { return }
        let due = phases[phase]
        phases[phase].removeAll(keepingCapacity: true)
        for home in due {
            home.isTicking = false
            guard !home.isDeleted else { continue }
            sendFrames(of: home)
            sendAcks(of: home)
            if !home.acksDue.isEmpty { markChanged(home) }
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
        var frames: [CoordinateSystem: OutgoingMessage] = [:]
        for viewer in home.viewers {
            guard !viewer.isClogged else {
                metrics.framesSkipped += 1
                viewer.socket?.requestWritable()
                continue
            }
            if viewer.version < home.frameVersion {
                sendMissed(to: viewer, of: home, now: now)
                continue
            }
            let frame = frames[viewer.system] ?? ServerMessages.frame(rows, time: now, in: viewer.system)
            frames[viewer.system] = frame
            if viewer.sendFrame(frame) {
                viewer.version = version
                countFrame(frame, rows: rows.count)
            } else {
                metrics.framesSkipped += 1
                viewer.socket?.requestWritable()
            }
        }
        home.frameVersion = version
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
        countFrame(frame, rows: rows.count)
    }

    private func countFrame(_ frame: OutgoingMessage, rows: Int) {
        metrics.framesOut += 1
        metrics.rowsOut += rows
        metrics.bytesOut += frame.count
    }

    /// Tells runners what is on disk, at most once a second each.
    private func sendAcks(of home: Home) {
        guard !home.acksDue.isEmpty else { return }
        let moment = ContinuousClock.now
        for number in home.acksDue {
            guard let connection = home.connections[number], connection.viewerIndex != nil else {
                home.acksDue.remove(number)
                continue
            }
            if let last = connection.lastAck, last.duration(to: moment) < .seconds(1) { continue }
            home.acksDue.remove(number)
            connection.lastAck = moment
            connection.send(ServerMessages.ack(home.room.durableMarker(of: number)))
            metrics.acksOut += 1
        }
    }

    /// The socket takes bytes again: first what must arrive, then one frame with all that was missed.
    func becameWritable(_ connection: Connection) {
        guard connection.drain() else { return }
        guard case .joined(let home, _) = connection.state, connection.version < home.frameVersion else { return }
        sendMissed(to: connection, of: home, now: clock.now())
    }
}
