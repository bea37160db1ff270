import Endpoints
import HTTPTypes
import LWS
import Limits
import Live
import Services
import Store

/// Links to a room, in `/v1`: for its owner and administrators.
struct HouseLinkRoutes: Sendable {
    let core: Core
    private var rooms: HouseRooms { HouseRooms(core: core) }

    var endpoints: [Endpoint] {
        let group = HouseRoomRoutes.group, links = "/v1/rooms/{runID}/links"
        let notKept = [404: "There is no such room, or it is not for you to know.", 403: "It is somebody else's room."]
        return [
            Endpoint(
                .post, links,
                EndpointDescription(
                    group, "Make a link to a room",
                    """
                    Whoever has it comes in without a password, to watch or to run as well. `link` is told this once. With \
                    an `Idempotency-Key`, the same request again has the same answer for a day, and makes no second link.
                    """,
                    answers: .json(Schema.named("NewLink"), status: 201, "Made."),
                    refusals: notKept.merging([
                        400: "A value breaks a rule.",
                        409: "The room has as many links as one may have, or a request with this key is under way.",
                        422: "The key belongs to another request.",
                    ]) { $1 }),
                access: .token, cost: .light,
                input: Form(in: [.json], Self.role, Self.expires, Self.delay, Self.label), create),
            Endpoint(
                .get, links,
                EndpointDescription(
                    group, "The links to a room", "The oldest first; a `Link` with `rel=\"next\"` leads on.",
                    answers: .json(Schema.object(["links": Schema.array(of: Schema.named("Link"))])), refusals: notKept),
                access: .token, cost: .heavyRead, input: Form(in: [.query], Cursor.field), list),
            Endpoint(
                .delete, links + "/{id}",
                EndpointDescription(
                    group, "Revoke a link",
                    """
                    What came of it has ended before this is answered: connections are closed with 4001, and who came in \
                    by it is no runner of the room any more; an unfinished run is stored. (When a link expires, who is in \
                    the room stays.)
                    """,
                    answers: .empty(204, "It is good for nothing."), refusals: notKept),
                access: .token, cost: .light.withinReserve, revoke),
            Endpoint(
                .get, "/v1/links/{link}",
                EndpointDescription(
                    group, "Where a link leads", "For whoever has it, before they join by it.",
                    answers: .json(Schema.named("Invitation")),
                    refusals: [404: "The link is not good, or not any more."]),
                access: .open, cost: .light, follow),
        ]
    }

    private static let role = Field<RoomLink.Role>("role", Schema.words(RoomLink.Role.allCases.map(\.rawValue))) {
        (parameters) throws(ParameterError) in
        guard let text = try parameters.string("role") else { throw .missing("role") }
        guard let role = RoomLink.Role(rawValue: text) else {
            throw .wrongKind("role", wanted: "spectator or runner")
        }
        return role
    }
    private static let expires = Field.integer(
        "expires", ["type": "integer", "examples": [4_000_000_000_000]],
        about: "Until when it is good, in milliseconds since 1970; for ever if it is not given."
    ).optional
    private static let delay = Field.integer(
        "delay", ["type": "integer", "minimum": 0, "maximum": .int(Int64(Limit.Room.delay)), "examples": [300]],
        about: "Seconds by which a spectator sees the room later; 0 if it is not given. For `spectator` alone."
    ).optional
    private static let label = Field.string(
        "label", Schema.text("For my family", upTo: Limit.Accounts.nickname)
    ).optional

    private func create(
        _ call: Call<Account>, role: RoomLink.Role, expires: Int64?, delay: Int64?, label: String?
    ) async throws -> Response {
        let room = try await rooms.kept(call.path("runID"), by: call.caller)
        return try await core.repeats.answer(call.request, by: "account \(call.caller.id)") {
            let made = try await core.audited(.linkMade, room, by: call.caller, from: call.address) {
                try await core.links.make(
                    room: room, role: role, label: label, expiresAt: expires, delay: Int(clamping: delay ?? 0))
            }
            guard let made else {
                throw Problem.house(
                    .conflict, .tooManyLinks, "The room has \(Limit.Room.links) links; revoke one that is not used.")
            }
            var object = Self.members(of: made.link)
            object["link"] = .string(made.secret)
            object["url"] = .string(core.publicBase.text(for: call.request) + "/s/" + made.secret)
            return .json(.object(object), status: .created)
        }
    }

