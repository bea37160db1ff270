import Geo
import Live
import Rooms
import Services
import Store

/// The objects of the running app's API.
///
/// Written with their members in the order of its document; secrets are keys with an empty string, since old clients
/// look for the keys.
enum LepaoJSON {
    // MARK: Users

    /// Where somebody's picture is.
    static func avatarPath(of username: String) -> String { "/api/users/profilepic/" + pathSegment(username) }

    /// A user as anybody may see it.
    static func user(_ account: Account) -> JSONObject {
        var object = JSONObject()
        object["_id"] = .string(account.objectID)
        object["id"] = .string(account.objectID)
        object["username"] = .string(account.username)
        object["password"] = ""
        object["nickname"] = .string(account.nickname)
        object["profilePicture"] = account.avatar.map { .string($0) } ?? .null
        object["profilepic"] = .string(avatarPath(of: account.username))
        object["createdAt"] = date(account.createdAt)
        object["updatedAt"] = date(account.updatedAt)
        object["__v"] = 0
        return object
    }

    /// A record without its way.
    static func record(_ record: RecordSummary) -> JSONValue {
        [
            "runId": .int(record.runID), "meters": .number(record.meters), "seconds": .number(record.seconds),
            "markers": [], "start": date(record.startAt), "end": date(record.endAt),
            "timestamp": date(record.createdAt), "_id": .string(ObjectID.text(record.id)),
        ]
    }

    // MARK: Rooms

    /// A room as the answers to changes show it.
    static func room(_ room: RoomView, in system: CoordinateSystem) -> JSONValue {
        [
            "_id": .string(ObjectID.text(room.key)), "runID": .string(room.runID), "password": "",
            "runners": .array(
                room.runners.map { runner in
                    var object = self.runner(runner, in: system)
                    // Derived from the room's id, so that it is the same in each answer.
                    object["_id"] = .string(ObjectID.text(room.key &+ Int64(runner.row.runner)))
                    return .object(object)
                }),
            "createdAt": date(room.createdAt), "updatedAt": date(room.updatedAt), "__v": 0,
        ]
    }

    /// A room as `GET /api/runRoom/{runID}` shows it.
    static func roomData(_ room: RoomView, in system: CoordinateSystem) -> JSONValue {
        [
            "runID": .string(room.runID),
            "runners": .array(room.runners.map { .object(runner($0, in: system)) }),
            "createdAt": date(room.createdAt), "updatedAt": date(room.updatedAt),
        ]
    }

    private static func runner(_ runner: RoomView.RunnerView, in system: CoordinateSystem) -> JSONObject {
        let place = runner.row.position.map { degrees(of: $0, in: system, decimals: 6) }
        var object = JSONObject()
        object["username"] = .string(runner.person.username)
        object["nickname"] = .string(runner.person.nickname)
        object["profile_pic"] = runner.person.avatar.isEmpty ? .null : .string(runner.person.avatar)
        object["meters"] = .number(runner.row.meters.toOneDecimal)
        object["seconds"] = .number(runner.row.seconds.toOneDecimal)
        object["latitude"] = place?.latitude ?? 0
        object["longitude"] = place?.longitude ?? 0
        object["running"] = .bool(runner.isRunning)
        object["markers"] = .array(
            runner.outline.enumerated().map { index, coordinate in
                let degrees = degrees(of: coordinate, in: system, decimals: 6)
                return ["id": .int(Int64(index + 1)), "latitude": degrees.latitude, "longitude": degrees.longitude]
            })
        object["start"] = date(runner.start ?? 0)
        object["end"] = date(runner.end ?? 0)
        object["marathon_place"] = .string(runner.row.place.map { String($0) } ?? "N/A")
        object["in_room"] = .bool(runner.isInRoom)
        return object
    }

    // MARK: Values

    static func date(_ milliseconds: Int64) -> JSONValue { .string(ISODate.text(milliseconds)) }

    static func degrees(
        of coordinate: Coordinate, in system: CoordinateSystem, decimals: Int
    ) -> (latitude: JSONValue, longitude: JSONValue) {
        let scale = decimals == 6 ? 1e6 : 1e7
        let degrees = system.degrees(of: coordinate)
        return (
            .number((degrees.latitude * scale).rounded() / scale),
            .number((degrees.longitude * scale).rounded() / scale)
        )
    }

    /// A text as one segment of a path, RFC 3986: what is not unreserved is percent-encoded.
    private static func pathSegment(_ text: String) -> String {
        var segment = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                segment.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                segment += (digits.utf8.count == 1 ? "%0" : "%") + digits
            }
        }
        return segment
    }
}
