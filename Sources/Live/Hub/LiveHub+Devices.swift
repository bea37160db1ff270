import Limits
public import Rooms
import Store

/// What an app is told of a room when it has reported.
public struct DeviceView: Sendable {
    /// The number of its runner.
    public var runner: Int
    /// How often it reports, in milliseconds; nil before the second time.
    public var interval: Int64?
    /// Others of the room who have a place, those next to its runner in the standings first; empty unless asked for.
    public var friends: [Friend]

    /// Somebody else in the room.
    public struct Friend: Sendable {
        public var person: Person
        public var row: RunnerRow
        /// When the room last heard of them, in Unix milliseconds.
        public var seenAt: Int64
    }
}

extension LiveHub {
    /// The time by which rooms go, in Unix milliseconds.
    public var now: Int64 { loops[0].clock.now() }

    /// Takes what an app reports of its runner, and returns when it is on disk.
    ///
    /// - Parameters:
    ///   - report: What it says.
    ///   - account: Whose app it is, which has been shown.
    ///   - runID: The room's.
    ///   - friends: Whether others are asked for.
    /// - Returns: What the app may be told.
    /// - Throws: ``LiveError/noSuchRoom``, ``LiveError/notInRoom`` and ``LiveError/room(_:)``, for which there is nothing
    ///   to be done; ``LiveError/tooManyMarkers``, ``LiveError/tooManyCommands``, ``LiveError/store(_:)`` and
    ///   ``LiveError/stopping`` when it is to be sent again.
    public func report(
        _ report: DeviceReport, of account: Int64, in runID: String, friends: Bool
    ) async throws -> DeviceView {
        try await atHome(of: runID) { try await $0.report(report, of: account, in: runID, friends: friends) }
    }

    /// The room in which somebody is as a runner: where they run, or else where they were heard of last; nil for none.
    ///
    /// - Throws: ``LiveError/store(_:)``.
    public func room(of account: Int64) async throws -> String? {
        var found: [Presence] = []
        for rooms in loops { found += await rooms.presences(of: account) }
        if let best = found.max(by: { $0 < $1 }) { return best.runID }
        do {
            for room in try await store.rooms.rooms(withRunner: account, limit: Limit.Room.searched) {
                if try await isRunner(account, of: room) { return room }
            }
        } catch let error as StoreError {
            throw LiveError.store(error)
        }
        return nil
    }
}

/// That somebody is in a room which is awake.
struct Presence: Comparable, Sendable {
    var runID: String
    var isUnderWay: Bool
    var lastHeard: Int64

    static func < (one: Presence, other: Presence) -> Bool {
        (one.isUnderWay ? 1 : 0, one.lastHeard) < (other.isUnderWay ? 1 : 0, other.lastHeard)
    }
}

extension LiveRooms {
    func report(
        _ report: DeviceReport, of account: Int64, in runID: String, friends: Bool
    ) async throws -> DeviceView {
        try await registry.existing(runID).report(report, of: account, friends: friends)
    }

    /// Where somebody is, of the rooms that are awake here.
    func presences(of account: Int64) -> [Presence] {
        table.hosts.compactMap { host in
            guard !host.isDeleted, let number = host.room.number(of: account), host.room.isInRoom(number) else {
                return nil
            }
            let times = host.room.times(of: number)
            return Presence(
                runID: host.room.id, isUnderWay: times.start != nil && times.end == nil,
                lastHeard: host.room.lastHeard(of: number) ?? 0)
        }
    }
}
