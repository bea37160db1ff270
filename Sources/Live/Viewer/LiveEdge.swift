import LWS
import Limits
import Rooms

/// All viewers of one loop: their coming and going, their heartbeat, and the ends of their logins.
///
/// It knows accounts and names of rooms; what happens in a room is between its host and its audience.
final class LiveEdge {
    let context: LiveContext
    let registry: RoomRegistry
    private var viewers: [Viewer] = []

    init(_ context: LiveContext, _ registry: RoomRegistry) {
        self.context = context
        self.registry = registry
    }

    func opened(_ viewer: Viewer) {
        viewer.edgeIndex = viewers.count
        viewers.append(viewer)
        countViewers()
    }

    func closed(_ viewer: Viewer) {
        guard let index = viewer.edgeIndex else { return }
        viewer.edgeIndex = nil
        let last = viewers.removeLast()
        if index < viewers.count {
            viewers[index] = last
            last.edgeIndex = index
        }
        countViewers()
    }

    private func countViewers() {
        context.metrics.connections = viewers.count
        context.place.note(viewers: viewers.count)
    }

    /// Ends the connections of some with 4001.
    func end(_ sentence: String, where isOver: (Viewer) -> Bool) {
        for viewer in viewers where isOver(viewer) { viewer.close(.unauthorized, sentence) }
    }

    // MARK: - Heartbeat

    /// Sees who of a part of the viewers is silent, and whose link has ended.
    ///
    /// In parts, since thousands who came together are silent together: a spectator sends nothing but answers to pings,
    /// and who answers together is pinged together the next time.
    ///
    /// - Parameters:
    ///   - part: Which, from 0 to below ``Limit/Live/sweepParts``; each comes once a second.
    ///   - moment: Now.
    func sweep(part: Int, at moment: ContinuousClock.Instant) {
        let now = context.clock.now()
        for index in stride(from: part, to: viewers.count, by: Limit.Live.sweepParts) {
            // Whoever is closed is perhaps gone at once.
            guard index < viewers.count else { break }
            let viewer = viewers[index]
            examine(viewer, at: moment)
            if let expiry = viewer.linkExpiry, expiry <= now, !viewer.isEnding {
                viewer.close(.unauthorized, "The link has expired.")
            }
        }
    }

    private func examine(_ viewer: Viewer, at moment: ContinuousClock.Instant) {
        guard let socket = viewer.socket else { return }
        let settings = context.settings
        switch viewer.state {
        case .ending: return
        case .waiting:
            if viewer.opened.duration(to: moment) >= settings.joinTimeout {
                viewer.close(.silent, "No join came in time.")
            }
            return
        case .joining, .seated, .leaving: break
        }
        // To ask when a socket was heard may be a system call, and there are thousands of sockets.
        guard moment >= viewer.quietUntil else { return }
        let heard = socket.lastHeard
        viewer.quietUntil = heard + min(settings.pingInterval, settings.silenceLimit)
        let silence = heard.duration(to: moment)
        if silence >= settings.silenceLimit {
            viewer.close(.silent, "Nothing was heard from this client for too long.")
        } else if silence >= settings.pingInterval, viewer.lastPing.duration(to: moment) >= settings.pingInterval {
            viewer.lastPing = moment
            socket.sendPing()
        }
    }
}

/// A join that ends the connection.
struct JoinRefusal: Error {
    var reason: CloseReason
    var code: String?
    var sentence: String

    init(_ reason: CloseReason, code: String? = nil, _ sentence: String) {
        self.reason = reason
        self.code = code
        self.sentence = sentence
    }
}
