import Endpoints
import Live
import Services
import Store

extension HouseJSON {
    /// Somebody as administrators see them.
    static func person(_ account: Account, base: String) -> JSONObject {
        var object = Self.account(account, base: base).object ?? JSONObject()
        object["number"] = .int(account.number)
        object["disabledAt"] = account.disabledAt.map { .int($0) } ?? .null
        return object
    }

    static let personSchema = extended(
        accountSchema,
        [
            "number": Schema.integer, "disabledAt": Schema.orNull(Schema.integer),
        ])
    static let personSheetSchema = extended(personSchema, ["keptBytes": Schema.integer, "logins": Schema.count])

    /// A room with how many are in it, as administrators see it.
    static func governed(_ crowd: LiveCrowd, ownerName: String?) -> JSONValue {
        var object = Self.crowd(crowd).object ?? JSONObject()
        object["ownerName"] = ownerName.map { .string($0) } ?? .null
        return .object(object)
    }

    static let governedRoomSchema = extended(crowdSchema, ["ownerName": Schema.orNull(Schema.text("ana"))])

    static func audit(_ entry: AuditEntry) -> JSONValue {
        var object = JSONObject()
        func set(_ name: String, _ text: String?) { object[name] = text.map { .string($0) } ?? .null }
        set("id", ObjectID.text(entry.id))
        object["time"] = .int(entry.time)
        set("action", entry.event.action)
        object["hasFailed"] = .bool(entry.hasFailed)
        set("actor", entry.actorName)
        object["byOperator"] = .bool(entry.event.actor == .terminal)
        set("account", entry.accountName)
        set("subject", entry.event.subject)
        set("detail", entry.event.detail)
        set("address", entry.event.address)
        return .object(object)
    }

    static let auditSchema = Schema.object([
        "id": Schema.objectID, "time": Schema.integer, "action": Schema.words(AuditAction.allCases.map(\.rawValue)),
        "hasFailed": Schema.boolean, "actor": Schema.orNull(Schema.text("rita")), "byOperator": Schema.boolean,
        "account": Schema.orNull(Schema.text("ana")), "subject": Schema.orNull(Schema.text("k3m9t0qwxy")),
        "detail": Schema.orNull(Schema.text("admin")), "address": Schema.orNull(Schema.text("192.0.2.1")),
    ])

    /// A schema of an object with more members.
    static func extended(_ schema: JSONValue, _ more: KeyValuePairs<String, JSONValue>) -> JSONValue {
        var object = schema.object ?? JSONObject()
        var properties = object["properties"]?.object ?? JSONObject()
        for (name, value) in more { properties[name] = value }
        object["properties"] = .object(properties)
        object["required"] = .array(properties.members.map { .string($0.name) })
        return .object(object)
    }
}

extension HouseTag {
    /// What an administrator may change of somebody.
    init(_ account: Account) { self.init("\(account.tag)-\(account.disabledAt ?? 0)") }
}
