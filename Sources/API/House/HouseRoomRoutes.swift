import Endpoints
import HTTPTypes
import LWS
import Limits
import Live
import Services

/// Rooms, in `/v1`: so far those that everybody may watch.
struct HouseRoomRoutes: Sendable {
    let core: Core

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/rooms",
                EndpointDescription(
                    "RunRoom: rooms", "Rooms that everybody may watch",
                    "Where most people run first; as of some seconds ago.",
                    answers: .json(Schema.object(["rooms": Schema.array(of: Schema.named("PublicRoom"))]))),
                access: .open, cost: .heavyRead, list)
        ]
    }

    static let schema = Schema.object([
        "runID": Schema.text("159"),
        "password": Schema.orNull(Schema.text("pw", describing: "What opens it; null where none is needed.")),
        "people": Schema.count, "running": Schema.count,
    ])

    private func list(_ call: Call<Void>) async throws -> Response {
        let rooms = try await core.publicRooms.value.get()
        return .json(["rooms": .array(rooms.map(\.json))])
    }
}

/// A room that everybody may watch, as a list shows it.
struct PublicRoomView: Sendable {
    var room: PublicRoom
    /// Who is in it.
    var people: Int
    /// Who of them runs.
    var running: Int

    var json: JSONValue {
        [
            "runID": .string(room.runID), "password": .string(room.password), "people": .int(Int64(people)),
            "running": .int(Int64(running)),
        ]
    }

    /// Those of some rooms that are there, where most run first; looked at every other second at most.
    static func all(_ rooms: [PublicRoom], in live: LiveRooms) -> Brief<Result<[PublicRoomView], any Error>> {
        Brief(for: .seconds(2)) { [weak live] in
            var views: [PublicRoomView] = []
            for room in rooms {
                do {
                    guard let view = try await live?.room(room.runID) else { continue }
                    let people = view.runners.filter(\.isInRoom)
                    views.append(
                        PublicRoomView(room: room, people: people.count, running: people.count(where: \.isRunning)))
                } catch {
                    return .failure(error)
                }
            }
            return .success(views.sorted { $0.running > $1.running })
        }
    }
}
