import Geo
import HTTPTypes
import LWS
import Limits
import Live
import Rooms
import Services

/// Run rooms of the running app's API: the same rooms that the live protocol has.
///
/// The room's password is the credential, as that app has it; a token that is sent as well must be valid and its
/// user's. Changes are answered when they are on disk.
struct RoomRoutes: Sendable {
    let core: Core
    let identity: LepaoIdentity

    init(core: Core) {
        self.core = core
        identity = LepaoIdentity(core)
    }

    func add(to table: inout RouteTable) {
        // Room for the markers that a client may repeat in each update.
        let large = BodyPolicy(maxBytes: Limit.HTTP.largeBody)
        table.on(.get, "/api/runRoom/all", errors: .error) { try await all($0) }
        table.on(.get, "/api/runRoom", errors: .coded) { _ in
            throw Problem(.badRequest, "Run ID is required", code: "MISSING_RUNID")
        }
        table.on(.get, "/api/runRoom/{runID}", errors: .coded) { try await room($0) }
        table.on(.post, "/api/runRoom/create", errors: .error) { try await create($0) }
        table.on(.post, "/api/runRoom/join", errors: .error) { try await join($0) }
        table.on(.post, "/api/runRoom/update", errors: .error, body: large) { try await update($0) }
        table.on(.post, "/api/runRoom/start", errors: .error) { try await start($0) }
        table.on(.post, "/api/runRoom/leave", errors: .error) { try await leave($0) }
        table.on(.delete, "/api/runRoom/delete", errors: .error) { try await delete($0) }
    }

    // MARK: - Reading

    private func all(_ request: HTTPServerRequest) async throws -> Response {
        _ = try await core.tokens.verify(request.authorization)
        try core.limits[.roomLists]?.take(request.head.remoteAddress)
        let system = try request.coordinateSystem(default: core.coordinateSystem)
        let rooms = try await core.live.rooms()
        let json = RoomJSON(system: system)
        var text = JSONText()
        text.raw("{\"message\":\"Rooms retrieved successfully.\",\"rooms\":")
        text.array(rooms) { text, room in json.write(room, to: &text) }
        text.raw("}")
        return .json(encoded: text.bytes)
    }

    private func room(_ request: HTTPServerRequest) async throws -> Response {
        let system = try request.coordinateSystem(default: core.coordinateSystem)
        let noSuchRoom = Problem(.notFound, "Run room not found", code: "ROOM_NOT_FOUND")
        // What cannot be the name of a room is no room, here where nothing is asked to be one.
        guard let runID = try? RunID.normalized(request.parameter("runID")),
            let room = try await core.live.room(runID)
        else { throw noSuchRoom }
        if !core.roomsAreOpen { try await checkMayLook(into: room, request) }
        var text = JSONText()
        text.raw("{\"success\":true,\"code\":\"ROOM_FOUND\",\"message\":\"Run room retrieved successfully\",\"data\":")
        RoomJSON(system: system).writeData(room, to: &text)
        text.raw("}")
        return .json(encoded: text.bytes)
    }

    /// Where rooms are not open, one needs the room's password or a runner's token.
    private func checkMayLook(into room: RoomView, _ request: HTTPServerRequest) async throws {
        if let password = request.head.headers[.roomPassword] ?? request.head.queryValue("password") {
            guard try await opens(room.runID, password, request) else {
                throw Problem(.forbidden, "Invalid password for the room")
            }
            return
        }
        let account = try await core.tokens.verify(request.authorization).account
        guard room.runners.contains(where: { $0.person.account == account }) else {
            throw Problem(.forbidden, "You are not a runner of this room")
        }
    }

    private func opens(_ runID: String, _ password: String, _ request: HTTPServerRequest) async throws -> Bool {
        try await core.live.opens(runID, password: password, from: request.head.remoteAddress)
    }

    // MARK: - Rooms

