import Endpoints
import Services
import Store
import Text

/// The small objects of the running app's API.
///
/// Their members are in the order of its document; secrets are keys with an empty string, since old clients look for
/// the keys.
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
        object["profilePicture"] = account.picture.map { .string($0.text) } ?? .null
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

    // MARK: Values

    static func date(_ milliseconds: Int64) -> JSONValue { .string(ISODate.text(milliseconds)) }

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
