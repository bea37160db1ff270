import Endpoints
import Geo
import HTTPTypes
import LWS
import Limits
import Live
import Rooms
import Services
import Store
import Text

/// Rooms that somebody makes for themselves and others, in `/v1`.
struct HouseRoomRoutes: Sendable {
    let core: Core
    private var rooms: HouseRooms { HouseRooms(core: core) }

    static let group = "RunRoom: rooms"

    var endpoints: [Endpoint] {
        let group = Self.group, room = "/v1/rooms/{runID}"
        return [
            Endpoint(
                .get, "/v1/rooms",
                EndpointDescription(
                    group, "Public rooms in which somebody is",
                    "The newest first, with how many are in each; a `Link` with `rel=\"next\"` leads on.",
                    answers: .json(Schema.object(["rooms": Schema.array(of: Schema.named("LiveRoom"))]))),
                access: .open, cost: .heavyRead, input: Form(in: [.query], Cursor.field), list),
            Endpoint(
                .post, "/v1/rooms",
                EndpointDescription(
                    group, "Make a room",
                    """
                    It is its maker's. By `link`, which is the default, no list has it and nobody comes in without a link; \
                    with `password`, no list has it and its password lets people in; `public` is for everybody. With an \
                    `Idempotency-Key`, the same request again has the same answer for a day, and makes no second room.
                    """,
                    answers: .json(Schema.named("HouseRoom"), status: 201, "Made."),
                    refusals: [
                        400: "A value breaks a rule.", 409: "A request with this key is under way.",
                        422: "The key belongs to another request.",
                        507: "The account has as many rooms as one may have.",
                    ]),
                access: .token, cost: .roomCreation,
                input: Form(in: [.json], Self.name, Self.when, Self.visibility.or(.link), Self.password), create),
            Endpoint(
                .get, "/v1/me/rooms",
                EndpointDescription(
                    group, "One's own rooms", "The newest first; a `Link` with `rel=\"next\"` leads on.",
                    answers: .json(Schema.object(["rooms": Schema.array(of: Schema.named("HouseRoom"))]))),
                access: .token, cost: .heavyRead, input: Form(in: [.query], Cursor.field), own),
            Endpoint(
                .get, room,
                EndpointDescription(
                    group, "What is said of a room",
                    "With an `ETag` for changing only what one has seen. \(Self.doors)",
                    answers: .json(Schema.named("HouseRoom")), .notModified, refusals: Self.noRoom),
                access: .houseVisitor, cost: .light, show),
            Endpoint(
                .patch, room,
                EndpointDescription(
                    group, "Change a room",
                    """
                    For its owner and administrators. What is not sent stays as it is; a `when` of 0 takes the time away. \
                    When the room is not open to everybody any more, or has another password, who watches goes, but for \
                    its owner, its runners and who came by a link. With `If-Match`, only if it is still what was seen.
                    """,
                    answers: .json(Schema.named("HouseRoom")),
                    refusals: Self.notKept.merging([412: "It has been changed meanwhile."]) { $1 }),
                access: .token, cost: .light,
                input: Form(in: [.json], Self.name.optional, Self.when, Self.visibility.optional, Self.password), change
            ),
            Endpoint(
                .delete, room,
                EndpointDescription(
                    group, "Delete a room",
                    "For its owner and administrators. Everybody in it is told; runs that are stored stay.",
                    answers: .empty(204, "Deleted."),
                    refusals: Self.notKept.merging([412: "It has been changed meanwhile."]) { $1 }),
                access: .token, cost: .light, delete),
            Endpoint(
                .get, room + "/state",
                EndpointDescription(
                    group, "Who is in a room, and how they stand",
                    "`people` and `runners` as the live protocol's `joined` has them. \(Self.doors)",
                    answers: .json(Self.state), refusals: Self.closed),
                access: .houseVisitor, cost: .heavyRead, input: Form(in: [.query], Self.system), state),
            Endpoint(
                .get, room + "/tracks",
                EndpointDescription(
                    group, "The ways of a room's runners so far",
                    """
                    By runner, as encoded polylines with six decimals, each of at most 200 places; in pieces, each a \
                    polyline of its own with a space between them, where something of a way is hidden. \(Self.doors)
                    """,
                    answers: .json(Schema.object(["tracks": Schema.anyObject])), refusals: Self.closed),
                access: .houseVisitor, cost: .heavyRead,
                input: Form(
                    in: [.query], Self.system,
                    Field<WaysViewer>.word(
                        "as", about: "`anybody` has one's own way cut by one's zones: for a screen that others see."
                    ).or(.me)), tracks),
            Endpoint(
                .post, room + "/people/{runner}/remove",
                EndpointDescription(
                    group, "Take somebody out of a room",
                    """
                    For its owner and administrators. An unfinished run is stored. They come back as anybody comes in: \
                    revoke the link, or change the password, first.
                    """,
                    answers: .empty(204, "They are not in the room."), refusals: Self.notKept),
                access: .token, cost: .light, remove),
        ]
    }

