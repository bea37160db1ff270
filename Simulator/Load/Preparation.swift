import Foundation

/// Somebody with an account.
struct Account: Sendable, Codable {
    var username: String
    var password: String
    var token: String
    /// Whether it was made for this simulation, so that nothing is left in it from another.
    var isNew = true
}

/// What must exist on the server before the first WebSocket: accounts and rooms.
struct Preparation: Sendable, Codable {
    struct Room: Sendable, Codable {
        var runID: String
        var password: String
        var runners: [Account] = []
    }

    /// Those with runners first, then those of the latecomers, then those of the idle.
    var rooms: [Room]

    /// Registers the runners, or logs in those of a club who were here before, and makes the rooms, over a few
    /// connections that stay open.
    ///
    /// - Parameters:
    ///   - settings: How many of each.
    ///   - lane: To the server.
    ///   - isCancelled: Asked now and then.
    ///   - progress: Called with what has been done out of how much.
    /// - Returns: What there is now.
    /// - Throws: ``SimulatorError`` for whatever the server refused.
    static func prepare(
        _ settings: LoadSettings, lane: HTTPLane, isCancelled: () -> Bool, progress: (Int, Int) -> Void
    ) throws(SimulatorError) -> Preparation {
        // Names are of this moment, so that the same seed runs against the same server as often as one likes.
        let stamp = String(UInt64(Date().timeIntervalSince1970 * 1000), radix: 36)
        let roomCount = settings.allRooms
        let runnerCount = settings.allRunners
        var rooms = (0..<roomCount).map { index in
            let (runID, password) = settings.room ?? ("sim-\(stamp)-\(index + 1)", "sim-\(stamp)")
            return Room(runID: runID, password: password)
        }
        var failure: SimulatorError?
        var done = 0
        for room in rooms {
            lane.enqueue(REST.createRoom(room.runID, password: room.password)) { answer in
                done += 1
                let isThere = answer.status == 400 && settings.room != nil && answer.message.contains("exists")
                if !(200..<300).contains(answer.status), !isThere {
                    failure = failure ?? REST.failure(answer, what: "create room \(room.runID)", lane: lane)
                }
            }
        }
        var accounts: [Account?] = Array(repeating: nil, count: runnerCount)
        for number in 0..<runnerCount {
            let applicant: Applicant
            if settings.club != nil, let room = settings.room {
                applicant = Applicant(
                    username: Club.username(of: number, in: room.runID),
                    password: Club.accountPassword(room: room.runID, password: room.password),
                    nickname: Club.people[number].nickname)
            } else {
                let username =
                    runnerCount <= names.count ? "\(names[number])-\(stamp)" : "sim-\(stamp)-r\(number + 1)"
                applicant = Applicant(username: username, password: "sim-\(stamp)")
            }
            enrol(applicant, on: lane) { result in
                done += 1
                switch result {
                case .success(let account): accounts[number] = account
                case .failure(let error): failure = failure ?? error
                }
            }
        }
        var shown = 0
        while !lane.isIdle, failure == nil {
            if isCancelled() { throw .interrupted }
            lane.pump(milliseconds: 100)
            if done - shown >= 100 || lane.isIdle {
                shown = done
                progress(done, roomCount + runnerCount)
            }
        }
        if let failure { throw failure }
        for number in 0..<runnerCount {
            if let account = accounts[number] { rooms[number / settings.roomSize].runners.append(account) }
        }
        return Preparation(rooms: rooms)
    }

    /// Somebody who wants an account.
    private struct Applicant {
        var username: String
        var password: String
        /// What others are to see.
        ///
        /// Who has a name of their own comes back under it: the account may be there.
        var nickname: String?
    }

    private static func enrol(
        _ applicant: Applicant, on lane: HTTPLane, _ done: @escaping (Result<Account, SimulatorError>) -> Void
    ) {
        let (username, password) = (applicant.username, applicant.password)
        func name(_ account: Account) {
            guard let nickname = applicant.nickname else { return done(.success(account)) }
            lane.enqueue(REST.setNickname(nickname, of: account)) { answer in
                guard (200..<300).contains(answer.status) else {
                    return done(.failure(REST.failure(answer, what: "call \(username) \(nickname)", lane: lane)))
                }
                done(.success(account))
            }
        }
        lane.enqueue(REST.register(username: username, password: password)) { answer in
            if let token = REST.token(in: answer) {
                return name(Account(username: username, password: password, token: token))
            }
            // Whoever comes back is there; so is whoever's answer came too late, and who was repeated.
            guard answer.status == 400, answer.message.contains("exists") else {
                return done(.failure(REST.failure(answer, what: "register \(username)", lane: lane)))
            }
            lane.enqueue(REST.logIn(username: username, password: password)) { answer in
                if let token = REST.token(in: answer) {
                    return name(Account(username: username, password: password, token: token, isNew: false))
                }
                done(
                    .failure(
                        answer.status == 401
                            ? .nameTaken(username: username)
                            : REST.failure(answer, what: "log in as \(username)", lane: lane)))
            }
        }
    }

    /// Writes it into a file, for a load that begins later: passwords and tokens of accounts that are good for nothing
    /// else.
    ///
    /// - Throws: What the file system says.
    func write(to path: String) throws {
        try JSONEncoder().encode(self).write(to: URL(fileURLWithPath: path))
    }

    /// What was written into a file.
    ///
    /// - Throws: What the file system says, or that it holds something else.
    static func read(from path: String) throws -> Preparation {
        try JSONDecoder().decode(Preparation.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    }

    /// Whether it is as many rooms, and as many runners in each, as are wanted.
    func isFor(_ settings: LoadSettings) -> Bool {
        rooms.count == settings.allRooms
            && rooms.reduce(0) { $0 + $1.runners.count } == settings.allRunners
            && rooms.prefix(settings.rooms).allSatisfy { $0.runners.count == settings.runners }
    }

    /// Rooms and runners of a floor, which knows neither.
    static func ofFloor(_ settings: LoadSettings) -> Preparation {
        Preparation(
            rooms: (0..<settings.allRooms).map { room in
                Room(
                    runID: "floor-\(room)", password: "floor",
                    runners: room < settings.rooms
                        ? (0..<settings.runners).map {
                            Account(
                                username: "floor-\(room)-\($0)", password: "floor",
                                token: "0123456789abcdef0123456789abcdef0123456789abcdef")
                        }
                        : [])
            })
    }

    /// What runners of a small simulation are called on the screen.
    private static let names = [
        "Ana", "小雨", "Ben", "建国", "Chloé", "晓明", "Dario", "丽丽", "Eva", "志强", "Femi", "海燕", "Grace", "子轩", "Hugo", "美玲",
    ]
}