    private func list(_ call: Call<Account>, cursor: Cursor) async throws -> Response {
        let room = try await rooms.kept(call.path("runID"), by: call.caller)
        let after = cursor.after.map { ObjectID.id($0) ?? .max } ?? 0
        let found = try await core.links.links(of: room.id, after: after, limit: cursor.limit + 1)
        let page = found.prefix(cursor.limit)
        return cursor.response(
            ["links": .array(page.map { .object(Self.members(of: $0)) })],
            next: found.count > page.count ? page.last.map { ObjectID.text($0.id) } : nil, of: call.request)
    }

    private func revoke(_ call: Call<Account>) async throws -> Response {
        let room = try await rooms.kept(call.path("runID"), by: call.caller)
        guard let id = ObjectID.id(call.path("id")) else { throw Problem.notFound }
        try await core.audited(.linkRevoked, room, by: call.caller, from: call.address) {
            guard try await core.links.revoke(id, of: room) else { throw Problem.notFound }
        }
        return Response(status: .noContent)
    }

    private func follow(_ call: Call<Void>) async throws -> Response {
        guard let found = try await core.links.find(call.path("link")),
            let room = try await core.live.details(of: found.runID)
        else {
            throw Problem.house(.notFound, .badLink, "The link is not good, or not any more.")
        }
        var response = Response.json([
            "runID": .string(room.runID), "name": .string(room.details.name ?? room.runID),
            "when": room.details.startsAt.map { .int($0) } ?? .null, "role": .string(found.link.role.rawValue),
            "expires": found.link.expiresAt.map { .int($0) } ?? .null, "delay": .int(found.link.delay),
        ])
        response.headers[.cacheControl] = "no-store"
        return response
    }

    private static func members(of link: RoomLink) -> JSONObject {
        var object = JSONObject()
        object["id"] = .string(ObjectID.text(link.id))
        object["role"] = .string(link.role.rawValue)
        object["label"] = link.label.map { .string($0) } ?? .null
        object["createdAt"] = .int(link.createdAt)
        object["expires"] = link.expiresAt.map { .int($0) } ?? .null
        object["delay"] = .int(link.delay)
        return object
    }

    /// What a link leads to.
    static let invitationSchema = Schema.object([
        "runID": Schema.text("k3m9t0qwxy"), "name": Schema.text("Sunday run"), "when": Schema.orNull(Schema.integer),
        "role": Schema.words(RoomLink.Role.allCases.map(\.rawValue)), "expires": Schema.orNull(Schema.integer),
        "delay": Schema.integer,
    ])
    static let linkSchema = schema([])
    static let newLinkSchema = schema([
        ("link", Schema.text("VY9Zb0nDq1oQw3Jt5kfXRg")),
        ("url", Schema.text("/s/VY9Zb0nDq1oQw3Jt5kfXRg")),
    ])

    private static func schema(_ more: [(String, JSONValue)]) -> JSONValue {
        var properties = JSONObject()
        let own: [(String, JSONValue)] = [
            ("id", Schema.objectID), ("role", Schema.words(RoomLink.Role.allCases.map(\.rawValue))),
            ("label", Schema.orNull(Schema.text)), ("createdAt", Schema.integer),
            ("expires", Schema.orNull(Schema.integer)), ("delay", Schema.integer),
        ]
        for (name, value) in own + more { properties[name] = value }
        return [
            "type": "object", "properties": .object(properties),
            "required": .array(properties.members.map { .string($0.name) }),
        ]
    }
}