    private static let doors = """
        A room by password or by link is open to its owner, to administrators and to its runners by their token, and to \
        who sends `X-Room-Password` or `X-Room-Link`.
        """
    private static let noRoom = [
        401: "The token that was sent is not valid, or has expired.",
        404: "There is no such room, or it is not for you to know.",
    ]
    private static let notKept = noRoom.merging([403: "It is somebody else's room."]) { $1 }
    private static let closed = noRoom.merging([
        401: "The token or the password is wrong.", 403: "The room has a password.",
        429: "Too many wrong passwords came.",
    ]) { $1 }

    private static let name = Field.filled("name", Schema.text("Sunday run", upTo: Limit.Accounts.nickname))
    private static let when = Field<Int64?>(
        "when", ["type": "integer", "minimum": 0, "examples": [1_732_350_000_000]],
        about: "When it begins, in milliseconds since 1970; 0 for whenever.", isRequired: false
    ) { (parameters) throws(ParameterError) in
        let time = try parameters.integer("when")
        guard time.map({ (0...4_102_444_800_000).contains($0) }) ?? true else {
            throw .invalid("when", sentence: "`when` must be milliseconds since 1970, before the year 2100.")
        }
        return time
    }
    private static let visibility = Field<RoomDetails.Visibility>(
        "visibility", Schema.words(["public", "password", "link"])
    ) { (parameters) throws(ParameterError) in
        guard let word = RoomDetails.Visibility(rawValue: try parameters.string("visibility") ?? ""), word != .app
        else {
            throw .wrongKind("visibility", wanted: "public, password or link")
        }
        return word
    }
    private static let password = Field.filled(
        "password", Schema.text("pw", upTo: Limit.Accounts.password), about: "The room's, where one lets people in."
    ).map { (password) throws(ParameterError) in
        guard password.count <= Limit.Accounts.password, password.utf8.count <= Limit.Accounts.secretBytes else {
            throw .wrongLength("password", upTo: Limit.Accounts.password)
        }
        return password
    }.optional
    static let system = Field<CoordinateSystem?>.coordinateSystem(
        about: "What the degrees of the answer mean; `wgs84` if it is not given.")

    private static let state = Schema.object([
        "runID": Schema.text("159"), "epoch": Schema.text, "event": Schema.count, "time": Schema.integer,
        "columns": Schema.array(of: Schema.text), "people": Schema.array(of: Schema.anyObject),
        "runners": Schema.array(of: ["type": "array"]),
    ])

    // MARK: - Reading

    private func list(_ call: Call<Void>, cursor: Cursor) async throws -> Response {
        let found = await core.live.publicRooms(before: cursor.before, limit: cursor.limit + 1)
        let page = found.prefix(cursor.limit)
        // Those whose password the operator tells everybody stand at the beginning of the list.
        var shown: [JSONValue] = []
        for room in cursor.after == nil ? core.publicRooms : [] {
            guard let crowd = try await core.live.crowd(of: room.runID), crowd.details.visibility != .everybody
            else { continue }
            shown.append(HouseJSON.crowd(crowd, password: room.password))
        }
        return cursor.response(
            ["rooms": .array(shown + page.map { HouseJSON.crowd($0) })],
            next: found.count > page.count ? page.last.map { ObjectID.text($0.key) } : nil, of: call.request)
    }

    private func own(_ call: Call<Account>, cursor: Cursor) async throws -> Response {
        let found = try await core.database.rooms.rooms(
            ownedBy: call.caller.id, before: cursor.before, limit: cursor.limit + 1)
        let page = found.prefix(cursor.limit)
        return cursor.response(
            ["rooms": .array(page.map { HouseJSON.room($0) })],
            next: found.count > page.count ? page.last.map { ObjectID.text($0.id) } : nil, of: call.request)
    }

    private func show(_ call: Call<HouseVisitor>) async throws -> Response {
        let room = try await rooms.known(call.path("runID"), to: call.caller)
        return HouseTag(room).response(HouseJSON.room(room), to: call.request)
    }

    private func state(_ call: Call<HouseVisitor>, system: CoordinateSystem?) async throws -> Response {
        let room = try await rooms.open(call.path("runID"), to: call.caller)
        let state = try await core.live.state(of: room.runID, in: system ?? .wgs84)
        var text = JSONText()
        text.raw("{\"runID\":")
        text.string(room.runID)
        text.raw(",\"epoch\":")
        text.string(state.epoch)
        text.raw(",\"event\":")
        text.integer(state.event)
        text.raw(",\"time\":")
        text.integer(state.time)
        text.raw(",")
        text.raw(state.members)
        text.raw("}")
        return .json(encoded: text.bytes)
    }

