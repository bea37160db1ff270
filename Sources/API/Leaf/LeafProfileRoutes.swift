import Endpoints
import HTTPTypes
import LWS
import Services

/// What users tell of themselves, in Leaf's API.
struct LeafProfileRoutes: Sendable {
    let core: Core

    var endpoints: [Endpoint] {
        let group = LeafAnswer.group
        return [
            Endpoint(
                .get, "/api/v1/user/info/other",
                EndpointDescription(
                    group, "A user by number",
                    answers: LeafAnswer.described(Schema.object(["user": Schema.named("LeafUser")]))),
                access: .open, cost: .light, input: Form(in: [.query], LeafFields.uid), other),
            Endpoint(
                .get, "/api/v1/user/uid",
                EndpointDescription(
                    group, "The number of a name; 0 for one that nobody has",
                    answers: LeafAnswer.described(Schema.object(["uid": Schema.count]))),
                access: .open, cost: .light, input: Form(in: [.query], .anyText("name", about: "The name.")), number),
            Endpoint(
                .get, "/api/v1/user/info/get",
                EndpointDescription(
                    group, "One's own profile",
                    answers: LeafAnswer.described(Schema.object(["user_info": Schema.named("LeafUser")]))),
                access: .token, cost: .light, own),
            Endpoint(
                .post, "/api/v1/user/info/modify",
                EndpointDescription(group, "Change one's profile", answers: LeafAnswer.done), access: .token,
                cost: .light,
                input: Form(
                    LeafFields.name, Field.anyText("avatar").optional, LeafFields.gender, LeafFields.birthday,
                    LeafFields.sign), modify),
            Endpoint(
                .post, "/api/v1/user/cover/modify",
                EndpointDescription(group, "Change the picture above one's page", answers: LeafAnswer.done),
                access: .token, cost: .light, input: Form(.anyText("spacecover")), setCover),
        ]
    }

    private func other(_ call: Call<Void>, number: Int64) async throws -> Response {
        // Numbers can be counted through, which is as good as a list.
        guard let account = try await core.accounts.account(number: number), account.isListed, account.alias == nil
        else { throw ServicesError.unknownUser }
        return LeafAnswer.ok(["user": .object(LeafJSON(core, for: call.request).user(account))])
    }

    /// The number of a name; 0 for one that nobody has.
    private func number(_ call: Call<Void>, name: String) async throws -> Response {
        let account = try await core.accounts.account(named: name)
        return LeafAnswer.ok(["uid": .int(account?.number ?? 0)])
    }

    private func own(_ call: Call<Account>) async throws -> Response {
        let user = LeafJSON(core, for: call.request).user(call.caller, email: .masked)
        return LeafAnswer.ok(["user_info": .object(user)])
    }

    private func modify(
        _ call: Call<Account>, name: String, avatar: String?, gender: Account.Gender, birthday: Int64, sign: String?
    ) async throws -> Response {
        var change = Profiles.Change(name: name)
        if let avatar { change.picture = try Self.picture(at: avatar, now: call.caller.picture) }
        change.gender = gender
        change.birthday = birthday
        change.sign = sign
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
