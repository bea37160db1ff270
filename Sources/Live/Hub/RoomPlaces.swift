import Synchronization

/// On which loop each room is at home while it is awake.
///
/// A room is awake on one loop at a time: that loop's registry claims it before it reads it from disk, and releases it
/// when it has let it go, both on the loop's thread. Where a room will wake that sleeps is only proposed: the less loaded
/// of two loops that its name stands for. (Whatever happened here, the database takes changes of a room from one host
/// only, the last one that took it: ``RoomHost/term``.)
///
/// Asked for each join and each request about a room, never for a marker or a frame. From any thread.
final class RoomPlaces: Sendable {
    private struct State {
        /// Rooms that are awake, or being read from disk.
        var homes: [String: Int] = [:]
        /// How many of those each loop has.
        var awake: [Int]
    }

    /// How many viewers the loops have.
    private let viewers: [ViewerCount]
    private let state: Mutex<State>

    /// What a room that is awake counts for, compared with a viewer: those who are still to come.
    private static let viewersExpected = 10

    /// Where all rooms wake; nil to have them spread.
    private let only: Int?

    /// - Parameters:
    ///   - loops: How many there are.
    ///   - only: Where all rooms wake, for tests.
    init(loops: Int, always only: Int? = nil) {
        precondition(loops > 0, "rooms live on loops")
        self.only = only
        viewers = (0..<loops).map { _ in ViewerCount() }
        state = Mutex(State(awake: Array(repeating: 0, count: loops)))
    }

    var loops: Int { viewers.count }

    /// Where a room is at home, or might be.
    ///
    /// - Complexity: O(1), without a lock where there is only one loop.
    func place(of runID: String) -> Int {
        guard loops > 1 else { return 0 }
        return state.withLock { $0.homes[runID] ?? proposal(for: runID, $0) }
    }

    /// Where the rooms of a list that all loops have are woken at the start, by their places in it.
    func place(ofListed offset: Int) -> Int { only ?? offset % loops }

    /// Where a room is at home; nil while it sleeps.
    func home(of runID: String) -> Int? { state.withLock { $0.homes[runID] } }

    private func proposal(for runID: String, _ state: borrowing State) -> Int {
        if let only { return only }
        let hash = UInt(bitPattern: runID.hashValue)
        let count = UInt(loops)
        let first = Int(hash % count)
        let second = Int((UInt(first) + 1 + (hash / count) % (count - 1)) % count)
        return load(of: second, state) < load(of: first, state) ? second : first
    }

    private func load(of loop: Int, _ state: borrowing State) -> Int {
        viewers[loop].count + Self.viewersExpected * state.awake[loop]
    }

    /// Makes a room at home on a loop, unless it is on another one.
    ///
    /// - Returns: Where it is at home now.
    func claim(_ runID: String, for loop: Int) -> Int {
        state.withLock { state in
            if let home = state.homes[runID] { return home }
            state.homes[runID] = loop
            state.awake[loop] += 1
            return loop
        }
    }

    /// Notes that a room is not at home on a loop any more.
    func release(_ runID: String, from loop: Int) {
        state.withLock { state in
            guard state.homes[runID] == loop else { return }
            state.homes[runID] = nil
            state.awake[loop] -= 1
        }
    }

    /// Notes how many viewers a loop has.
    func note(viewers count: Int, on loop: Int) { viewers[loop].count = count }
}

/// How many viewers a loop has: written there, and read elsewhere.
private final class ViewerCount: Sendable {
    private let value = Atomic(0)

    var count: Int {
        get { value.load(ordering: .relaxed) }
        set { value.store(newValue, ordering: .relaxed) }
    }
}

/// A room is at home on another loop than the one that was asked for it.
struct RoomIsElsewhere: Error {}
