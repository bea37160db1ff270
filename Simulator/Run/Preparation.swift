import Foundation

/// What must exist on the server before the first WebSocket: accounts and rooms.
struct Preparation: Sendable {
    /// Somebody with an account.
    struct Account: Sendable {
        var username: String
        var token: String
    }

    struct Room: Sendable {
        var runID: String
        var password: String
        var runners: [Account]
    }

    var rooms: [Room]

    /// Registers the runners and makes the rooms, a few calls at a time.
    ///
    /// `progress` is called with what has been done out of how much, from any thread.
    static func prepare(
        _ settings: RunSettings, client: RESTClient, progress: @Sendable (Int, Int) -> Void
    ) async throws -> Preparation {
        // Names are of this moment, so that the same seed runs against the same server as often as one likes.
        let stamp = String(UInt64(Date().timeIntervalSince1970 * 1000), radix: 36)
        var rooms = (0..<settings.rooms).map { room in
            let (runID, password) = settings.room ?? ("sim-\(stamp)-\(room + 1)", "sim-\(stamp)")
            return Room(runID: runID, password: password, runners: [])
        }
        for room in rooms {
            try await client.createRoom(room.runID, password: room.password, isShared: settings.room != nil)
        }
        let count = settings.rooms * settings.runners
        var accounts: [Account?] = Array(repeating: nil, count: count)
        try await withThrowingTaskGroup(of: (Int, Account).self) { group in
            var next = 0
            func add() {
                let number = next
                next += 1
                group.addTask {
                    let username = count <= names.count ? "\(names[number])-\(stamp)" : "sim-\(stamp)-r\(number + 1)"
                    let token = try await client.register(username: username, password: "sim-\(stamp)")
                    return (number, Account(username: username, token: token))
                }
            }
            while next < min(count, RESTClient.parallelCalls) { add() }
            var done = 0
            while let (number, account) = try await group.next() {
                accounts[number] = account
                done += 1
                progress(done, count)
                if next < count { add() }
            }
        }
        for number in 0..<count {
            if let account = accounts[number] { rooms[number / settings.runners].runners.append(account) }
        }
        return Preparation(rooms: rooms)
    }

    /// What runners of a small simulation are called on the screen.
    private static let names = [
        "Ana", "小雨", "Ben", "建国", "Chloé", "晓明", "Dario", "丽丽", "Eva", "志强", "Femi", "海燕", "Grace", "子轩", "Hugo", "美玲",
    ]
}