    private func create(_ request: HTTPServerRequest) async throws -> Response {
        try core.limits[.roomCreations]?.take(request.head.remoteAddress)
        let asked = try RoomRequest(request)
        guard let runID = try asked.runID(), let password = try asked.password() else {
            throw Problem.badRequest("runID and password are required.")
        }
        try RunID.check(runID)
        let system = try asked.body.coordinateSystem(default: core.coordinateSystem)
        _ = try await identity.accountIfSent(request, named: nil)
        let room = try await core.live.createRoom(runID, password: password)
        return Self.answer("Room created successfully", room, RoomJSON(system: system), status: .created)
    }

    private func delete(_ request: HTTPServerRequest) async throws -> Response {
        let asked = try RoomRequest(request, orQuery: ["runID", "password"])
        guard let runID = try asked.runID(), let password = try asked.password() else {
            throw Problem.badRequest("runID and password are required.")
        }
        _ = try await identity.accountIfSent(request, named: nil)
        let words = Words.leaving
        try await words.translating {
            guard try await opens(runID, password, request) else { throw words.wrongPassword }
            try await core.live.deleteRoom(runID)
        }
        return .json(["message": .string("RunRoom with ID \(runID) has been deleted successfully.")])
    }

    // MARK: - Runners

    private func join(_ request: HTTPServerRequest) async throws -> Response {
        let asked = try RoomRequest(request)
        guard let runID = try asked.runID(), let password = try asked.password(), let username = try asked.username()
        else { throw Problem.badRequest("runID, password, and username are required.") }
        let system = try asked.body.coordinateSystem(default: core.coordinateSystem)
        let coordinate = try asked.coordinate(in: system)
        _ = try await identity.accountIfSent(request, named: username)
        let words = Words.entering
        let room = try await words.translating {
            guard try await opens(runID, password, request) else { throw words.wrongPassword }
            return try await core.live.join(runID, at: coordinate) { [accounts = core.accounts] in
                guard let account = try await accounts.usableAccount(named: username) else {
                    throw ServicesError.unknownUser
                }
                return Person(account)
            }
        }
        return Self.answer("Joined room successfully", room, RoomJSON(system: system))
    }

    private func update(_ request: HTTPServerRequest) async throws -> Response {
        let asked = try RoomRequest(request)
        let body = asked.body
        guard let runID = try asked.runID(), let password = try asked.password(), let username = try asked.username()
        else { throw RoomRequest.missingFields }
        let system = try body.coordinateSystem(default: core.coordinateSystem)
        let report = PollReport(
            coordinate: try asked.coordinate(in: system), meters: try body.amount("meters"),
            seconds: try body.amount("seconds"), isRunning: try body.bool("running"), isInRoom: try body.bool("in_room")
        )
        // The server keeps these itself: they must make sense, and are not asked again.
        try Self.checkMarkers(try body.array("markers"))
        _ = try body.date("start")
        _ = try body.date("end")
        guard Self.progress.contains(where: body.has) else { throw RoomRequest.missingFields }
        _ = try await identity.accountIfSent(request, named: username)
        let words = Words.entering
        let room = try await words.translating {
            guard try await opens(runID, password, request) else { throw words.wrongPassword }
            guard let account = try await core.accounts.usableAccount(named: username) else { throw words.noSuchRunner }
            return try await core.live.update(runID, account: account.id, report)
        }
        return Self.answer("Room updated successfully", room, RoomJSON(system: system, showsMarkers: false))
    }

    private static let progress = [
        "longitude", "latitude", "meters", "seconds", "running", "in_room", "markers", "start", "end",
    ]

    private static func checkMarkers(_ markers: [JSONValue]?) throws(Problem) {
        for marker in markers ?? [] {
            guard let object = marker.object else { throw JSONBody.wrongKind("markers", "an array of objects") }
            let fields = JSONBody(object)
            guard let latitude = try fields.number("latitude"), let longitude = try fields.number("longitude") else {
                throw .badRequest("Each of `markers` must have a latitude and a longitude.")
            }
            do {
                _ = try Coordinate(latitude: latitude, longitude: longitude)
            } catch {
                throw Problem(error)
            }
        }
    }

