import Endpoints
import Geo
import Live
import Rooms
import Services

/// Run rooms in the running app's API, in one coordinate system.
struct RoomJSON {
    let system: CoordinateSystem
    /// Whether each runner's way so far is shown.
    ///
    /// It is up to 200 places a runner, and the answer to an update, which
    /// every poller gets each second and of which none has ever read more than the message, goes without.
    var showsMarkers = true

    /// A room as the answers to changes show it; its password is a key without a value.
    func write(_ room: RoomView, to text: inout JSONText) {
        text.raw("{\"_id\":")
        text.string(ObjectID.text(room.key))
        text.raw(",\"runID\":")
        text.string(room.runID)
        text.raw(",\"password\":\"\",\"runners\":")
        runners(of: room, withIDs: true, to: &text)
        dates(of: room, to: &text)
        text.raw(",\"__v\":0}")
    }

    /// A room as `GET /api/runRoom/{runID}` shows it.
    func writeData(_ room: RoomView, to text: inout JSONText) {
        text.raw("{\"runID\":")
        text.string(room.runID)
        text.raw(",\"runners\":")
        runners(of: room, withIDs: false, to: &text)
        dates(of: room, to: &text)
        text.raw("}")
    }

    private func dates(of room: RoomView, to text: inout JSONText) {
        text.raw(",\"createdAt\":")
        text.date(room.createdAt)
        text.raw(",\"updatedAt\":")
        text.date(room.updatedAt)
    }

    private func runners(of room: RoomView, withIDs: Bool, to text: inout JSONText) {
        text.array(room.runners) { text, runner in
            write(runner, to: &text)
            if withIDs {
                text.raw(",\"_id\":")
                // Derived from the room's, so that it is the same in each answer.
                text.string(ObjectID.text(room.key &+ Int64(runner.row.runner)))
            }
            text.raw("}")
        }
    }

    /// All of a runner but the end of the object.
    private func write(_ runner: RoomView.RunnerView, to text: inout JSONText) {
        text.raw("{\"username\":")
        text.string(runner.person.username)
        text.raw(",\"nickname\":")
        text.string(runner.person.nickname)
        text.raw(",\"profile_pic\":")
        text.value(runner.person.avatar.isEmpty ? .null : .string(runner.person.avatar))
        text.raw(",\"meters\":")
        text.decimal(runner.row.meters, decimals: 1)
        text.raw(",\"seconds\":")
        text.decimal(runner.row.seconds, decimals: 1)
        if let position = runner.row.position {
            write(position, to: &text)
        } else {
            text.raw(",\"latitude\":0,\"longitude\":0")
        }
        text.raw(",\"running\":")
        text.value(.bool(runner.isRunning))
        text.raw(",\"markers\":")
        text.array((showsMarkers ? runner.outline : []).enumerated()) { text, marker in
            text.raw("{\"id\":")
            text.integer(marker.offset + 1)
            write(marker.element, to: &text)
            text.raw("}")
        }
        text.raw(",\"start\":")
        text.date(runner.start ?? 0)
        text.raw(",\"end\":")
        text.date(runner.end ?? 0)
        text.raw(",\"marathon_place\":")
        text.string(runner.row.place.map { String($0) } ?? "N/A")
        text.raw(",\"in_room\":")
        text.value(.bool(runner.isInRoom))
    }

    /// A place with six decimals, a decimetre: as in the live protocol's frames.
    private func write(_ coordinate: Coordinate, to text: inout JSONText) {
        text.degrees(of: coordinate, in: system, decimals: 6)
    }
}

extension JSONText {
    /// A place as two members of an object, of which it is not the first: `,"latitude":…,"longitude":…`.
    mutating func degrees(of coordinate: Coordinate, in system: CoordinateSystem, decimals: Int) {
        let degrees = system.degrees(of: coordinate)
        raw(",\"latitude\":")
        decimal(degrees.latitude, decimals: decimals)
        raw(",\"longitude\":")
        decimal(degrees.longitude, decimals: decimals)
    }
}
