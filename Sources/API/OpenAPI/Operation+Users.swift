import Limits
import Services

extension Operation {
    static let username = Schema.text("ana", upTo: Limit.Accounts.longestUsername)
    static let password = Schema.text("secret", upTo: Limit.Accounts.password)
    static let credentials = Schema.object(["username": username, "password": password])
    static let throttled = "Too many requests from this address, or too many wrong passwords."
    /// Who is meant, where a token says it as well.
    static let namedUser = Schema.text(
        "ana", upTo: Limit.Accounts.longestUsername, describing: "The token's user if it is left out.")
}
