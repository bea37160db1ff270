import Endpoints
import LWS
import Services
import Text

/// The objects of Leaf's API.
struct LeafJSON: Sendable {
    private let base: String

    init(_ core: Core, for request: HTTPServerRequest) {
        base = core.publicBase.text(for: request)
    }

    /// Whose mail address is shown, and how much of it.
    enum EmailView: Sendable {
        case masked, whole
    }

    /// A user as anybody may see them.
    func user(_ account: Account) -> JSONObject {
        var object = JSONObject()
        object["uid"] = .int(account.number)
        object["name"] = .string(account.username)
        object["sign"] = .string(account.sign ?? "这个人很懒，什么都没有留下")
        object["avatar"] = .string(address(of: account.picture))
        object["spacecover"] = .string(address(of: account.cover))
        object["gender"] = .int(Int64(account.gender.rawValue))
        return object
    }

    /// A user as they themselves, or an administrator, see them.
    func user(_ account: Account, email view: EmailView) -> JSONObject {
        let email = account.email ?? ""
        var object = JSONObject()
        for member in user(account).members {
            object[member.name] = member.value
            if member.name == "sign" { object["email"] = .string(view == .whole ? email : Self.masked(email)) }
        }
        object["role"] = .int(Int64(account.role.rank))
        object["birthday"] = Self.date(account.birthday)
        object["created_at"] = Self.date(account.createdAt)
        return object
    }

    /// The address of a picture; empty for none.
    func address(of picture: MediaID?) -> String {
        picture.map { base + Self.folder + $0.text } ?? ""
    }

    /// The picture of an address that ``address(of:)`` made, whichever way this server was reached then; nil for any
    /// other text.
    static func picture(at address: String) -> MediaID? {
        guard let start = address.firstRange(of: folder) else { return nil }
        return MediaID(address[start.upperBound...])
    }

    private static let folder = "/api/v1/upload/image/"

    /// `1****1@qq.com`: the first and the last character of what stands before the `@`, or the only one.
    static func masked(_ email: String) -> String {
        guard let at = email.lastIndex(of: "@"), let first = email[..<at].first else { return "" }
        let last = email[..<at].count > 1 ? email[..<at].suffix(1) : ""
        return "\(first)****\(last)\(email[at...])"
    }

    /// Whole seconds as Go writes them, with milliseconds where there are some.
    private static func date(_ milliseconds: Int64) -> JSONValue {
        .string(ISODate.text(milliseconds).replacing(".000Z", with: "Z"))
    }
}
