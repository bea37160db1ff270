import Endpoints
import Geo
import HTTPTypes
import LWS
import Limits
import Live
import Services
import Store

/// Calls for help, in `/v1`: somebody calls, those hear it who are named or own the room, and one of them says that all is
/// clear.
struct HouseSafetyRoutes: Sendable {
    static let group = "Safety"

    let core: Core

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/alarms",
                EndpointDescription(
                    Self.group, "Calls for help that one hears of",
                    """
                    One's own, those of who has named one, and those in rooms of one's own; the newest first, at most \
                    \(Limit.Safety.heard). What is clear is told for an hour, without the place.
                    """,
                    answers: .json(Schema.object(["alarms": Schema.array(of: Schema.named("Alarm"))]))),
                access: .token, cost: .light, list),
            Endpoint(
                .post, "/v1/alarms",
                EndpointDescription(
                    Self.group, "Call for help",
                    """
                    Heard by the owner of the room in which one runs, and by whom one has named; nothing hides the place \
                    from them. Who calls already goes on with the same call.
                    """,
                    answers: .json(Schema.named("Alarm"), status: 201, "It is heard."),
                    refusals: [
                        400: "Half of a place.", 404: "One is no runner of such a room.", 429: "One calls very often.",
                    ]),
                access: .token, cost: .light.withinReserve,
                input: Form(in: [.json], Self.runID.optional, Self.place, Self.time), call),
            Endpoint(
                .patch, "/v1/alarms/{id}",
                EndpointDescription(
                    Self.group, "Say where one is now", "Of a call of one's own.", answers: .json(Schema.anyObject),
                    refusals: [
                        400: "No place.", 404: "One has no such call that is open.", 429: "One tells very often.",
                    ]),
                access: .token, cost: .light.withinReserve, input: Form(in: [.json], Self.place, Self.time), move),
            Endpoint(
                .delete, "/v1/alarms/{id}",
                EndpointDescription(
                    Self.group, "Say that all is clear", "Whoever hears of it may; its place is forgotten.",
                    answers: .empty(204, "All is clear."), refusals: [404: "One hears of no such call that is open."]),
                access: .token, cost: .light.withinReserve, clear),
            Endpoint(
                .get, "/v1/me/confidants",
                EndpointDescription(
                    Self.group, "Who hears of one's calls", answers: .json(Self.people)),
                access: .token, cost: .light, confidants),
            Endpoint(
                .put, "/v1/me/confidants",
                EndpointDescription(
                    Self.group, "Name who hears of one's calls",
                    """
                    In place of those who did. With `whenStill`, they are also called when one runs in a room and has not \
                    moved for \(Limit.Safety.still / 60_000) minutes; what it was, if it is left out.
                    """,
                    answers: .json(Self.people),
                    refusals: [400: "One of the names is nobody's, or they are too many."]),
                access: .token, cost: .light, input: Form(in: [.json], Self.names, Self.whenStill), setConfidants),
        ]
    }

    private static let people = Schema.object([
        "people": Schema.array(of: Schema.object(["name": Schema.text("ben"), "nickname": Schema.text("Ben")])),
        "whenStill": Schema.boolean,
    ])
    private static let runID = Field.anyText("runID", Schema.text("159"), about: "The room in which one runs.")
    /// In WGS-84; nil where neither is there.
    private static let place = Field<Coordinate?>([
        FormMember("latitude", Schema.latitude, isRequired: false),
        FormMember("longitude", Schema.longitude, isRequired: false),
    ]) { (parameters) throws(ParameterError) in
        try parameters.coordinate(in: .wgs84, half: "`latitude` and `longitude` come together.")
    }
    private static let time = Field.integer("time", about: "When one was there; now, if it is left out.").optional
    private static let whenStill = Field.truth(
        "whenStill", about: "Whether they are called when one runs and does not move."
    ).optional
    private static let names = Field<[String]>("names", Schema.array(of: Schema.text("ben"))) {
        (parameters) throws(ParameterError) in
        guard let values = try parameters.array("names") else { throw .missing("names") }
        return try values.map { value throws(ParameterError) in
            guard let name = value.string else { throw .wrongKind("names", wanted: "names") }
            return name
        }
    }

    // MARK: - Answering

    private func list(_ call: Call<Account>) async throws -> Response {
        let alarms = try await core.safety.calls(heardBy: call.caller.id)
        return .json(["alarms": .array(alarms.map { json($0, for: call.caller) })])
    }

    private func call(
        _ call: Call<Account>, runID: String?, place: Coordinate?, time: Int64?
    ) async throws -> Response {
        var room: Int64?
        if let runID {
            guard let name = try? RunID.normalized(runID), let found = try await core.live.details(of: name),
                try await core.live.isRunner(call.caller.id, of: name)
            else { throw LiveError.noSuchRoom }
            room = found.id
        }
        let alarm = try await core.safety.call(
            account: call.caller.id, room: room, place: place.map { Alarm.Place($0, at: moment(time)) })
        guard let alarm else { throw Problem.notFound }
        return .json(json(alarm, for: call.caller), status: .created)
    }

    private func move(_ call: Call<Account>, place: Coordinate?, time: Int64?) async throws -> Response {
        guard let place else { throw ParameterError.missing("latitude") }
        let id = ObjectID.id(call.path("id")) ?? 0
        let isMoved = try await core.safety.move(
            id, of: call.caller.id, to: Alarm.Place(place, at: moment(time)))
        guard isMoved else { throw Problem.notFound }
        return .json([:])
    }

    /// When somebody was at a place, by what their phone says: never later than now.
    private func moment(_ time: Int64?) -> Int64 { min(max(0, time ?? .max), core.live.now) }

    private func clear(_ call: Call<Account>) async throws -> Response {
        guard let id = ObjectID.id(call.path("id")), try await core.safety.clear(id, by: call.caller.id) else {
            throw Problem.notFound
        }
        return Response(status: .noContent)
    }

    private func confidants(_ call: Call<Account>) async throws -> Response {
        answer(try await core.safety.confidants(of: call.caller.id), whenStill: call.caller.callsWhenStill)
    }

    private func setConfidants(_ call: Call<Account>, names: [String], whenStill: Bool?) async throws -> Response {
        let people = try await core.safety.setConfidants(of: call.caller.id, to: names)
        if let whenStill { try await core.accounts.setCallsWhenStill(whenStill, account: call.caller.id) }
        return answer(people, whenStill: whenStill ?? call.caller.callsWhenStill)
    }

    private func answer(_ people: [(username: String, nickname: String)], whenStill: Bool) -> Response {
        .json([
            "people": .array(people.map { ["name": .string($0.username), "nickname": .string($0.nickname)] }),
            "whenStill": .bool(whenStill),
        ])
    }

    private func json(_ alarm: Alarm, for account: Account) -> JSONValue {
        var object = JSONObject()
        object["id"] = .string(ObjectID.text(alarm.id))
        object["name"] = .string(alarm.username)
        object["nickname"] = .string(alarm.nickname)
        object["isOwn"] = .bool(alarm.account == account.id)
        object["cause"] = .string(alarm.isStill ? "still" : "call")
        object["runID"] = alarm.runID.map { .string($0) } ?? .null
        object["raisedAt"] = .int(alarm.raisedAt)
        object["latitude"] = alarm.place.map { .double($0.coordinate.latitude) } ?? .null
        object["longitude"] = alarm.place.map { .double($0.coordinate.longitude) } ?? .null
        object["placedAt"] = alarm.place.map { .int($0.time) } ?? .null
        object["clearedAt"] = alarm.clearedAt.map { .int($0) } ?? .null
        object["clearedBy"] = alarm.clearedBy.map { .string($0) } ?? .null
        return .object(object)
    }

    static let schema = Schema.object([
        "id": Schema.objectID, "name": Schema.text("ana"), "nickname": Schema.text("Ana"), "isOwn": Schema.boolean,
        "cause": Schema.words(["call", "still"]),
        "runID": Schema.orNull(Schema.text), "raisedAt": Schema.integer, "latitude": Schema.orNull(Schema.number),
        "longitude": Schema.orNull(Schema.number), "placedAt": Schema.orNull(Schema.integer),
        "clearedAt": Schema.orNull(Schema.integer), "clearedBy": Schema.orNull(Schema.text),
    ])
}
