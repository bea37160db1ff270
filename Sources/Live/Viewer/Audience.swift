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
    /// Rows up to this version are in a frame that was sent, if anybody wanted one.
    private var version: UInt64 = 0
    private var turns: FrameTurns<Viewer>

    /// How often it is served at most.
    private let tick: Duration

    /// Makes one without viewers, which is served at each tick or, where that is said, once in as much time.
    init(of source: any RoomSource, _ context: LiveContext, every tick: Duration? = nil) {
        self.source = source
        self.context = context
        self.tick = tick ?? context.settings.tick
        turns = FrameTurns(longest: FrameRate.longestInterval(in: self.tick))
    }

    // MARK: - Who is there

    var isEmpty: Bool { viewers.isEmpty }

    /// How many runners have a viewer.
    var runners: Int { byRunner.count }

    func viewer(of runner: Int) -> Viewer? { byRunner[runner] }

    /// Whether a runner's viewer is here already, and not only on the way in.
    func isWatching(_ runner: Int) -> Bool { byRunner[runner]?.index != nil }

    /// How many want to see what happens.
    var takers: Int { turns.takers }

    /// Whether the ticks must go on for somebody whose turn comes later.
    var isAnyoneWaiting: Bool { turns.isAnyoneWaiting }

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
        viewer.turn = FrameTurn(interval: join.rate.interval(in: tick))
        let (message, shown) = source.joined(by: join, as: runner, shown: version)
        viewer.send(message)
        viewer.version = shown
        if viewers.isEmpty { version = shown }
        viewer.index = viewers.count
        viewers.append(viewer)
        turns.add(viewer)
        return source.version != shown
    }

    func remove(_ viewer: Viewer) {
        guard let index = viewer.index else { return }
        turns.remove(viewer)
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

    /// Sends all runners who are here something that must arrive.
    func sendRunners(_ message: OutgoingMessage) {
        for viewer in byRunner.values where viewer.index != nil { viewer.send(message) }
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
        let come = turns.advance()
        // While nothing changes, only those whose turn has just come can have missed something.
        let first = newest == version ? come.lowerBound : 0
        var frames = SharedFrames(of: source, after: version, at: source.now)
        version = newest
        // From the end, since who has taken a frame may change places with the last.
        for index in (first..<turns.ready.count).reversed() {
            let viewer = turns.ready[index]
            if viewer.version < newest { show(viewer, &frames) }
        }
        count(frames.sent)
    }

    /// The socket of a viewer takes bytes again, and has taken what must arrive.
    func becameWritable(_ viewer: Viewer) {
        guard viewer.version < version, turns.isReady(viewer) else { return }
        var frames = SharedFrames(of: source, after: viewer.version, at: source.now)
        show(viewer, &frames)
        count(frames.sent)
        if turns.isAnyoneWaiting { source.markChanged() }
    }

    /// A viewer wants so many frames from now on.
    func show(_ viewer: Viewer, at rate: FrameRate) {
        turns.change(viewer, to: rate.interval(in: tick))
        if turns.isAnyoneWaiting { source.markChanged() }
    }

    /// Sends a viewer whose turn it is all that has changed since its last frame; who cannot take it now takes it, with
    /// what else happens until then, when its socket is free.
    private func show(_ viewer: Viewer, _ frames: inout SharedFrames) {
        if !viewer.isClogged {
            guard let frame = frames.frame(after: viewer.version, for: viewer) else { return }
            if viewer.sendFrame(frame.message) {
                viewer.version = frames.version
                turns.took(viewer)
                frames.sent.frames += 1
                frames.sent.rows += frame.rows
                frames.sent.bytes += frame.message.count
                return
            }
        }
        skip(viewer)
    }

    private func count(_ sent: (frames: Int, rows: Int, bytes: Int)) {
        context.metrics.framesOut += sent.frames
        context.metrics.rowsOut += sent.rows
        context.metrics.bytesOut += sent.bytes
    }

    private func skip(_ viewer: Viewer) {
        context.metrics.framesSkipped += 1
        viewer.socket?.requestWritable()
    }
}

/// The frames of one moment: those who have been shown the same share the rows, and those of them who speak the same
/// coordinate system the encoding.
///
/// Only who is hidden from the others by their own zones gets one of their own, as long as that lasts.
private struct SharedFrames {
    private let source: any RoomSource
    private let time: Int64
    /// What the newest rows are of.
    let version: UInt64
    /// What those have been shown who missed nothing.
    private let usual: UInt64
    private var usualFrames: FramePair?
    private var others: [UInt64: FramePair] = [:]
    /// What was sent of them, to all who got one.
    var sent = (frames: 0, rows: 0, bytes: 0)

    init(of source: any RoomSource, after usual: UInt64, at time: Int64) {
        self.source = source
        self.time = time
        self.usual = usual
        version = source.version
    }

    /// The frame for somebody who has been shown a version; nil when no row has changed since.
    mutating func frame(after shown: UInt64, for viewer: Viewer) -> (message: OutgoingMessage, rows: Int)? {
        // Who came between two frames can do with what the others get.
        if shown >= usual {
            if usualFrames == nil { usualFrames = pair(after: usual) }
            return own(usualFrames, of: viewer) ?? usualFrames?.frame(in: viewer.system)
        }
        if others[shown] == nil { others[shown] = pair(after: shown) }
        return own(others[shown], of: viewer) ?? others[shown]?.frame(in: viewer.system)
    }

    /// The frame of a runner whose place is hidden from the others; nil for anybody else.
    private func own(_ frames: FramePair?, of viewer: Viewer) -> (message: OutgoingMessage, rows: Int)? {
        // Nobody's seat is looked at as long as nobody hides.
        guard let frames, !frames.hidden.isEmpty, let runner = viewer.seatedRunner,
            let index = frames.hidden[runner], let row = source.row(ofSelf: runner, at: time)
        else { return nil }
        var rows = frames.rows
        rows[index] = row
        return (ServerMessages.frame(rows, time: time, in: viewer.system), rows.count)
    }

    private func pair(after shown: UInt64) -> FramePair {
        var rows: [RunnerRow] = []
        source.rows(changedAfter: shown, at: time) { rows.append($0) }
        return FramePair(rows: rows, time: time)
    }
}

/// The same rows, one encoding for each coordinate system that a viewer speaks.
private struct FramePair {
    let rows: [RunnerRow]
    /// Where those are whose place is hidden, by runner.
    let hidden: [Int: Int]
    let time: Int64
    private var wgs84: OutgoingMessage?
    private var gcj02: OutgoingMessage?

    init(rows: [RunnerRow], time: Int64) {
        self.rows = rows
        hidden = Dictionary(
            uniqueKeysWithValues: rows.indices.lazy.filter { rows[$0].isHidden }.map { (rows[$0].runner, $0) })
        self.time = time
    }

    /// Nil when there are no rows.
    mutating func frame(in system: CoordinateSystem) -> (message: OutgoingMessage, rows: Int)? {
        if let made = system == .wgs84 ? wgs84 : gcj02 { return (made, rows.count) }
        guard !rows.isEmpty else { return nil }
        let frame = ServerMessages.frame(rows, time: time, in: system)
        switch system {
        case .wgs84: wgs84 = frame
        case .gcj02: gcj02 = frame
        }
        return (frame, rows.count)
    }
}
