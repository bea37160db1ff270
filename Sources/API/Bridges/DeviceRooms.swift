import Limits
import Live
import Store
import Synchronization

/// Where people are whose devices report to the room that they are in: remembered for a while, since each position asks.
final class DeviceRooms: Sendable {
    private struct Found {
        var runID: String
        var until: Int64
    }

    private let live: LiveHub
    private let now: @Sendable () -> Int64
    private let found = Mutex<[Int64: Found]>([:])

    init(live: LiveHub, now: @escaping @Sendable () -> Int64) {
        self.live = live
        self.now = now
    }

    /// The room in which somebody is; nil for none.
    func room(of account: Int64) async throws -> String? {
        let time = now()
        if let known = found.withLock({ $0[account] }), known.until > time { return known.runID }
        let runID = try await live.room(of: account)
        found.withLock { found in
            if found.count >= Limit.Devices.remembered { found.removeAll() }
            found[account] = runID.map { Found(runID: $0, until: time + Limit.Devices.roomAge) }
        }
        return runID
    }

    /// They are not there any more.
    func forget(_ account: Int64) { found.withLock { $0[account] = nil } }
}
