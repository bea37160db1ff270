import Endpoints
import HTTPTypes
import LWS
import Limits
import Live
import Rooms
import Services
import Store

/// One's own devices, in `/v1`: phones whose apps report to a room by themselves.
struct HouseDeviceRoutes: Sendable {
    static let group = "Devices"

    let core: Core
    private var rooms: HouseRooms { HouseRooms(core: core) }

    var endpoints: [Endpoint] {
        let one = "/v1/devices/{id}"
        let gone = [404: "There is no such device, or no such room."]
        let closed = gone.merging([401: "The room's password is wrong.", 403: "The room has a password."]) { $1 }
        return [
            Endpoint(
                .get, "/v1/devices",
                EndpointDescription(
                    Self.group, "One's devices", "The oldest first; a `Link` with `rel=\"next\"` leads on.",
                    answers: .json(Schema.object(["devices": Schema.array(of: Schema.named("Device"))]))),
                access: .token, cost: .light, input: Form(in: [.query], Cursor.field), list),
            Endpoint(
                .post, "/v1/devices",
                EndpointDescription(
                    Self.group, "Add a phone's app",
                    """
                    `address`, `link` and `code` hold its secret and are told this once: what is typed into the app, what \
                    sets it up when it is opened on the phone, and the text of a picture for its camera. Of a room that \
                    is named one becomes a runner by this. With an `Idempotency-Key`, the same request again has the \
                    same answer for a day, and makes no second device.
                    """,
                    answers: .json(Schema.named("NewDevice"), status: 201, "Made."),
                    refusals: closed.merging([
                        400: "A value breaks a rule.",
                        409: "One has as many devices as one may have, the room is full, or a request with this key is "
                            + "under way.",
                        422: "The key belongs to another request.",
                    ]) { $1 }),
                access: .token, cost: .light,
                input: Form(
                    in: [.json], Self.app, Self.label, Self.runID.optional, Self.password, Self.linkToken), create),
            Endpoint(
                .get, one,
                EndpointDescription(
                    Self.group, "One of one's devices", answers: .json(Schema.named("Device")), .notModified,
                    refusals: gone),
                access: .token, cost: .light, show),
            Endpoint(
                .patch, one,
                EndpointDescription(
                    Self.group, "Change a device",
                    """
                    What is not sent stays as it is; an empty `label` takes it away. With `If-Match`, only if it is still \
                    what was seen.
                    """,
                    answers: .json(Schema.named("Device")),
                    refusals: closed.merging([412: "It has been changed meanwhile."]) { $1 }),
                access: .token, cost: .light,
                input: Form(
                    in: [.json], Self.label, Self.runID.optional, Self.password, Self.linkToken), change),
            Endpoint(
                .delete, one,
                EndpointDescription(
                    Self.group, "Revoke a device",
                    "What its app posts from then on is taken, so that it empties its queue in peace, and forgotten.",
                    answers: .empty(204, "It is good for nothing."), refusals: gone),
                access: .token, cost: .light.withinReserve, revoke),
        ]
    }

    private static let app = Field<Devices.App>.word("app")
    private static let label = Field.string("label", Schema.text("Old phone", upTo: Limit.Accounts.nickname)).optional
    private static let runID = Field.anyText(
        "runID", Schema.text("159"), about: "The room; empty, or not given at first, for the one that one is in.")
    private static let password = Field.text("password", Schema.text("pw"), about: "The room's.").optional
    private static let linkToken = Field.string(
        "linkToken", Schema.text("VY9Zb0nDq1oQw3Jt5kfXRg"), about: "What a link to the room for runners ends with."
    ).optional

    // MARK: - Answering

    private func list(_ call: Call<Account>, cursor: Cursor) async throws -> Response {
        let after = cursor.after.map { ObjectID.id($0) ?? .max } ?? 0
        let found = try await core.devices.devices(of: call.caller.id, after: after, limit: cursor.limit + 1)
        let page = found.prefix(cursor.limit)
        return cursor.response(
            ["devices": .array(page.map { .object(members(of: $0)) })],
            next: found.count > page.count ? page.last.map { ObjectID.text($0.id) } : nil, of: call.request)
    }

    private func create(
        _ call: Call<Account>, app: Devices.App, label: String?, runID: String?, password: String?, linkToken: String?
    ) async throws -> Response {
        try await core.repeats.answer(call.request, by: "account \(call.caller.id)") {
            let room = try await room(runID, password: password, linkToken: linkToken, of: call)
            let made = try await core.devices.make(account: call.caller.id, app: app, label: label, room: room)
            guard let made else {
                throw Problem.house(
                    .conflict, .tooManyDevices,
                    "You have \(Limit.Devices.owned) devices; revoke one that is not used.")
            }
            let setup = DeviceSetup(
                app: app, base: core.publicBase.text(for: call.request), secret: made.secret,
                name: label ?? app.rawValue, username: call.caller.username)
            var object = members(of: made.device)
            object["address"] = .string(setup.address)
            object["link"] = setup.link.map { .string($0) } ?? .null
            object["code"] = .string(setup.code)
            object["settings"] = setup.settings
            return .json(.object(object), status: .created)
        }
    }

    private func show(_ call: Call<Account>) async throws -> Response {
        let device = try await own(call)
        return HouseTag(device).response(.object(members(of: device)), to: call.request)
    }

