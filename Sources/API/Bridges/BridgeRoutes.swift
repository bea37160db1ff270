import Endpoints
import HTTPTypes
import LWS
import Limits
import Live
import Rooms
import Services
import Store

/// The doors of the bridges: each reads a request with its app's ``Bridge``, has the room take what it says, and answers when
/// that is on disk.
struct BridgeRoutes: Sendable {
    let core: Core

    var endpoints: [Endpoint] {
        // Some apps add paths of their own.
        ["", "/{first}", "/{first}/{second}"].flatMap { suffix in
            [HTTPRequest.Method.get, .post, .put].map { method in
                Endpoint(
                    method, "/bridge/{app}/{token}" + suffix, Self.description, access: .device(core.devices),
                    cost: .document(upTo: Limit.Devices.body).withinReserve, take)
            }
        }
    }

    private static let description = EndpointDescription(
        "Bridges", "What an app reports",
        """
        In the app's own words: OwnTracks, Traccar Client, OsmAnd, GPSLogger, RunnerUp, Overland, uLogger, MapMyTracks, \
        PhoneTrack, Colota, or any by the names of fields that are in use. The address is made by `POST /v1/devices`.
        """,
        answers: .json(Schema.anyObject, "It is on disk, or of no use."),
        refusals: [
            403: "Nobody has this address.", 404: "There is no such app.",
            429: "Too many reports of this person's devices came, or from here too many to addresses that nobody has.",
            503: "It could not be stored; send it again.",
        ])

    private func take(_ call: Call<Device>) async throws -> Response {
        guard let app = Devices.App(rawValue: call.path("app")) else { throw Problem.notFound }
        let suffix = ["first", "second"].compactMap { call.request.parameters[$0] }
        let message = app.bridge.read(BridgeRequest(call.request, suffix: suffix, now: core.live.now))
        let view = try await report(message, of: call.caller)
        return answer(message.answer, view, to: call.caller)
    }

    /// Has the room take what a request says, and notes that the device was heard of.
    ///
    /// - Returns: What the room tells; nil where there is none that would take it, now or ever.
    private func report(_ message: BridgeMessage, of device: Device) async throws -> DeviceView? {
        guard let account = device.account, device.revokedAt == nil else { return nil }
        var view: DeviceView?
        let runID = try await room(of: device, account)
        if message.isAlarm { try await call(for: account, in: runID, message) }
        if let runID {
            do {
                view = try await core.live.report(
                    message.report, of: account, in: runID, friends: message.answer == .friends)
            } catch LiveError.noSuchRoom, LiveError.notInRoom, LiveError.room {
                core.deviceRooms.forget(account)
            }
        }
        try await core.devices.noteHeard(
            device.id, interval: view?.interval, battery: message.battery, isAlarm: message.isAlarm)
        return view
    }

    /// The device's person calls for help, with the newest of their places.
    private func call(for account: Int64, in runID: String?, _ message: BridgeMessage) async throws {
        var room: Int64?
        if let runID { room = try await core.live.details(of: runID)?.id }
        let fix = message.report.fixes.max { $0.time < $1.time }
        do {
            _ = try await core.safety.call(
                account: account, room: room, place: fix.map { Alarm.Place($0.coordinate, at: $0.time) })
        } catch {
            // It has called already, and a refusal would have the app send all of it again.
            guard case .tooOften = error else { throw error }
        }
    }

    private func room(of device: Device, _ account: Int64) async throws -> String? {
        switch device.place {
        case .room(let runID): runID
        case .present: try await core.deviceRooms.room(of: account)
        case .gone: nil
        }
    }

    private func answer(_ answer: BridgeAnswer, _ view: DeviceView?, to device: Device) -> Response {
        switch answer {
        case .json(let value): .json(value)
        case .noFriends: .json([])
        case .friends: .json(core.friends.list(view?.friends ?? [], for: device.id))
        case .xml(let elements):
            Response(
                status: .ok, headers: [.contentType: "text/xml; charset=utf-8", .cacheControl: "no-store"],
                body: .bytes(
                    Array("<?xml version=\"1.0\" encoding=\"UTF-8\"?><message>\(elements)</message>".utf8)))
        }
    }
}
