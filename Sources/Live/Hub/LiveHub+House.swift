public import Geo
public import Store

extension LiveHub {
    // What the house's own API asks and does beside what all do.

    /// Public rooms in which somebody is, the newest first.
    ///
    /// - Parameters:
    ///   - key: Those that were made before the one with this key.
    ///   - limit: At most as many.
    ///   - isForAll: Whether others are among them, and those where somebody only watches; for administrators.
    /// - Returns: Fewer than `limit` at the end.
    public func publicRooms(
        before key: Int64 = .max, limit: Int, andOthers isForAll: Bool = false
    ) async -> [LiveCrowd] {
        var crowds: [LiveCrowd] = []
        for rooms in loops { crowds += await rooms.publicRooms(before: key, limit: limit, andOthers: isForAll) }
        return Array(crowds.sorted { $0.key > $1.key }.prefix(limit))
    }

    /// How many are in a room; nil when there is none.
    ///
    /// One that sleeps is not woken: nobody is in it.
    ///
    /// - Throws: ``LiveError/store(_:)``.
    public func crowd(of runID: String) async throws -> LiveCrowd? {
        if let crowd = try await atHome(of: runID, { await $0.crowd(of: runID) }) { return crowd }
        return try await details(of: runID).map { LiveCrowd(asleep: $0) }
    }

    /// How many are in some rooms, in their order; those that sleep are not woken.
    public func crowds(of rooms: [RoomSummary]) async -> [LiveCrowd] {
        var crowds: [LiveCrowd] = []
        for room in rooms {
            // Where it is at home it is awake, or nobody is in it.
            let awake = try? await atHome(of: room.runID) { await $0.crowd(of: room.runID) }
            crowds.append(awake ?? LiveCrowd(asleep: room))
        }
        return crowds
    }

    /// What is said of a room; nil when there is none.
    ///
    /// - Throws: ``LiveError/store(_:)``.
    public func details(of runID: String) async throws -> RoomSummary? {
        do {
            return try await store.rooms.summary(runID: runID)
        } catch {
            throw LiveError.store(error)
        }
    }

    /// Whether somebody is in a room, as a runner.
    public func isRunner(_ account: Int64, of runID: String) async throws -> Bool {
        try await atHome(of: runID) { try await $0.isRunner(account, of: runID) }
    }

    /// Who is in a room, and how they stand.
    ///
    /// - Throws: ``LiveError/noSuchRoom``.
    public func state(of runID: String, in system: CoordinateSystem) async throws -> LiveState {
        try await atHome(of: runID) { try await $0.state(of: runID, in: system) }
    }

    /// The ways of a room's runners so far, each thinned to some points.
    ///
    /// - Parameters:
    ///   - runID: The room's.
    ///   - account: Who asks, and is shown all of their own; nil for a stranger.
    /// - Returns: By runner, in pieces between which something is hidden.
    /// - Throws: ``LiveError/noSuchRoom``.
    public func tracks(
        of runID: String, for account: Int64?
    ) async throws -> [(runner: Int, pieces: [[Coordinate]])] {
        try await atHome(of: runID) { try await $0.tracks(of: runID, for: account) }
    }

    /// Has a room recorded from now on, for a link that shows it so many seconds later.
    ///
    /// One that sleeps sees to that when it wakes.
    public func record(_ runID: String, for delay: Int) async {
        // Where it cannot be said where it is, it will be loaded anew.
        try? await atHome(of: runID) { await $0.record(runID, for: delay) }
    }

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
    public func changeRoom(
        _ runID: String, to details: RoomDetails, password: String?
    ) async throws -> RoomSummary? {
        try await atHome(of: runID) { try await $0.changeRoom(runID, to: details, password: password) }
    }
}
