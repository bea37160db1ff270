import Endpoints
import HTTPTypes
import LWS
import Services

/// What somebody is given who has just shown who they are: tokens for a program, or the cookie for one of this server's
/// own pages, whose scripts then never see a token.
struct HouseLogin: Sendable {
    let core: Core

    /// Asks for the cookie.
    ///
    /// Without it no answer sets one, so that no program keeps what it does not know of.
    static let asCookie = Field<Bool>(
        "cookie", Schema.boolean,
        about: "Whether a page of this server's own logs in: by a cookie for `/v1` and `/live`, in place of tokens."
    ) { (parameters) throws(ParameterError) in
        guard let isWanted = try parameters.bool("cookie") else { throw .missing("cookie") }
        return isWanted
    }.optional

    static let schema = Schema.object(
        [
            "account": Schema.named("Account"), "token": Schema.text, "expiresAt": Schema.integer,
            "refreshToken": Schema.text,
        ], optional: ["token", "refreshToken"])
    /// Of a guest, with the room to which the link leads.
    static let guestSchema = Schema.object(
        [
            "account": Schema.named("Account"), "token": Schema.text, "expiresAt": Schema.integer,
            "refreshToken": Schema.text, "runID": Schema.text("k3m9t0qwxy"),
        ], optional: ["token", "refreshToken"])

    /// Refuses a page of another origin before anything is done for it: whom it logs in, it could watch.
    ///
    /// - Throws: `SessionCookie.ForeignOrigin`.
    func check(_ request: HTTPServerRequest, asCookie: Bool?) throws {
        if asCookie == true { try core.cookie.checkOrigin(of: request.head) }
    }

    /// Logs an account in; of a guest with the room where they may run.
    func answer(
        _ account: Account, to request: HTTPServerRequest, asCookie: Bool?, status: Status = .ok, room: String? = nil
    ) async throws -> Response {
        var body = JSONObject()
        body["account"] = HouseJSON.account(account, base: core.publicBase.text(for: request))
        var cookie: String?
        if asCookie == true {
            let issued = try await core.tokens.issue(for: account, lifetime: SessionCookie.lifetime)
            body["expiresAt"] = .int(issued.expiresAt)
            cookie = core.cookie.keeping(issued.token)
        } else {
            let session = try await core.tokens.startSession(for: account)
            body["token"] = .string(session.access.token)
            body["expiresAt"] = .int(session.access.expiresAt)
            body["refreshToken"] = .string(session.refresh.token)
        }
        if let room { body["runID"] = .string(room) }
        var response = Response.json(.object(body), status: status)
        response.headers[.setCookie] = cookie
        response.headers[.cacheControl] = "no-store"
        return response
    }
}
