import HTTPTypes
import LWS
import Services

/// What users tell of themselves, in Leaf's API.
struct LeafProfileRoutes: Sendable {
    let core: Core

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/api/v1/user/info/other",
                .leaf("A user by number", data: Schema.object(["user": Schema.named("LeafUser")])), access: .open,
                cost: .light, input: Form(in: [.query], .integer("uid", about: "The number.")), other),
            Endpoint(
                .get, "/api/v1/user/uid",
                .leaf("The number of a name; 0 for one that nobody has", data: Schema.object(["uid": Schema.count])),
                access: .open, cost: .light, input: Form(in: [.query], .anyText("name", about: "The name.")), number),
            Endpoint(
                .get, "/api/v1/user/info/get",
                .leaf("One's own profile", data: Schema.object(["user_info": Schema.named("LeafUser")])),
                access: .token, cost: .light, own),
            Endpoint(
                .post, "/api/v1/user/info/modify", .leaf("Change one's profile"), access: .token, cost: .light,
                input: Form(
                    LeafFields.name, Field.anyText("avatar").optional, LeafFields.gender, LeafFields.birthday,
                    LeafFields.sign), modify),
            Endpoint(
                .post, "/api/v1/user/cover/modify", .leaf("Change the picture above one's page"), access: .token,
                cost: .light, input: Form(.anyText("spacecover")), setCover),
        ]
    }

    private func other(_ call: Call<Void>, number: Int64) async throws -> Response {
        guard let account = try await core.accounts.account(number: number) else { throw ServicesError.unknownUser }
        return LeafAnswer.ok(["user": .object(LeafJSON(core, for: call.request).user(account))])
    }

    private func number(_ call: Call<Void>, name: String) async throws -> Response {
        let account = try await core.accounts.account(named: name)
        return LeafAnswer.ok(["uid": .int(account?.number ?? 0)])
    }

    private func own(_ call: Call<Account>) async throws -> Response {
        let json = LeafJSON(core, for: call.request)
        return LeafAnswer.ok(["user_info": .object(json.user(call.caller, email: .masked))])
    }

    private func modify(
        _ call: Call<Account>, name: String, avatar: String?, gender: Account.Gender, birthday: Int64, sign: String?
    ) async throws -> Response {
        let picture = try avatar.flatMap { (address) throws(ServicesError) in
            try Self.picture(at: address, now: call.caller.picture)
        }
        let change = Profiles.Change(name: name, picture: picture, gender: gender, birthday: birthday, sign: sign)
        _ = try await core.profiles.change(change, of: call.caller)
        return LeafAnswer.ok()
    }

    private func setCover(_ call: Call<Account>, address: String) async throws -> Response {
        if let cover = try Self.picture(at: address, now: call.caller.cover) {
            _ = try await core.profiles.setCover(cover, of: call.caller)
        }
        return LeafAnswer.ok()
    }

    /// The picture of an address; nil for the empty address of who has none.
    private static func picture(at address: String, now present: MediaID?) throws(ServicesError) -> MediaID? {
        if address.isEmpty, present == nil { return nil }
        guard let picture = LeafJSON.picture(at: address) else { throw .foreignPicture }
        return picture
    }
}