    private func change(
        _ call: Call<Account>, label: String?, runID: String?, password: String?, linkToken: String?
    ) async throws -> Response {
        let device = try await own(call)
        try HouseTag(device).check(call.request)
        let runID = runID ?? device.runID ?? ""
        // Of the room in which it is one is a runner, or was.
        let room =
            runID == device.runID
            ? try await core.live.details(of: runID)?.id
            : try await room(runID, password: password, linkToken: linkToken, of: call)
        guard device.place != .gone || !runID.isEmpty else { throw LiveError.noSuchRoom }
        let changed = try await core.devices.change(
            device, of: call.caller.id, label: label == "" ? nil : label ?? device.label, room: room)
        guard let changed else { throw HouseTag.changedMeanwhile }
        return HouseTag(changed).response(.object(members(of: changed)), to: call.request)
    }

    private func revoke(_ call: Call<Account>) async throws -> Response {
        guard let id = ObjectID.id(call.path("id")), try await core.devices.revoke(id, of: call.caller.id) else {
            throw Problem.notFound
        }
        return Response(status: .noContent)
    }

    private func own(_ call: Call<Account>) async throws -> Device {
        guard let id = ObjectID.id(call.path("id")),
            let device = try await core.devices.device(id, of: call.caller.id)
        else { throw Problem.notFound }
        return device
    }

    /// The key of the room that a device is to report to, of which its person becomes a runner; nil for the one that they
    /// are in.
    private func room(
        _ runID: String?, password: String?, linkToken: String?, of call: Call<Account>
    ) async throws -> Int64? {
        guard let runID, !runID.isEmpty else { return nil }
        let visitor = HouseVisitor(
            account: call.caller, password: password, link: linkToken, address: call.address)
        let (room, link) = try await rooms.runnable(runID, by: visitor)
        // Read anew: what they hide may have changed meanwhile.
        _ = try await core.live.join(room.runID, at: nil, by: link, isAuthenticated: true) {
            [accounts = core.accounts, id = call.caller.id] in
            guard let account = try await accounts.account(id: id) else { throw ServicesError.unknownUser }
            return Person(account)
        }
        return room.id
    }

    private func members(of device: Device) -> JSONObject {
        let activity = core.devices.activity(of: device.id)
        let interval = activity?.interval
        var object = JSONObject()
        object["id"] = .string(ObjectID.text(device.id))
        object["app"] = .string(device.app)
        object["label"] = device.label.map { .string($0) } ?? .null
        object["runID"] = device.runID.map { .string($0) } ?? .null
        object["isGone"] = .bool(device.place == .gone)
        object["createdAt"] = .int(device.createdAt)
        object["heardAt"] = (activity?.heardAt ?? device.heardAt).map { .int($0) } ?? .null
        object["interval"] = interval.map { .int($0) } ?? .null
        object["isTooRare"] = .bool(interval ?? 0 > Limit.Devices.rareInterval)
        object["battery"] = (activity?.battery).map { .int(Int64($0)) } ?? .null
        object["alarmAt"] = (activity?.alarmAt).map { .int($0) } ?? .null
        return object
    }

    static let schema = schema([])
    static let newSchema = schema([
        ("address", Schema.text("/bridge/traccar/VY9Zb0nDq1oQw3Jt5kfXRg")),
        ("link", Schema.orNull(Schema.text)), ("code", Schema.text), ("settings", Schema.anyObject),
    ])

    private static func schema(_ more: [(String, JSONValue)]) -> JSONValue {
        var properties = JSONObject()
        let own: [(String, JSONValue)] = [
            ("id", Schema.objectID), ("app", Schema.words(Devices.App.allCases.map(\.rawValue))),
            ("label", Schema.orNull(Schema.text)), ("runID", Schema.orNull(Schema.text)),
            ("isGone", Schema.boolean), ("createdAt", Schema.integer), ("heardAt", Schema.orNull(Schema.integer)),
            ("interval", Schema.orNull(Schema.integer)), ("isTooRare", Schema.boolean),
            ("battery", Schema.orNull(Schema.integer)), ("alarmAt", Schema.orNull(Schema.integer)),
        ]
        for (name, value) in own + more { properties[name] = value }
        return [
            "type": "object", "properties": .object(properties),
            "required": .array(properties.members.map { .string($0.name) }),
        ]
    }
}

extension Device {
    /// The room that it reports to; nil for the one that its person is in, and for one that is gone.
    fileprivate var runID: String? {
        if case .room(let runID) = place { runID } else { nil }
    }
}

extension HouseTag {
    /// What its person says of a device: when it was heard of is not in it.
    init(_ device: Device) { self.init("\(ObjectID.text(device.id))-\(device.revision)") }
}

extension HouseRooms {
    /// A room in which somebody may run: who has it, is a runner of it already, has its password, or a link for runners; of
    /// an open one, everybody.
    ///
    /// With the link, if that is what they come by.
    func runnable(_ runID: String, by visitor: HouseVisitor) async throws -> (room: RoomSummary, link: Int64?) {
        let room = try await known(runID, to: visitor)
        if let account = visitor.account {
            if room.details.isKept(by: account) { return (room, nil) }
            if try await core.live.isRunner(account.id, of: room.runID) { return (room, nil) }
        }
        if let secret = visitor.link, let found = try await core.links.find(secret), found.runID == room.runID,
            found.link.role == .runner
        {
            return (room, found.link.id)
        }
        switch room.details.visibility {
        case .everybody: return (room, nil)
        case .link: throw LiveError.noSuchRoom
        case .app, .password: break
        }
        guard let password = visitor.password else {
            throw Problem.house(.forbidden, .roomPasswordNeeded, "The room's `password` is needed.")
        }
        guard try await core.live.takes(password, of: room.runID, from: visitor.address) else {
            throw LiveError.wrongPassword
        }
        return (room, nil)
    }
}
