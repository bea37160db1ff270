import Endpoints
import Limits
import Services

/// What many calls of the running app's API take.
enum LepaoFields {
    private static let needed = "username and password are required."

    /// Of who is known, from whatever world.
    static let username = Field.filled("username", Schema.text("ana", upTo: Limit.Accounts.longestUsername))
        .orElse(needed)
    /// Of who is new here.
    static let newUsername = Field.filled("username", Schema.text("ana", upTo: Limit.Accounts.username)).orElse(needed)
    static let password = Field.filled("password", Schema.text("secret", upTo: Limit.Accounts.password)).orElse(needed)
    static let nickname = Field.string("nickname", Schema.text("Ana", upTo: Limit.Accounts.nickname))
    /// Who is meant, where a token says it as well.
    static let namedUser = Field.string(
        "username", Schema.text("ana", upTo: Limit.Accounts.longestUsername),
        about: "The token's user if it is left out."
    ).optional

    static let noSuchUser = "There is no such user."
    static let throttled = "Too many requests from this address, or too many wrong passwords."
}
