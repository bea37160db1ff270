import Endpoints
import Geo
import HTTPTypes
import LWS
import Limits
import Services

/// One's own privacy zones, in `/v1`: circles in which nobody else is told where one is or was.
struct HouseZoneRoutes: Sendable {
    let core: Core

    var endpoints: [Endpoint] {
        let group = "Privacy zones", zones = "/v1/me/zones"
        let gone = [404: "There is no such zone."]
        let changed = gone.merging([412: "It has been changed meanwhile."]) { $1 }
        return [
            Endpoint(
                .get, zones,
                EndpointDescription(
                    group, "One's privacy zones",
                    """
                    All of them, the oldest first. Within a circle around `center`, and for up to a third of its `radius` \
                    beyond, nobody but oneself is told one's places, live or of runs that are over; distances, times and \
                    places in the standings go on.
                    """,
                    answers: .json(Schema.object(["zones": Schema.array(of: Schema.named("Zone"))]))),
                access: .token, cost: .light, input: Form(in: [.query], Self.system), list),
            Endpoint(
                .post, zones,
                EndpointDescription(
                    group, "Hide one's places around somewhere",
                    """
                    The circle's `center` is moved away from it by a random part of the radius, once, so that the middle \
                    of what is missing does not give it away. When this is answered, nobody else is told any more. With \
                    an `Idempotency-Key`, the same request again has the same answer for a day, and makes no second zone.
                    """,
                    answers: .json(Schema.named("Zone"), status: 201, "Made."),
                    refusals: [
                        400: "A value breaks a rule.",
                        409: "One has as many zones as one may have, or a request with this key is under way.",
                        422: "The key belongs to another request.",
                    ]),
                access: .token, cost: .light, input: Form(in: [.json], Self.system, Self.place, Self.radius), create),
            Endpoint(
                .get, zones + "/{id}",
                EndpointDescription(
                    group, "One of one's privacy zones", answers: .json(Schema.named("Zone")), .notModified,
                    refusals: gone),
                access: .token, cost: .light, input: Form(in: [.query], Self.system), show),
            Endpoint(
                .patch, zones + "/{id}",
                EndpointDescription(
                    group, "Change a privacy zone",
                    "What is not sent stays as it is. With `If-Match`, only if it is still what was seen.",
                    answers: .json(Schema.named("Zone")), refusals: changed),
                access: .token, cost: .light,
                input: Form(in: [.json], Self.system, Self.place, Self.radius.optional), change),
            Endpoint(
                .delete, zones + "/{id}",
                EndpointDescription(
                    group, "Remove a privacy zone",
                    "What it has hidden is shown again, of runs that are over as well, to whoever may see them.",
                    answers: .empty(204, "It hides nothing any more."), refusals: changed),
                access: .token, cost: .light.withinReserve, remove),
        ]
    }

    private static let system = Field<CoordinateSystem?>.coordinateSystem(
        about: "What the degrees of the request and of its answer mean; `wgs84` if it is not given.")
    /// Read with the system; nil where neither is there.
    private static let place = Field<Coordinate?>([
        FormMember("latitude", Schema.latitude, isRequired: false),
        FormMember("longitude", Schema.longitude, isRequired: false),
    ]) { (parameters) throws(ParameterError) in
        try parameters.coordinate(
            in: try system.read(parameters) ?? .wgs84, half: "`latitude` and `longitude` come together.")
    }
    private static let radius = Field.integer(
        "radius",
        [
            "type": "integer", "minimum": .int(Int64(Limit.Accounts.zoneRadius.lowerBound)),
            "maximum": .int(Int64(Limit.Accounts.zoneRadius.upperBound)), "examples": [400],
        ], about: "In metres."
    ).map { Int(clamping: $0) }

    // MARK: - Answering

    private func list(_ call: Call<Account>, system: CoordinateSystem?) -> Response {
        .json(["zones": .array(call.caller.zones.map { .object(Self.members(of: $0, in: system ?? .wgs84)) })])
    }

    private func create(
        _ call: Call<Account>, system: CoordinateSystem?, place: Coordinate?, radius: Int
    ) async throws -> Response {
        guard let place else { throw ParameterError.missing("latitude") }
        return try await core.repeats.answer(call.request, by: "account \(call.caller.id)") {
            let zone = try Self.zone(
                try await core.accounts.addZone(hiding: place, radius: radius, account: call.caller.id))
            var response = HouseTag(zone).response(
                .object(Self.members(of: zone, in: system ?? .wgs84)), status: .created)
            response.headers[.location] = "/v1/me/zones/\(ObjectID.text(zone.id))"
            return response
        }
    }

    private func show(_ call: Call<Account>, system: CoordinateSystem?) throws -> Response {
        let zone = try own(call)
        return HouseTag(zone).response(.object(Self.members(of: zone, in: system ?? .wgs84)), to: call.request)
    }

    private func change(
        _ call: Call<Account>, system: CoordinateSystem?, place: Coordinate?, radius: Int?
    ) async throws -> Response {
        let zone = try own(call)
        try HouseTag(zone).check(call.request)
        let changed = try Self.zone(
            try await core.accounts.changeZone(
                zone.id, place: place, radius: radius, seen: zone, account: call.caller.id))
        return HouseTag(changed).response(.object(Self.members(of: changed, in: system ?? .wgs84)), to: call.request)
    }

    private func remove(_ call: Call<Account>) async throws -> Response {
        let zone = try own(call)
        try HouseTag(zone).check(call.request)
        _ = try Self.zone(
            try await core.accounts.removeZone(zone.id, seen: zone, account: call.caller.id))
        return Response(status: .noContent)
    }

    /// The one that a path names.
    private func own(_ call: Call<Account>) throws -> PrivacyZone {
        guard let id = ObjectID.id(call.path("id")),
            let zone = call.caller.zones.first(where: { $0.id == id })
        else { throw Problem.notFound }
        return zone
    }

    /// The zone that a change has come to.
    private static func zone(_ change: Accounts.ZoneChange) throws -> PrivacyZone {
        switch change {
        case .done(let zone): return zone
        case .tooMany:
            throw Problem.house(
                .conflict, .tooManyZones, "You have \(Limit.Accounts.zones) zones; remove one that is not needed.")
        case .notFound: throw Problem.notFound
        case .changedMeanwhile: throw HouseTag.changedMeanwhile
        }
    }

    /// A zone as its owner sees it.
    static func members(of zone: PrivacyZone, in system: CoordinateSystem = .wgs84) -> JSONObject {
        func degrees(of place: Coordinate, into object: inout JSONObject) {
            let degrees = system.degrees(of: place)
            object["latitude"] = .number(degrees.latitude)
            object["longitude"] = .number(degrees.longitude)
        }
        var object = JSONObject(), center = JSONObject()
        object["id"] = .string(ObjectID.text(zone.id))
        degrees(of: zone.place, into: &object)
        object["radius"] = .int(Int64(zone.radius))
        degrees(of: zone.center, into: &center)
        object["center"] = .object(center)
        return object
    }

    static let schema = Schema.object([
        "id": Schema.objectID, "latitude": Schema.latitude, "longitude": Schema.longitude, "radius": Schema.integer,
        "center": Schema.object(["latitude": Schema.latitude, "longitude": Schema.longitude]),
    ])
}

extension HouseTag {
    /// What a zone hides.
    init(_ zone: PrivacyZone) {
        self.init(
            "\(ObjectID.text(zone.id))-\(zone.place.latitudeE7)-\(zone.place.longitudeE7)-\(zone.radius)")
    }
}
