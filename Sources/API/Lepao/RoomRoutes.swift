import Endpoints
import Geo
import HTTPTypes
import LWS
import Limits
import Live
import Rooms
import Services
import Store

/// Run rooms of the running app's API: the same rooms that the live protocol has.
///
/// The room's password is the credential, as that app has it; a token that is sent as well must be valid and its
/// user's. Changes are answered when they are on disk.
struct RoomRoutes: Sendable {
    let core: Core

    var endpoints: [Endpoint] {
        let standard = core.coordinateSystem
        let system = RoomFields.system(standard)
        let roomOnly = "runID and password are required."
        let joiner = "runID, password, and username are required."
        let leaver = "runID, username, and password are required."
        return [
            Endpoint(
                .get, "/api/runRoom/all",
                EndpointDescription(
                    Self.group, "All rooms", "All of them, or a page of them, in the order of their making.",
                    answers: .json(
                        Schema.object(
                            [
                                "message": Schema.constant("Rooms retrieved successfully."),
                                "rooms": Schema.array(of: Schema.named("Room")),
                                "pagination": Schema.named("Pagination"),
                            ], optional: ["pagination"]))),
                access: .token, cost: .roomList, input: Form(in: [.query], system, .page, .limit), self.all),
            Endpoint(
                .get, "/api/runRoom",
                EndpointDescription(
                    Self.group, "No room is named", "Always refused: the name is missing.",
                    refusals: [400: "Run ID is required."]),
                access: .open, cost: .light, shape: .coded
            ) { _ in throw Problem(.badRequest, "Run ID is required", code: "MISSING_RUNID") },
            Endpoint(
                .get, "/api/runRoom/{runID}",
                EndpointDescription(
                    Self.group, "A room with its runners",
                    """
                    Open to whoever knows the name, unless the server is told otherwise: then it takes the room's \
                    password (`X-Room-Password`, or `password` in the query) or a runner's token.
                    """,
                    answers: .json(
                        Schema.object([
                            "success": ["const": true], "code": Schema.constant("ROOM_FOUND"), "message": Schema.text,
                            "data": Schema.object([
                                "runID": Schema.text("159"), "runners": Schema.array(of: Schema.named("Runner")),
                                "createdAt": Schema.date, "updatedAt": Schema.date,
                            ]),
                        ])),
                    refusals: [
                        401: "The room is not open, and neither its password nor a token was sent.",
                        404: "There is no such room.", 429: Self.guesses,
                    ]),
                access: .lepaoRoomReader, cost: .light,
                input: Form(
                    in: [.query], system,
                    Field.anyText(
                        "password", Schema.text("pw", upTo: Limit.Accounts.password),
                        about: "The room's, where rooms are not open."
                    ).optional), shape: .coded, room),
            Endpoint(
                .post, "/api/runRoom/create",
                EndpointDescription(
                    Self.group, "Make a room", answers: Self.answer(status: 201),
                    refusals: [400: "A value breaks a rule, or the name is taken."]),
                access: .lepaoRoomPassword, cost: .roomCreation,
                input: Form(
                    RoomFields.newRunID.orElse(roomOnly), RoomFields.password.orElse(roomOnly), system),
                create),
            Endpoint(
                .post, "/api/runRoom/join",
                EndpointDescription(
                    Self.group, "Join a room", "Joining twice is joining once.", answers: Self.answer(),
                    refusals: Self.entering),
                access: .lepaoRoomPassword, cost: .light.withinReserve,
                input: Form(
                    RoomFields.runID.orElse(joiner), RoomFields.password.orElse(joiner),
                    RoomFields.runner.orElse(joiner), RoomFields.place(standard)), words: Words.entering, join),
            Endpoint(
                .post, "/api/runRoom/update",
                EndpointDescription(
                    Self.group, "Report a runner's place and progress",
                    "At least one of what may change is there; a latitude comes with a longitude.",
                    answers: Self.answer(), refusals: Self.entering),
                // Room for the markers that a client may repeat in each update.
                access: .lepaoRoomPassword, cost: .document(upTo: Limit.HTTP.largeBody).withinReserve,
                input: Form(
                    RoomFields.runID.orElse(RoomFields.missingFields),
                    RoomFields.password.orElse(RoomFields.missingFields),
                    RoomFields.runner.orElse(RoomFields.missingFields), RoomFields.progress(standard)),
                words: Words.entering, update),
            Endpoint(
                .post, "/api/runRoom/start",
                EndpointDescription(
                    Self.group, "Start a run", "By the room's password or the runner's token.",
                    answers: Self.answer(),
                    refusals: [
                        401: "Neither the right password nor a token was sent.",
                        404: "There is no such room or runner.", 429: Self.guesses,
                    ]),
                access: .lepaoRoomPassword, cost: .light.withinReserve,
                input: Form(
                    RoomFields.runID.orElse(RoomFields.missingFields),
                    RoomFields.runner.orElse(RoomFields.missingFields), RoomFields.passwordIfSent, system),
                words: Words.entering, start),
            Endpoint(
                .post, "/api/runRoom/leave",
                EndpointDescription(
                    Self.group, "Leave a room", answers: Self.answer("updatedRoom"), refusals: Self.leaving),
                access: .lepaoRoomPassword, cost: .light.withinReserve,
                input: Form(
                    RoomFields.runID.orElse(leaver), RoomFields.password.orElse(leaver),
                    RoomFields.runner.orElse(leaver), system), words: Words.leaving, leave),
            Endpoint(
                .delete, "/api/runRoom/delete",
                EndpointDescription(
                    Self.group, "Delete a room", "In the body, or in the query for clients that cannot send one.",
                    answers: .json(Schema.object(["message": Schema.text])), refusals: Self.leaving),
                access: .lepaoRoomPassword, cost: .light,
                input: Form(
                    in: [.json, .query], RoomFields.runID.orElse(roomOnly),
                    RoomFields.password.orElse(roomOnly)), words: Words.leaving, delete),
        ]
    }