    private func start(_ request: HTTPServerRequest) async throws -> Response {
        let asked = try RoomRequest(request)
        guard let runID = try asked.runID(), let username = try asked.username() else {
            throw RoomRequest.missingFields
        }
        let password = try asked.password()
        let system = try asked.body.coordinateSystem(default: core.coordinateSystem)
        var bearer = try await identity.accountIfSent(request, named: username)
        if bearer == nil { bearer = try await identity.recentAccount(request, named: username)?.id }
        guard password != nil || bearer != nil else {
            throw Problem(.unauthorized, "The room's password or a token is required")
        }
        let words = Words.entering
        let room = try await words.translating {
            if let password {
                guard try await opens(runID, password, request) else { throw words.wrongPassword }
            }
            guard let account = try await core.accounts.usableAccount(named: username) else {
                // An unknown room is worth more than an unknown runner, here as everywhere.
                guard try await core.live.room(runID) != nil else { throw LiveError.noSuchRoom }
                throw words.noSuchRunner
            }
            return try await core.live.start(runID, account: account.id)
        }
        return Self.answer("Run started", room, RoomJSON(system: system))
    }

    private func leave(_ request: HTTPServerRequest) async throws -> Response {
        let asked = try RoomRequest(request)
        guard let runID = try asked.runID(), let password = try asked.password(), let username = try asked.username()
        else { throw Problem.badRequest("runID, username, and password are required.") }
        let system = try asked.body.coordinateSystem(default: core.coordinateSystem)
        _ = try await identity.accountIfSent(request, named: username)
        let words = Words.leaving
        let room = try await words.translating {
            guard try await opens(runID, password, request) else { throw words.wrongPassword }
            guard let account = try await core.accounts.account(named: username) else { throw words.noSuchRunner }
            return try await core.live.leave(runID, account: account.id)
        }
        return Self.answer("Runner \(username) has left the room.", room, RoomJSON(system: system), as: "updatedRoom")
    }

    private static func answer(
        _ message: String, _ room: RoomView, _ json: RoomJSON, as name: StaticString = "room", status: Status = .ok
    ) -> Response {
        var text = JSONText()
        text.raw("{\"message\":")
        text.string(message)
        text.raw(",\"")
        text.raw(name)
        text.raw("\":")
        json.write(room, to: &text)
        text.raw("}")
        return .json(encoded: text.bytes, status: status)
    }
}

extension RoomRoutes {
    /// The original server says the same thing differently on the way in and on the way out, and its client reads it.
    private struct Words {
        var noSuchRoom: Problem
        var wrongPassword: Problem
        var noSuchRunner: Problem

        static let entering = Words(
            noSuchRoom: Problem(.notFound, "Room not found"),
            wrongPassword: Problem(.unauthorized, "Invalid password"),
            noSuchRunner: Problem(.notFound, "Runner not found in the room"))

        static let leaving = Words(
            noSuchRoom: Problem(.notFound, "RunRoom not found."),
            wrongPassword: Problem(.forbidden, "Invalid password for the room."),
            noSuchRunner: Problem(.notFound, "Runner not found in the specified room."))

        /// Runs something, and says what a room refuses in these words.
        func translating<Value>(_ body: () async throws -> Value) async throws -> Value {
            do {
                return try await body()
            } catch let error as LiveError {
                throw problem(error)
            }
        }

        private func problem(_ error: LiveError) -> Problem {
            switch error {
            case .noSuchRoom, .room(.roomClosed): noSuchRoom
            case .wrongPassword: wrongPassword
            case .notInRoom, .room(.noSuchRunner), .room(.hasLeft): noSuchRunner
            case .roomExists, .room, .tooManyCommands, .tooManyGuesses, .store, .stopping: Problem(error)
            }
        }
    }
}

extension HTTPField.Name {
    /// The room's password, where rooms are not open and it should not stand in a URL.
    static let roomPassword = HTTPField.Name("X-Room-Password")!
}
