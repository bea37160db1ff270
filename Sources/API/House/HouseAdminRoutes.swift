import Endpoints
import HTTPTypes
import LWS
import Limits
import Live
import Services
import Store

/// What administrators see of the server, in `/v1`.
///
/// What they do to rooms, posts and comments goes by the routes by which owners do the same.
struct HouseAdminRoutes: Sendable {
    static let group = "Administration"

    let core: Core
    private let dear: Brief<MetricsPage.Dear>

    init(core: Core) {
        self.core = core
        dear = .dearFigures(of: core.database)
    }

    static let forbidden = [403: "One is no administrator."]

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/admin/rooms",
                EndpointDescription(
                    Self.group, "All rooms",
                    """
                    The newest first, of whatever visibility, with how many are in each; a `Link` with `rel="next"` leads \
                    on. Who is in one says `GET /v1/rooms/{runID}/state`; closing it and taking somebody out of it are the \
                    routes of its owner.
                    """,
                    answers: .json(Schema.object(["rooms": Schema.array(of: Schema.named("GovernedRoom"))])),
                    refusals: Self.forbidden),
                access: .administrator, cost: .light,
                input: Form(
                    in: [.query], Cursor.field,
                    Field<RoomState>.word("state", about: "Those in which somebody is, or all.").or(.all)), rooms),
            Endpoint(
                .get, "/v1/admin/server",
                EndpointDescription(
                    Self.group, "What the server is doing",
                    "Gauges as they are now, and counters since its start; `/metrics` has all of them.",
                    answers: .json(Self.figures), refusals: Self.forbidden),
                access: .administrator, cost: .light, server),
            Endpoint(
                .get, "/v1/admin/settings",
                EndpointDescription(
                    Self.group, "The settings as they are", "Each with where it comes from; what is secret is null.",
                    answers: .json(Schema.object(["settings": Schema.array(of: Self.setting)])),
                    refusals: Self.forbidden),
                access: .administrator, cost: .light, settings),
            Endpoint(
                .get, "/v1/admin/backups",
                EndpointDescription(
                    Self.group, "The backups", "Those that the server has made of itself and kept, the newest first.",
                    answers: .json(Schema.named("Backups")), refusals: Self.forbidden),
                access: .administrator, cost: .light, backups),
            Endpoint(
                .post, "/v1/admin/backups",
                EndpointDescription(
                    Self.group, "Make a backup now",
                    "It is begun when this is answered; `isRunning` says when it is made.",
                    answers: .json(Schema.named("Backups"), status: 202, "It is begun."),
                    refusals: Self.forbidden.merging([
                        409: "One is being made already, or the server has nowhere to put it."
                    ]) { $1 }),
                access: .administrator, cost: .light, makeBackup),
            Endpoint(
                .get, "/v1/admin/audit",
                EndpointDescription(
                    Self.group, "The audit log",
                    """
                    Who has done what to others, and what may be an attack; the newest first, and a `Link` with \
                    `rel="next"` leads on. What has failed has a line before it without `hasFailed`.
                    """,
                    answers: .json(Schema.object(["entries": Schema.array(of: Schema.named("AuditEntry"))])),
                    refusals: Self.forbidden),
                access: .administrator, cost: .light, input: Form(in: [.query], Cursor.field), audit),
        ]
    }

    // MARK: - Rooms

    private enum RoomState: String, CaseIterable {
        case live, all
    }

    private func rooms(_ call: Call<Administrator>, cursor: Cursor, state: RoomState) async throws -> Response {
        let found: [LiveCrowd]
        if state == .live {
            found = await core.live.publicRooms(before: cursor.before, limit: cursor.limit + 1, andOthers: true)
        } else {
            let rooms = try await core.database.rooms.newestRooms(before: cursor.before, limit: cursor.limit + 1)
            found = await core.live.crowds(of: rooms)
        }
        let page = found.prefix(cursor.limit)
        var owners: [Int64: String] = [:]
        for owner in Set(page.compactMap(\.details.owner)) {
            owners[owner] = try await core.accounts.account(id: owner)?.username
        }
        return cursor.response(
            [
                "rooms": .array(
                    page.map { HouseJSON.governed($0, ownerName: $0.details.owner.flatMap { owners[$0] }) })
            ],
            next: found.count > page.count ? page.last.map { ObjectID.text($0.key) } : nil, of: call.request,
            keeping: "&state=" + state.rawValue)
    }

    // MARK: - The server

    private func server(_ call: Call<Administrator>) async throws -> Response {
        let loops = await core.live.metrics
        let live = loops.dropFirst().reduce(loops[0], +)
        let process = ProcessStatistics(), dear = await dear.value, load = await core.load()
        var object = JSONObject()
        func set(_ name: String, _ value: Int?) { object[name] = value.map { .int(Int64($0)) } ?? .null }
        object["startedAt"] = .int(core.startedAt)
        object["time"] = .int(core.clock())
        set("connections", load?.connections)
        set("liveConnections", live.connections)
        set("runners", live.runners)
        set("spectators", live.spectators)
        set("roomsAwake", live.roomsAwake)
        set("handlers", load?.handlers)
        set("residentBytes", process.residentBytes)
        object["cpuSeconds"] = process.cpuSeconds.map { .double($0) } ?? .null
        object["loopSeconds"] = live.busySeconds.map { .double($0) } ?? .null
        set("markers", live.markersIn)
        set("frames", live.framesOut)
        set("bytesOut", live.bytesOut)
        set("commits", live.commits)
        set("commitsFailed", live.commitsFailed)
        set("unstoredMarkers", await core.live.unjournaledCount)
        set("journalBytes", dear.journalBytes)
        set("diskFreeBytes", await core.reserve.freeBytes)
        set("openDescriptors", dear.openDescriptors)
        object["storeDelay"] = .object(HouseJSON.delay(live.storeDelay))
        object["tickDelay"] = .object(HouseJSON.delay(live.tickDelay))
        return .json(.object(object))
    }

    private static let figures = Schema.object([
        "startedAt": Schema.integer, "time": Schema.integer, "connections": Schema.orNull(Schema.count),
        "liveConnections": Schema.count, "runners": Schema.count, "spectators": Schema.count,
        "roomsAwake": Schema.count, "handlers": Schema.orNull(Schema.count),
        "residentBytes": Schema.orNull(Schema.count), "cpuSeconds": Schema.orNull(Schema.amount),
        "loopSeconds": Schema.orNull(Schema.amount), "markers": Schema.count, "frames": Schema.count,
        "bytesOut": Schema.count, "commits": Schema.count, "commitsFailed": Schema.count,
        "unstoredMarkers": Schema.count, "journalBytes": Schema.orNull(Schema.count),
        "diskFreeBytes": Schema.orNull(Schema.count), "openDescriptors": Schema.orNull(Schema.count),
        "storeDelay": HouseJSON.delaySchema, "tickDelay": HouseJSON.delaySchema,
    ])

    private func settings(_ call: Call<Administrator>) async throws -> Response {
        .json([
            "settings": .array(
                core.settings.map {
                    [
                        "name": .string($0.name), "value": $0.value.map { .string($0) } ?? .null,
                        "origin": .string($0.origin),
                    ]
                })
        ])
    }

    private static let setting = Schema.object([
        "name": Schema.text("port"), "value": Schema.orNull(Schema.text("8000")), "origin": Schema.text("default"),
    ])

    // MARK: - Backups

    private func backups(_ call: Call<Administrator>) async throws -> Response { .json(await backups) }

    private func makeBackup(_ call: Call<Administrator>) async throws -> Response {
        guard let keeper = core.backups else {
            throw Problem.house(.conflict, .conflict, "The server has no `--backup-dir` to put it.")
        }
        guard await keeper.begin() else {
            throw Problem.house(.conflict, .conflict, "A backup is being made already.")
        }
        return .json(await backups, status: .accepted)
    }

    private var backups: JSONValue {
        get async {
            guard let status = await core.backups?.status else {
                return [
                    "isOn": false, "backups": [], "everySeconds": 0, "kept": 0, "isRunning": false, "next": .null,
                    "failure": .null,
                ]
            }
            return [
                "isOn": true,
                "backups": .array(
                    status.backups.map {
                        ["name": .string($0.name), "bytes": .int($0.bytes), "madeAt": .int($0.madeAt)]
                    }),
                "everySeconds": .int(status.interval), "kept": .int(Int64(status.kept)),
                "isRunning": .bool(status.isRunning), "next": status.next.map { .int($0) } ?? .null,
                "failure": status.failure.map { .string($0) } ?? .null,
            ]
        }
    }

    static let backupsSchema = Schema.object([
        "isOn": Schema.boolean,
        "backups": Schema.array(
            of: Schema.object([
                "name": Schema.text("runroom-20261130T064500Z.tar"), "bytes": Schema.count, "madeAt": Schema.integer,
            ])),
        "everySeconds": Schema.count, "kept": Schema.count, "isRunning": Schema.boolean,
        "next": Schema.orNull(Schema.integer), "failure": Schema.orNull(Schema.text),
    ])

    // MARK: - The audit log

    private func audit(_ call: Call<Administrator>, cursor: Cursor) async throws -> Response {
        let found = try await core.audit.entries(before: cursor.before, limit: cursor.limit + 1)
        let page = found.prefix(cursor.limit)
        return cursor.response(
            ["entries": .array(page.map { HouseJSON.audit($0) })],
            next: found.count > page.count ? page.last.map { ObjectID.text($0.id) } : nil, of: call.request)
    }
}

extension HouseJSON {
    /// How long something took since the start: the counts of a histogram, from which a page reckons what is new.
    static func delay(_ histogram: LiveMetrics.Histogram) -> JSONObject {
        var object = JSONObject()
        object["bounds"] = .array(histogram.bounds.map { .double($0) })
        object["counts"] = .array(histogram.counts.map { .int(Int64($0)) })
        return object
    }

    static let delaySchema = Schema.object([
        "bounds": Schema.array(of: Schema.amount), "counts": Schema.array(of: Schema.count),
    ])
}
