import Geo
import LWS
import Rooms

/// The viewers of one room on one loop: who they are, and what each of them has been shown.
///
/// A frame is only the newest state. It goes to whoever has the one before and is not busy; who missed one gets, as soon
/// as the socket takes it, a frame with every row that was missed. Events are never left out.
final class Audience {
    /// Not held: a room has its audience for as long as it is there, and whoever sits in it holds the room as well.
    private unowned let source: any RoomSource
    private let context: LiveContext
    private(set) var viewers: [Viewer] = []
    /// The one viewer of each runner that has one, and those who are on the way in.
    private var byRunner: [Int: Viewer] = [:]
    /// Rows up to this version are in a frame that was sent.
    private var version: UInt64 = 0

    init(of source: any RoomSource, _ context: LiveContext) {
        self.source = source
        self.context = context
    }

    // MARK: - Who is there

    var isEmpty: Bool { viewers.isEmpty }

    /// How many runners have a viewer.
    var runners: Int { byRunner.count }

    func viewer(of runner: Int) -> Viewer? { byRunner[runner] }

    /// Whether a runner's viewer is here already, and not only on the way in.
    func isWatching(_ runner: Int) -> Bool { byRunner[runner]?.index != nil }

    /// Makes a viewer the one of its runner.
    func attach(_ viewer: Viewer, as runner: Int) { byRunner[runner] = viewer }

    /// Takes the viewer of a runner away from it.
    ///
    /// - Returns: It, if there was one.
    @discardableResult func detach(_ runner: Int) -> Viewer? { byRunner.removeValue(forKey: runner) }

    /// Answers a join, and shows the viewer what happens from now on.
    ///
    /// - Returns: Whether something has happened already since what the answer shows.
    func welcome(_ viewer: Viewer, as runner: Int?, _ join: ClientMessage.Join) -> Bool {
        let (message, shown) = source.joined(by: join, as: runner, shown: version)
        viewer.send(message)
        viewer.version = shown
        if viewers.isEmpty { version = shown }
        viewer.index = viewers.count
        viewers.append(viewer)
        return source.version != shown
    }

    func remove(_ viewer: Viewer) {
        guard let index = viewer.index else { return }
        viewer.index = nil
        let last = viewers.removeLast()
        guard index < viewers.count else { return }
        viewers[index] = last
        last.index = index
    }

    // MARK: - What must arrive

    /// Sends everybody something that must arrive.
    func send(_ message: OutgoingMessage) {
        for viewer in viewers { viewer.send(message) }
    }

    /// Takes leave of everybody.
    func close(_ reason: CloseReason, code: String, _ sentence: String) {
        for viewer in viewers { viewer.close(reason, code: code, sentence) }
    }

    // MARK: - Frames

    /// Sends what has changed since the last frame, and acknowledgements with it, or else without.
    func serve(_ acks: [(runner: Int, marker: Int32)]) {
        var acknowledged: [Viewer] = []
        for (runner, marker) in acks {
            guard let viewer = byRunner[runner] else { continue }
            viewer.acknowledgement = ServerMessages.ack(marker)
            acknowledged.append(viewer)
        }
        sendFrames()
        for viewer in acknowledged { viewer.flushAcknowledgement() }
    }

    private func sendFrames() {
        let newest = source.version
        let last = version
        guard newest != last else { return }
        let now = context.clock.now()
        var rows: [RunnerRow] = []
        source.rows(changedAfter: last, at: now) { rows.append($0) }
        var frames = FramePair()
        var (sent, bytes) = (0, 0)
        for viewer in viewers {
            if viewer.version < last, !viewer.isClogged {
                catchUp(viewer, at: now)
                continue
            }
            let frame = frames.frame(rows, time: now, in: viewer.system)
            // Who misses a frame gets what was in it with a later one.
            if viewer.version >= last, viewer.sendFrame(frame) {
                viewer.version = newest
                sent += 1
                bytes += frame.count
            } else {
                skip(viewer)
            }
        }
        count(sent, rows: sent * rows.count, bytes: bytes)
        version = newest
    }

    /// The socket of a viewer takes bytes again, and has taken what must arrive.
    func becameWritable(_ viewer: Viewer) {
        guard viewer.version < version else { return }
        catchUp(viewer, at: context.clock.now())
    }

    /// One frame with every row that a viewer missed while its socket was busy.
    private func catchUp(_ viewer: Viewer, at now: Int64) {
        var rows: [RunnerRow] = []
        source.rows(changedAfter: viewer.version, at: now) { rows.append($0) }
        guard !rows.isEmpty else { return }
        let frame = ServerMessages.frame(rows, time: now, in: viewer.system)
        guard viewer.sendFrame(frame) else {
            skip(viewer)
            return
        }
        viewer.version = source.version
        count(1, rows: rows.count, bytes: frame.count)
    }

    private func skip(_ viewer: Viewer) {
        context.metrics.framesSkipped += 1
        viewer.socket?.requestWritable()
    }

    private func count(_ frames: Int, rows: Int, bytes: Int) {
        context.metrics.framesOut += frames
        context.metrics.rowsOut += rows
        context.metrics.bytesOut += bytes
    }
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
