import LWS
import Services

/// A username and its password in a body: to get a token, or in place of one.
struct PasswordCredentials {
    let body: JSONBody
    let username: String
    let password: String
    /// Where they come from, for counting the failures.
    let address: String

    init(_ request: HTTPServerRequest) throws(Problem) {
        body = try JSONBody(request)
        guard let username = try body.string("username"), !username.isEmpty,
            let password = try body.string("password"), !password.isEmpty
        else { throw .badRequest("username and password are required.") }
        self.username = username
        self.password = password
        address = request.head.remoteAddress
    }

    /// Does what they are for where they stand in place of a token; a wrong password is 400 there, and 401 at the login.
    func use(_ work: (String, String, String) async throws(ServicesError) -> Account) async throws -> Account {
        do {
            return try await work(username, password, address)
        } catch .wrongPassword {
            throw Problem.badRequest("Invalid password")
        }
    }
}
