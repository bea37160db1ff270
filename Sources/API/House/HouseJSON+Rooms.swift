import Endpoints
import Live
import Services
import Store

extension HouseJSON {
    /// What is said of a room.
    static func room(_ room: RoomSummary) -> JSONValue {
        .object(members(of: room.runID, createdAt: room.createdAt, room.details))
    }

    /// A public room, with how many are in it; with a password, one that is no secret.
    static func crowd(_ crowd: LiveCrowd, password: String? = nil) -> JSONValue {
        var object = members(of: crowd.runID, createdAt: crowd.createdAt, crowd.details)
        object["password"] = password.map { .string($0) } ?? .null
        object["people"] = .int(Int64(crowd.people))
        object["running"] = .int(Int64(crowd.running))
        object["spectators"] = .int(Int64(crowd.spectators))
        return .object(object)
    }

    private static func members(of runID: String, createdAt: Int64, _ details: RoomDetails) -> JSONObject {
        var object = JSONObject()
        object["runID"] = .string(runID)
        object["name"] = .string(details.name ?? runID)
        object["visibility"] = .string(
            // Those of the running app's API take their password.
            (details.visibility == .app ? .password : details.visibility).rawValue)
        object["when"] = details.startsAt.map { .int($0) } ?? .null
        object["owner"] = details.owner.map { .string(ObjectID.text($0)) } ?? .null
        object["createdAt"] = .int(createdAt)
        return object
    }

    static let roomSchema = roomSchema([:])

    static let crowdSchema = roomSchema([
        "password": Schema.orNull(Schema.text("pw", describing: "What opens it; null where none is needed.")),
        "people": Schema.count, "running": Schema.count, "spectators": Schema.count,
    ])

    private static func roomSchema(_ more: KeyValuePairs<String, JSONValue>) -> JSONValue {
        var schema =
            Schema.object([
                "runID": Schema.text("k3m9t0qwxy"), "name": Schema.text("Sunday run"),
                "visibility": Schema.words(["public", "password", "link"]), "when": Schema.orNull(Schema.integer),
                "owner": Schema.orNull(Schema.objectID), "createdAt": Schema.integer,
            ]).object ?? JSONObject()
        var properties = schema["properties"]?.object ?? JSONObject()
        for (name, value) in more { properties[name] = value }
        schema["properties"] = .object(properties)
        schema["required"] = .array(properties.members.map { .string($0.name) })
        return .object(schema)
    }
}