    /// By whose eyes ways are seen.
    private enum WaysViewer: String, CaseIterable {
        case me, anybody
    }

    private func tracks(
        _ call: Call<HouseVisitor>, system: CoordinateSystem?, eyes: WaysViewer
    ) async throws -> Response {
        let room = try await rooms.open(call.path("runID"), to: call.caller)
        var tracks = JSONObject()
        let viewer = eyes == .me ? call.caller.account?.id : nil
        let found = try await core.live.tracks(of: room.runID, for: viewer)
        for (runner, pieces) in found where !pieces.isEmpty {
            let lines = pieces.map { String(decoding: Polyline.encode($0, in: system ?? .wgs84), as: UTF8.self) }
            // No polyline has a space in it.
            tracks["\(runner)"] = .string(lines.joined(separator: " "))
        }
        return .json(["tracks": .object(tracks)])
    }

    // MARK: - Changing

    private func create(
        _ call: Call<Account>, name: String, when: Int64?, visibility: RoomDetails.Visibility, password: String?
    ) async throws -> Response {
        try RoomRules.checkName(name)
        try Self.check(password, for: visibility, isNew: true)
        return try await core.repeats.answer(call.request, by: "account \(call.caller.id)") {
            let details = RoomDetails(
                owner: call.caller.id, name: name.withDirectionsClosed, startsAt: when == 0 ? nil : when,
                visibility: visibility)
            let room = try await make(details, password: password ?? RoomRules.makeSecret())
            var response = HouseTag(room).response(HouseJSON.room(room), status: .created)
            response.headers[.location] = "/v1/rooms/\(room.runID)"
            return response
        }
    }

    /// Makes a room under a name that nobody has; 10 characters at random are never given twice, but for a fault.
    private func make(_ details: RoomDetails, password: String) async throws -> RoomSummary {
        for _ in 0..<3 {
            do {
                let room = try await core.live.createRoom(RoomRules.makeRunID(), password: password, details: details)
                return RoomSummary(
                    id: room.key, runID: room.runID, createdAt: room.createdAt, updatedAt: room.updatedAt,
                    details: details)
            } catch LiveError.roomExists {
                continue
            }
        }
        throw ServicesError.overloaded
    }

    private func change(
        _ call: Call<Account>, name: String?, when: Int64?, visibility: RoomDetails.Visibility?, password: String?
    ) async throws -> Response {
        if let name { try RoomRules.checkName(name) }
        let room = try await rooms.kept(call.path("runID"), by: call.caller)
        try HouseTag(room).check(call.request)
        var details = room.details
        if let name { details.name = name.withDirectionsClosed }
        if let when { details.startsAt = when == 0 ? nil : when }
        if let visibility { details.visibility = visibility }
        let hadPassword = [.app, .password].contains(room.details.visibility)
        try Self.check(password, for: details.visibility, isNew: !hadPassword)
        let changed = try await core.audited(.roomChanged, room, by: call.caller, from: call.address) { [details] in
            guard let changed = try await core.live.changeRoom(room.runID, to: details, password: password) else {
                throw HouseTag.changedMeanwhile
            }
            return changed
        }
        return HouseTag(changed).response(HouseJSON.room(changed), to: call.request)
    }

    /// - Throws: A problem where a room has a password that lets nobody in, or none where one has to.
    private static func check(
        _ password: String?, for visibility: RoomDetails.Visibility, isNew: Bool
    ) throws(ServicesError) {
        switch visibility {
        case .password, .app:
            guard password != nil || !isNew else {
                throw .invalid(field: "password", message: "A room by password needs a `password`.")
            }
        case .everybody, .link:
            guard password == nil else {
                throw .invalid(field: "password", message: "A `password` goes with the visibility `password`.")
            }
        }
    }

    private func delete(_ call: Call<Account>) async throws -> Response {
        let room = try await rooms.kept(call.path("runID"), by: call.caller)
        try HouseTag(room).check(call.request)
        try await core.audited(.roomDeleted, room, by: call.caller, from: call.address) {
            try await core.live.deleteRoom(room.runID)
        }
        return Response(status: .noContent)
    }

    private func remove(_ call: Call<Account>) async throws -> Response {
        let room = try await rooms.kept(call.path("runID"), by: call.caller)
        guard let view = try await core.live.room(room.runID), let number = Int(call.path("runner")),
            let runner = view.runners.first(where: { $0.row.runner == number })
        else { throw LiveError.notInRoom }
        let account = runner.person.account
        _ = try await core.audited(.runnerRemoved, room, by: call.caller, from: call.address, about: account) {
            try await core.live.leave(room.runID, account: account)
        }
        return Response(status: .noContent)
    }
}