    private static let group = "Run rooms"
    private static let guesses = "Too many wrong passwords for this room came from this address."
    private static let entering = [
        401: "The room's password is another one.", 404: "There is no such room, user or runner.",
        409: "The room is full.", 429: guesses,
    ]
    private static let leaving = [
        403: "The room's password is another one, or the token is not this user's.",
        404: "There is no such room or runner.", 429: guesses,
    ]

    private static func answer(_ name: String = "room", status: Int = 200) -> Operation.Answer {
        .json(Schema.object(["message": Schema.text, "\(name)": Schema.named("Room")]), status: status)
    }

    // MARK: - Reading

    private func all(
        _ call: Call<Account>, system: CoordinateSystem, page: Int?, limit: Int?
    ) async throws -> Response {
        let page = ListPage(page: page, limit: limit)
        let suffix = if let page { page.suffix(total: try await core.live.roomCount()) } else { "}" }
        let json = RoomJSON(system: system)
        return try await JSONList<RoomView>(
            prefix: #"{"message":"Rooms retrieved successfully.","rooms":"#, suffix: suffix, upTo: page?.size ?? .max
        ) { [live = core.live] last in
            try await live.rooms(
                after: last?.key ?? 0, offset: last == nil ? page?.offset ?? 0 : 0,
                limit: min(page?.size ?? .max, Limit.Lists.roomsAtOnce))
        } write: {
            json.write($0, to: &$1)
        }.response()
    }

    private func room(
        _ call: Call<LepaoRoomReader>, system: CoordinateSystem, password: String?
    ) async throws -> Response {
        // What cannot be the name of a room is no room, here where nothing is asked to be one.
        guard let runID = try? RunID.normalized(call.path("runID")), let room = try await core.live.room(runID) else {
            throw Problem(.notFound, "Run room not found", code: "ROOM_NOT_FOUND")
        }
        switch room.details.visibility {
        case .everybody: break
        case .app: if !core.roomsAreOpen { try await checkMayLook(into: room, call, password) }
        case .password: try await checkMayLook(into: room, call, password)
        case .link:
            guard case .success(let owner) = call.caller.owner, room.hasRunner(owner.id) else {
                throw Problem(.notFound, "Run room not found", code: "ROOM_NOT_FOUND")
            }
        }
        var text = JSONText()
        text.raw("{\"success\":true,\"code\":\"ROOM_FOUND\",\"message\":\"Run room retrieved successfully\",\"data\":")
        RoomJSON(system: system).writeData(room, to: &text)
        text.raw("}")
        return .json(encoded: text.bytes)
    }

    /// Where a room is not open, one needs the room's password or a runner's token.
    private func checkMayLook(
        into room: RoomView, _ call: Call<LepaoRoomReader>, _ password: String?
    ) async throws {
        if let password = call.request.head.headers[.roomPassword] ?? password {
            guard try await core.live.takes(password, of: room.runID, from: call.address) else {
                throw Problem(.forbidden, "Invalid password for the room")
            }
            return
        }
        let account = try call.caller.owner.get().id
        guard room.hasRunner(account) else {
            throw Problem(.forbidden, "You are not a runner of this room")
        }
    }

    /// - Throws: ``LiveError/noSuchRoom``, ``LiveError/wrongPassword``, ``LiveError/tooManyGuesses(retryAfter:)``.
    private func check(
        _ password: String, of runID: String, _ call: Call<LepaoGuest>, by bearer: Account?
    ) async throws {
        guard try await core.live.opens(runID, password: password, from: call.address, by: bearer?.id) else {
            throw LiveError.wrongPassword
        }
    }

    // MARK: - Rooms

    private func create(
        _ call: Call<LepaoGuest>, runID: String, password: String, system: CoordinateSystem
    ) async throws -> Response {
        let room = try await core.live.createRoom(runID, password: password)
        return Self.answer("Room created successfully", room, RoomJSON(system: system), status: .created)
    }

