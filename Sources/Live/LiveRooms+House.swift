import Geo
import Rooms
public import Store

/// A public room in which somebody is.
public struct LiveCrowd: Sendable {
    public var key: Int64
    public var runID: String
    /// Unix milliseconds.
    public var createdAt: Int64
    public var details: RoomDetails
    /// How many are in it.
    public var people: Int
    /// How many of them run now.
    public var running: Int
    public var spectators: Int
}

extension LiveCrowd {
    /// That of a room which sleeps: nobody.
    init(asleep room: RoomSummary) {
        self.init(
            key: room.id, runID: room.runID, createdAt: room.createdAt, details: room.details, people: 0, running: 0,
            spectators: 0)
    }
}

/// What `joined` says of a room: who is in it, and how they stand.
public struct LiveState: Sendable {
    public var epoch: String
    /// The newest event.
    public var event: Int
    /// By the server's clock, Unix milliseconds.
    public var time: Int64
    /// `columns`, `people` and `runners`, as members of a JSON object.
    public var members: [UInt8]
}

extension LiveRooms {
    // What the house's own API asks and does beside what all do.

    /// Public rooms in which somebody is, the newest first.
    ///
    /// - Parameters:
    ///   - key: Those that were made before the one with this key.
    ///   - limit: At most as many.
    ///   - isForAll: Whether others are among them.
    /// - Returns: Fewer than `limit` at the end.
    func publicRooms(before key: Int64 = .max, limit: Int, andOthers isForAll: Bool = false) -> [LiveCrowd] {
        var crowds: [LiveCrowd] = []
        let hosts = table.hosts.filter {
            (isForAll || $0.details.visibility == .everybody) && $0.key < key && !$0.isDeleted
        }
        for host in hosts.sorted(by: { $0.key > $1.key }) {
            guard crowds.count < limit else { break }
            let crowd = host.crowd()
            if crowd.people > 0 || isForAll && crowd.spectators > 0 { crowds.append(crowd) }
        }
        return crowds
    }

    /// How many are in a room; nil when nobody has been for a while, or there is none.
    func crowd(of runID: String) -> LiveCrowd? {
        table[runID].flatMap { $0.isDeleted ? nil : $0.crowd() }
    }

    /// Whether somebody is in a room, as a runner.
    func isRunner(_ account: Int64, of runID: String) async throws -> Bool {
        guard let room = try await registry.host(runID)?.room, let number = room.number(of: account) else {
            return false
        }
        return room.isInRoom(number)
    }

    /// Who is in a room, and how they stand.
    ///
    /// - Throws: ``LiveError/noSuchRoom``.
    func state(of runID: String, in system: CoordinateSystem) async throws -> LiveState {
        let host = try await registry.existing(runID)
        host.followAudience(hasLooked: true)
        let picture = host.picture(in: system, tracks: false)
        return LiveState(
            epoch: host.room.epoch, event: picture.event, time: picture.time, members: picture.bytes)
    }

    /// The ways of a room's runners so far, each thinned to some points, in the pieces that somebody may see.
    ///
    /// - Throws: ``LiveError/noSuchRoom``.
    func tracks(of runID: String, for account: Int64?) async throws -> [(runner: Int, pieces: [[Coordinate]])] {
        let room = try await registry.existing(runID).room
        return room.outlines(at: clock.now(), for: account.flatMap(room.number))
    }

    /// Has a room recorded that is awake, for a link that shows it so many seconds later; one that sleeps sees to that when
    /// it wakes.
    func record(_ runID: String, for delay: Int) { table[runID]?.record(for: Int64(delay) * 1000) }

    /// Changes what is said of a room and who may come.
    ///
    /// When the room is not open to everybody any more, or has another password, who watches goes, but for its owner, its
    /// runners and who came by a link.
    ///
    /// - Parameters:
    ///   - runID: Which.
    ///   - details: What it is to be, with the revision that was seen.
    ///   - password: Another one; nil to leave it.
    /// - Returns: What it is then; nil when it has been changed since.
    /// - Throws: ``LiveError/noSuchRoom``, ``LiveError/store(_:)``.
    func changeRoom(
        _ runID: String, to details: RoomDetails, password: String?
    ) async throws -> RoomSummary? {
        let host = try await registry.existing(runID)
        let secret = password.map(services.makeSecret)
        let changed: RoomSummary?
        do {
            changed = try await store.rooms.changeRoom(
                host.key, to: details, password: secret.map { ($0.salt, $0.hash) })
        } catch {
            throw LiveError.store(error)
        }
        if let changed { host.take(changed.details, secret) }
        return changed
    }
}

extension RoomHost {
    fileprivate func crowd() -> LiveCrowd {
        let inRoom = room.runnerNumbers.filter(room.isInRoom)
        return LiveCrowd(
            key: key, runID: room.id, createdAt: createdAt, details: details, people: inRoom.count,
            running: inRoom.count(where: room.isRunning), spectators: spectators)
    }

    /// Takes over what has been stored; the older of two changes has been, when it comes last.
    fileprivate func take(_ new: RoomDetails, _ secret: RoomSecret?) {
        guard new.revision > details.revision else { return }
        let isNarrower = details.visibility == .everybody && new.visibility != .everybody || new.visibility == .link
        details = new
        if let secret { self.secret = secret }
        guard isNarrower || secret != nil, new.visibility != .everybody else { return }
        for viewer in audience.viewers where viewer.link == nil && !(viewer.account.map(isAtHome) ?? false) {
            viewer.close(.wrongPassword, "Who may come into the room has changed.")
        }
    }
}
