import HTTPTypes
import LWS
import Services

/// What users tell of themselves, in Leaf's API.
struct LeafProfileRoutes: Sendable {
    let core: Core
    let identity: HeaderIdentity

    init(core: Core) {
        self.core = core
        identity = .leaf(core)
    }

    func add(to table: inout RouteTable) {
        table.leaf(.get, "/api/v1/user/info/other") { try await other($0) }
        table.leaf(.get, "/api/v1/user/uid") { try await number($0) }
        table.leaf(.get, "/api/v1/user/info/get") { try await own($0) }
        table.leaf(.post, "/api/v1/user/info/modify") { try await modify($0) }
        table.leaf(.post, "/api/v1/user/cover/modify") { try await setCover($0) }
    }

    private func other(_ request: HTTPServerRequest) async throws -> Response {
        let number = try Parameters(request, in: [.query], ignoringCase: true).requiredInteger("uid")
        guard let account = try await core.accounts.account(number: number) else { throw ServicesError.unknownUser }
        return LeafAnswer.ok(["user": .object(LeafJSON(core, for: request).user(account))])
    }

    /// The number of a name; 0 for one that nobody has.
    private func number(_ request: HTTPServerRequest) async throws -> Response {
        let name = try Parameters(request, in: [.query], ignoringCase: true).requiredText("name")
        let account = try await core.accounts.account(named: name)
        return LeafAnswer.ok(["uid": .int(account?.number ?? 0)])
    }

    private func own(_ request: HTTPServerRequest) async throws -> Response {
        let account = try await identity.account(of: request)
        return LeafAnswer.ok(["user_info": .object(LeafJSON(core, for: request).user(account, email: .masked))])
    }

    private func modify(_ request: HTTPServerRequest) async throws -> Response {
        let account = try await identity.account(of: request)
        let body = try LeafAccountRoutes.body(of: request)
        var change = Profiles.Change(name: try Self.name(in: body))
        if let address = try body.text("avatar") {
            change.picture = try Self.picture(at: address, now: account.picture)
        }
        guard let gender = Account.Gender(rawValue: Int(try body.integer("gender") ?? 0)) else {
            throw ParameterError.wrongKind("gender")
        }
        change.gender = gender
        // What is no date is the first day, as for the document's server.
        change.birthday = try body.text("birthday").flatMap(ISODate.milliseconds) ?? 0
        change.sign = try body.text("sign")
        _ = try await core.profiles.change(change, of: account)
        return LeafAnswer.ok()
    }

    private func setCover(_ request: HTTPServerRequest) async throws -> Response {
        let account = try await identity.account(of: request)
        let address = try LeafAccountRoutes.body(of: request).requiredText("spacecover")
        if let cover = try Self.picture(at: address, now: account.cover) {
            _ = try await core.profiles.setCover(cover, of: account)
        }
        return LeafAnswer.ok()
    }

    /// A name has to be there.
    static func name(in body: Parameters) throws -> String {
        let name = try body.requiredText("name")
        guard !name.isEmpty else { throw ParameterError.missing("name") }
        return name
    }

    /// The picture of an address; nil for the empty address of who has none.
    private static func picture(at address: String, now present: MediaID?) throws(ServicesError) -> MediaID? {
        if address.isEmpty, present == nil { return nil }
        guard let picture = LeafJSON.picture(at: address) else { throw .foreignPicture }
        return picture
    }
}