    private func delete(_ call: Call<LepaoGuest>, runID: String, password: String) async throws -> Response {
        let owner = call.caller.owner
        try await check(password, of: runID, call, by: owner)
        // Of a room that somebody has made for themselves, who may come in may not end it.
        if let details = try await core.live.details(of: runID)?.details, details.visibility != .app {
            guard let owner, details.isKept(by: owner) else { throw LiveError.wrongPassword }
        }
        try await core.live.deleteRoom(runID)
        return .json(["message": .string("RunRoom with ID \(runID) has been deleted successfully.")])
    }

    // MARK: - Runners

    private func join(
        _ call: Call<LepaoGuest>, runID: String, password: String, username: String, place: RoomFields.Place
    ) async throws -> Response {
        let bearer = try await call.caller.account(named: username)
        try await check(password, of: runID, call, by: bearer)
        let room = try await core.live.join(runID, at: place.coordinate, isAuthenticated: bearer != nil) {
            guard let account = try await usableAccount(named: username, bearer) else {
                throw ServicesError.unknownUser
            }
            return Person(account)
        }
        return Self.answer("Joined room successfully", room, RoomJSON(system: place.system))
    }

    private func update(
        _ call: Call<LepaoGuest>, runID: String, password: String, username: String, progress: RoomFields.Progress
    ) async throws -> Response {
        let bearer = try await call.caller.account(named: username)
        try await check(password, of: runID, call, by: bearer)
        guard let account = try await usableAccount(named: username, bearer) else { throw LiveError.notInRoom }
        let room = try await core.live.update(
            runID, account: account.id, isAuthenticated: bearer != nil, progress.report)
        return Self.answer("Room updated successfully", room, RoomJSON(system: progress.system, showsMarkers: false))
    }

    private func start(
        _ call: Call<LepaoGuest>, runID: String, username: String, password: String?, system: CoordinateSystem
    ) async throws -> Response {
        let bearer = try await call.caller.account(named: username)
        guard password != nil || bearer != nil else {
            throw Problem(.unauthorized, "The room's password or a token is required")
        }
        if let password { try await check(password, of: runID, call, by: bearer) }
        guard let account = try await usableAccount(named: username, bearer) else {
            // An unknown room is worth more than an unknown runner, here as everywhere.
            guard try await core.live.room(runID) != nil else { throw LiveError.noSuchRoom }
            throw LiveError.notInRoom
        }
        let room = try await core.live.start(runID, account: account.id, isAuthenticated: bearer != nil)
        return Self.answer("Run started", room, RoomJSON(system: system))
    }

    private func leave(
        _ call: Call<LepaoGuest>, runID: String, password: String, username: String, system: CoordinateSystem
    ) async throws -> Response {
        let bearer = try await call.caller.account(named: username)
        try await check(password, of: runID, call, by: bearer)
        guard let account = try await core.accounts.account(named: username) else { throw LiveError.notInRoom }
        try Self.checkMayAct(account, bearer)
        let room = try await core.live.leave(runID, account: account.id, isAuthenticated: bearer != nil)
        return Self.answer("Runner \(username) has left the room.", room, RoomJSON(system: system), as: "updatedRoom")
    }

    private func usableAccount(named username: String, _ bearer: Account?) async throws -> Account? {
        guard let account = try await core.accounts.usableAccount(named: username) else { return nil }
        try Self.checkMayAct(account, bearer)
        return account
    }

    /// Who hides their name is not to be recognized by what happens when somebody else does something in it.
    private static func checkMayAct(_ account: Account, _ bearer: Account?) throws {
        guard account.alias == nil || bearer != nil else { throw Problem(.unauthorized, "A token is required") }
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
    private enum Words {
        @Sendable static func entering(_ error: any Error) -> Problem {
            problem(
                error, noSuchRoom: "Room not found", wrongPassword: Problem(.unauthorized, "Invalid password"),
                noSuchRunner: "Runner not found in the room")
        }

        @Sendable static func leaving(_ error: any Error) -> Problem {
            problem(
                error, noSuchRoom: "RunRoom not found.",
                wrongPassword: Problem(.forbidden, "Invalid password for the room."),
                noSuchRunner: "Runner not found in the specified room.")
        }

        private static func problem(
            _ error: any Error, noSuchRoom: String, wrongPassword: Problem, noSuchRunner: String
        ) -> Problem {
            switch error as? LiveError {
            case .noSuchRoom, .room(.roomClosed): Problem(.notFound, noSuchRoom)
            case .wrongPassword: wrongPassword
            case .notInRoom, .room(.noSuchRunner), .room(.hasLeft): Problem(.notFound, noSuchRunner)
            case .roomExists, .room, .tooManyCommands, .tooManyMarkers, .tooManyGuesses, .store, .stopping, nil:
                Problem(lepao: error)
            }
        }
    }
}

extension RoomView {
    /// Whether somebody is in it: who has left, or was removed, is not.
    fileprivate func hasRunner(_ account: Int64) -> Bool {
        runners.contains { $0.isInRoom && $0.person.account == account }
    }
}

extension HTTPField.Name {
    /// The room's password, where rooms are not open and it should not stand in a URL.
    static let roomPassword = HTTPField.Name("X-Room-Password")!
}
