import Endpoints
import Services

/// The objects of `/v1`: members as in the live protocol, times as milliseconds since 1970.
enum HouseJSON {
    /// An account as its owner sees it.
    static func account(_ account: Account, base: String) -> JSONValue {
        [
            "id": .string(account.objectID), "name": .string(account.username),
            "nickname": .string(account.nickname), "role": .string(account.role.rawValue),
            "email": account.email.map { .string($0) } ?? .null, "sign": account.sign.map { .string($0) } ?? .null,
            "picture": .string(base + LepaoJSON.avatarPath(of: account.username)),
            "isListed": .bool(account.isListed), "showsName": .bool(account.alias == nil),
            "alias": account.alias.map { .string($0) } ?? .null,
            "isGuest": .bool(account.isGuest), "createdAt": .int(account.createdAt),
            "updatedAt": .int(account.updatedAt),
        ]
    }

    static let accountSchema = Schema.object([
        "id": Schema.objectID, "name": Schema.text("ana"), "nickname": Schema.text("Ana"),
        "role": Schema.words(Account.Role.allCases.map(\.rawValue)), "email": Schema.orNull(Schema.text),
        "sign": Schema.orNull(Schema.text), "picture": Schema.text, "isListed": Schema.boolean,
        "showsName": Schema.boolean, "alias": Schema.orNull(Schema.text), "isGuest": Schema.boolean,
        "createdAt": Schema.integer,
        "updatedAt": Schema.integer,
    ])

    /// A login of the account that asks.
    static func session(_ login: Tokens.LoginSummary, isCurrent: Bool) -> JSONValue {
        [
            "id": .string(login.id), "createdAt": .int(login.createdAt), "expiresAt": .int(login.expiresAt),
            "isCurrent": .bool(isCurrent),
        ]
    }

    static let sessionSchema = Schema.object([
        "id": Schema.text("8f1d0c"), "createdAt": Schema.integer, "expiresAt": Schema.integer,
        "isCurrent": Schema.boolean,
    ])
}
